// A person with many tabs of one chat page: what the tabs cost the project and the browser, how soon they live, and how late a message
// comes to the last of them. Each run opens a browser for every way of doing it, one after the other.
import {once} from 'node:events';
import type {AddressInfo} from 'node:net';
import {WebSocketServer} from 'ws';
import {BackendProcess} from '../support/backend-process.js';
import type {PageSite} from '../support/page-site.js';
import type {Comparison} from './comparison.js';
import {OtherPerson, type Room as ChatRoom} from './other-person.js';
import {countsOf, serveTabs, type Counts, type Way} from './room.js';
import {TabWindow} from './tab-window.js';
import {percentile, type Progress} from './table.js';
import {bills, history, rates, tabs, tabsTables, Values} from './tabs-tables.js';

/** As often as heartbeats come, so that each watch sees one a socket. */
const HEARTBEAT_WATCH_MS = 25_000;
/** How often the last tab is opened a run: it takes a few dozen ms, and they vary. */
const OPENINGS = 5;

export async function benchTabs(progress: Progress, {runs = 5}: {runs?: number} = {}): Promise<Comparison[]> {
  const site = await serveTabs();
  const bench = await TabsBench.prepare(progress, site);
  try {
    for (let run = -1; run < runs; run++) {
      progress(run < 0 ? 'warming up' : `run ${run + 1} of ${runs}`);
      bench.isKept = run >= 0;
      for (const way of ['plain', 'ours'] as const) {
        await bench.stay(way);
        for (const count of bills) if (count !== tabs && bench.isKept) await bench.bill(way, count);
      }
      await bench.withoutRealtime();
      await bench.floor();
    }
    await bench.heartbeats(runs);
    return tabsTables(bench.values);
  } finally {
    await bench.close();
    await site.close();
  }
}

class TabsBench {
  isKept = false;
  readonly #backend: BackendProcess;
  readonly #site: PageSite;
  readonly #person: OtherPerson;
  readonly #progress: Progress;
  readonly values: Record<Way, Values>;

  private constructor(
    backend: BackendProcess,
    site: PageSite,
    person: OtherPerson,
    progress: Progress,
    values: Record<Way, Values>,
  ) {
    this.#backend = backend;
    this.#site = site;
    this.#person = person;
    this.#progress = progress;
    this.values = values;
  }

  static async prepare(progress: Progress, site: PageSite): Promise<TabsBench> {
    const values = {bare: new Values(), plain: new Values(), ours: new Values(), raw: new Values()};
    const backend = await BackendProcess.start({limits: 'off'}, []);
    const person = await OtherPerson.signIn(backend);
    await person.warmUp();
    return new TabsBench(backend, site, person, progress, values);
  }

  /** With a backend of its own, whose counts are its own; what it measures is kept with the rest. */
  async #another(): Promise<TabsBench> {
    const backend = await BackendProcess.start({limits: 'off'}, []);
    const person = await OtherPerson.signIn(backend);
    return new TabsBench(backend, this.#site, person, this.#progress, this.values);
  }

  async close(): Promise<void> {
    await this.#person.end();
    await this.#backend.stop();
  }

  /** Ten tabs are opened one after another, and a person writes to them at both rates. */
  async stay(way: 'plain' | 'ours'): Promise<void> {
    const chat = await this.#person.makeRoom(history);
    const window = await TabWindow.open(way, this.#site);
    try {
      const before = await this.#openAll(window, chat);
      this.#keepCounts(way, tabs, before, await countsOf(this.#backend));
      await this.#openLastAgain(window, chat);
      let from = 0;
      // What it costs is measured of tabs as they are, one in sight and the others behind it; how late a message comes, where all are in sight.
      for (const isSeen of this.isKept ? [false, true] : [false]) {
        if (isSeen) await window.pretendSeen();
        for (const {perSecond, count} of rates) {
          const [stats, busy, processor] = [
            await countsOf(this.#backend),
            await window.mainThreadMs(),
            await window.processorMs(),
          ];
          const sentAt = await this.#person.writeAtRate(chat, {from, count, perSecond});
          const times = [...sentAt.values()];
          const tookMs = Math.max(...times) - Math.min(...times);
          if (isSeen) this.#keep(way, `written at ${perSecond}`, ((count - 1) * 1000) / tookMs);
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

  /**
   * Opens the tabs, the first of them thrice: by somebody new; by who was here a moment ago, whose worker, if there is one, runs still; and
   * where none runs. Resolves with what the server had counted before that one.
   */
  async #openAll(window: TabWindow, chat: ChatRoom): Promise<Counts> {
    const {way} = window;
    // Before the browser has any page of the site: a worker and its process are part of what the tabs add.
    const memory = await window.restingMemoryBytes();
    this.#keep(way, 'first visit', await this.#openTab(window, chat));
    await this.#closeTabs(window);
    this.#keep(way, 'first tab, warm', await this.#openTab(window, chat));
    await this.#closeTabs(window);
    await window.endWorkers();
    const before = await countsOf(this.#backend);
    window.scriptBytes();
    for (let n = 1; n <= tabs; n++) {
      const ms = await this.#openTab(window, chat);
      if (n === 1) this.#keep(way, 'first tab', ms);
      if (n === tabs) this.#keep(way, 'last tab', ms);
      if (n > 1 && n < tabs - 1) continue;
      // What a page or a worker loads once it has time is loaded by then.
      await this.#settle();
      const script = window.scriptBytes() / 1000;
      if (n === 1) this.#keep(way, 'script of the first tab', script);
      if (n === tabs) this.#keep(way, 'script of the last tab', script);
    }
    if (way !== 'bare') await this.#untilJoined(window);
    this.#keep(way, 'memory', ((await window.restingMemoryBytes()) - memory) / 1e6);
    this.#keep(way, 'heap', (await window.heapBytes()) / 1e6);
    return before;
  }

  async #openLastAgain(window: TabWindow, chat: ChatRoom): Promise<void> {
    for (let opening = 1; opening < OPENINGS; opening++) {
      await window.closeLast();
      const left = window.way === 'bare' ? 0 : window.way === 'plain' ? tabs - 1 : 1;
      await this.#untilCounts(({sockets}) => sockets === left);
      this.#keep(window.way, 'last tab', await this.#openTab(window, chat));
    }
  }

  async #closeTabs(window: TabWindow): Promise<void> {
    await window.closeTabs();
    await this.#untilCounts(({sockets}) => sockets === 0);
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

  /** Of every number of tabs, both ways. Next to nothing happens meanwhile, so all are watched at once. */
  async heartbeats(watches: number): Promise<void> {
    const benches: TabsBench[] = [];
    const windows: TabWindow[] = [];
    try {
      const all: (() => Promise<void>)[] = [];
      for (const count of bills) {
        for (const way of ['plain', 'ours'] as const) {
          this.#progress(`heartbeats of ${count} tabs, ${way}`);
          const bench = await this.#another();
          benches.push(bench);
          const window = await TabWindow.open(way, this.#site);
          windows.push(window);
          const chat = await bench.#person.makeRoom(history);
          for (let n = 0; n < count; n++) await bench.#openTab(window, chat);
          all.push(() => bench.#watchHeartbeats(way, count));
        }
      }
      for (let watch = 0; watch < watches; watch++) {
        this.#progress(`heartbeats, ${HEARTBEAT_WATCH_MS / 1000} s, ${watch + 1} of ${watches}`);
        await Promise.all(all.map(each => each()));
      }
    } finally {
      for (const window of windows) await window.close();
      for (const bench of benches) await bench.close();
    }
  }

  async #watchHeartbeats(way: 'plain' | 'ours', count: number): Promise<void> {
    const [before, start] = [await countsOf(this.#backend), performance.now()];
    await new Promise(done => setTimeout(done, HEARTBEAT_WATCH_MS));
    const [after, end] = [await countsOf(this.#backend), performance.now()];
    const aMinute = ((after.heartbeats - before.heartbeats) * 60_000) / (end - start);
    this.values[way].add(`heartbeats of ${count}`, aMinute);
  }

  /** The same page that only reads. */
  async withoutRealtime(): Promise<void> {
    const chat = await this.#person.makeRoom(history);
    const window = await TabWindow.open('bare', this.#site);
    try {
      await this.#openAll(window, {...chat, slug: chat.id});
      await this.#openLastAgain(window, {...chat, slug: chat.id});
      for (const {perSecond, count} of this.isKept ? rates : []) {
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

  /**
   * Opens a tab; until the history is shown and the server has let the tab's channels in, in ms from its navigation. The server is asked
   * only once the page believes itself ready, for asking keeps it from answering.
   */
  async #openTab(window: TabWindow, chat: ChatRoom): Promise<number> {
    const {url, anonKey} = this.#backend.serving;
    const query = {url, key: anonKey, chat: chat.slug, token: this.#person.token};
    const {startedAt, readyAt} = await window.openTab(query);
    const isJoined = window.way === 'bare' || this.#areJoined(window)(await countsOf(this.#backend));
    return (isJoined ? readyAt : await this.#untilJoined(window)) - startedAt;
  }

  /** What the server knows of: two channels a socket, and a socket a tab or one for all. */
  #areJoined({way, tabs}: TabWindow): (counts: Counts) => boolean {
    const wanted = 2 * (way === 'plain' ? tabs.length : 1);
    return ({channels}) => channels >= wanted;
  }

  /** Resolves with when it was so, in ms since 1970. */
  async #untilJoined(window: TabWindow): Promise<number> {
    await this.#untilCounts(this.#areJoined(window));
    return performance.timeOrigin + performance.now();
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
    if (this.isKept) this.values[way].add(name, value);
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
}
