// postgres_changes for everybody in this browser: equal filters are one, and many share a channel (a pack). A channel's filters
// can't be changed while it is joined, so new ones come in a new pack, which takes smaller ones in: it is joined before they are left.
import {TrunkError} from '../wire/error.js';
import type {ChangeFilter, DatabaseChange} from '../wire/topic.js';
import type {Channels, ChannelUse} from './channels.js';
import type {Clock} from './environment.js';
import {isPrivateOnly} from './why-lost.js';

/** New filters are gathered for this long before they are asked for together, in ms. */
const GATHER_MS = 50;
/** While a pack is on its way, new filters wait for it, so that they come together; at most this long, in ms. */
const PATIENCE_MS = 1_000;
/** Filters of one channel: its join is some 10 kB then, and 300 filters are 3 channels of the connection's 100. */
const MAX_FILTERS = 100;
/**
 * A pack that another took in is kept for this long after the other is live, in ms: what was committed before that may still be on its
 * way to it (the server reads the log every 100 to 500 ms).
 */
const OVERLAP_MS = 3_000;
/** So many changes of one filter are compared at most. */
const MAX_TOLD = 1_000;
/** A filter outlives its last asker by this, in ms. */
const LINGER_MS = 3_000;

/** Whoever wants to hear of changes. */
export interface ChangeAsker {
  /** From now on every change is told; said again after each loss. */
  live(): void;
  /** What changes is not told; tried again by itself. */
  lost(reason: string): void;
  /** The server can't do it. Nothing follows. */
  refused(error: TrunkError): void;
  change(change: DatabaseChange): void;
}

interface Wanted {
  readonly key: string;
  readonly filter: ChangeFilter;
  readonly askers: Set<ChangeAsker>;
  /** The packs it is in; several while one takes in another. */
  readonly packs: Set<Pack>;
  /** How often each pack told each change, while there are several packs, so that each is passed on once. */
  told: Map<string, Map<Pack, number>>;
  cancelLinger: () => void;
}

interface Pack {
  readonly filters: readonly Wanted[];
  readonly isPrivate: boolean;
  use: ChannelUse;
  live: boolean;
  /** Those it took in, left once it is live. */
  readonly takesIn: readonly Pack[];
  cancelOverlap: () => void;
}

export class Changes {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #channels: Channels;
  readonly #wanted = new Map<string, Wanted>();
  readonly #packs = new Set<Pack>();
  /** Waits for a pack. */
  #fresh = new Set<Wanted>();
  #freshSince = 0;
  #joins = 0;
  /** The project allows private channels only. */
  #isPrivateOnly = false;
  #cancelGather: (() => void) | null = null;

  constructor(clock: Clock, random: () => number, channels: Channels) {
    this.#clock = clock;
    this.#random = random;
    this.#channels = channels;
  }

  /** Tells `asker` of every change that fits; the answer ends it. */
  ask(filter: ChangeFilter, asker: ChangeAsker): () => void {
    const key = keyOf(filter);
    let wanted = this.#wanted.get(key);
    if (wanted) wanted.cancelLinger();
    else {
      wanted = {key, filter, askers: new Set(), packs: new Set(), told: new Map(), cancelLinger: () => {}};
      this.#wanted.set(key, wanted);
      if (this.#fresh.size === 0) this.#freshSince = this.#clock.now();
      this.#fresh.add(wanted);
      this.#cancelGather ??= this.#clock.after(GATHER_MS, () => this.#gather());
    }
    const asked = wanted;
    asked.askers.add(asker);
    if (isLive(asked)) queueMicrotask(() => asked.askers.has(asker) && isLive(asked) && asker.live());
    return () => {
      if (!asked.askers.delete(asker) || asked.askers.size > 0) return;
      asked.cancelLinger();
      asked.cancelLinger = this.#clock.after(LINGER_MS, () => this.#forget(asked));
    };
  }

  close(): void {
    this.#cancelGather?.();
    for (const wanted of this.#wanted.values()) wanted.cancelLinger();
    for (const pack of [...this.#packs]) this.#leave(pack);
  }

  #gather(): void {
    this.#cancelGather = null;
    if (this.#fresh.size === 0) return;
    const waitsFor = [...this.#packs].some(pack => !pack.live);
    const patience = this.#freshSince + PATIENCE_MS - this.#clock.now();
    if (waitsFor && patience > 0) {
      this.#cancelGather = this.#clock.after(Math.min(GATHER_MS, patience), () => this.#gather());
      return;
    }
    const fresh = [...this.#fresh];
    this.#fresh = new Set();
    for (let at = 0; at < fresh.length; at += MAX_FILTERS) this.#takeIn(fresh.slice(at, at + MAX_FILTERS));
  }

  /** Joins them together with the packs that are no larger: so a filter is joined again only when its pack doubles. */
  #takeIn(fresh: Wanted[]): void {
    const filters = new Set(fresh);
    const takesIn: Pack[] = [];
    for (const pack of [...this.#packs].sort((a, b) => sizeOf(a) - sizeOf(b))) {
      const isBusy = !pack.live || [...this.#packs].some(other => other.takesIn.includes(pack));
      if (isBusy || sizeOf(pack) > filters.size || sizeOf(pack) + filters.size > MAX_FILTERS) continue;
      takesIn.push(pack);
      for (const wanted of pack.filters) if (this.#isWanted(wanted)) filters.add(wanted);
    }
    this.#join([...filters], takesIn);
  }

  #join(filters: readonly Wanted[], takesIn: readonly Pack[]): void {
    // A public topic asks for no policy; its name is nobody's guess, and what is broadcast on it is not heard. Where a project
    // refuses public ones, the migrations let everybody who is signed in read private ones of this name, and nobody write.
    const isPrivate = this.#isPrivateOnly;
    const topic = `changes:${++this.#joins}:${this.#random().toString(36).slice(2)}`;
    const changes = filters.map(({filter}) => filter);
    const use = this.#channels.use(
      topic,
      {private: isPrivate, presenceKey: null, changes},
      {
        joined: () => {}, // says nothing about the changes
        changesReady: () => this.#ready(pack),
        changesRefused: reason => this.#refused(pack, reason),
        lost: reason => this.#lost(pack, reason),
        change: (at, change) => this.#told(pack, filters[at] as Wanted, change),
      },
    );
    const pack: Pack = {filters, isPrivate, use, live: false, takesIn, cancelOverlap: () => {}};
    this.#packs.add(pack);
    for (const wanted of filters) wanted.packs.add(pack);
  }

  #ready(pack: Pack): void {
    if (pack.live) return; // said again with every new token
    const news = pack.filters.filter(wanted => !isLive(wanted));
    pack.live = true;
    for (const {askers} of news) for (const asker of [...askers]) asker.live();
    pack.cancelOverlap();
    pack.cancelOverlap = this.#clock.after(OVERLAP_MS, () => {
      if (pack.live) for (const each of pack.takesIn) this.#leave(each);
    });
  }

  #lost(pack: Pack, reason: string): void {
    pack.live = false;
    if (!pack.isPrivate && isPrivateOnly(reason)) {
      this.#isPrivateOnly = true;
      this.#leave(pack);
      const filters = pack.filters.filter(wanted => this.#isWanted(wanted));
      if (filters.length > 0) this.#join(filters, pack.takesIn);
      return;
    }
    for (const wanted of pack.filters) {
      if (!isLive(wanted)) for (const asker of [...wanted.askers]) asker.lost(reason);
    }
  }

  /** One bad filter costs its channel all of them: those that were good elsewhere stay there, the others are tried in halves. */
  #refused(pack: Pack, reason: string): void {
    this.#leave(pack);
    const suspects = pack.filters.filter(wanted => wanted.packs.size === 0 && this.#isWanted(wanted));
    const [only] = suspects;
    if (only && suspects.length === 1) {
      const error = new TrunkError('rejected', `The server can’t watch ${only.key}: ${reason}`);
      this.#wanted.delete(only.key);
      only.cancelLinger();
      for (const asker of [...only.askers]) asker.refused(error);
      return;
    }
    const half = Math.ceil(suspects.length / 2);
    for (const part of [suspects.slice(0, half), suspects.slice(half)]) if (part.length > 0) this.#join(part, []);
  }

  /**
   * A filter that is in two packs hears the same changes from both, in the same order, from some point on: the n-th of one is the n-th
   * of the other, so a change is passed on when a pack tells it more often than any has before.
   */
  #told(pack: Pack, wanted: Wanted, change: DatabaseChange): void {
    if (wanted.packs.size > 1) {
      const {eventType, schema, table, commit_timestamp: at} = change;
      const key = JSON.stringify([at, eventType, schema, table, change.new, change.old]);
      const counts = wanted.told.get(key) ?? new Map<Pack, number>();
      wanted.told.set(key, counts);
      // Of a pack that never comes to live: the oldest are long out of its reach.
      if (wanted.told.size > MAX_TOLD) for (const [oldest] of wanted.told) if (wanted.told.delete(oldest)) break;
      const most = Math.max(0, ...counts.values());
      const count = (counts.get(pack) ?? 0) + 1;
      counts.set(pack, count);
      if (count <= most) return;
    }
    for (const asker of [...wanted.askers]) asker.change(change);
  }

  #isWanted(wanted: Wanted): boolean {
    return this.#wanted.get(wanted.key) === wanted;
  }

  #leave(pack: Pack): void {
    if (!this.#packs.delete(pack)) return;
    pack.cancelOverlap();
    pack.use.release();
    for (const wanted of pack.filters) {
      wanted.packs.delete(pack);
      if (wanted.packs.size < 2) wanted.told.clear();
    }
  }

  #forget(wanted: Wanted): void {
    this.#wanted.delete(wanted.key);
    this.#fresh.delete(wanted);
    for (const pack of wanted.packs) if (!pack.filters.some(each => this.#isWanted(each))) this.#leave(pack);
  }
}

function isLive(wanted: Wanted): boolean {
  return [...wanted.packs].some(({live}) => live);
}

function sizeOf(pack: Pack): number {
  return pack.filters.length;
}

/** Equal for filters that mean the same. */
function keyOf({event, schema, table, filter, select}: ChangeFilter): string {
  return `${event} of ${schema}.${table ?? '*'}${filter ? ` where ${filter}` : ''}${select ? ` (${[...select].sort().join()})` : ''}`;
}
