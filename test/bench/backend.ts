// The embedded backend's table: fan-out, a row's way to a hundred people, joins, writes and its start. The backend, the
// subscribers and this process are three, on 127.0.0.1 only. Counts are fixed, so a run ends.
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {rmSync} from 'node:fs';
import {Agent, request} from 'node:http';
import {fileURLToPath} from 'node:url';
import WebSocket from 'ws';
import {BackendProcess} from '../support/backend-process.js';
import {nowMs, Subscribers} from './subscribers.js';
import {median, percentile, type Progress, type Table} from './table.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** What a start keeps for the next one. */
const caches = ['trunkline', 'trunkline-tsx'];
const runs = 5;
const people = 100;
const broadcasts = 2000;
const inserts = 40;
const sends = 200;
const writers = 20;

interface Person {
  id: string;
  token: string;
}

export async function benchBackend(progress: Progress): Promise<Table> {
  progress('starting it');
  const {firstMs, startMs} = await starts();

  const flags =
    process.env['TRUNKLINE_CPU_PROF'] === undefined
      ? []
      : ['--cpu-prof', '--cpu-prof-dir', process.env['TRUNKLINE_CPU_PROF'] ?? '.'];
  const backend = await BackendProcess.start({limits: 'off'}, flags);
  const subscribers = new Subscribers();
  try {
    const bench = new BackendBench(backend, subscribers);
    progress('making a hundred people');
    await bench.prepare();
    const fanOut: number[] = [];
    const [medians50, medians99, lasts50, lasts99] = [[], [], [], []] as [number[], number[], number[], number[]];
    const [joinAll, joinOne] = [[], []] as [number[], number[]];
    const [sequential, inOneChat] = [[], []] as [number[], number[]];
    for (let run = -1; run < runs; run++) {
      progress(run < 0 ? 'warming up' : `run ${run + 1} of ${runs}`);
      const isKept = run >= 0;
      const rate = await bench.fanOut();
      const row = await bench.rowToPeople();
      const joinMs = await bench.joins();
      const alone = await bench.sends(1);
      const together = await bench.sends(writers);
      if (!isKept) continue;
      fanOut.push(rate);
      medians50.push(median(row.medians));
      medians99.push(percentile(row.medians, 0.99));
      lasts50.push(median(row.lasts));
      lasts99.push(percentile(row.lasts, 0.99));
      joinAll.push(joinMs.all);
      joinOne.push(joinMs.one);
      sequential.push(alone);
      inOneChat.push(together);
    }
    return {
      title: 'The embedded backend',
      about: `${runs} runs after one to warm up, each with ${broadcasts} broadcasts, ${inserts} inserts and ${sends} sends. A row's time begins before its HTTP request. A start is the command \`npm run backend\` runs, with an empty database, from spawn to its line of JSON; warm is with packages, template of a cluster and tsx's cache there, the first has only the packages.`,
      figures: [
        {
          name: `one sender → ${people} subscribers, nothing lost`,
          unit: 'deliveries/s',
          values: fanOut,
          goal: '≥ 100,000',
        },
        {name: `row → ${people} people, median one, p50`, unit: 'ms', values: medians50, goal: '≤ 10'},
        {name: `row → ${people} people, median one, p99`, unit: 'ms', values: medians99},
        {name: `row → ${people} people, last one, p50`, unit: 'ms', values: lasts50, goal: '≤ 10'},
        {name: `row → ${people} people, last one, p99`, unit: 'ms', values: lasts99},
        {name: `${people} private joins at once, until the last`, unit: 'ms', values: joinAll},
        {name: 'a private join, one after another, p50', unit: 'ms', values: joinOne},
        {name: 'send_messages, one after another', unit: '/s', values: sequential},
        {name: `send_messages, ${writers} writers of one chat`, unit: '/s', values: inOneChat},
        {name: 'start to serving, warm install', unit: 'ms', values: startMs, goal: '≤ 1,000'},
        {name: 'start to serving, first after an install', unit: 'ms', values: firstMs},
      ],
    };
  } finally {
    subscribers.end();
    await backend.stop();
  }
}

class BackendBench {
  readonly #backend: BackendProcess;
  readonly #subscribers: Subscribers;
  readonly #agent = new Agent({keepAlive: true});
  readonly #people: Person[] = [];
  #chat = '';

  constructor(backend: BackendProcess, subscribers: Subscribers) {
    this.#backend = backend;
    this.#subscribers = subscribers;
  }

  async prepare(): Promise<void> {
    for (let n = 0; n < people; n++) {
      const said = (await this.#post('/auth/v1/signup', {}, this.#backend.serving.anonKey)) as {
        access_token: string;
        user: {id: string};
      };
      this.#people.push({id: said.user.id, token: said.access_token});
    }
    for (const {token} of this.#people) {
      const chat = (await this.#post('/rest/v1/rpc/open_chat', {chat: 'bench', make: true}, token)) as {id: string};
      this.#chat = chat.id;
    }
  }

  /** Deliveries a second. */
  async fanOut(): Promise<number> {
    const topic = `realtime:bench-${crypto.randomUUID()}`;
    const token = this.#backend.serving.anonKey;
    await this.#subscribers.open(
      this.#socketUrl,
      this.#people.map(() => ({topic, isPrivate: false, token})),
    );
    const sender = new WebSocket(this.#socketUrl);
    await once(sender, 'open');
    sender.send(JSON.stringify(['1', '1', topic, 'phx_join', {config: {}}]));
    await once(sender, 'message');
    const {received} = await this.#subscribers.expect(broadcasts, true);
    const started = nowMs();
    for (let n = 1; n <= broadcasts; n++) {
      sender.send(push(topic, 'ev', `{"n":${n}}`));
      if (sender.bufferedAmount > 65_536) await new Promise(setImmediate);
    }
    const {atMs, lost} = await received;
    sender.close();
    await this.#subscribers.close();
    if (lost > 0) throw new Error(`${lost} broadcasts were lost or out of order`);
    return (broadcasts * people) / ((Math.max(...atMs) - started) / 1000);
  }

  /** For each insert: ms until half the people, and until the last, had it. */
  async rowToPeople(): Promise<{medians: number[]; lasts: number[]}> {
    const topic = `realtime:chat:${this.#chat}`;
    await this.#subscribers.open(
      this.#socketUrl,
      this.#people.map(({token}) => ({topic, isPrivate: true, token})),
    );
    const [medians, lasts]: [number[], number[]] = [[], []];
    for (let n = 0; n < inserts; n++) {
      const {received} = await this.#subscribers.expect(1);
      const started = nowMs();
      const sent = this.#send(this.#people[n % people]?.token ?? '');
      const {atMs} = await received;
      await sent;
      medians.push(median(atMs) - started);
      lasts.push(Math.max(...atMs) - started);
    }
    await this.#subscribers.close();
    return {medians, lasts};
  }

  async joins(): Promise<{all: number; one: number}> {
    const who = this.#people.map(({id, token}) => ({topic: `realtime:inbox:${id}`, isPrivate: true, token}));
    const together = await this.#subscribers.open(this.#socketUrl, who);
    await this.#subscribers.close();
    const apart = await this.#subscribers.open(this.#socketUrl, who, true);
    await this.#subscribers.close();
    return {all: together.allMs, one: median(apart.eachMs)};
  }

  /** Calls a second. */
  async sends(lanes: number): Promise<number> {
    let left = sends;
    const started = nowMs();
    await Promise.all(
      Array.from({length: lanes}, async (_, lane) => {
        while (left-- > 0) await this.#send(this.#people[lane]?.token ?? '');
      }),
    );
    return sends / ((nowMs() - started) / 1000);
  }

  get #socketUrl(): string {
    const {url, anonKey} = this.#backend.serving;
    return `${url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${anonKey}&vsn=2.0.0`;
  }

  #send(token: string): Promise<unknown> {
    const messages = [{id: crypto.randomUUID(), chat_id: this.#chat, body: 'How far is it?'}];
    return this.#post('/rest/v1/rpc/send_messages', {messages}, token);
  }

  #post(path: string, body: unknown, token: string): Promise<unknown> {
    const text = JSON.stringify(body);
    const {url, anonKey} = this.#backend.serving;
    const headers = {
      apikey: anonKey,
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    };
    return new Promise((done, fail) => {
      const sent = request(`${url}${path}`, {method: 'POST', headers, agent: this.#agent}, response => {
        let said = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
        response.on('end', () => (response.statusCode === 200 ? done(JSON.parse(said)) : fail(new Error(said))));
      });
      sent.once('error', fail);
      sent.end(text);
    });
  }
}

/** Kind 3, as version 2 pushes a broadcast. */
function push(topic: string, event: string, payload: string): Buffer {
  const parts = ['1', '2', topic, event].map(text => Buffer.from(text));
  return Buffer.concat([Buffer.from([3, ...parts.map(part => part.length), 0, 1]), ...parts, Buffer.from(payload)]);
}

/** The command itself, from spawn to its line of JSON, in ms. */
async function starts(): Promise<{firstMs: number[]; startMs: number[]}> {
  const {TSX_DISABLE_CACHE: _, ...env} = process.env; // setup.mjs set it for us, and decides for itself there
  const started: ChildProcess[] = [];
  const start = async () => {
    const startedMs = nowMs();
    const child = spawn(process.execPath, ['--import', './demo/setup.mjs', '--import', 'tsx', 'demo/backend/main.ts'], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(child);
    await once(child.stdout, 'data');
    return nowMs() - startedMs;
  };
  const [firstMs, startMs] = [[], []] as [number[], number[]];
  try {
    for (let run = 0; run < runs; run++) {
      for (const name of caches) rmSync(`${root}/node_modules/.cache/${name}`, {recursive: true, force: true});
      firstMs.push(await start());
      startMs.push(await start());
    }
    return {firstMs, startMs};
  } finally {
    // Not one after another: ext4 without a journal takes up to a second to make a cluster's thousand files when as many have
    // just been removed, which is not what a start costs.
    for (const child of started) {
      child.kill('SIGTERM');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
  }
}
