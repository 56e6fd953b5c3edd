// One tab leads: it holds the seat and hosts the hub, in a worker of its own where it may, and the others reach it over a
// BroadcastChannel. Every tab here queues for the seat, so that the next one leads when the leader is gone. The browser's locks decide,
// never time; time only says when to doubt that a silent leader still lives.
import {channelName, seatName, type Channel} from '../wire/channel.js';
import type {Port} from '../wire/protocol.js';
import {ChannelPort} from './channel-port.js';

/** Silence after which the queue is shaken: Chromium forgets one that waits behind a cached page. In ms. */
const NUDGE_MS = 2_000;
/** How long the request that shakes it lasts, in ms. */
const NUDGE_LENGTH_MS = 50;
/** Silence after which the seat is taken from a leader that holds it and doesn't answer, in ms. */
const STEAL_MS = 5_000;

/** What runs while this tab leads. */
export interface Leading {
  stop(): void;
}

export interface LeaderEnvironment {
  locks: LockManager;
  openChannel(name: string): Channel;
  uuid(): string;
  /** Starts a hub that serves the channel. Rejects when it can't be. */
  startHub(name: string): Promise<Leading>;
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
    const leading = await environment.startHub(name);
    if (!signal.aborted) await new Promise(resolve => signal.addEventListener('abort', resolve, {once: true}));
    leading.stop();
  };
  const queue = (steal: boolean) => {
    turn.abort();
    const mine = (turn = new AbortController());
    locks
      .request(seat, steal ? {steal} : {signal: mine.signal}, () => lead(mine))
      .catch((error: unknown) => {
        if (closed || mine.signal.aborted) return;
        if ((error as {name?: unknown} | null)?.name !== 'AbortError') return fail(error);
        // Robbed, because it did not answer: its hub ends, and it waits for its next turn.
        queue(false);
      });
  };
  queue(false);

  const timers = [setTimeout(() => nudge(locks, seat), NUDGE_MS), setTimeout(() => queue(true), STEAL_MS)];
  const stopTimers = () => timers.forEach(timer => clearTimeout(timer));
  void port.found.then(stopTimers);
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
