// The one observable of Trunkline. Knows nothing of what it carries.

/** A value that changes, and a way to hear of it. */
export interface Source<T> {
  readonly current: T;
  /** Calls `listener` at once with the current value, then on every change; returns the undo. */
  subscribe(listener: (value: T) => void): () => void;
}

/** A Source whose owner sets it. */
export class Signal<T> implements Source<T> {
  #current: T;
  readonly #listeners = new Set<(value: T) => void>();

  constructor(initial: T) {
    this.#current = initial;
  }

  get current(): T {
    return this.#current;
  }

  /** Tells every listener, unless the value is the same one. */
  set(value: T): void {
    if (Object.is(value, this.#current)) return;
    this.#current = value;
    for (const listener of [...this.#listeners]) listener(value);
  }

  subscribe(listener: (value: T) => void): () => void {
    // A wrapper of its own, so that the same function subscribed twice is undone once at a time.
    const own = (value: T) => listener(value);
    this.#listeners.add(own);
    own(this.#current);
    return () => this.#listeners.delete(own);
  }
}
