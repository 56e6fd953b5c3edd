// One topic and who is on it: fans broadcasts out, keeps presence and tells its changes. A public and a private topic of
// one name are two rooms. It knows members only by the few things it needs of them.
import {randomBytes} from 'node:crypto';
import {isDeepStrictEqual} from 'node:util';
import type {Stats} from '../stats.js';
import type {Broadcast} from './frames.js';
import type {Meter} from './rate.js';

export interface Member {
  readonly wantsOwn: boolean;
  readonly hearsBroadcasts: boolean;
  readonly hearsPresence: boolean;
  readonly presenceKey: string;
  /** False: it has had this message already. */
  deliver(message: Broadcast): boolean;
  push(event: string, payload: unknown): void;
  /** It heard something while the project heard too much. */
  overRate(): void;
}

type Meta = Record<string, unknown> & {phx_ref: string; phx_ref_prev?: string};
type Entries = Record<string, {metas: Meta[]}>;

interface Rates {
  messages: Meter;
  presence: Meter;
}

export class Room {
  readonly members = new Set<Member>();
  /** One meta a member: tabs of a person share the key, not the entry. */
  readonly #present = new Map<Member, {key: string; payload: Record<string, unknown>; meta: Meta}>();
  readonly #stats: Stats;
  readonly #rates: Rates;

  constructor(stats: Stats, rates: Rates) {
    this.#stats = stats;
    this.#rates = rates;
  }

  /** Counts the deliveries; that it was sent, the sender has counted. */
  broadcast(message: Broadcast, from?: Member): void {
    this.#stats.broadcasts++;
    const {messages} = this.#rates;
    const isOver = messages.isOver;
    const heard: Member[] = [];
    for (const member of this.members) {
      if ((member === from && !member.wantsOwn) || !member.hearsBroadcasts || !member.deliver(message)) continue;
      heard.push(member);
    }
    messages.add(heard.length);
    // Who hears pays for it, not who speaks; one that is both has its acknowledgement first.
    if (isOver) queueMicrotask(() => heard.forEach(member => member.overRate()));
  }

  leave(member: Member): void {
    this.members.delete(member);
    this.untrack(member);
  }

  track(member: Member, payload: Record<string, unknown>): void {
    const before = this.#present.get(member);
    const key = member.presenceKey;
    const meta: Meta = {...payload, phx_ref: reference()};
    if (before) meta.phx_ref_prev = before.meta.phx_ref;
    this.#present.set(member, {key, payload, meta});
    this.#tell({[key]: {metas: [meta]}}, before ? {[key]: {metas: [before.meta]}} : {});
  }

  /** Whether tracking this payload would change nothing. */
  hasTracked(member: Member, payload: Record<string, unknown>): boolean {
    return isDeepStrictEqual(this.#present.get(member)?.payload, payload);
  }

  untrack(member: Member): void {
    const before = this.#present.get(member);
    if (!before) return;
    this.#present.delete(member);
    this.#tell({}, {[before.key]: {metas: [before.meta]}});
  }

  /** Everybody present, by key. */
  state(): Entries {
    const entries: Entries = Object.create(null) as Entries;
    for (const {key, meta} of this.#present.values()) (entries[key] ??= {metas: []}).metas.push(meta);
    return entries;
  }

  #tell(joins: Entries, leaves: Entries): void {
    for (const member of this.members) {
      if (!member.hearsPresence) continue;
      this.#rates.presence.add();
      member.push('presence_diff', {joins, leaves});
    }
  }
}

export class Rooms {
  readonly #rooms = new Map<string, Room>();
  readonly #stats: Stats;
  readonly #rates: Rates;

  constructor(stats: Stats, rates: Rates) {
    this.#stats = stats;
    this.#rates = rates;
  }

  /** The room, made when it isn't there; `drop` it when its last member goes. */
  room(topic: string, isPrivate: boolean): Room {
    const key = name(topic, isPrivate);
    let room = this.#rooms.get(key);
    if (!room) this.#rooms.set(key, (room = new Room(this.#stats, this.#rates)));
    return room;
  }

  leave(topic: string, isPrivate: boolean, member: Member): void {
    const room = this.#rooms.get(name(topic, isPrivate));
    room?.leave(member);
    if (room?.members.size === 0) this.#rooms.delete(name(topic, isPrivate));
  }

  /** A message from outside any socket. */
  broadcast(topic: string, isPrivate: boolean, message: Broadcast): void {
    const room = this.#rooms.get(name(topic, isPrivate));
    if (room) room.broadcast(message);
    else this.#stats.broadcasts++;
  }
}

const name = (topic: string, isPrivate: boolean) => `${isPrivate ? 'private' : 'public'}:${topic}`;
const reference = () => randomBytes(9).toString('base64url');
