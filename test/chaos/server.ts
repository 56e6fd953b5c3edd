// The backend of a run, as a process of its own that can be killed and started again on the same port with the same data. Also
// reads the table.
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import pg from 'pg';
import type {Row} from './evidence.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Longest wait for the backend to serve, or for its Postgres to end, in ms. */
const PATIENCE_MS = 40_000;

export class Server {
  port = 0;
  anonKey = '';
  readonly #data: string;
  readonly #isDurable: boolean;
  #databaseUrl = '';
  #child: ChildProcess | null = null;
  /** The process that is meant to end. */
  #ending: ChildProcess | null = null;
  #said = '';

  private constructor(data: string, isDurable: boolean) {
    this.#data = data;
    this.#isDurable = isDurable;
  }

  /** @param isDurable it can be crashed; else it never waits for the disk, whose pauses would be measured, too */
  static async start({isDurable = true} = {}): Promise<Server> {
    const data = mkdtempSync(join(tmpdir(), 'trunkline-chaos-'));
    // Under root, Postgres runs as nobody, who has to get in.
    chmodSync(data, 0o777);
    const server = new Server(data, isDurable);
    try {
      await server.#launch();
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** Kills the process as a crash would, and starts it again. What it had committed is there afterwards. */
  async crash(): Promise<void> {
    const child = this.#child;
    if (child) {
      this.#ending = child;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      await this.#untilPostgresIsGone();
    }
    // Its port was free for a moment, and another process of this machine may have it for another one.
    for (let tries = 1; ; tries++) {
      try {
        return await this.#launch();
      } catch (error) {
        if (tries === 3) throw error;
      }
    }
  }

  /** Asks the backend itself for a fault; see demo/backend/faults.ts. */
  async fault(order: Record<string, unknown>): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${this.port}/faults`, {
      method: 'POST',
      body: JSON.stringify(order),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (!response.ok)
      throw new Error(`POST /faults ${JSON.stringify(order)}: ${response.status} ${await response.text()}`);
  }

  /** The newest revision of each of these chats; 0 where there is none yet. */
  async tips(slugs: readonly string[]): Promise<number[]> {
    const rows = await this.#query<{slug: string; last_rev: string}>(
      'select slug, last_rev from public.chats where slug = any ($1)',
      [slugs],
    );
    return slugs.map(slug => Number(rows.find(row => row.slug === slug)?.last_rev ?? 0));
  }

  /** Everything in these chats. */
  async rows(slugs: readonly string[]): Promise<Row[]> {
    const rows = await this.#query<Omit<Row, 'seq' | 'chat'> & {slug: string; seq: string}>(
      `select m.id, c.slug, p.display_name as sender, m.seq, m.body, m.deleted_at is not null as deleted
       from public.messages m join public.chats c on c.id = m.chat_id left join public.profiles p on p.id = m.sender_id
       where c.slug = any ($1) order by c.slug, m.seq`,
      [slugs],
    );
    return rows.map(({slug, seq, ...row}) => ({...row, chat: slugs.indexOf(slug), seq: Number(seq)}));
  }

  /** What it said last on standard error. */
  get said(): string {
    return this.#said;
  }

  async close(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    this.#ending = child;
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(late);
    }
    await this.#untilPostgresIsGone();
    rmSync(this.#data, {recursive: true, force: true, maxRetries: 5});
  }

  async #launch(): Promise<void> {
    const place = this.#isDurable ? ['--data', join(this.#data, 'db')] : ['--memory'];
    const flags = ['--port', String(this.port), ...place, '--faults'];
    const child = spawn(process.execPath, ['--import', 'tsx', 'demo/backend/main.ts', ...flags], {
      cwd: root,
      // It ends by itself when this process is gone, as if npm had started it.
      env: {...process.env, npm_lifecycle_event: 'chaos'},
      stdio: ['ignore', 'pipe', 'pipe'],
      // A Ctrl-C is for this process, which then ends the other.
      detached: true,
    });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#said = (this.#said + text).slice(-20_000)));
    const stop = new AbortController();
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    try {
      const line = await Promise.race([
        once(createInterface(child.stdout), 'line', {signal: stop.signal}) as Promise<[string]>,
        once(child, 'exit', {signal: stop.signal}).then(() => {
          throw new Error(`The backend did not start. It said:\n${this.#said}`);
        }),
      ]);
      const {url, anonKey, databaseUrl} = JSON.parse(line[0]) as Record<string, string>;
      this.port = Number(new URL(url ?? '').port);
      this.anonKey = anonKey ?? '';
      this.#databaseUrl = databaseUrl ?? '';
      child.once('exit', () => {
        // Nobody waits for it: it is a fault of the run's own.
        if (this.#ending !== child) throw new Error(`The backend ended by itself. It said:\n${this.#said}`);
      });
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
  }

  async #untilPostgresIsGone(): Promise<void> {
    const lock = join(this.#data, 'db', 'cluster', 'postmaster.pid');
    for (let waited = 0; existsSync(lock) && waited < PATIENCE_MS; waited += 50) {
      await new Promise(done => setTimeout(done, 50));
    }
  }

  async #query<T extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<T[]> {
    const client = new pg.Client({connectionString: this.#databaseUrl});
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<T>(text, values)).rows;
    } finally {
      await client.end();
    }
  }
}
