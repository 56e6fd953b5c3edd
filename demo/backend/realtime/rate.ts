// Two ways of counting: an average over the last minute, which lets bursts pass, and calls in a window, which doesn't.

const bucketMs = 5000;
const buckets = 12;

export class RateCounter {
  readonly #now: () => number;
  readonly #started: number;
  #counts: {bucket: number; count: number}[] = [];

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#started = now();
  }

  add(count = 1): void {
    const bucket = Math.floor(this.#now() / bucketMs);
    const last = this.#counts.at(-1);
    if (last?.bucket === bucket) last.count += count;
    else this.#counts.push({bucket, count});
    this.#counts = this.#counts.filter(one => one.bucket > bucket - buckets);
  }

  /** Events a second, over the last minute or as long as we count, at least one bucket. */
  get perSecond(): number {
    const bucket = Math.floor(this.#now() / bucketMs);
    const sum = this.#counts.reduce((total, one) => (one.bucket > bucket - buckets ? total + one.count : total), 0);
    const span = Math.min(buckets * bucketMs, Math.max(bucketMs, this.#now() - this.#started));
    return sum / (span / 1000);
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
