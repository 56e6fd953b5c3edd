// One presence scope as the tabs of this browser share it: tracks this person once for all of them, within the server's budget,
// and tells each handle who is here. Knows nothing of ports.
import type {PresentPerson} from '../wire/chat.js';
import type {Attention, PresenceEvent} from '../wire/protocol.js';
import type {Channels, ChannelUse} from './channels.js';
import type {Clock} from './environment.js';
import {Roster} from './roster.js';

/** A person who touched nothing for this long is away, in ms. */
const AWAY_MS = 5 * 60_000;
/** The server allows 5 calls in 30 s and closes the channel at the 6th, track or untrack; one is kept back for the untrack. */
const CALLS = 4;
const WINDOW_MS = 30_000;

type Payload = Pick<PresentPerson, 'userId' | 'status' | 'lastSeen' | 'currentChatId'>;

export class PresenceScope {
  readonly #clock: Clock;
  readonly #userId: string;
  readonly #attention: () => Attention[];
  readonly #roster: Roster;
  readonly #channel: ChannelUse;
  readonly #handles = new Set<(event: PresenceEvent) => void>();
  #tracked: Payload | null = null;
  #cancelTrack: (() => void) | null = null;
  #cancelAway: () => void = () => {};
  #cancelLinger: () => void = () => {};

  /** @param attention what each tab knows of the person, asked whenever it may have changed */
  constructor(
    scope: string,
    userId: string,
    world: {clock: Clock; channels: Channels; attention: () => Attention[]; need: (userIds: string[]) => void},
  ) {
    this.#clock = world.clock;
    this.#userId = userId;
    this.#attention = world.attention;
    this.#roster = new Roster(world.clock, (changed, left) => {
      world.need(changed.map(person => person.userId));
      for (const tell of this.#handles) tell({kind: 'diff', changed, left});
    });
    this.#channel = world.channels.use(
      `presence:${scope}`,
      {private: true, presenceKey: userId},
      {
        joined: () => {
          // A new join knows nothing of what was tracked, and starts with a full budget.
          this.#tracked = null;
          this.#cancelTrack?.();
          this.#cancelTrack = null;
          this.update();
        },
        presence: state => this.#roster.apply(state),
      },
    );
  }

  get empty(): boolean {
    return this.#handles.size === 0;
  }

  /** Tells a handle who is here, now and from now on. The answer stops it. */
  add(tell: (event: PresenceEvent) => void): () => void {
    this.#cancelLinger();
    this.#handles.add(tell);
    tell({kind: 'state', people: this.#roster.people});
    return () => this.#handles.delete(tell);
  }

  /** Calls `over` unless somebody comes within `ms`. */
  linger(ms: number, over: () => void): void {
    this.#cancelLinger();
    this.#cancelLinger = this.#clock.after(ms, over);
  }

  /** The tabs know something new: tracks it, unless it is what was tracked, as soon as the budget allows. */
  update(): void {
    this.#cancelAway();
    const {payload, onlineUntil} = this.#fold();
    if (payload.status === 'online') {
      this.#cancelAway = this.#clock.after(onlineUntil - this.#clock.now(), () => this.update());
    }
    if (!this.#channel.joined || this.#cancelTrack || !differs(payload, this.#tracked)) return;
    const now = this.#clock.now();
    const calls = this.#channel.presenceCalls.filter(at => now - at < WINDOW_MS);
    const holdsBack = calls.at(-CALLS);
    if (holdsBack === undefined) {
      this.#tracked = payload;
      this.#channel.track({...payload});
      return;
    }
    this.#cancelTrack = this.#clock.after(holdsBack + WINDOW_MS - now, () => {
      this.#cancelTrack = null;
      this.update();
    });
  }

  /** The last handle is gone: so is this person, at once, even while the channel lingers. */
  close(): void {
    this.#cancelLinger();
    this.#cancelAway();
    this.#cancelTrack?.();
    this.#roster.close();
    if (this.#tracked) this.#channel.untrack();
    this.#channel.release();
  }

  #fold(): {payload: Payload; onlineUntil: number} {
    let lastSeen = 0;
    let onlineUntil = 0;
    let latest: Attention | null = null;
    for (const attention of this.#attention()) {
      lastSeen = Math.max(lastSeen, attention.lastActive);
      if (attention.visible) onlineUntil = Math.max(onlineUntil, attention.lastActive + AWAY_MS);
      // What is seen says where the person is; among the seen, or the hidden, what was last used.
      if (
        !latest ||
        (attention.visible === latest.visible ? attention.lastActive > latest.lastActive : attention.visible)
      ) {
        latest = attention;
      }
    }
    const status = this.#clock.now() < onlineUntil ? 'online' : 'away';
    return {
      payload: {userId: this.#userId, status, lastSeen, currentChatId: latest?.currentChatId ?? null},
      onlineUntil,
    };
  }
}

/** While somebody is online, another sign of life is no news. */
function differs(a: Payload, b: Payload | null): boolean {
  return a.status !== b?.status || a.currentChatId !== b.currentChatId;
}
