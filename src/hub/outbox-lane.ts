// One chat's way out of the outbox: one batch at a time under the chat's lock, how much goes into it, what a failure means and how
// long to wait after it. Knows nothing of stores or of what the messages say.
import type {TrunkError} from '../wire/error.js';
import {Backoff} from './backoff.js';
import type {Clock, Locks} from './environment.js';
import {weigh, type Held} from './outbox-queue.js';

/** What one request carries at most; the database takes no more than 50 (send_messages). */
export const MAX_BATCH = 50;
const MAX_BATCH_BYTES = 64 * 1024;
/** Tries that a server answered with a fault of its own, before the message fails visibly. */
const MAX_ATTEMPTS = 3;
const BACKOFF = {baseMs: 1_000, capMs: 60_000};
/** How long another hub or the service worker may keep the lane, in ms. What both of them send is stored once, and in order. */
const PATIENCE_MS = 3_000;

/**
 * What a failed try says of the messages in it. `offline`: nothing, no server answered. `transient`: nothing, the server wants to be left in
 * peace. `auth`: nothing, the connection sees to a new token. `unknown`: perhaps something, so it counts as an attempt.
 * `permanent`: the server will never take them.
 */
type FailureKind = 'offline' | 'transient' | 'auth' | 'unknown' | 'permanent';

/** What follows from a failure. */
export interface Verdict {
  /** Whether it counts as an attempt of each message. */
  counts: boolean;
  /** Whether the next batch may go at once. */
  goOn: boolean;
  /** Whether a message with so many attempts fails by it. */
  isOver(attempts: number): boolean;
}

export class Lane {
  readonly #clock: Clock;
  readonly #locks: Locks | null;
  readonly #lock: string;
  readonly #contested: () => void;
  /** How often somebody else was found at this chat's messages. */
  contests = 0;
  readonly #backoff: Backoff;
  /** Everything that must not happen at once happens after this. */
  #tail: Promise<unknown> = Promise.resolve();
  /** What goes on beside the request that is on its way, one after another. */
  #beside: Promise<unknown> = Promise.resolve();
  #running = false;
  /** Asked for anew while a run was under way. */
  #again = false;
  /** The run under way, or the last one. */
  #run: Promise<void> = Promise.resolve();
  #flying = false;
  /** Messages in the next batch at most: one, while it is not known which of them the server trips over. */
  #limit = MAX_BATCH;
  #cancelWait: (() => void) | null = null;

  /**
   * @param lock the Web Lock that everybody who sends this chat's messages holds
   * @param contested called when somebody else sends this chat's messages, too, because one of the two kept the lock for too long
   */
  constructor(clock: Clock, random: () => number, locks: Locks | null, lock: string, contested: () => void) {
    this.#clock = clock;
    this.#locks = locks;
    this.#lock = lock;
    this.#contested = () => {
      this.contests++;
      contested();
    };
    this.#backoff = new Backoff(BACKOFF, random);
  }

  /**
   * Runs `next` until it says false, once at a time; not while a back-off lasts, unless `now`. Resolves when the run, this one or the
   * one under way, has ended.
   */
  run(next: () => Promise<boolean> | false, now: boolean): Promise<void> {
    if (this.#running) return this.#run;
    if (this.#cancelWait && !now) return Promise.resolve();
    this.#stopWaiting();
    this.#running = true;
    this.#run = this.#repeat(next);
    return this.#run;
  }

  async #repeat(next: () => Promise<boolean> | false): Promise<void> {
    try {
      do {
        this.#again = false;
        // No pause between the last look and the end of the run, or what comes in between would lie there.
        for (let step = next(); step && (await step); step = next());
        if (this.#again) this.#stopWaiting();
      } while (this.#again);
    } finally {
      this.#running = false;
    }
  }

  /** Runs `task` while nobody else, in this hub or another, is at this chat's messages. */
  alone<T>(task: () => Promise<T>): Promise<T> {
    const locks = this.#locks;
    const work = async () => {
      try {
        return await task();
      } finally {
        // Nobody, here or elsewhere, may choose the next batch before that.
        await this.#beside;
      }
    };
    const turn = this.#tail.then(() => (locks ? locks.within(this.#lock, work, PATIENCE_MS, this.#contested) : work()));
    this.#tail = turn.catch(() => {});
    return turn;
  }

  /**
   * Runs `task` alone, too, but without waiting for the request that is on its way, if one is: its batch is chosen, and the rest of the
   * queue may be changed under the lock that it holds.
   */
  besideRequest<T>(task: () => Promise<T>): Promise<T> {
    if (!this.#flying) return this.alone(task);
    const turn = this.#beside.then(task);
    this.#beside = turn.catch(() => {});
    return turn;
  }

  async fly<T>(request: () => Promise<T>): Promise<T> {
    this.#flying = true;
    try {
      return await request();
    } finally {
      this.#flying = false;
    }
  }

  /** As many of these as go into one request, in order. */
  fit(entries: readonly Held[]): Held[] {
    let bytes = 0;
    const over = entries.findIndex(({message}, at) => {
      bytes += weigh(message);
      return at > 0 && bytes > MAX_BATCH_BYTES;
    });
    return entries.slice(0, Math.min(this.#limit, over < 0 ? Infinity : over));
  }

  succeeded(): void {
    this.#backoff.reset();
    this.#limit = Math.min(2 * this.#limit, MAX_BATCH);
  }

  /** What the failure of a batch of `size` messages means. */
  judge(error: TrunkError, size: number): Verdict {
    const kind = kindOf(error);
    // Which message of a batch the server tripped over, or refuses, shows when they go one by one.
    if (kind === 'unknown' || kind === 'permanent') this.#limit = 1;
    return {
      counts: kind === 'unknown' && size === 1,
      goOn: kind === 'permanent',
      isOver: attempts => size === 1 && (kind === 'permanent' || (kind === 'unknown' && attempts >= MAX_ATTEMPTS)),
    };
  }

  /** Runs `task` after the next wait of the back-off, or after what the server asked for, if that is longer. */
  wait(retryAfterMs: number, task: () => void): void {
    this.#stopWaiting();
    this.#cancelWait = this.#clock.after(Math.max(this.#backoff.next(), retryAfterMs), task);
  }

  /** Runs `task` after so many ms, unless it waits already. */
  waitFor(ms: number, task: () => void): void {
    this.#cancelWait ??= this.#clock.after(ms, task);
  }

  /** Forgives what failed before; a run that is just ending begins again. */
  reset(): void {
    this.#again = this.#running;
    this.#backoff.reset();
    this.#stopWaiting();
  }

  close(): void {
    this.#stopWaiting();
  }

  #stopWaiting(): void {
    this.#cancelWait?.();
    this.#cancelWait = null;
  }
}

function kindOf({code}: TrunkError): FailureKind {
  switch (code) {
    case 'unreachable':
    case 'closed':
      return 'offline';
    case 'rate-limited':
      return 'transient';
    case 'sign-in-failed':
    case 'key-refused':
      return 'auth';
    case 'internal':
      return 'unknown';
    default:
      return 'permanent';
  }
}
