// A browser as people have it, with nothing of what tests switch off so that their tabs stay awake, and nobody who listens in: Playwright
// keeps every tab in sight, and has it tell of every frame of its socket. Driven by the few commands that a bench needs.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {WebSocket} from 'ws';
import {BROWSER_ARGS, ensureBrowser} from '../browser.js';

interface Answer {
  id?: number;
  result: unknown;
  error?: {message: string};
}

export class UsualBrowser {
  readonly #socket: WebSocket;
  readonly #end: () => Promise<void>;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  #id = 0;

  private constructor(socket: WebSocket, end: () => Promise<void>) {
    this.#socket = socket;
    this.#end = end;
    socket.on('message', (data: Buffer) => {
      const answer = JSON.parse(data.toString()) as Answer;
      if (answer.id !== undefined) this.#answers.get(answer.id)?.(answer);
    });
  }

  static async start(): Promise<UsualBrowser> {
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-browser-'));
    const flags = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${folder}`, ...BROWSER_ARGS];
    const child = spawn(ensureBrowser(console.error), flags, {stdio: ['ignore', 'ignore', 'pipe']});
    const end = async () => {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
      // Its other processes may write their last a moment later.
      await rm(folder, {recursive: true, force: true, maxRetries: 20});
    };
    for await (const line of createInterface(child.stderr)) {
      const [address] = /ws:\S+/.exec(line) ?? [];
      if (!address) continue;
      child.stderr.resume();
      const socket = new WebSocket(address, {perMessageDeflate: false, maxPayload: 1 << 28});
      await once(socket, 'open');
      return new UsualBrowser(socket, end);
    }
    throw new Error('The browser did not say where it listens.');
  }

  /** A new tab, in front of the others. */
  async open(url: string): Promise<UsualTab> {
    const {targetId} = (await this.ask('Target.createTarget', {url})) as {targetId: string};
    await this.ask('Target.activateTarget', {targetId});
    const {sessionId} = (await this.ask('Target.attachToTarget', {targetId, flatten: true})) as {sessionId: string};
    return new UsualTab(this, targetId, sessionId);
  }

  /** Ends every SharedWorker, as the browser does some time after its last page went; resolves once none is there. */
  async endWorkers(): Promise<void> {
    for (const end = Date.now() + 10_000; ;) {
      const {targetInfos} = (await this.ask('Target.getTargets')) as {targetInfos: {type: string; targetId: string}[]};
      const workers = targetInfos.filter(({type}) => type === 'shared_worker');
      if (workers.length === 0) return;
      if (Date.now() > end) throw new Error('A SharedWorker does not end.');
      for (const {targetId} of workers) await this.ask('Target.closeTarget', {targetId}).catch(() => {});
      await new Promise(done => setTimeout(done, 50));
    }
  }

  async titles(): Promise<string[]> {
    const {targetInfos} = (await this.ask('Target.getTargets')) as {targetInfos: {type: string; title: string}[]};
    return targetInfos.filter(({type}) => type === 'page').map(({title}) => title);
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.#end();
  }

  async ask(method: string, params: object = {}, sessionId?: string): Promise<unknown> {
    const id = ++this.#id;
    const answered = new Promise<Answer>(resolve => this.#answers.set(id, resolve));
    this.#socket.send(JSON.stringify({id, method, params, sessionId}));
    const {result, error} = await answered;
    this.#answers.delete(id);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}

export class UsualTab {
  readonly #browser: UsualBrowser;
  readonly #target: string;
  readonly #session: string;

  constructor(browser: UsualBrowser, target: string, session: string) {
    this.#browser = browser;
    this.#target = target;
    this.#session = session;
  }

  ask(method: string, params: object = {}): Promise<unknown> {
    return this.#browser.ask(method, params, this.#session);
  }

  /** The value of an expression, once it is settled. */
  async evaluate<T>(expression: string): Promise<T> {
    const params = {expression, awaitPromise: true, returnByValue: true};
    const {result, exceptionDetails} = (await this.ask('Runtime.evaluate', params)) as {
      result: {value: T};
      exceptionDetails?: {text: string; exception?: {description?: string}};
    };
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  async close(): Promise<void> {
    await this.#browser.ask('Target.closeTarget', {targetId: this.#target});
  }
}
