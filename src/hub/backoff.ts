// Full-jitter exponential back-off: a random wait between 0 and a ceiling that doubles. It spreads the browsers that an outage
// cut off at the same moment (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).

export interface BackoffOptions {
  /** Ceiling of the first wait, in ms. */
  baseMs: number;
  /** No ceiling is higher, in ms. */
  capMs: number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #tries = 0;

  /** @param random 0 ≤ n < 1 */
  constructor(options: BackoffOptions, random: () => number) {
    this.#options = options;
    this.#random = random;
  }

  /** How many waits were asked for since the last reset. */
  get tries(): number {
    return this.#tries;
  }

  /** The next wait in ms. */
  next(): number {
    const ceiling = Math.min(this.#options.capMs, this.#options.baseMs * 2 ** this.#tries++);
    return Math.floor(this.#random() * ceiling);
  }

  reset(): void {
    this.#tries = 0;
  }
}
