// One tab leads: it holds the seat and hosts the hub, in a worker of its own where it may, and the others reach it over a
// BroadcastChannel. Every tab here queues for the seat, so that the next one leads when the leader is gone. The browser's locks decide,
// never time; time only says when to doubt that a silent leader still lives.
import {channelName, seatName, START_MS, type Channel} from '../wire/channel.js';
import type {Port} from '../wire/protocol.js';
import {ChannelPort} from './channel-port.js';

/** Silence after which the queue is shaken: Chromium forgets one that waits behind a cached page. In ms. */
const NUDGE_MS = 2_000;
/** How long the request that shakes it lasts, in ms. */
const NUDGE_LENGTH_MS = 50;
/**
 * Silence after which the seat is taken from a leader that holds it, in ms, if it was silent before, instead of START_MS: the least, and as
 * much again by chance, so that two tabs in doubt don't rob each other.
 */
const STEAL_SOON_MS = 250;

/** What runs while this tab leads. */
export interface Leading {
  /** Settles when it died by itself; never, where that can't be. */
  died?: Promise<void>;
  stop(): void;
}

export interface LeaderEnvironment {
  locks: LockManager;
  openChannel(name: string): Channel;
  uuid(): string;
  /**
   * Starts a hub that serves the channel. Rejects when it can't be.
   * @param over aborted when this tab's turn is over before that: a hub that said later that it leads would draw tabs away from the next
   */
  startHub(name: string, over: AbortSignal): Promise<Leading>;
  /** The leader there is did not answer. Default: nobody doubts it yet. */
  isDoubted?: boolean;
}

export interface LeaderHost {
  port: Port;
  /** Settles when this tab should have led and could not. */
  failed: Promise<unknown>;
  close(): void;
}

export function openLeader(name: string, environment: LeaderEnvironment): LeaderHost {
  const {locks} = environment;
  const seat = seatName(name);
  const port = new ChannelPort(environment.openChannel(channelName(name)), environment.uuid());
  let closed = false;
  /** Ends this tab's turn, or its wait for one. */
  let turn = new AbortController();
  let fail: (cause: unknown) => void = () => {};
  const failed = new Promise<unknown>(resolve => (fail = resolve));

  const lead = async ({signal}: AbortController) => {
    if (signal.aborted) return;
    // Starting a hub takes a moment, in which nobody shall rob it.
    port.announceSeat();
    const leading = await environment.startHub(name, signal);
    const ended = new Promise(resolve => signal.addEventListener('abort', resolve, {once: true}));
    if (!signal.aborted) await Promise.race([ended, leading.died ?? ended]);
    leading.stop();
  };
  const queue = (steal: boolean) => {
    turn.abort();
    const mine = (turn = new AbortController());
    locks
      .request(seat, steal ? {steal} : {signal: mine.signal}, () => lead(mine))
      // Its hub died, and whoever is next leads.
      .then(() => mine.signal.aborted || queue(false))
      .catch((error: unknown) => {
        if (closed || mine.signal.aborted) return;
        if ((error as {name?: unknown} | null)?.name !== 'AbortError') return fail(error);
        // Robbed, because it did not answer: its hub ends, and it waits for its next turn.
        queue(false);
      });
  };
  queue(false);

  let timers: ReturnType<typeof setTimeout>[] = [];
  const stopTimers = () => timers.forEach(timer => clearTimeout(timer));
  const doubt = (stealMs: number) => {
    stopTimers();
    timers = [setTimeout(() => nudge(locks, seat), NUDGE_MS), setTimeout(() => queue(true), stealMs)];
  };
  doubt(environment.isDoubted ? STEAL_SOON_MS * (1 + Math.random()) : START_MS);
  let isFound = false;
  void port.found.then(() => {
    isFound = true;
    stopTimers();
  });
  port.onSeated = () => isFound || doubt(START_MS);
  return {
    port,
    failed,
    close() {
      closed = true;
      stopTimers();
      turn.abort();
      port.close();
    },
  };
}

/** Asks and gives up: makes Chromium look at a queue again. */
function nudge(locks: LockManager, name: string): void {
  const shake = new AbortController();
  locks.request(name, {signal: shake.signal}, () => {}).catch(() => {});
  setTimeout(() => shake.abort(), NUDGE_LENGTH_MS);
}
