// Plays a schedule: gives out bursts, lets faults happen among them, heals everything at the end of a round, waits for quiet and
// takes down what is shown then.
import {FAULTS, readyTab, type Scene} from './faults.js';
import type {TabView} from './evidence.js';
import type {Person} from './person.js';
import {
  BURST,
  CHATS,
  makeExtra,
  PEOPLE,
  sendsOf,
  TABS,
  type Burst,
  type FaultPlan,
  type Order,
  type Round,
} from './schedule.js';
import type {Stage} from './stage.js';

/** Orders given out a second, at most. */
const RATE = 60;
/** Faults at once. */
const AT_ONCE = 3;
/** Tries of a fault that found nothing to harm, after the first. */
const MORE_TRIES = 3;
/** Between the last fault of a round and the last words, in ms. */
const LAST_MS = 250;
/** Messages that wait, over both people, before more are written: a queue that only grows would make a round endless. */
const MOST_WAITING = 400;
/** Longest time to quiet, in ms: a lost last event is found by the tip check within 30 s, a hanging request after 15 s. */
export const QUIET_MS = 120_000;
/** How often it is looked whether something has come true, in ms. */
const LOOK_MS = 100;

export interface RoundResult {
  /** From the healing to quiet, in ms; null when it never came. */
  quietMs: number | null;
  /** What was still open then. */
  unquiet: string;
  views: TabView[];
}

export class Player implements Scene {
  readonly #stage: Stage;
  readonly #stopped: AbortSignal;
  #serverBusy: Promise<unknown> = Promise.resolve();
  readonly #seed: number;
  #retries = 0;
  #extras = 0;

  constructor(stage: Stage, seed: number, stopped: AbortSignal) {
    this.#stage = stage;
    this.#seed = seed;
    this.#stopped = stopped;
  }

  get people(): readonly Person[] {
    return this.#stage.people;
  }

  get server(): Stage['server'] {
    return this.#stage.server;
  }

  get journal(): Stage['journal'] {
    return this.#stage.journal;
  }

  readonly serverAlone = <T>(task: () => Promise<T>): Promise<T> => {
    const turn = this.#serverBusy.then(task);
    this.#serverBusy = turn.catch(() => {});
    return turn;
  };

  readonly until = async (what: () => boolean, ms = 10_000): Promise<boolean> => {
    const end = Date.now() + ms;
    while (!what()) {
      if (Date.now() > end) return false;
      await this.pause(LOOK_MS);
    }
    return true;
  };

  readonly pause = async (ms: number): Promise<void> => {
    await new Promise(done => setTimeout(done, ms));
    this.#stopped.throwIfAborted();
  };

  /**
   * @param due sends since the beginning of the run that must have been begun at its end
   * @param loadAll have every tab read back to the beginning first
   */
  async round(round: Round, due: number, loadAll: boolean): Promise<RoundResult> {
    const running = new Set<Promise<void>>();
    const missed: FaultPlan[] = [];
    const start = (plan: FaultPlan) => {
      const fault = this.#fault(plan).then(happened => {
        if (!happened) missed.push({...plan, orders: plan.spare, spare: []});
        running.delete(fault);
      });
      running.add(fault);
      fault.catch(() => {}); // heard where all are waited for
    };
    for (const [index, beat] of round.entries()) {
      const began = Date.now();
      if (beat.kind === 'fault') {
        // The one before the last words must be at work when they are said.
        const isLast = index === round.length - 2;
        while (running.size >= (isLast ? 1 : AT_ONCE)) await Promise.race(running);
        if (isLast) {
          await this.#topUp(due - sendsOf(round.slice(index)));
          await this.until(() => this.journal.waiting === 0);
        }
        start(beat);
        if (isLast) await this.pause(LAST_MS);
        continue;
      }
      await this.#burst(beat);
      await this.pause(Math.max(0, (beat.orders.length * 1000) / RATE - (Date.now() - began)));
    }
    await Promise.all(running);
    // What found nothing to harm has other tries in the peace at the end.
    for (let tries = 0; tries < MORE_TRIES && missed.length > 0; tries++) {
      for (const plan of missed.splice(0)) {
        const orders = FAULTS[plan.fault]?.bursts && plan.orders.length === 0 ? this.#extra(3) : plan.orders;
        start({...plan, orders});
        await Promise.all(running);
      }
    }
    await this.#topUp(due);
    return this.#settle(loadAll);
  }

  /** Writes what is missing to so many sends: what was given to a tab that died before it began. */
  async #topUp(due: number): Promise<void> {
    for (let tries = 0; tries < 5 && this.journal.sent < due; tries++) {
      const missing = due - this.journal.sent;
      this.journal.note(`${missing} sends were never begun; others take their place`);
      for (let left = missing; left > 0; left -= BURST) {
        const orders = this.#extra(Math.min(BURST, left));
        await this.#burst({person: this.#extras % PEOPLE.length, tab: this.#extras % TABS, orders});
      }
    }
  }

  #extra(count: number): Order[] {
    return Array.from({length: count}, () => makeExtra(this.#seed, this.#extras++));
  }

  async #fault(plan: FaultPlan): Promise<boolean> {
    const fault = FAULTS[plan.fault];
    const person = this.people[plan.person];
    if (!fault || !person) return false;
    const from = Date.now();
    let detail = '';
    const happened = await fault.act(plan, person, this).catch((error: unknown) => {
      this.#stopped.throwIfAborted();
      detail = String(error).slice(0, 4_000);
      return false;
    });
    // What the fault did not come to give out must not be missing in the count.
    if (plan.orders.length > 0 && !this.journal.wasGiven(plan.orders)) await this.#burst(plan);
    this.journal.faults.push({
      ...{kind: plan.fault, person: fault.global ? null : person.name},
      ...{from, to: Date.now(), happened, detail},
    });
    return happened;
  }

  /** To the tab it is meant for, or to another one that is there. */
  async #burst({person, tab, orders}: Omit<Burst, 'kind'>): Promise<void> {
    await this.until(() => this.journal.waiting < MOST_WAITING, 15_000);
    for (let attempt = 0; attempt < 10; attempt++) {
      const who = this.people[(person + attempt) % this.people.length];
      const writer = who && (await readyTab(who, tab, this.until));
      if (!who || !writer) continue;
      try {
        await who.run(writer, orders);
        return;
      } catch (error) {
        this.#stopped.throwIfAborted();
        this.journal.note(`a burst of ${orders.length} did not reach ${writer.life}: ${String(error).slice(0, 200)}`);
        // Perhaps it did; the same orders are not given twice.
        if (this.journal.wasGiven(orders)) return;
      }
    }
    throw new Error('No tab has become ready within reason.');
  }

  async #settle(loadAll: boolean): Promise<RoundResult> {
    const healed = Date.now();
    for (const person of this.people) {
      person.line.heal();
      await person.setOffline(false);
    }
    let unquiet = 'not looked at';
    let looks = 0;
    while (unquiet !== '' && Date.now() - healed < QUIET_MS) {
      unquiet = await this.#unquiet();
      if (unquiet === '') break;
      if (looks++ % 25 === 0) this.journal.note(`${Date.now() - healed} ms after the healing: ${unquiet}`);
      await this.pause(LOOK_MS);
    }
    const quietMs = unquiet === '' ? Date.now() - healed : null;
    const views: TabView[] = [];
    for (const person of this.people) {
      for (const {life, chat, view} of await person.views(CHATS, loadAll)) views.push({life, chat, ...view});
    }
    return {quietMs, unquiet, views};
  }

  /** What still moves; empty when nothing does. */
  async #unquiet(): Promise<string> {
    const tips = await this.server.tips(this.#stage.slugs);
    const open: string[] = [];
    for (const person of this.people) {
      const pulses = await person.pulses();
      pulses.forEach((pulse, index) => {
        const name = `${person.name}.${index}`;
        if (!pulse) open.push(`${name} does not answer`);
        else if (!pulse.ready) open.push(`${name} is not ready (${pulse.state})`);
        else if (pulse.pending > 0) open.push(`${name} has ${pulse.pending} calls open (${pulse.state})`);
        else if (pulse.waiting > 0) open.push(`${name} shows ${pulse.waiting} waiting (${pulse.state})`);
        else if (pulse.failed.length > 0) open.push(`${name} shows ${pulse.failed.length} failed`);
        else if (pulse.cursors.join() !== tips.join())
          open.push(`${name} is at ${pulse.cursors.join()}, the table at ${tips.join()} (${pulse.state})`);
      });
      // As a person would, who sees that they failed.
      if (pulses.some(pulse => pulse && pulse.failed.length > 0)) await this.#retryFailed(person);
    }
    return open.join('; ');
  }

  async #retryFailed(person: Person): Promise<void> {
    const tab = await readyTab(person, 0, this.until);
    const orders = Array.from({length: CHATS}, (_, chat): Order => {
      return {n: 10_000_000 + this.#retries++, kind: 'retry', chat, body: '', pick: 0};
    });
    if (tab) await person.run(tab, orders);
  }
}
