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
    for (const listener of [...this.#listeners]) {
      if (!this.#listeners.has(listener)) continue; // gone by another listener's doing
      // A page's listener that throws must not keep the news, or the rest of the hub's frame, from the others.
      try {
        listener(value);
      } catch (error) {
        reportError(error);
      }
      // Set again by a listener: everybody has heard the newer value, and must not hear this one after it.
      if (!Object.is(value, this.#current)) return;
    }
  }

  subscribe(listener: (value: T) => void): () => void {
    // A wrapper of its own, so that the same function subscribed twice is undone once at a time.
    const own = (value: T) => listener(value);
    this.#listeners.add(own);
    own(this.#current);
    return () => this.#listeners.delete(own);
  }
}
