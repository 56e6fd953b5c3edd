// The channels of the one socket: one join a topic, whatever the number of users of it. Joins what is wanted, joins again
// what was lost, lets go a little after the last user. When more is wanted than a socket may hold, the least wanted are parked.
// Knows nothing of what channels carry.
import {TrunkError} from '../wire/error.js';
import {Backoff} from './backoff.js';
import {BUDGET, choose, JoinAllowance} from './channel-budget.js';
import type {Clock} from './environment.js';
import type {ChannelStats} from '../wire/stats.js';
import type {Interest} from './interest.js';
import type {ChannelListener, ChannelOptions, PresenceState, Socket, SocketChannel} from './transport.js';

/** A channel outlives its last user by this, in ms, so that a reload or a switch costs no join. */
const LINGER_MS = 3_000;
/** Waits between joins of a refused or lost channel. */
const REJOIN = {baseMs: 1_000, capMs: 30_000};
/** The server allows 5 calls of `track` and `untrack` in 30 s on one join, and closes it at the 6th; calls don't arrive as evenly as they left. */
const PRESENCE_CALLS = 5;
const PRESENCE_WINDOW_MS = 31_000;
/** What is looked at changes in steps: a tab is hidden, another one comes in sight. In ms. */
const REVIEW_MS = 250;

/** Why a channel was lost that only made room for another one: what it misses is to be looked for. */
export const PARKED = 'parked';

/** What a user of a channel hears. */
export interface ChannelUser {
  /** Joined, again or for the first time: whatever came before may have been missed. */
  joined(): void;
  /** From now on nothing that the database sends is missed. */
  replicationReady?(): void;
  /** Not joined, or being joined, any more, or refused; tried again by itself. */
  lost?(reason: string): void;
  broadcast?: ChannelListener['broadcast'];
  presence?: ChannelListener['presence'];
  change?: ChannelListener['change'];
  changesReady?(): void;
  changesRefused?(reason: string): void;
  /** How much it is wanted, asked whenever there is no room for all. Missing: it is never parked. */
  interest?(): Interest;
}

/** One use of a channel. */
export interface ChannelUse {
  /** Sends presence, when joined; what was tracked is gone after a rejoin. */
  track(payload: Record<string, unknown>): void;
  untrack(): void;
  /** Broadcasts to everybody else on the topic; `silence` also when it isn't joined. */
  send(event: string, payload: unknown): ReturnType<SocketChannel['send']>;
  readonly joined: boolean;
  /** When presence was sent on this join, in ms since 1970, whoever sent it: the server counts the calls of a join. */
  readonly presenceCalls: readonly number[];
  /** When the server allows the next of them, in ms since 1970. */
  readonly presenceFreeAt: number;
  release(): void;
  /**
   * The same, and takes back what was tracked: by an untrack, while that leaves a call for who comes back to the lingering channel; else
   * by leaving it at once, which costs no call.
   */
  leave(): void;
}

interface Channel {
  readonly topic: string;
  readonly options: ChannelOptions;
  readonly users: Set<ChannelUser>;
  readonly backoff: Backoff;
  /** Set while the channel is on the socket, joined or being joined. */
  onSocket: SocketChannel | null;
  joined: boolean;
  /** Who is present; null before the server has said so on this join. */
  present: PresenceState | null;
  /** True from the loss of the channel until its rejoin. */
  waits: boolean;
  /** There was no room for it, and its users know. */
  parked: boolean;
  presenceCalls: number[];
  refusesPresence: boolean;
  /** Ends the linger or the wait for a rejoin. */
  cancelTimer: () => void;
}

export class Channels {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #channels = new Map<string, Channel>();
  readonly #lost: (topic: string, reason: string) => void;
  readonly #isTokenGood: () => boolean;
  readonly #presenceRefused: (topic: string) => void;
  #socket: Socket | null = null;
  #budget = BUDGET;
  readonly #joins = new JoinAllowance();
  #cancelReview: (() => void) | null = null;

  /**
   * @param lost told when the server refuses a channel or throws it out
   * @param isTokenGood no join leaves with a token that is over; `tokenRenewed()` goes on
   * @param presenceRefused told once a channel when the server doesn't let this person be seen there
   */
  constructor(
    clock: Clock,
    random: () => number,
    lost: (topic: string, reason: string) => void,
    isTokenGood: () => boolean = () => true,
    presenceRefused: (topic: string) => void = () => {},
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#lost = lost;
    this.#isTokenGood = isTokenGood;
    this.#presenceRefused = presenceRefused;
  }

  /** All that is wanted or on the socket, and how many channels it may hold. */
  get overview(): {budget: number; channels: ChannelStats[]} {
    const channels = [...this.#channels.values()];
    return {
      budget: this.#budget,
      channels: channels.map(channel => ({
        topic: channel.topic,
        state: this.#stateOf(channel),
        users: channel.users.size,
        presenceCallsLeft: channel.presenceCalls.length === 0 ? null : this.#presenceCallsLeft(channel),
      })),
    };
  }

  /**
   * Uses a topic. Everybody who uses it shares one join.
   * @throws TrunkError `conflicting-options` when another user holds the topic with other options
   */
  use(topic: string, options: ChannelOptions, user: ChannelUser): ChannelUse {
    const there = this.#channels.get(topic);
    // A replay comes with a join and with nothing else.
    const fits =
      there?.options.private === options.private &&
      there.options.presenceKey === options.presenceKey &&
      !options.replay;
    if (there && !fits) {
      if (there.users.size > 0) {
        throw new TrunkError(
          'conflicting-options',
          `"${topic}" is in use with ${JSON.stringify(there.options)}, and can't be used with ${JSON.stringify(options)} at the same time.`,
        );
      }
      this.#forget(there); // it only lingered
    }
    const channel = there && fits ? there : this.#add(topic, options);
    channel.users.add(user);
    if (channel.users.size === 1) channel.cancelTimer(); // it lingered
    if (channel.joined || channel.parked) queueMicrotask(() => this.#greet(channel, user));
    if (!channel.onSocket && !channel.waits) this.#review();
    return this.#useOf(channel, user);
  }

  /** A socket is open: joins everything that is wanted. */
  up(socket: Socket): void {
    this.#socket = socket;
    this.#budget = BUDGET;
    for (const channel of [...this.#channels.values()]) {
      channel.backoff.reset();
      channel.waits = false;
      if (channel.users.size === 0) this.#forget(channel);
    }
    this.#review();
  }

  /** What people look at has changed: what is in sight is joined before what isn't. */
  looked(): void {
    if (this.#isTight) this.#cancelReview ??= this.#clock.after(REVIEW_MS, () => this.#review());
  }

  /** The socket has a new token. */
  tokenRenewed(): void {
    this.#review();
  }

  /** The socket is gone. */
  down(): void {
    this.#socket = null;
    this.#stopReview();
    for (const channel of this.#channels.values()) {
      channel.cancelTimer();
      // Also one that was only being joined: what happens from now on is missed.
      const was = channel.onSocket !== null;
      channel.onSocket = null;
      channel.joined = channel.parked = false;
      if (channel.users.size === 0) this.#forget(channel);
      else if (was) for (const user of [...channel.users]) user.lost?.('socket-closed');
    }
  }

  #useOf(channel: Channel, user: ChannelUser): ChannelUse {
    const callPresence = (task: (onSocket: SocketChannel) => void) => {
      if (!channel.joined || !channel.onSocket) return;
      channel.presenceCalls = [...channel.presenceCalls.slice(-9), this.#clock.now()];
      task(channel.onSocket);
    };
    return {
      track: payload => callPresence(onSocket => onSocket.track(payload)),
      untrack: () => callPresence(onSocket => onSocket.untrack()),
      send: async (event, payload) =>
        channel.joined && channel.onSocket ? channel.onSocket.send(event, payload) : 'silence',
      get joined() {
        return channel.joined;
      },
      get presenceCalls() {
        return channel.presenceCalls;
      },
      get presenceFreeAt() {
        return (channel.presenceCalls.at(-PRESENCE_CALLS) ?? -Infinity) + PRESENCE_WINDOW_MS;
      },
      release: () => this.#release(channel, user),
      leave: () => {
        const lingers = this.#presenceCallsLeft(channel) > 1;
        if (lingers) callPresence(onSocket => onSocket.untrack());
        this.#release(channel, user, lingers);
      },
    };
  }

  /** Whether more is wanted than there is room for. */
  get #isTight(): boolean {
    return this.#channels.size > this.#budget;
  }

  #presenceCallsLeft({presenceCalls}: Channel): number {
    const now = this.#clock.now();
    return Math.max(0, PRESENCE_CALLS - presenceCalls.filter(at => now - at < PRESENCE_WINDOW_MS).length);
  }

  get #onSocket(): number {
    return [...this.#channels.values()].filter(({onSocket}) => onSocket).length;
  }

  #stateOf({onSocket, joined, users, waits}: Channel): ChannelStats['state'] {
    if (onSocket) return users.size === 0 ? 'lingers' : joined ? 'joined' : 'joining';
    return waits ? 'waits' : this.#socket ? 'parked' : 'offline';
  }

  /** Joins what is wanted most, as far as there is room, and parks what has to make room for it. */
  #review(): void {
    this.#stopReview();
    // Whoever is wanted most when there is a token again is joined then, within the budget.
    if (!this.#socket || !this.#isTokenGood()) return;
    const wanted = [...this.#channels.values()].filter(({users, waits}) => users.size > 0 && !waits);
    const {missing, spare, beyond} = choose(wanted, this.#budget);
    for (const channel of beyond) {
      if (channel.parked) continue;
      channel.parked = true;
      // One that just came is not known to its user yet.
      queueMicrotask(() => channel.users.forEach(user => this.#greet(channel, user)));
    }
    const lingering = [...this.#channels.values()].filter(({onSocket, users}) => onSocket && users.size === 0);
    let room = this.#budget - this.#onSocket;
    for (const channel of missing) {
      const waitMs = this.#joins.take(this.#clock.now());
      if (waitMs > 0) {
        this.#cancelReview = this.#clock.after(waitMs * (1 + this.#random()), () => this.#review());
        return;
      }
      if (room > 0) room--;
      else {
        const unused = lingering.pop();
        if (unused) this.#forget(unused);
        else this.#park(spare.pop());
      }
      this.#join(channel);
    }
  }

  #stopReview(): void {
    this.#cancelReview?.();
    this.#cancelReview = null;
  }

  #park(channel: Channel | undefined): void {
    if (!channel?.onSocket) return;
    const {onSocket} = channel;
    channel.onSocket = null;
    channel.joined = false;
    channel.parked = true;
    onSocket.leave();
    for (const user of [...channel.users]) user.lost?.(PARKED);
  }

  #add(topic: string, options: ChannelOptions): Channel {
    const channel: Channel = {
      topic,
      options,
      users: new Set(),
      backoff: new Backoff(REJOIN, this.#random),
      onSocket: null,
      joined: false,
      present: null,
      waits: false,
      parked: false,
      presenceCalls: [],
      refusesPresence: false,
      cancelTimer: () => {},
    };
    this.#channels.set(topic, channel);
    return channel;
  }

  /** Tells one that comes to a channel what the others heard before: that it is joined, or that there is no room for it. */
  #greet(channel: Channel, user: ChannelUser): void {
    if (!channel.users.has(user)) return;
    if (channel.parked) user.lost?.(PARKED);
    if (!channel.joined) return;
    user.joined();
    if (channel.present) user.presence?.(channel.present);
  }

  #join(channel: Channel): void {
    channel.cancelTimer();
    channel.waits = channel.parked = false;
    if (!this.#socket || channel.onSocket) return;
    // Void once the channel is off this socket, or on it a second time.
    const current = () => channel.onSocket === mine;
    const tell = (task: (user: ChannelUser) => void) => {
      if (current()) for (const user of [...channel.users]) task(user);
    };
    const mine: SocketChannel = this.#socket.join(channel.topic, channel.options, {
      joined: () => {
        if (!current()) return;
        channel.joined = true;
        channel.present = null;
        channel.presenceCalls = [];
        channel.backoff.reset();
        for (const user of [...channel.users]) user.joined();
      },
      replicationReady: () => tell(user => user.replicationReady?.()),
      lost: reason => {
        if (!current()) return;
        channel.onSocket = null;
        channel.joined = false;
        // The project allows fewer than usual: as many as there are.
        if (/too many channels/i.test(reason)) this.#budget = Math.max(1, this.#onSocket);
        this.#lost(channel.topic, reason);
        for (const user of [...channel.users]) user.lost?.(reason);
        if (channel.users.size === 0) this.#forget(channel);
        else {
          channel.waits = true;
          channel.cancelTimer = this.#clock.after(rejoinWait(reason, channel.backoff), () => {
            channel.waits = false;
            this.#review();
          });
        }
      },
      broadcast: (event, payload, meta) => tell(user => user.broadcast?.(event, payload, meta)),
      presence: (state, changed) => {
        if (current()) channel.present = state;
        tell(user => user.presence?.(state, changed));
      },
      presenceRefused: () => {
        if (!channel.refusesPresence) this.#presenceRefused(channel.topic);
        channel.refusesPresence = true;
      },
      change: (filter, change) => tell(user => user.change?.(filter, change)),
      changesReady: () => tell(user => user.changesReady?.()),
      changesRefused: reason => tell(user => user.changesRefused?.(reason)),
    });
    channel.onSocket = mine;
  }

  #release(channel: Channel, user: ChannelUser, lingers = true): void {
    if (!channel.users.delete(user) || channel.users.size > 0) return;
    channel.cancelTimer();
    if (!lingers || !channel.onSocket) this.#forget(channel);
    else channel.cancelTimer = this.#clock.after(LINGER_MS, () => this.#forget(channel));
  }

  #forget(channel: Channel): void {
    channel.cancelTimer();
    const onSocket = channel.onSocket;
    channel.onSocket = null;
    channel.joined = false;
    const wasTight = this.#isTight;
    if (this.#channels.get(channel.topic) === channel) this.#channels.delete(channel.topic);
    onSocket?.leave();
    // There is room for another one.
    if (wasTight && this.#socket) this.#cancelReview ??= this.#clock.after(REVIEW_MS, () => this.#review());
  }
}

/** Whether it is a limit of the project that the server names. */
export function isRateLimit(reason: string): boolean {
  return /rate limit|too many/i.test(reason);
}

/** A server that names a rate limit gets a full window's peace (30 s) before the next join. */
function rejoinWait(reason: string, backoff: Backoff): number {
  const wait = backoff.next();
  return isRateLimit(reason) ? 30_000 + wait : wait;
}
