// A started backend for a test file, people to use it through the official client, and ways to wait for what happens
// instead of sleeping. With SUPABASE_URL, SUPABASE_ANON_KEY, SUPABASE_SERVICE_ROLE_KEY and SUPABASE_DB_URL set, the
// same tests run against that project.
import {after} from 'node:test';
import {createClient, type RealtimeChannel, type SupabaseClient} from '@supabase/supabase-js';
import pg from 'pg';
import WebSocket from 'ws';
import {type Backend, type BackendOptions, startBackend} from '../../demo/backend/start-backend.js';

// Node 20 has none, and the client throws without one.
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;

export const isRealProject = process.env['SUPABASE_URL'] !== undefined;

/** Longest wait for something that must happen. Never the price of a test that passes. */
const patienceMs = 20_000;

const undo: (() => unknown)[] = [];
after(async () => {
  // The client's disconnect() leaves a timer of ten seconds behind; from here on no timer may hold the process.
  const real = globalThis.setTimeout;
  globalThis.setTimeout = Object.assign((...call: Parameters<typeof real>) => real(...call).unref(), real);
  // Node ends a file's process when nothing holds it any more. What still does after a while is told rather than waited for.
  real(() => {
    console.error('Still held after its tests:', process.getActiveResourcesInfo());
    process.exit();
  }, 3 * patienceMs).unref();
  const failures: unknown[] = [];
  for (let step = undo.pop(); step; step = undo.pop()) {
    const ended = new Promise(done => done(step?.()));
    await within(`the end of ${step}`, ended).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
});

/** Runs when the file's tests are done, last registered first. */
export function later(step: () => unknown): void {
  undo.push(step);
}

/** One backend for the whole file; ends with it. Limits are off unless asked for. */
export async function useBackend(options: BackendOptions = {}): Promise<Backend> {
  const backend = isRealProject ? realProject() : await startBackend({limits: 'off', log: () => {}, ...options});
  later(() => backend.close());
  return backend;
}

function realProject(): Backend {
  const read = (name: string) => {
    const value = process.env[name];
    if (value === undefined) throw new Error(`SUPABASE_URL is set, so ${name} must be, too.`);
    return value;
  };
  return {
    url: read('SUPABASE_URL'),
    anonKey: read('SUPABASE_ANON_KEY'),
    serviceRoleKey: read('SUPABASE_SERVICE_ROLE_KEY'),
    publishableKey: process.env['SUPABASE_PUBLISHABLE_KEY'] ?? read('SUPABASE_ANON_KEY'),
    secretKey: process.env['SUPABASE_SECRET_KEY'] ?? read('SUPABASE_SERVICE_ROLE_KEY'),
    databaseUrl: read('SUPABASE_DB_URL'),
    jwtSecret: process.env['SUPABASE_JWT_SECRET'] ?? '',
    stats: () => {
      throw new Error('A real project has no stats.');
    },
    close: async () => {},
  };
}

export interface ClientOptions {
  key?: string;
  vsn?: '1.0.0' | '2.0.0';
}

/** A client that nobody is signed in on. */
export function newClient(
  backend: Backend,
  {key = backend.anonKey, vsn = '2.0.0'}: ClientOptions = {},
): SupabaseClient {
  const client = createClient(backend.url, key, {
    auth: {persistSession: false, autoRefreshToken: false, detectSessionInUrl: false},
    realtime: {vsn},
  });
  later(() => client.removeAllChannels());
  return client;
}

export function admin(backend: Backend): SupabaseClient {
  return newClient(backend, {key: backend.serviceRoleKey});
}

export interface Person {
  client: SupabaseClient;
  id: string;
  token: string;
}

/** Somebody new, signed in anonymously, whose socket already has the token. */
export async function newPerson(backend: Backend, options: ClientOptions = {}): Promise<Person> {
  const client = newClient(backend, options);
  const {data} = unwrap(await client.auth.signInAnonymously());
  const {session, user} = data as {session: {access_token: string} | null; user: {id: string} | null};
  if (!session || !user) throw new Error('no session');
  await client.realtime.setAuth(session.access_token);
  return {client, id: user.id, token: session.access_token};
}

/** The answer, or its error thrown. */
export function unwrap<T extends {error: unknown}>(answer: T): T {
  if (answer.error) throw Object.assign(new Error(JSON.stringify(answer.error)), {answer});
  return answer;
}

/** Runs SQL as the owner of the project's tables, who is no superuser. Of several statements, the last rows count. */
export async function sql<Row extends pg.QueryResultRow = pg.QueryResultRow>(
  backend: Backend,
  text: string,
  values?: unknown[],
): Promise<Row[]> {
  const client = new pg.Client({connectionString: backend.databaseUrl});
  await client.connect();
  try {
    const result: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await client.query<Row>(text, values);
    return [result].flat().findLast(one => one.rows.length > 0)?.rows ?? [];
  } finally {
    await client.end();
  }
}

/** Resolves with the first status a subscription settles on. */
export function join(channel: RealtimeChannel): Promise<{status: string; error: string | undefined}> {
  return within(
    `a join of ${channel.topic}`,
    new Promise(done => channel.subscribe((status, error) => done({status, error: error?.message}))),
  );
}

/** Joins, or throws the refusal. */
export async function joined<T extends RealtimeChannel>(channel: T): Promise<T> {
  const {status, error} = await join(channel);
  if (status !== 'SUBSCRIBED') throw new Error(`${channel.topic}: ${status} ${error ?? ''}`);
  return channel;
}

/** Collects what arrives and lets a test wait for the one it means. */
export class Inbox<T> {
  readonly all: T[] = [];
  #waiting: {fits: (item: T) => boolean; take: (item: T) => void}[] = [];

  readonly put = (item: T): void => {
    this.all.push(item);
    const ready = this.#waiting.filter(({fits}) => fits(item));
    this.#waiting = this.#waiting.filter(one => !ready.includes(one));
    for (const {take} of ready) take(item);
  };

  /** The first that fits, come or to come. */
  find(fits: (item: T) => boolean = () => true): Promise<T> {
    const found = this.all.find(fits);
    if (found !== undefined) return Promise.resolve(found);
    return within('something to arrive', new Promise(take => this.#waiting.push({fits, take})));
  }

  /** Resolves when so many have come. */
  async count(wanted: number): Promise<T[]> {
    while (this.all.length < wanted) {
      await within(
        `${wanted} items (so far ${this.all.length})`,
        new Promise<T>(take => this.#waiting.push({fits: () => true, take})),
      );
    }
    return this.all;
  }
}

export interface Wire {
  joinRef: string | null;
  ref: string | null;
  topic: string;
  event: string;
  payload: Record<string, unknown>;
}

/** A socket without a client: what it says and hears is the protocol itself. */
export class RawSocket {
  readonly frames = new Inbox<Wire>();
  readonly binary = new Inbox<Buffer>();
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #vsn: string;
  #ref = 0;

  private constructor(socket: WebSocket, vsn: string) {
    this.#socket = socket;
    this.#vsn = vsn;
    this.closed = new Promise(done => socket.once('close', done));
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) return this.binary.put(data);
      const value = JSON.parse(data.toString()) as unknown;
      const [joinRef, ref, topic, event, payload] = Array.isArray(value)
        ? (value as unknown[])
        : [null, ...['ref', 'topic', 'event', 'payload'].map(key => (value as Record<string, unknown>)[key])];
      this.frames.put({joinRef, ref, topic, event, payload} as Wire);
    });
  }

  static async open(backend: Backend, {key = backend.anonKey, vsn = '2.0.0'}: ClientOptions = {}): Promise<RawSocket> {
    const url = `${backend.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${key}&vsn=${vsn}`;
    const socket = new WebSocket(url);
    later(() => socket.terminate());
    const raw = new RawSocket(socket, vsn);
    await within('a handshake', new Promise((done, fail) => socket.once('open', done).once('error', fail)));
    return raw;
  }

  /** Sends one frame and returns its ref. */
  send(topic: string, event: string, payload: unknown, joinRef: string | null = null): string {
    const ref = String(++this.#ref);
    this.text(
      JSON.stringify(
        this.#vsn === '2.0.0'
          ? [joinRef ?? ref, ref, topic, event, payload]
          : {topic, event, payload, ref, join_ref: joinRef ?? ref},
      ),
    );
    return ref;
  }

  text(data: string): void {
    this.#socket.send(data);
  }

  bytes(data: Buffer): void {
    this.#socket.send(data);
  }

  /** Sends one frame and waits for its reply. */
  async ask(topic: string, event: string, payload: unknown, joinRef: string | null = null): Promise<Wire> {
    const ref = this.send(topic, event, payload, joinRef);
    return this.frames.find(frame => frame.event === 'phx_reply' && frame.ref === ref);
  }

  join(topic: string, config: Record<string, unknown> = {}, token?: string): Promise<Wire> {
    return this.ask(topic, 'phx_join', {config, ...(token === undefined ? {} : {access_token: token})});
  }

  close(): void {
    this.#socket.close();
  }
}

/** Tries until it gets something. For what depends on a clock that nobody can be told of. */
export async function eventually<T>(what: string, attempt: () => Promise<T | undefined>): Promise<T> {
  for (const until = Date.now() + patienceMs; Date.now() < until;) {
    const got = await attempt();
    if (got !== undefined) return got;
  }
  throw new Error(`tried for ${patienceMs} ms in vain to see ${what}`);
}

export async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`waited ${patienceMs} ms in vain for ${what}`)), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
