// Two ways of counting: an average over the last minute, which lets bursts pass, and calls in a window, which doesn't.

const buckets = 12;

/** Counts events of the whole project and says whether they are too many a second. */
export class Meter {
  /** Events a second that are still allowed. */
  readonly limit: number;
  /** All ever counted. */
  total = 0;
  readonly #bucketMs: number;
  readonly #now: () => number;
  #endsAt: number;
  #current = 0;
  /** Newest first. The real server begins with an empty one, too. */
  #closed = [0];

  /** @param bucketMs 5 seconds on the real server: nothing counts before its bucket is full */
  constructor(limit: number, bucketMs = 5000, now: () => number = Date.now) {
    this.limit = limit;
    this.#bucketMs = bucketMs;
    this.#now = now;
    this.#endsAt = now() + bucketMs;
  }

  add(count = 1): void {
    this.total += count;
    if (this.limit === Infinity) return;
    this.#roll();
    this.#current += count;
  }

  /** Events a second over the closed buckets of the last minute. */
  get perSecond(): number {
    if (this.limit === Infinity) return 0;
    this.#roll();
    const sum = this.#closed.reduce((total, count) => total + count, 0);
    return sum / this.#closed.length / (this.#bucketMs / 1000);
  }

  get isOver(): boolean {
    return this.perSecond >= this.limit;
  }

  #roll(): void {
    for (const now = this.#now(); now >= this.#endsAt; this.#endsAt += this.#bucketMs) {
      this.#closed = [this.#current, ...this.#closed.slice(0, buckets - 1)];
      this.#current = 0;
      // After a long silence every bucket is empty, however many there were.
      if (now - this.#endsAt > buckets * this.#bucketMs) this.#endsAt = now - buckets * this.#bucketMs;
    }
  }
}

export class CallWindow {
  readonly #calls: number;
  readonly #windowMs: number;
  #opened = -Infinity;
  #count = 0;

  constructor(calls: number, windowMs: number) {
    this.#calls = calls;
    this.#windowMs = windowMs;
  }

  /** Counts one call; false when it is one too many. */
  take(now = Date.now()): boolean {
    if (now - this.#opened >= this.#windowMs) {
      this.#opened = now;
      this.#count = 0;
    }
    return ++this.#count <= this.#calls;
  }
}
