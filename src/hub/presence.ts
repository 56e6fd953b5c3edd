// One presence scope as the tabs of this browser share it: tracks this person once for all of them, within the server's budget,
// and tells the tabs who is here. Knows nothing of ports.
import type {Person, PresentPerson} from '../wire/chat.js';
import type {Attention, PresenceEvent} from '../wire/protocol.js';
import {foldAttention} from './attention.js';
import {Audience} from './audience.js';
import type {Channels, ChannelUse} from './channels.js';
import type {Clock} from './environment.js';
import {Roster} from './roster.js';
import type {PresenceState} from './transport.js';

/** Changes are told at this pace, in ms: two in a little more than half of the server's 30 s are four of its 5 calls at most. */
const CALLS = 2;
const WINDOW_MS = 15_500;
/** A change has to last this long to be worth a call, in ms: a person who goes from one tab to another isn't away in between. */
const SETTLE_MS = 1_000;
/** Nobody is known as present when the server has not said who is for longer than this, in ms. */
const UNKNOWN_MS = 30_000;
/** How long the first word of who is here waits for the server to know of this person, too, in ms. */
const OWN_MS = 2_000;

/**
 * What is tracked. Name and picture are for other readers of the channel: ours look people up in `profiles`, since a member's client
 * may say here what it likes.
 */
type Payload = PresentPerson & Pick<Person, 'name' | 'avatarUrl'>;

export interface PresenceWorld {
  clock: Clock;
  channels: Channels;
  /** What each tab knows of the person, asked whenever it may have changed. */
  attention(): Attention[];
  /** What is known of the person. */
  me(): Person | null;
  /** Sees to it that these people's names are known. */
  need(userIds: string[]): void;
  /** They are not here any more. */
  left(people: PresentPerson[]): void;
}

export class PresenceScope {
  readonly #world: PresenceWorld;
  readonly #clock: Clock;
  readonly #userId: string;
  readonly #roster: Roster;
  readonly #audience: Audience;
  readonly #channel: ChannelUse;
  #tracked: Payload | null = null;
  #trackedAt = 0;
  /** Since when what is tracked says where the person isn't; null while it is right. */
  #wrongSince: number | null = null;
  #cancelTrack: () => void = () => {};
  #cancelAway: () => void = () => {};
  #cancelLinger: () => void = () => {};
  #cancelUnknown: (() => void) | null = null;
  /** The newest state without this person, while they wait for one with them. */
  #without: PresenceState | null = null;
  #cancelOwn = () => {};

  constructor(scope: string, userId: string, world: PresenceWorld) {
    this.#world = world;
    this.#clock = world.clock;
    this.#userId = userId;
    this.#roster = new Roster(world.clock, (changed, left, came) => {
      // Who is here for hours is not asked for again with each sign of life.
      world.need(came);
      if (left.length > 0) world.left(left);
      this.#audience.changed([...changed, ...left.map(person => person.userId)]);
    });
    this.#audience = new Audience(world.clock, this.#roster.people);
    this.#channel = world.channels.use(
      `presence:${scope}`,
      {private: true, presenceKey: userId},
      {
        joined: () => {
          // A new join knows nothing of what was tracked, and starts with a full budget.
          this.#tracked = null;
          this.update();
        },
        lost: () => {
          this.#stopAwaiting();
          this.#roster.cutOff();
          this.#doubt();
        },
        presence: (state, changed) => {
          const isFirst = this.#cancelUnknown !== null;
          // The state that comes with a join was taken before it: this person's own tabs would see them leave.
          if (isFirst && this.#tracked && !state.has(userId)) this.#await(state);
          else this.#learn(state, isFirst ? undefined : changed);
        },
      },
    );
    this.#doubt(); // tabs may know something from a hub before
  }

  get empty(): boolean {
    return this.#audience.empty;
  }

  /** Tells a handle who is here, once that is known and from then on. The answer stops it. */
  add(tell: (event: PresenceEvent) => void, isSeen: () => boolean): () => void {
    this.#cancelLinger();
    return this.#audience.add(tell, isSeen);
  }

  /** Calls `over` unless somebody comes within `ms`. */
  linger(ms: number, over: () => void): void {
    this.#cancelLinger();
    this.#cancelLinger = this.#clock.after(ms, over);
  }

  /** The tabs know something new. */
  update(): void {
    this.#audience.looked();
    this.#plan();
  }

  /** The last handle is gone: so is this person, at once, even while the channel lingers. */
  close(): void {
    this.#cancelLinger();
    this.#cancelAway();
    this.#cancelTrack();
    this.#stopAwaiting();
    this.#known();
    this.#roster.forget();
    this.#audience.close();
    if (this.#tracked) this.#channel.leave();
    else this.#channel.release();
  }

  /** From the first such state on, however many follow: on a busy channel that doesn't let this person be seen, all lack them. */
  #await(state: PresenceState): void {
    if (!this.#without) this.#cancelOwn = this.#clock.after(OWN_MS, () => this.#without && this.#learn(this.#without));
    this.#without = state;
  }

  #stopAwaiting(): void {
    this.#cancelOwn();
    this.#without = null;
  }

  #learn(state: PresenceState, changed?: ReadonlySet<string>): void {
    this.#stopAwaiting();
    this.#known();
    this.#roster.apply(state, changed);
  }

  /** Nobody says who is here: after a while, nobody knows. */
  #doubt(): void {
    this.#cancelUnknown ??= this.#clock.after(UNKNOWN_MS, () => {
      this.#roster.forget();
      this.#audience.unknown();
    });
  }

  /** The server has said who is here before that. */
  #known(): void {
    this.#cancelUnknown?.();
    this.#cancelUnknown = null;
  }

  /** Tracks what is true now, unless it is what was tracked: at once on a new join, else when it has lasted and the budget allows. */
  #plan(): void {
    this.#cancelTrack();
    this.#cancelAway();
    const now = this.#clock.now();
    const {status, lastSeen, currentChatId, onlineUntil, beatMs} = foldAttention(this.#world.attention(), now);
    if (status === 'online') this.#cancelAway = this.#clock.after(onlineUntil - now, () => this.#plan());
    if (!this.#channel.joined) return;
    const {name = '', avatarUrl = null} = this.#world.me() ?? {};
    const payload: Payload = {userId: this.#userId, status, lastSeen, currentChatId, name, avatarUrl};
    const due = this.#dueOf(payload, beatMs, now);
    if (due === Infinity) return;
    const {presenceCalls, presenceFreeAt} = this.#channel;
    // Who goes from page to page is back at once.
    const paced = this.#tracked ? (presenceCalls.at(-CALLS) ?? -Infinity) + WINDOW_MS : now;
    const at = Math.max(due, paced, presenceFreeAt);
    if (at > now) {
      this.#cancelTrack = this.#clock.after(at - now, () => this.#plan());
      return;
    }
    this.#tracked = payload;
    this.#trackedAt = now;
    this.#wrongSince = null;
    this.#channel.track({...payload});
  }

  /** When this is to be told, the budget aside. */
  #dueOf(payload: Payload, beatMs: number, now: number): number {
    const tracked = this.#tracked;
    if (!tracked) return now;
    const isRight = payload.status === tracked.status && payload.currentChatId === tracked.currentChatId;
    if (!isRight) return (this.#wrongSince ??= now) + SETTLE_MS;
    this.#wrongSince = null;
    // While somebody is here, another sign of life is news only now and then.
    const isSame = (['lastSeen', 'name', 'avatarUrl'] as const).every(key => payload[key] === tracked[key]);
    return isSame ? Infinity : this.#trackedAt + beatMs;
  }
}
