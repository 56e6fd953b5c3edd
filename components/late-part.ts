// A part of an element that its first paint does without, in a chunk of its own. Knows nothing of what it is.
import type {ReactiveElement} from 'lit';
import {TrunkError} from '../src/wire/error.js';

export class LatePart<T> {
  /** Null until it is there. */
  current: T | null = null;

  readonly #host: ReactiveElement;
  readonly #fetch: () => Promise<T>;
  #loading: Promise<T> | null = null;

  /**
   * @param host updated once it is there
   * @param fetch imports the chunk and makes of it what is wanted
   */
  constructor(host: ReactiveElement, fetch: () => Promise<T>) {
    this.#host = host;
    this.#fetch = fetch;
  }

  /**
   * Fetches it, once. After a failure it is fetched again at the next call, or when the browser is back online.
   * @throws TrunkError `load-failed`
   */
  load(): Promise<T> {
    return (this.#loading ??= this.#load());
  }

  /** Fetches it when the browser has nothing better to do, so that it is there when it is wanted, without a network too. */
  preload(): void {
    // Safari has no idle callbacks.
    (globalThis.requestIdleCallback ?? setTimeout)(this.#try);
  }

  async #load(): Promise<T> {
    try {
      this.current = await this.#fetch();
      this.#host.requestUpdate();
      return this.current;
    } catch (cause) {
      this.#loading = null;
      addEventListener('online', this.#try, {once: true});
      throw TrunkError.notLoaded(cause);
    }
  }

  readonly #try = (): void => void this.load().catch(() => {}); // whoever needs it hears of it
}
