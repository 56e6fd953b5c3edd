// What will be done, by whom, and what breaks meanwhile: all of it from the seed, before anything starts. A round is a stretch of
// bursts and faults that ends in peace; every kind of fault is dealt once a round, from a shuffled deck.
import {Random} from '../backend/fuzz/random.js';
import type {OpKind} from './evidence.js';
import {makeText} from './texts.js';

export const PEOPLE = ['ada', 'grace'] as const;
export const TABS = 3;
export const CHATS = 3;

/** Something a tab is asked to do. */
export interface Order {
  n: number;
  kind: OpKind;
  chat: number;
  /** For a send; the others make theirs from the message they hit. */
  body: string;
  /** Which of the messages that can be acted on, as a share of them. */
  pick: number;
}

/** Orders for one tab, given at once. */
export interface Burst {
  kind: 'burst';
  person: number;
  tab: number;
  orders: Order[];
}

export interface FaultPlan {
  kind: 'fault';
  fault: string;
  person: number;
  tab: number;
  /** How long it lasts where it lasts, in ms. */
  ms: number;
  /** Between 0 and 1, for whatever the fault has to choose. */
  choice: number;
  /** Written in its midst, where it needs that. */
  orders: Order[];
  /** Written when the fault found nothing to harm and is tried once more. */
  spare: Order[];
}

export type Beat = Burst | FaultPlan;
export type Round = Beat[];

export interface Schedule {
  rounds: Round[];
  sends: number;
}

/** Sends a round; a run of 10,000 deals every fault 22 times. */
const ROUND_SENDS = 450;
export const BURST = 12;
/** Numbers of sends beyond the schedule. */
const FIRST_EXTRA = 20_000_000;
/** Faults that make a person miss what the other one writes; a round ends with one of them. */
const DEAFENING = ['offline', 'offline', 'half open', 'frames dropped'];

/** @param faults the kinds to deal; `bursting`: those that need something written in their midst */
export function makeSchedule(
  seed: number,
  sends: number,
  {faults, bursting}: {faults: readonly string[]; bursting: ReadonlySet<string>},
): Schedule {
  const count = Math.max(1, Math.round(sends / ROUND_SENDS));
  const orders = new Orders(seed);
  const rounds = Array.from({length: count}, (_, index) => {
    const random = new Random(seed, index);
    const share = Math.floor((sends * (index + 1)) / count) - Math.floor((sends * index) / count);
    return makeRound(random, share, shuffled(random, faults), bursting, orders);
  });
  return {rounds, sends: orders.sends};
}

function makeRound(
  random: Random,
  sends: number,
  deck: readonly string[],
  bursting: ReadonlySet<string>,
  orders: Orders,
): Round {
  const end = orders.sends + sends;
  const place = () => ({person: random.below(PEOPLE.length), tab: random.below(TABS)});
  const deafening = random.pick(DEAFENING);
  const plans = deck.map((fault): FaultPlan => {
    return {
      kind: 'fault',
      ...{fault, ...place(), ms: 400 + random.below(2_000), choice: random.next()},
      orders: bursting.has(fault) ? orders.take(Math.min(6, end - orders.sends)) : [],
      spare: [],
    };
  });
  const bursts: Burst[] = [];
  while (orders.sends < end) {
    const size = Math.min(1 + random.below(BURST), end - orders.sends);
    bursts.push({kind: 'burst', ...place(), orders: orders.take(size)});
  }
  for (const plan of plans) if (bursting.has(plan.fault)) plan.spare = orders.spare(3);
  // Spread over the round. The last words of all are missed by one of the two, and nothing comes after to show that.
  const round: Round = [...bursts];
  const last = plans.find(({fault}) => fault === deafening);
  plans
    .filter(plan => plan !== last)
    .forEach((plan, index) => {
      const at = Math.round(((index + 0.5 + random.next() * 0.5) / (plans.length + 1)) * bursts.length);
      round.splice(Math.min(round.length, at + index), 0, plan);
    });
  const words = bursts.at(-1);
  if (last && words) {
    words.person = 1 - last.person;
    round.splice(round.indexOf(words), 1);
    round.push(last, words);
  }
  return round;
}

export function sendsOf(round: Round): number {
  return round.flatMap(({orders}) => orders).filter(({kind}) => kind === 'send').length;
}

/** A send beyond the schedule; `n` begins at 0. */
export function makeExtra(seed: number, n: number): Order {
  const number = FIRST_EXTRA + n;
  const random = new Random(seed, number);
  return {n: number, kind: 'send', chat: random.below(CHATS), body: makeText(random, number), pick: 0};
}

/** Numbers every order of a run, and makes its contents from seed and number. */
class Orders {
  readonly #seed: number;
  #n = 0;
  sends = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** So many sends, with what else is done between them. */
  take(sends: number): Order[] {
    const orders: Order[] = [];
    for (let left = sends; left > 0; left--) {
      orders.push(this.#make('send'));
      this.sends++;
      const random = new Random(this.#seed, 1_000_000 + this.#n);
      if (random.chance(0.15)) orders.push(this.#make('edit'));
      if (random.chance(0.05)) orders.push(this.#make('remove'));
      if (random.chance(0.06)) orders.push(this.#make('amend'));
      if (random.chance(0.05)) orders.push(this.#make('discard'));
      if (random.chance(0.03)) orders.push(this.#make('retry'));
    }
    return orders;
  }

  /** Sends beyond those that were asked for. */
  spare(sends: number): Order[] {
    return Array.from({length: sends}, () => this.#make('send'));
  }

  #make(kind: OpKind): Order {
    const n = ++this.#n;
    const random = new Random(this.#seed, 2_000_000 + n);
    const order = {n, kind, chat: random.below(CHATS), pick: random.next()};
    return {...order, body: kind === 'send' ? makeText(random, n) : makeText(random, 0, n).replace(/^#0 /, '')};
  }
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const deck = [...list];
  for (let last = deck.length - 1; last > 0; last--) {
    const at = random.below(last + 1);
    [deck[last], deck[at]] = [deck[at] as T, deck[last] as T];
  }
  return deck;
}
