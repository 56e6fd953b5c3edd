// A person with many tabs of one chat page: what the tabs cost the project and the browser, how soon they live, and how late a message
// comes to the last of them. Each run opens a browser for every way of doing it, one after the other.
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import {WebSocketServer} from 'ws';
import {BackendProcess} from '../support/backend-process.js';
import type {PageSite} from '../support/page-site.js';
import type {Comparison, Row} from './comparison.js';
import {OtherPerson, type Room as ChatRoom} from './other-person.js';
import {countsOf, serveTabs, type Counts, type Way} from './room.js';
import {TabWindow} from './tab-window.js';
import {percentile, type Progress} from './table.js';

const tabs = 10;
const bills = [1, 3, 10, 30];
const history = 50;
/** How fast the other person writes, and how much. */
const rates = [
  {perSecond: 10, count: 50},
  {perSecond: 200, count: 1_000},
];
/** Longer than two heartbeats, which come every 25 s. */
const HEARTBEAT_WATCH_MS = 60_000;

/** What one way gave, one value a run. */
class Values {
  readonly #byName = new Map<string, number[]>();

  add(name: string, value: number): void {
    this.#byName.set(name, [...this.of(name), value]);
  }

  of(name: string): number[] {
    return this.#byName.get(name) ?? [];
  }
}

export async function benchTabs(progress: Progress, {runs = 5}: {runs?: number} = {}): Promise<Comparison[]> {
  const bench = await TabsBench.prepare(progress);
  try {
    for (let run = -1; run < runs; run++) {
      progress(run < 0 ? 'warming up' : `run ${run + 1} of ${runs}`);
      bench.isKept = run >= 0;
      for (const way of ['plain', 'ours'] as const) {
        await bench.stay(way);
        for (const count of bills)
          if (count !== tabs && bench.isKept && run < Math.max(1, runs - 2)) await bench.bill(way, count);
      }
      await bench.withoutRealtime();
      await bench.floor();
    }
    progress('heartbeats, for a minute each');
    bench.isKept = true;
    for (const way of ['plain', 'ours'] as const) await bench.heartbeats(way);
    return bench.tables();
  } finally {
    await bench.close();
  }
}

class TabsBench {
  isKept = false;
  readonly #backend: BackendProcess;
  readonly #site: PageSite;
  readonly #person: OtherPerson;
  readonly #progress: Progress;
  readonly #values: Record<Way, Values> = {
    bare: new Values(),
    plain: new Values(),
    ours: new Values(),
    raw: new Values(),
  };

  private constructor(backend: BackendProcess, site: PageSite, person: OtherPerson, progress: Progress) {
    this.#backend = backend;
    this.#site = site;
    this.#person = person;
    this.#progress = progress;
  }

  static async prepare(progress: Progress): Promise<TabsBench> {
    const site = await serveTabs();
    const backend = await BackendProcess.start({limits: 'off'}, []);
    return new TabsBench(backend, site, await OtherPerson.signIn(backend), progress);
  }

  async close(): Promise<void> {
    await this.#person.end();
    await this.#site.close();
    await this.#backend.stop();
  }

  /** Ten tabs are opened one after another, and a person writes to them at both rates. */
  async stay(way: 'plain' | 'ours'): Promise<void> {
    const chat = await this.#person.makeRoom(history);
    const window = await TabWindow.open(way, this.#site);
    try {
      // Who comes back is signed in, and has been here before.
      await this.#openTab(window, chat);
      await window.closeTabs();
      await this.#untilCounts(({sockets}) => sockets === 0);
      const memory = await window.memoryBytes();
      const before = await countsOf(this.#backend);
      window.scriptBytes();
      for (let n = 1; n <= tabs; n++) {
        const ms = await this.#openTab(window, chat);
        const script = window.scriptBytes() / 1000;
        if (n === 1) this.#keep(way, 'first tab', ms);
        if (n === 1) this.#keep(way, 'script of the first tab', script);
        if (n === tabs) this.#keep(way, 'last tab', ms);
        if (n === tabs) this.#keep(way, 'script of the last tab', script);
      }
      await this.#untilJoined(window);
      await this.#settle();
      this.#keep(way, 'memory', ((await window.memoryBytes()) - memory) / 1e6);
      this.#keep(way, 'heap', (await window.heapBytes()) / 1e6);
      this.#keepCounts(way, tabs, before, await countsOf(this.#backend));
      let from = 0;
      // What it costs is measured of tabs as they are, one in sight and the others behind it; how late a message comes, where all are in sight.
      for (const isSeen of [false, true]) {
        if (isSeen) await window.pretendSeen();
        for (const {perSecond, count} of rates) {
          const [stats, busy, processor] = [
            await countsOf(this.#backend),
            await window.mainThreadMs(),
            await window.processorMs(),
          ];
          const sentAt = await this.#person.writeAtRate(chat, {from, count, perSecond});
          await window.untilShown(history + from + count);
          const perThousand = 1000 / count;
          const where = isSeen ? ' in sight' : '';
          this.#keep(way, `main thread at ${perSecond}${where}`, ((await window.mainThreadMs()) - busy) * perThousand);
          this.#keep(
            way,
            `processor at ${perSecond}${where}`,
            ((await window.processorMs()) - processor) * perThousand,
          );
          if (isSeen) this.#keepLatencies(way, perSecond, sentAt, await window.arrivals());
          else if (perSecond === 200) this.#keepTraffic(way, tabs, count, stats, await countsOf(this.#backend));
          from += count;
        }
      }
      const misplaced = await window.misplaced();
      if (misplaced > 0) this.#progress(`${way}: ${misplaced} messages out of order`);
    } finally {
      await window.close();
    }
  }

  /** So many tabs, and 100 messages. */
  async bill(way: 'plain' | 'ours', count: number): Promise<void> {
    const chat = await this.#person.makeRoom(history);
    const window = await TabWindow.open(way, this.#site);
    try {
      const before = await countsOf(this.#backend);
      for (let n = 0; n < count; n++) await this.#openTab(window, chat);
      await this.#untilJoined(window);
      await this.#settle();
      const open = await countsOf(this.#backend);
      this.#keepCounts(way, count, before, open);
      await this.#person.writeAtRate(chat, {from: 0, count: 100, perSecond: 100});
      await window.untilShown(history + 100);
      await this.#settle();
      this.#keepTraffic(way, count, 100, open, await countsOf(this.#backend));
    } finally {
      await window.close();
      await this.#untilCounts(({sockets}) => sockets === 0);
    }
  }

  async heartbeats(way: 'plain' | 'ours'): Promise<void> {
    const chat = await this.#person.makeRoom(history);
    const window = await TabWindow.open(way, this.#site);
    try {
      for (let n = 0; n < tabs; n++) await this.#openTab(window, chat);
      const before = await countsOf(this.#backend);
      await new Promise(done => setTimeout(done, HEARTBEAT_WATCH_MS));
      const after = await countsOf(this.#backend);
      this.#keep(way, 'heartbeats', ((after.heartbeats - before.heartbeats) * 60_000) / HEARTBEAT_WATCH_MS);
    } finally {
      await window.close();
      await this.#untilCounts(({sockets}) => sockets === 0);
    }
  }

  /** The same page that only reads. */
  async withoutRealtime(): Promise<void> {
    const chat = await this.#person.makeRoom(history);
    const window = await TabWindow.open('bare', this.#site);
    try {
      await this.#openTab(window, {...chat, slug: chat.id});
      await window.closeTabs();
      const memory = await window.memoryBytes();
      for (let n = 1; n <= tabs; n++) {
        const ms = await this.#openTab(window, {...chat, slug: chat.id});
        if (n === 1) this.#keep('bare', 'first tab', ms);
        if (n === tabs) this.#keep('bare', 'last tab', ms);
      }
      await this.#settle();
      this.#keep('bare', 'memory', ((await window.memoryBytes()) - memory) / 1e6);
      this.#keep('bare', 'heap', (await window.heapBytes()) / 1e6);
      for (const {perSecond, count} of rates) {
        const busy = await window.mainThreadMs();
        await window.tabs.at(-1)?.evaluate(`draw(${count}, ${perSecond})`);
        this.#keep('bare', `main thread at ${perSecond}`, (((await window.mainThreadMs()) - busy) * 1000) / count);
      }
    } finally {
      await window.close();
    }
  }

  /** Nothing but a socket and a text: what the machine can do. */
  async floor(): Promise<void> {
    const server = new WebSocketServer({host: '127.0.0.1', port: 0});
    await once(server, 'listening');
    const window = await TabWindow.open('raw', this.#site);
    try {
      await window.openTab({url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`});
      const sentAt = new Map<number, number>();
      for (let n = 0; n < 50; n++) {
        await new Promise(done => setTimeout(done, 20));
        sentAt.set(n, performance.timeOrigin + performance.now());
        for (const socket of server.clients) socket.send(JSON.stringify({id: String(n), body: `#${n} a message`}));
      }
      await window.untilShown(50);
      this.#keepLatencies('raw', 50, sentAt, await window.arrivals());
    } finally {
      await window.close();
      await new Promise(done => server.close(done));
    }
  }

  /** Opens a tab; until the history is shown and the server has let the tab's channels in, in ms from its navigation. */
  async #openTab(window: TabWindow, chat: ChatRoom): Promise<number> {
    const {url, anonKey} = this.#backend.serving;
    const joinedAt = window.way === 'bare' ? Promise.resolve(0) : this.#whenJoined(window, window.tabs.length + 1);
    const query = {url, key: anonKey, chat: chat.slug, token: this.#person.token};
    const {startedAt, readyAt} = await window.openTab(query);
    return Math.max(readyAt, await joinedAt) - startedAt;
  }

  /** What the server knows of: two channels a socket, and a socket a tab or one for all. */
  async #whenJoined(window: TabWindow, count: number): Promise<number> {
    const wanted = 2 * (window.way === 'plain' ? count : 1);
    await this.#untilCounts(({channels}) => channels >= wanted);
    return performance.timeOrigin + performance.now();
  }

  #untilJoined(window: TabWindow): Promise<number> {
    return this.#whenJoined(window, window.tabs.length);
  }

  async #untilCounts(isEnough: (counts: Counts) => boolean): Promise<void> {
    for (const end = Date.now() + 60_000; !isEnough(await countsOf(this.#backend));) {
      if (Date.now() > end) throw new Error('The server’s counts are not what was waited for.');
      await new Promise(done => setTimeout(done, 4));
    }
  }

  /** What goes on after an opening has gone by: presence, idle work. */
  async #settle(): Promise<void> {
    await new Promise(done => setTimeout(done, 1_500));
  }

  #keep(way: Way, name: string, value: number): void {
    if (this.isKept) this.#values[way].add(name, value);
  }

  #keepCounts(way: Way, count: number, before: Counts, now: Counts): void {
    const rise = (name: keyof Counts) => now[name] - before[name];
    this.#keep(way, `sockets of ${count}`, now.sockets);
    this.#keep(way, `joins of ${count}`, rise('joins'));
    // Each track is billed, each state that a join is answered with, and each diff. One of a page's two channels has presence.
    this.#keep(way, `diffs of ${count}`, rise('presenceEvents') - rise('presenceCalls') - rise('joins') / 2);
  }

  /** What so many messages came to at the server, per 100. */
  #keepTraffic(way: Way, count: number, messages: number, before: Counts, now: Counts): void {
    const per100 = (name: keyof Counts) => ((now[name] - before[name]) * 100) / messages;
    this.#keep(way, `frames of ${count}`, per100('framesOut'));
    this.#keep(way, `bytes of ${count}`, per100('bytesOut') / 1000);
    // Each broadcast is billed once for its sending and once for each receiver.
    this.#keep(way, `received of ${count}`, per100('events') - per100('broadcasts'));
    this.#keep(way, `billed of ${count}`, per100('billedMessages'));
  }

  #keepLatencies(way: Way, perSecond: number, sentAt: Map<number, number>, arrivals: Map<number, number>[]): void {
    const [first, last]: [number[], number[]] = [[], []];
    for (const [n, at] of sentAt) {
      const each = arrivals.map(times => (times.get(n) ?? Infinity) - at);
      first.push(Math.min(...each));
      last.push(Math.max(...each));
    }
    for (const [name, times] of [['first', first] as const, ['last', last] as const])
      for (const share of [0.5, 0.95]) this.#keep(way, `${name} ${share} at ${perSecond}`, percentile(times, share));
  }

  #row(name: string, unit: string, key: string, more: Partial<Row> = {}): Row {
    return {name, unit, plain: this.#values.plain.of(key), ours: this.#values.ours.of(key), ...more};
  }

  /** What a way adds to the page without realtime. */
  #added(name: string, unit: string, key: string, more: Partial<Row> = {}): Row {
    const floor = percentile(this.#values.bare.of(key), 0.5);
    const beyond = (way: Way) => this.#values[way].of(key).map(value => value - floor);
    return {name, unit, plain: beyond('plain'), ours: beyond('ours'), ...more};
  }

  #floor(name: string, key: string): Row {
    const values = this.#values.raw.of(key);
    return {name, unit: 'ms', plain: values, ours: values};
  }

  tables(): Comparison[] {
    const bill = bills.flatMap(count => {
      const of = `${count} ${count === 1 ? 'tab' : 'tabs'}`;
      const tenth = count === tabs ? {goal: '≤ 0.1'} : {};
      return [
        this.#row(`${of}: sockets`, '', `sockets of ${count}`, tenth),
        this.#row(`${of}: joins`, '', `joins of ${count}`, tenth),
        this.#row(`${of}: frames to the browser per 100 messages`, '', `frames of ${count}`, tenth),
        this.#row(`${of}: bytes to the browser per 100 messages`, 'kB', `bytes of ${count}`, tenth),
        this.#row(
          `${of}: messages that the browser is billed for receiving, per 100`,
          '',
          `received of ${count}`,
          tenth,
        ),
        this.#row(`${of}: messages billed, all in all, per 100`, '', `billed of ${count}`),
        this.#row(`${of}: presence diffs told to the browser while they open`, '', `diffs of ${count}`, {
          ...(count === tabs ? {goal: '≤ 0.0182'} : {}),
        }),
      ];
    });
    const reading = (key: string) => this.#values.bare.of(key);
    return [
      {
        title: 'Sockets and bill',
        about: `One person, one chat with presence, everything in each tab. As the server counts. Supabase bills one message for the sending and one for each receiver; all in all, a message of the chat is also told to the inboxes of its two members, whether they listen or not.`,
        rows: [...bill, this.#row(`${tabs} tabs: heartbeats a minute`, '', 'heartbeats', {goal: '≤ 0.1'})],
      },
      {
        title: 'Time to live',
        about: `From navigation until ${history} messages are shown and the server has let the channels in, for a person who was here before. The page without realtime only reads the messages: ${format(reading('first tab'))} ms in the first tab, ${format(reading('last tab'))} in the last.`,
        rows: [
          this.#row('first tab', 'ms', 'first tab', {goal: '≤ 1.0'}),
          this.#row(`tab ${tabs}`, 'ms', 'last tab'),
          this.#added(`tab ${tabs}, beyond the page without realtime`, 'ms', 'last tab', {goal: '≤ 0.5'}),
        ],
      },
      {
        title: 'Latency',
        about: `From another person's insert to the text in the document, all ${tabs} tabs taken to be in sight. The floor is what the machine takes for less: a message that a bare WebSocket brings to the text of one tab, in both columns.`,
        rows: [
          this.#floor('floor, p50', 'last 0.5 at 50'),
          this.#floor('floor, p95', 'last 0.95 at 50'),
          ...rates.flatMap(({perSecond}) => [
            this.#row(`${perSecond} messages/s: first tab, p50`, 'ms', `first 0.5 at ${perSecond}`),
            this.#row(`${perSecond} messages/s: first tab, p95`, 'ms', `first 0.95 at ${perSecond}`),
            this.#row(`${perSecond} messages/s: last tab, p50`, 'ms', `last 0.5 at ${perSecond}`),
            this.#row(`${perSecond} messages/s: last tab, p95`, 'ms', `last 0.95 at ${perSecond}`, {
              goal: perSecond === 10 ? '≤ 1.2' : '≤ 1.0',
            }),
          ]),
        ],
      },
      {
        title: 'Page cost',
        about: `${tabs} tabs of one window, the last one in sight, the others behind it. Main thread: all tasks of all tabs; processor: all processes of the browser, the worker's among them. To draw 1,000 messages that come from nowhere costs the one tab in sight ${format(reading('main thread at 200'))} ms at 200/s. Memory: what the tabs add to the browser's proportional set size; ${tabs} of the page without realtime add ${format(reading('memory'))} MB, and have a heap of ${percentile(reading('heap'), 0.5).toFixed(2)} MB.`,
        rows: [
          ...rates.map(({perSecond}) =>
            this.#row(`main thread, per 1,000 messages at ${perSecond}/s`, 'ms', `main thread at ${perSecond}`, {
              ...(perSecond === 200 ? {goal: '≤ 0.5'} : {}),
            }),
          ),
          this.#row(
            `main thread, all tabs taken to be in sight, per 1,000 at 200/s`,
            'ms',
            'main thread at 200 in sight',
          ),
          ...rates.map(({perSecond}) =>
            this.#row(`processor, per 1,000 messages at ${perSecond}/s`, 'ms', `processor at ${perSecond}`),
          ),
          this.#row('memory that the tabs add', 'MB', 'memory', {goal: '≤ 0.7'}),
          this.#row('JS heap of a tab', 'MB', 'heap', {goal: '≤ 0.6'}),
          this.#added('JS heap, beyond the page without realtime', 'MB', 'heap'),
          this.#row('script loaded by the first tab, its worker’s too', 'kB', 'script of the first tab'),
          this.#row(`script loaded by tab ${tabs}`, 'kB', 'script of the last tab'),
        ],
      },
    ];
  }
}

function format(values: number[]): string {
  return percentile(values, 0.5).toFixed(1);
}
