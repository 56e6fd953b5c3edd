// The outbox's entries in memory: by chat, each chat's in the order written, with what they weigh. Knows the states a message that
// waits can be in, nothing of stores or servers.
import type {OutgoingMessage} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import type {EntryVersion, OutboxEntry} from './environment.js';

/** An entry as the hub holds it. `sending` never reaches the store: whoever finds a message there has to ask the database. */
export type Held = Omit<OutboxEntry, 'status'> & {status: OutboxEntry['status'] | 'sending'};

/**
 * From each state, the states that may follow. From `queued`, `sending` and `failed` a message may also be gone: stored, or seen in the
 * database; from `queued` and `failed` also discarded; a `withdrawn` one goes once the database has no trace of its text.
 */
const NEXT: Record<Held['status'], readonly Held['status'][]> = {
  queued: ['queued', 'sending', 'failed', 'withdrawn'],
  sending: ['queued', 'failed'],
  failed: ['queued', 'failed', 'withdrawn'],
  withdrawn: ['withdrawn'],
};

/** Whether its writer has edited or discarded an entry since it was as `known`: what became of a try of that does not settle this. */
export function changedSince(known: EntryVersion, there: OutboxEntry): boolean {
  if (known.status === 'withdrawn') return false;
  const more = there.was.length - known.was.length;
  return there.status === 'withdrawn' || more > 0 || (more === 0 && there.message.body !== known.message.body);
}

/** What the store keeps of an entry that was changed since it was as `entry`, which is to be noted. */
export function noted(there: OutboxEntry, entry: OutboxEntry): OutboxEntry {
  return entry.tried ? {...there, tried: true} : there;
}

interface Lane {
  entries: Map<string, Held>;
  /** The highest order seen. */
  last: number;
}

const encoder = new TextEncoder();

export class OutboxQueue {
  readonly #entries = new Map<string, Held>();
  /** By chat, each chat's entries by id, in the order written. */
  readonly #lanes = new Map<string, Lane>();
  #bytes = 0;
  #queued = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** Entries on their way out: `queued` or `sending`. */
  get queued(): number {
    return this.#queued;
  }

  /** What all entries weigh, in bytes of JSON. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Chats in which something waits. */
  get chats(): string[] {
    return [...this.#lanes.keys()];
  }

  get(id: string): Held | undefined {
    return this.#entries.get(id);
  }

  all(): Held[] {
    return [...this.#entries.values()];
  }

  /** A chat's entries in the order written. */
  in(chatId: string): Held[] {
    return [...(this.#lanes.get(chatId)?.entries.values() ?? [])];
  }

  /** Takes in a new entry, or one in a state that may follow its state. */
  put(entry: Held): void {
    const {id, chatId} = entry.message;
    const before = this.#entries.get(id);
    if (before && !NEXT[before.status].includes(entry.status)) {
      throw new TrunkError('internal', `A message can't go from ${before.status} to ${entry.status}.`);
    }
    this.#bytes += weigh(entry.message) - (before ? weigh(before.message) : 0);
    this.#queued += Number(isOnItsWay(entry)) - Number(before !== undefined && isOnItsWay(before));
    this.#entries.set(id, entry);
    const lane = this.#lanes.get(chatId) ?? {entries: new Map<string, Held>(), last: -Infinity};
    this.#lanes.set(chatId, lane);
    lane.entries.set(id, entry);
    // One that another hub wrote may come in late, and one that a silent store had not answered for learns its place.
    if (before ? entry.order !== before.order : entry.order < lane.last) {
      lane.entries = new Map([...lane.entries].sort(([, a], [, b]) => a.order - b.order));
      lane.last = [...lane.entries.values()].at(-1)?.order ?? -Infinity;
    } else lane.last = Math.max(lane.last, entry.order);
  }

  /** False when it was not there. */
  delete(id: string): boolean {
    const entry = this.#entries.get(id);
    if (!entry) return false;
    this.#entries.delete(id);
    this.#queued -= Number(isOnItsWay(entry));
    this.#bytes -= weigh(entry.message);
    const lane = this.#lanes.get(entry.message.chatId);
    lane?.entries.delete(id);
    if (lane?.entries.size === 0) this.#lanes.delete(entry.message.chatId);
    return true;
  }
}

function isOnItsWay({status}: Held): boolean {
  return status === 'queued' || status === 'sending';
}

const weights = new WeakMap<object, number>();

/** Bytes of its JSON, as they count for a request and for the limit. */
export function weigh(message: OutgoingMessage): number {
  let bytes = weights.get(message);
  if (bytes === undefined) weights.set(message, (bytes = encoder.encode(JSON.stringify(message)).length));
  return bytes;
}
