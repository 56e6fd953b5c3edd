// The topics that applications open by themselves: one join for all handles of all tabs, where each handle is a client of its own in
// supabase-js's meaning. Knows channels and changes; knows no ports.
import {TrunkError} from '../wire/error.js';
import type {Attention, ChannelEvent} from '../wire/protocol.js';
import type {ChannelWish, PresenceEntry} from '../wire/topic.js';
import {Changes} from './changes.js';
import type {Channels, ChannelUse} from './channels.js';
import type {Clock} from './environment.js';
import {interestOf} from './interest.js';
import {PresenceTracker} from './presence-tracker.js';
import type {Held} from './session.js';
import {TopicHandle} from './topic-handle.js';
import type {BroadcastMeta, ChannelOptions, PresenceState} from './transport.js';
import {whyLost} from './why-lost.js';

/** The server replays at most so many messages; so does the hub. */
const MAX_REPLAY = 25;
/** Ids of messages of the database that are remembered, so that a replay after a rejoin tells none twice. */
const MAX_SEEN = 200;

type Broadcast = Extract<ChannelEvent, {kind: 'broadcast'}>;

export class Topics {
  readonly #clock: Clock;
  readonly #channels: Channels;
  readonly #changes: Changes;
  readonly #topics = new Map<string, SharedTopic>();

  constructor(clock: Clock, random: () => number, channels: Channels) {
    this.#clock = clock;
    this.#channels = channels;
    this.#changes = new Changes(clock, random, channels);
  }

  open(wish: ChannelWish, userId: string, tell: (event: ChannelEvent) => void, look: () => Attention): Held {
    const handle = new TopicHandle(wish, userId, tell, look, this.#changes);
    if (!wish.joins) return {release: () => handle.close()};
    const shared = this.#topics.get(wish.topic) ?? new SharedTopic(wish.topic, this.#clock, this.#channels);
    this.#topics.set(wish.topic, shared);
    shared.add(handle);
    return {
      change: want => want.kind === 'channel' && shared.track(handle, want.tracked),
      broadcast: (event, payload, ack) => shared.send(handle, event, payload, ack),
      release: () => {
        handle.close();
        // One that was refused may outlive the topic it was refused by.
        if (shared.remove(handle) && this.#topics.get(wish.topic) === shared) this.#topics.delete(wish.topic);
      },
    };
  }

  close(): void {
    for (const topic of this.#topics.values()) topic.close();
    this.#changes.close();
  }
}

class SharedTopic {
  readonly #topic: string;
  readonly #clock: Clock;
  readonly #channels: Channels;
  /** In the order in which they last said something of themselves. */
  readonly #handles = new Set<TopicHandle>();
  #options: ChannelOptions | null = null;
  #use: ChannelUse | null = null;
  #tracker: PresenceTracker<Record<string, unknown>> | null = null;
  readonly #present = new Map<string, PresenceEntry[]>();
  /** Why it isn't joined, as far as there is more to say than that it isn't. */
  #error: TrunkError | null = null;
  /** What the database sent last, as long as somebody wants it replayed. */
  #kept: {at: number; message: Broadcast}[] = [];
  readonly #seen = new Set<string>();

  constructor(topic: string, clock: Clock, channels: Channels) {
    this.#topic = topic;
    this.#clock = clock;
    this.#channels = channels;
  }

  add(handle: TopicHandle): void {
    const {private: isPrivate, replay} = handle.wish;
    const {presenceKey} = handle;
    const have = this.#options;
    const isOther = have && presenceKey !== null && have.presenceKey !== null && have.presenceKey !== presenceKey;
    if (have && (have.private !== isPrivate || isOther)) return handle.fail(conflict(this.#topic, have, handle));
    // What the channel was joined without, it gets by being joined again: everybody hears that it was away for a moment.
    const isMore = !have || (presenceKey !== null && have.presenceKey === null) || (replay && !have.replay);
    if (isMore) {
      try {
        const key = presenceKey ?? have?.presenceKey ?? null;
        this.#join({private: isPrivate, presenceKey: key, replay: have?.replay ?? replay});
      } catch (error) {
        return handle.fail(TrunkError.from(error));
      }
    } else if (this.#use?.joined) this.#welcome(handle);
    else if (this.#error) handle.setJoined(false, this.#error);
    this.#handles.add(handle);
    this.track(handle, handle.tracked);
  }

  /** True when nobody is left. */
  remove(handle: TopicHandle): boolean {
    this.#handles.delete(handle);
    if (this.#handles.size > 0) this.#track();
    else this.close();
    return this.#handles.size === 0;
  }

  /** What was said last, in whichever tab, is what others see of this browser; when that tab goes, what was said before it. */
  track(handle: TopicHandle, tracked: Record<string, unknown> | null): void {
    handle.tracked = tracked;
    if (!this.#handles.delete(handle)) return; // it was refused
    this.#handles.add(handle);
    this.#track();
  }

  async send(from: TopicHandle, event: string, payload: unknown, ack: boolean): Promise<null> {
    if (!this.#use?.joined) throw new TrunkError('not-joined', `"${this.#topic}" is not joined now.`);
    const sent = this.#use.send(event, payload).then(answer => {
      if (answer === 'refused') throw new TrunkError('rejected', `The server refused the broadcast "${event}".`);
      if (answer === 'silence') throw notConfirmed(event, this.#topic);
      // The server let this person write, and tells all but this browser: its other tabs are told here.
      const message: Broadcast = {kind: 'broadcast', event, payload, id: null, replayed: false};
      for (const handle of this.#handles) if (handle !== from || from.wish.self) handle.tell(message);
      return null;
    });
    if (ack) return sent;
    sent.catch(() => {}); // who asks for no answer gets none
    return null;
  }

  close(): void {
    this.#tracker?.close();
    this.#options = this.#use = this.#tracker = null;
  }

  #join(options: ChannelOptions): void {
    for (const handle of this.#handles) handle.setJoined(false);
    this.#use?.release();
    const use = this.#channels.use(this.#topic, options, {
      joined: () => {
        this.#error = null;
        for (const handle of this.#handles) handle.setJoined(true);
        this.#tracker?.joined();
      },
      lost: reason => {
        this.#error = whyLost(this.#topic, reason);
        for (const handle of this.#handles) handle.setJoined(false, this.#error);
      },
      broadcast: (event, payload, meta) => this.#hear(event, payload, meta),
      presence: (state, changed) => this.#look(state, changed),
      interest: () =>
        interestOf(
          Array.from(this.#handles, ({look}) => look()),
          null,
        ),
    });
    this.#options = options;
    this.#use = use;
    this.#tracker = new PresenceTracker(this.#clock, use, differs);
    this.#track();
  }

  /** Tells one that comes later what the others heard when they came. */
  #welcome(handle: TopicHandle): void {
    handle.setJoined(true);
    handle.tellPresence(this.#present);
    const {replay} = handle.wish;
    if (!replay) return;
    const missed = this.#kept.filter(({at}) => at >= replay.since).slice(-(replay.limit ?? MAX_REPLAY));
    for (const {message} of missed) handle.tell({...message, replayed: true});
  }

  #hear(event: string, payload: unknown, meta: BroadcastMeta | null): void {
    const replayed = meta?.replayed ?? false;
    const message: Broadcast = {kind: 'broadcast', event, payload, id: meta?.id ?? null, replayed};
    if (meta) {
      if (this.#seen.has(meta.id)) return; // replayed once more after a rejoin
      this.#seen.add(meta.id);
      if (this.#seen.size > MAX_SEEN) for (const oldest of this.#seen) if (this.#seen.delete(oldest)) break;
    }
    const replay = this.#options?.replay;
    if (meta && replay) {
      this.#kept.push({at: replayed ? replay.since : this.#clock.now(), message});
      this.#kept = this.#kept.slice(-MAX_REPLAY);
    }
    for (const handle of this.#handles) if (!replayed || handle.wish.replay) handle.tell(message);
  }

  /** @param changed whom it is about; missing: everybody */
  #look(state: PresenceState, changed?: ReadonlySet<string>): void {
    const joins = new Map<string, PresenceEntry[]>();
    const leaves = new Map<string, PresenceEntry[]>();
    for (const key of changed ?? new Set([...this.#present.keys(), ...state.keys()])) {
      const before = this.#present.get(key) ?? [];
      const now = (state.get(key) ?? []).map(asEntry);
      const joined = beyond(now, before);
      const left = beyond(before, now);
      if (joined.length > 0) joins.set(key, joined);
      if (left.length > 0) leaves.set(key, left);
      if (now.length > 0) this.#present.set(key, now);
      else this.#present.delete(key);
    }
    for (const handle of this.#handles) handle.tellPresence(this.#present, joins, leaves);
  }

  #track(): void {
    this.#tracker?.set([...this.#handles].findLast(({tracked}) => tracked)?.tracked ?? null);
  }
}

/** The server gives each entry a reference of its own, new with every `track`. */
function asEntry({phx_ref, phx_ref_prev: _, ...said}: Record<string, unknown>): PresenceEntry {
  return {presence_ref: String(phx_ref), ...said};
}

/** Those of `some` that are not among `others`. */
function beyond(some: readonly PresenceEntry[], others: readonly PresenceEntry[]): PresenceEntry[] {
  return some.filter(({presence_ref}) => !others.some(other => other.presence_ref === presence_ref));
}

function differs(a: Record<string, unknown> | null, b: Record<string, unknown> | null): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}

function conflict(topic: string, have: ChannelOptions, {wish, presenceKey}: TopicHandle): TrunkError {
  const say = (isPrivate: boolean, key: string | null) =>
    `{private: ${isPrivate}${key === null ? '' : `, presence: {key: ${JSON.stringify(key)}}`}}`;
  return new TrunkError(
    'conflicting-options',
    `"${topic}" is open in this browser with ${say(have.private, have.presenceKey)}, and can’t be open with ` +
      `${say(wish.private, presenceKey)} at the same time. Use the same options, or another topic.`,
  );
}

function notConfirmed(event: string, topic: string): TrunkError {
  return new TrunkError(
    'not-confirmed',
    `The server has not confirmed the broadcast "${event}" on "${topic}": the connection went away, or this person may not write there.`,
  );
}
