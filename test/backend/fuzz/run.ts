// A fuzz run: sends so many broken frames and requests to a backend in its own process, judges every answer, and looks
// at memory, the log and Postgres's connections. Collects complaints; throws nothing at its caller but its own bugs.
import {createClient} from '@supabase/supabase-js';
import {Agent} from 'node:http';
import pg from 'pg';
import WebSocket from 'ws';
import {restTables} from '../../support/rest-tables.js';
import type {BackendProcess, Memory} from '../../support/backend-process.js';
import {FrameDriver} from './frame-driver.js';
import type {FrameWorld} from './frames.js';
import {Random} from './random.js';
import {sendMangled, sendRequest} from './request-driver.js';
import {someRequest} from './requests.js';
import type {Tokens} from './tokens.js';

export interface FuzzOptions {
  seed: number;
  frames: number;
  requests: number;
  /** Told now and then how far it is. */
  progress?: (line: string) => void;
}

export interface FuzzReport {
  frames: number;
  requests: number;
  /** Requests of which Postgres had a say. */
  reached: number;
  statuses: Record<string, number>;
  closes: Record<string, number>;
  /** Heap and RSS after a tenth of the run and at its end, in bytes. */
  warm: Memory;
  end: Memory;
  /** Each with the seed's item that shows it. */
  complaints: string[];
  stuckTransactions: number;
}

const lanes = 6;

export async function fuzz(backend: BackendProcess, options: FuzzOptions): Promise<FuzzReport> {
  const world = await makeWorld(backend);
  const report: FuzzReport = {
    frames: 0,
    requests: 0,
    reached: 0,
    statuses: {},
    closes: {},
    warm: await backend.memory(),
    end: {heapUsed: 0, rss: 0},
    complaints: [],
    stuckTransactions: 0,
  };
  const known = new Set<string>();
  const complain = (line: string) => {
    const kind = line.replace(/\d+/g, '').slice(-200);
    if (known.has(kind) || known.size >= 50) return; // one of a kind says it
    known.add(kind);
    report.complaints.push(line);
  };
  for (let tenth = 0; tenth < 10 && backend.isUp; tenth++) {
    await inLanes(share(options.frames, tenth), lane =>
      frameLane(backend, world, options.seed, lane, report, complain),
    );
    await inLanes(share(options.requests, tenth), lane =>
      requestLane(backend, world, options.seed, lane, report, complain),
    );
    if (tenth === 0) report.warm = await backend.memory();
    options.progress?.(`${report.frames} frames, ${report.requests} requests, ${report.complaints.length} complaints`);
  }
  if (!backend.isUp) complain('the backend is gone');
  // A line with a stack is an error that nobody expected.
  for (const line of backend.log)
    if (/\n\s+at /.test(line)) complain(`its log: ${line.split('\n').slice(0, 6).join('\n')}`);
  report.stuckTransactions = await stuck(backend);
  await goodClient(backend).catch(error => complain(`a good client fails afterwards: ${String(error)}`));
  report.end = await backend.memory();
  return report;
}

/** Items of the run that fall in this tenth. */
function share(total: number, tenth: number): {from: number; to: number} {
  return {from: Math.floor((total * tenth) / 10), to: Math.floor((total * (tenth + 1)) / 10)};
}

interface Lane {
  number: number;
  items: number[];
}

async function inLanes({from, to}: {from: number; to: number}, work: (lane: Lane) => Promise<void>): Promise<void> {
  const items = Array.from({length: to - from}, (_, i) => from + i);
  await Promise.all(
    Array.from({length: lanes}, (_, number) => work({number, items: items.filter(i => i % lanes === number)})),
  );
}

async function frameLane(
  backend: BackendProcess,
  world: FrameWorld,
  seed: number,
  {number, items}: Lane,
  report: FuzzReport,
  complain: (line: string) => void,
): Promise<void> {
  const vsn = number % 2 === 0 ? 2 : 1;
  const driver = new FrameDriver(backend.serving, vsn, world, seed, complain);
  await driver.run(items);
  report.frames += driver.sent;
  for (const [code, count] of Object.entries(driver.closes)) report.closes[code] = (report.closes[code] ?? 0) + count;
}

async function requestLane(
  {serving}: BackendProcess,
  world: FrameWorld,
  seed: number,
  {items}: Lane,
  report: FuzzReport,
  complain: (line: string) => void,
): Promise<void> {
  const agent = new Agent({keepAlive: true, maxSockets: 1});
  for (const item of items) {
    const random = new Random(seed + 1, item);
    const request = someRequest(random, world);
    const send = random.chance(0.08) ? sendMangled : sendRequest;
    const {status, fault, reached} = await send(serving.url, request, agent, random);
    report.statuses[status] = (report.statuses[status] ?? 0) + 1;
    report.requests++;
    if (reached) report.reached++;
    if (fault !== undefined)
      complain(`request ${item}: ${request.method} ${request.path.slice(0, 200)} → ${status}: ${fault}`);
  }
  agent.destroy();
}

async function makeWorld({serving}: BackendProcess): Promise<FrameWorld> {
  const owner = new pg.Client({connectionString: serving.systemUrl});
  await owner.connect();
  await owner.query(`set role trunkline_owner; ${restTables}`).finally(() => owner.end());
  const client = quietClient(serving.url, serving.anonKey);
  const {data} = await client.auth.signInAnonymously();
  const {data: chat} = await client.rpc('open_chat', {chat: 'fuzz', make: true});
  const tokens: Tokens = {
    secret: serving.jwtSecret,
    anon: serving.anonKey,
    service: serving.serviceRoleKey,
    user: data.session?.access_token ?? '',
    userId: data.user?.id ?? '',
  };
  return {tokens, chatId: (chat as {id: string}).id};
}

/** Transactions that were begun and forgotten. */
async function stuck({serving}: BackendProcess): Promise<number> {
  const client = new pg.Client({connectionString: serving.systemUrl});
  await client.connect();
  const {rows} = await client.query<{count: number}>(
    `select count(*)::int as count from pg_stat_activity where state like 'idle in transaction%'`,
  );
  await client.end();
  return rows[0]?.count ?? -1;
}

/** Signs in, joins a private channel, sends a message and gets it. */
async function goodClient({serving}: BackendProcess): Promise<void> {
  const client = quietClient(serving.url, serving.anonKey);
  const {data} = await client.auth.signInAnonymously();
  await client.realtime.setAuth(data.session?.access_token ?? '');
  const chat = (await client.rpc('open_chat', {chat: 'afterwards', make: true})).data as {id: string};
  const channel = client.channel(`chat:${chat.id}`, {config: {private: true}});
  try {
    await new Promise<void>((done, fail) => {
      setTimeout(() => fail(new Error('no event in 20 s')), 20_000).unref();
      channel.on('broadcast', {event: 'change'}, () => done());
      channel.subscribe((status, error) => {
        if (status === 'CHANNEL_ERROR' || status === 'TIMED_OUT') fail(error ?? new Error(status));
        if (status !== 'SUBSCRIBED') return;
        const message = {id: crypto.randomUUID(), chat_id: chat.id, body: 'still here'};
        void client.rpc('send_messages', {messages: [message]}).then(answer => answer.error && fail(answer.error));
      });
    });
  } finally {
    await client.removeAllChannels();
  }
}

function quietClient(url: string, key: string) {
  return createClient(url, key, {
    auth: {persistSession: false, autoRefreshToken: false, detectSessionInUrl: false},
    realtime: {transport: WebSocket as unknown as typeof globalThis.WebSocket},
  });
}
