// The deaths of one rung: one person with three tabs, which write while one of them, or their hub, is ended. Measures what came
// after each, and judges at the end what became of every message.
import type {Browser, CDPSession} from 'playwright';
import {Random} from '../../backend/fuzz/random.js';
import {judge, type Problem} from '../checker.js';
import {scopeOf, type Evidence, type TabView} from '../evidence.js';
import {Journal} from '../journal.js';
import {Line} from '../line.js';
import {Person} from '../person.js';
import {CHATS, makeExtra, TABS, type Order} from '../schedule.js';
import type {Server} from '../server.js';
import {die, type Rung, type Way} from './ways.js';
import {Wiretap} from './wiretap.js';

/** Longest wait for anything to come back, in ms. */
const PATIENCE_MS = 30_000;
/** A channel outlives its last user by this (src/hub/channels.ts), in ms. */
const LINGER_MS = 3_000;
/** Longest wait for a dead tab's channel to be left, in ms. */
const LEAVE_MS = 10_000;

export interface Outcome {
  rung: string;
  way: Way;
  at: number;
  /** The tab that ended, or whose worker did. */
  life: string;
  /** Until the slowest other tab heard from another hub, in ms; null when the hub lived on. */
  newHubMs: number | null;
  /** Until the slowest other tab was connected again, in ms. */
  lineMs: number | null;
  /** Until the last of the messages written at that moment was seen stored, in ms. */
  storedMs: number;
  /** Until Supabase was told that the tab's presence is over, in ms; null where the tab lives on. */
  presenceMs: number | null;
  /** Until Supabase was told that nobody needs the tab's channel any more, without the time that it lingers, in ms. */
  referencesMs: number | null;
}

export interface RungResult {
  outcomes: Outcome[];
  problems: Problem[];
  evidence: Evidence;
  journal: Journal;
  sent: number;
  /** The longest time with two sockets, in ms; deaths that leave one open to a tab that can't close it are left out. */
  crowdedMs: number;
}

interface Stand {
  browser: Browser;
  cdp: CDPSession;
  server: Server;
  pageUrl: string;
  stopped: AbortSignal;
  say(line: string): void;
}

export async function playRung(rung: Rung, ways: readonly Way[], seed: number, stand: Stand): Promise<RungResult> {
  const {browser, cdp, server, pageUrl} = stand;
  const journal = new Journal();
  const wiretap = new Wiretap();
  const random = new Random(seed, 4_000_000);
  const name = rung.name.replaceAll(' ', '-');
  const slugs = Array.from({length: CHATS}, (_, chat) => `deaths-${seed}-${name}-${chat}`);
  const line = await Line.open(() => server.port);
  line.listen = wiretap.hear;
  const world = {
    ...{browser, cdp, journal, pageUrl, key: server.anonKey, slugs, host: rung.host},
    ...(rung.isInPage ? {initScript: 'delete window.Worker'} : {}),
  };
  const person = await Person.arrive(name, line, world, new Map());
  try {
    for (let slot = 0; slot < TABS; slot++) {
      await person.open(slot);
      // One after another, so that it is known who came first.
      await until(stand, () => person.tabs.get(slot)?.ready === true, `tab ${slot} to be ready`);
    }
    await person.learnProfile();
    const run = new RungRun(rung, person, journal, wiretap, seed, stand);
    for (const [index, way] of ways.entries()) {
      try {
        await run.death(way, random);
      } catch (thrown) {
        stand.stopped.throwIfAborted();
        // What came of the messages is judged all the same.
        run.stuck(way, thrown);
        break;
      }
      stand.say(`${rung.name} ${index + 1} of ${ways.length}: ${run.last}`);
    }
    return await run.end(slugs);
  } finally {
    await person.leave();
  }
}

class RungRun {
  readonly #rung: Rung;
  readonly #person: Person;
  readonly #journal: Journal;
  readonly #wiretap: Wiretap;
  readonly #seed: number;
  readonly #stand: Stand;
  readonly #outcomes: Outcome[] = [];
  readonly #problems: Problem[] = [];
  /** Sends so far. */
  #sends = 0;
  #crowdedMs = 0;
  /** Whose process the SharedWorker is in, as far as it can be told: who asked for it first. */
  #creator = 0;

  constructor(rung: Rung, person: Person, journal: Journal, wiretap: Wiretap, seed: number, stand: Stand) {
    this.#rung = rung;
    this.#person = person;
    this.#journal = journal;
    this.#wiretap = wiretap;
    this.#seed = seed;
    this.#stand = stand;
  }

  get last(): string {
    const last = this.#outcomes.at(-1);
    return last ? `${last.way}, new hub ${last.newHubMs ?? '–'} ms, stored ${last.storedMs} ms` : '';
  }

  stuck(way: Way, thrown: unknown): void {
    const detail = `${this.#rung.name}, ${way}: ${String(thrown).slice(0, 2_000)}`;
    this.#problems.push({wrong: 'faults', id: null, life: null, at: Date.now(), detail});
  }

  async death(way: Way, random: Random): Promise<void> {
    const {tabs} = this.#person;
    await this.#until(() => [...tabs.values()].every(tab => tab.usable), 'all tabs to be ready');
    const leader = this.#rung.host === 'leader' ? await this.#person.leader() : undefined;
    const victim = leader ?? tabs.get(way === 'crashed' ? this.#creator : random.below(TABS));
    if (!victim) throw new Error('There is no tab to end.');
    const {life} = victim;
    const others = [...tabs.values()].filter(tab => tab !== victim);
    victim.taken = way !== 'worker killed';
    const orders: Order[] = [];
    const write = (count: number) =>
      others.map(tab => {
        const mine = Array.from({length: count}, () => makeExtra(this.#seed, this.#sends++));
        orders.push(...mine);
        return this.#person.run(tab, mine);
      });
    // Some is on its way, some is written in the midst of it, some after it.
    await this.#person.run(victim, [makeExtra(this.#seed, this.#sends++)]);
    const early = write(2);
    const asked = Date.now();
    const dying = die(way, this.#rung, this.#person, victim, random.chance(0.5));
    const death = (await Promise.all([dying, ...early, ...write(2)]))[0];
    const {at = asked} = death;
    try {
      await Promise.all(write(1));
      const storedAt = await this.#allStored(way, orders);
      const outcome: Outcome = {
        ...{rung: this.#rung.name, way, at, life, storedMs: storedAt - at},
        // Where the worker was killed, all tabs are left.
        ...(await this.#newHub(at, victim.taken ? others : [...tabs.values()])),
        ...{presenceMs: null, referencesMs: null},
      };
      this.#outcomes.push(outcome);
      if (death.isGone) await this.#gone(outcome);
      // A frozen tab can't close its socket, and a server takes its time to notice.
      if (way !== 'frozen') this.#crowdedMs = Math.max(this.#crowdedMs, this.#wiretap.crowdedMs(at, Date.now()));
    } finally {
      await death.mend();
      victim.taken = false;
    }
  }

  /** Answers when the last of them was seen stored. */
  async #allStored(way: Way, orders: readonly Order[]): Promise<number> {
    const seen = ({n}: Order) => {
      const id = this.#journal.ops.get(n)?.id ?? null;
      return id === null ? undefined : this.#journal.confirmed.find(each => each.id === id)?.at;
    };
    const isDone = () => orders.every(order => seen(order) !== undefined);
    await this.#until(isDone, `what was written when a tab was ${way} to be stored`);
    return Math.max(...orders.map(order => seen(order) ?? 0));
  }

  async #newHub(
    at: number,
    others: readonly {life: string; slot: number}[],
  ): Promise<Pick<Outcome, 'newHubMs' | 'lineMs'>> {
    const isNew = ({since, at: seen}: {since: number; at: number}) => since >= at && seen >= at;
    const of = (life: string, isConnected: boolean) =>
      this.#journal.standings.find(
        standing => standing.life === life && isNew(standing) && (!isConnected || standing.isConnected),
      )?.at;
    if (!others.some(({life}) => of(life, false) !== undefined)) return {newHubMs: null, lineMs: null};
    await this.#until(() => others.every(({life}) => of(life, true) !== undefined), 'the other tabs to be connected');
    const first = (isConnected: boolean) => others.map(({life}) => (of(life, isConnected) ?? 0) - at);
    const hubs = first(false);
    this.#creator = others[hubs.indexOf(Math.min(...hubs))]?.slot ?? 0;
    return {newHubMs: Math.max(...hubs), lineMs: Math.max(...first(true))};
  }

  /** Waits until nothing of the tab is left with Supabase. */
  async #gone(outcome: Outcome): Promise<void> {
    const topic = `presence:${scopeOf(outcome.life)}`;
    const ends = () => [this.#wiretap.presenceEnded(topic), this.#wiretap.joinEnded(topic)] as const;
    // Gone again before it was there: nothing to tell.
    if (ends().includes(undefined)) return;
    await this.#until(() => !ends().includes(null), `${topic} to be left`, LEAVE_MS);
    const [presence, joined] = ends() as [number, number];
    const lingered = outcome.newHubMs === null ? LINGER_MS : 0;
    outcome.presenceMs = Math.max(0, presence - outcome.at);
    outcome.referencesMs = Math.max(0, joined - lingered - outcome.at);
  }

  async end(slugs: readonly string[]): Promise<RungResult> {
    const {server} = this.#stand;
    const isQuiet = async () => {
      const [tips, pulses] = [await server.tips(slugs), await this.#person.pulses()];
      return pulses.every(
        pulse =>
          pulse?.ready &&
          pulse.pending + pulse.waiting + pulse.failed.length === 0 &&
          pulse.cursors.join() === tips.join(),
      );
    };
    const end = Date.now() + PATIENCE_MS;
    while (!(await isQuiet())) {
      if (Date.now() > end) {
        const detail = JSON.stringify(await this.#person.pulses());
        this.#problems.push({wrong: 'notShown', id: null, life: null, at: null, detail: `never quiet: ${detail}`});
        break;
      }
      await pause(100);
    }
    const tabs: TabView[] = [];
    for (const {life, chat, view} of await this.#person.views(CHATS, true)) tabs.push({life, chat, ...view});
    const evidence = {...this.#journal.evidence(), rows: await server.rows(slugs), tabs};
    const {problems, counts} = judge(evidence, this.#problems);
    return {
      ...{outcomes: this.#outcomes, problems, evidence, journal: this.#journal},
      ...{sent: counts.sent, crowdedMs: this.#crowdedMs},
    };
  }

  #until(what: () => boolean, name: string, ms = PATIENCE_MS): Promise<void> {
    return until(this.#stand, what, name, ms);
  }
}

async function until({stopped}: Stand, what: () => boolean, name: string, ms = PATIENCE_MS): Promise<void> {
  for (const end = Date.now() + ms; !what(); await pause(10)) {
    stopped.throwIfAborted();
    if (Date.now() > end) throw new Error(`${ms / 1000} s were not enough for ${name}.`);
  }
}

const pause = (ms: number) => new Promise<void>(done => setTimeout(done, ms));
