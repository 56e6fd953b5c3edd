// Starts a backend in a process of its own, so that its memory and its end are its own and a client that keeps a
// processor busy does not slow it. The process ends with us.
import {type ChildProcess, fork} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import type {BackendOptions} from '../../demo/backend/start-backend.js';
import type {FromBackend} from './serve-backend.js';

type Serving = Extract<FromBackend, {kind: 'serving'}>;

export interface Memory {
  heapUsed: number;
  rss: number;
}

export class BackendProcess {
  readonly serving: Serving;
  /** Lines of its log. */
  readonly log: string[];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, serving: Serving, log: string[]) {
    this.#child = child;
    this.serving = serving;
    this.log = log;
  }

  /** @param nodeFlags for the backend's process, such as `--cpu-prof` */
  static async start(
    options: Omit<BackendOptions, 'log' | 'databaseUrl'>,
    nodeFlags: string[] = [],
  ): Promise<BackendProcess> {
    const child = fork(fileURLToPath(new URL('./serve-backend.ts', import.meta.url)), [JSON.stringify(options)], {
      execArgv: ['--import', 'tsx', '--expose-gc', ...nodeFlags],
    });
    const log: string[] = [];
    const serving = await new Promise<Serving>((done, fail) => {
      child.once('exit', code => fail(new Error(`the backend ended with ${code} before it served`)));
      child.on('message', (message: FromBackend) => {
        if (message.kind === 'log') log.push(message.line);
        if (message.kind === 'failed') fail(new Error(message.reason));
        if (message.kind === 'serving') done(message);
      });
    });
    return new BackendProcess(child, serving, log);
  }

  get isUp(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  memory(): Promise<Memory> {
    return new Promise((done, fail) => {
      const take = (message: FromBackend) => {
        if (message.kind !== 'memory') return;
        this.#child.off('message', take).off('exit', gone);
        done(message);
      };
      const gone = () => fail(new Error('the backend is gone'));
      this.#child.on('message', take).once('exit', gone);
      this.#child.send('memory', error => error && fail(error));
    });
  }

  /** @throws {Error} when it did not end in good order */
  async stop(): Promise<void> {
    if (!this.isUp) return;
    const ended = new Promise<number | null>(done => this.#child.once('exit', done));
    this.#child.disconnect();
    const code = await ended;
    if (code !== 0) throw new Error(`the backend ended with ${code}`);
  }
}
