// Decides what a screen reader is told and when: at once when it is quiet, then no more often than every second, so that a
// burst becomes one sentence. Knows nothing of the DOM.

/** Says `text` now. */
export type Say = (text: string) => void;

/** Least time between two announcements. */
const GAP_MS = 1000;
/** A batch of more than so many is only counted. */
const SPOKEN = 3;

export class Announcer<T> {
  readonly #say: Say;
  readonly #phrase: (items: readonly T[]) => string;
  #waiting: T[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param phrase makes one sentence of a batch */
  constructor(say: Say, phrase: (items: readonly T[], spoken: number) => string) {
    this.#say = say;
    this.#phrase = items => phrase(items, SPOKEN);
  }

  add(items: readonly T[]): void {
    if (items.length === 0) return;
    this.#waiting.push(...items);
    if (this.#timer === undefined) this.#flush();
  }

  /** Forgets what waits. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
  }

  #flush(): void {
    this.#timer = undefined;
    if (this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#timer = setTimeout(() => this.#flush(), GAP_MS);
    this.#say(this.#phrase(batch));
  }
}
