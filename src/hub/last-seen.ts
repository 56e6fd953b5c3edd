// Keeps `last_seen_at` true in the database, so that an offline person's last seen outlives every cache. One call a minute while the
// person is active, and one when they go; none otherwise. Knows nothing of presence.
import type {Attention} from '../wire/protocol.js';
import type {Clock} from './environment.js';

/** Between two calls while the person is active, in ms. */
const EVERY_MS = 60_000;
/** Between two calls when they go: the database takes no more (`touch_last_seen`), in ms. */
const LEAST_MS = 10_000;

export class LastSeen {
  readonly #clock: Clock;
  readonly #touch: () => Promise<unknown>;
  #touchedAt = -Infinity;

  /** @param touch says that the person is here now; rejects when it can't be said */
  constructor(clock: Clock, touch: () => Promise<unknown>) {
    this.#clock = clock;
    this.#touch = touch;
  }

  /** The tabs know something new; no tab means that the person goes. */
  update(tabs: readonly Attention[]): void {
    const now = this.#clock.now();
    const isSeen = tabs.some(({visible}) => visible);
    const lastActive = Math.max(...tabs.map(tab => tab.lastActive));
    const isNews = tabs.length === 0 || lastActive > this.#touchedAt;
    if (!isNews || now - this.#touchedAt < (isSeen ? EVERY_MS : LEAST_MS)) return;
    const before = this.#touchedAt;
    this.#touchedAt = now;
    this.#touch().catch(() => {
      // Said again with the next sign of life.
      if (this.#touchedAt === now) this.#touchedAt = before;
    });
  }
}
