// A browser of one person with many tabs of one kind of page, and what can be measured of it: what the server counts, what the pages
// cost. Knows nothing of tables.
import {chromium, type Browser, type BrowserContext, type CDPSession, type Page} from 'playwright';
import {BROWSER_ARGS, ensureBrowser} from '../browser.js';
import type {BackendProcess} from '../support/backend-process.js';
import {servePage, type PageSite} from '../support/page-site.js';
import type {Tab} from './pages/tab.js';
import {processorMs, withChildren} from './processes.js';

/** How a tab gets its messages. */
export type Way = 'bare' | 'plain' | 'ours' | 'raw';
/** A page of `test/bench/pages`. */
export type PageName = Way | `${'people' | 'idle'}-${'plain' | 'ours'}` | 'many';

/** What the backend counts, see its `GET /stats`. */
export type Counts = Record<
  | 'sockets'
  | 'channels'
  | 'joins'
  | 'heartbeats'
  | 'framesIn'
  | 'framesOut'
  | 'bytesIn'
  | 'bytesOut'
  | 'broadcasts'
  | 'presenceCalls'
  | 'events'
  | 'presenceEvents'
  | 'billedMessages',
  number
>;

declare const window: {tab: Tab};

/** Longer than anything takes, in ms. */
const PATIENCE_MS = 60_000;

export async function serveTabs(): Promise<PageSite> {
  const names = ['bare', 'plain', 'ours', 'raw', 'stream', 'thread', 'thread-plain'];
  return servePage(...names.map(name => `test/bench/pages/${name}.html`));
}

export async function countsOf(backend: BackendProcess): Promise<Counts> {
  return (await (await fetch(`${backend.serving.url}/stats`)).json()) as Counts;
}

export class Room {
  readonly way: PageName;
  readonly pages: Page[] = [];
  readonly #browser: Browser;
  readonly #context: BrowserContext;
  readonly #site: PageSite;
  readonly #sessions = new Map<Page, CDPSession>();

  private constructor(way: PageName, browser: Browser, context: BrowserContext, site: PageSite) {
    this.way = way;
    this.#browser = browser;
    this.#context = context;
    this.#site = site;
  }

  /** A browser of its own, so that its processes are its own. */
  static async open(way: PageName, site: PageSite): Promise<Room> {
    const browser = await chromium.launch({executablePath: ensureBrowser(console.error), args: [...BROWSER_ARGS]});
    return new Room(way, browser, await browser.newContext(), site);
  }

  /** Opens one more tab. */
  async openPage(query: Record<string, string>): Promise<Page> {
    const page = await this.#context.newPage();
    this.pages.push(page);
    const address = new URL(this.#site.url.replace(/[^/]+$/, `${this.way}.html`));
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    await page.goto(address.href);
    return page;
  }

  /** Opens one more tab and waits until it is ready. Resolves with what it took, in ms from its navigation. */
  async openTab(query: Record<string, string>): Promise<{page: Page; startedAt: number; readyAt: number}> {
    const page = await this.openPage(query);
    await page.waitForFunction(() => window.tab, null, {polling: 20, timeout: PATIENCE_MS});
    const {startedAt, at} = await page.evaluate(() => window.tab.whenReady);
    return {page, startedAt, readyAt: at};
  }

  /** A second look at every tab until each shows so many messages. */
  async untilShown(count: number, patienceMs = PATIENCE_MS): Promise<void> {
    for (const page of this.pages)
      await page.waitForFunction(n => window.tab.shown() >= n, count, {polling: 50, timeout: patienceMs});
  }

  shown(): Promise<number[]> {
    return Promise.all(this.pages.map(page => page.evaluate(() => window.tab.shown())));
  }

  /** When each numbered message came into each tab, in ms since 1970. */
  async arrivals(): Promise<Map<number, number>[]> {
    return (await Promise.all(this.pages.map(page => page.evaluate(() => window.tab.arrivals())))).map(
      pairs => new Map(pairs),
    );
  }

  /** Whether it holds of the arrivals of every tab. */
  async everyTab(holds: (arrivals: Map<number, number>) => boolean): Promise<boolean> {
    return (await this.arrivals()).every(holds);
  }

  /** Has the browser say to every page that the network went or came back. */
  async pagesSay(event: 'online' | 'offline'): Promise<void> {
    for (const page of this.pages) await page.evaluate(name => void dispatchEvent(new Event(name)), event);
  }

  /** What the pages' main threads were busy, in ms since they were first asked for. */
  async mainThreadMs(): Promise<number> {
    let sum = 0;
    for (const page of this.pages) {
      const {metrics} = await (await this.#session(page)).send('Performance.getMetrics');
      sum += (metrics.find(({name}) => name === 'TaskDuration')?.value ?? 0) * 1000;
    }
    return sum;
  }

  /** Processor time of all the browser's processes, in ms. */
  async processorMs(): Promise<number> {
    return processorMs(await this.#processes());
  }

  /** Counts the timers that fire in the site's SharedWorkers from now on, where there are any. Resolves with what says how many did. */
  async countWorkerTimers(): Promise<() => Promise<number>> {
    const session = await this.#browser.newBrowserCDPSession();
    const {targetInfos} = await session.send('Target.getTargets');
    const workers = targetInfos.filter(({type}) => type === 'shared_worker');
    const counts = await Promise.all(workers.map(({targetId}) => countTimers(session, targetId)));
    return async () => (await Promise.all(counts.map(count => count()))).reduce((sum, each) => sum + each, 0);
  }

  /** Stops the whole browser, as a closed lid does. Resolves with what wakes it. */
  async sleep(): Promise<() => void> {
    const ids = await this.#processes();
    const tell = (signal: NodeJS.Signals) => {
      for (const id of ids) {
        try {
          process.kill(id, signal);
        } catch {
          // It has ended meanwhile.
        }
      }
    };
    tell('SIGSTOP');
    return () => tell('SIGCONT');
  }

  async close(): Promise<void> {
    await this.#browser.close();
  }

  async #session(page: Page): Promise<CDPSession> {
    let session = this.#sessions.get(page);
    if (!session) {
      session = await this.#context.newCDPSession(page);
      await session.send('Performance.enable', {timeDomain: 'threadTicks'});
      this.#sessions.set(page, session);
    }
    return session;
  }

  async #processes(): Promise<number[]> {
    const session = await this.#browser.newBrowserCDPSession();
    const {processInfo} = await session.send('SystemInfo.getProcessInfo');
    await session.detach();
    return withChildren(processInfo.map(({id}) => id));
  }
}

/** A worker's own scope, where every timer set from now on is counted when it fires. */
const COUNT_TIMERS = `
  self.timersFired = 0;
  for (const name of ['setTimeout', 'setInterval']) {
    const set = self[name];
    self[name] = (task, ms, ...args) => set((...given) => (self.timersFired++, task(...given)), ms, ...args);
  }
  undefined;`;

/** Playwright has no handle on SharedWorkers, so the worker is spoken to through the browser. */
async function countTimers(session: CDPSession, targetId: string): Promise<() => Promise<number>> {
  const {sessionId} = await session.send('Target.attachToTarget', {targetId, flatten: false});
  let id = 0;
  const evaluate = (expression: string) =>
    new Promise<unknown>((done, fail) => {
      const own = ++id;
      const hear = (event: {sessionId: string; message: string}) => {
        if (event.sessionId !== sessionId) return;
        const answer = JSON.parse(event.message) as {
          id?: number;
          error?: {message: string};
          result?: {result: {value?: unknown}};
        };
        if (answer.id !== own) return;
        session.off('Target.receivedMessageFromTarget', hear);
        if (answer.error) fail(new Error(answer.error.message));
        else done(answer.result?.result.value);
      };
      session.on('Target.receivedMessageFromTarget', hear);
      const message = JSON.stringify({id: own, method: 'Runtime.evaluate', params: {expression, returnByValue: true}});
      session.send('Target.sendMessageToTarget', {sessionId, message}).catch(fail);
    });
  await evaluate(COUNT_TIMERS);
  return async () => Number(await evaluate('self.timersFired'));
}
