// A part of an element that its first paint does without, in a chunk of its own. Knows nothing of what it is.
import type {ReactiveElement} from 'lit';
import {TrunkError} from '../src/wire/error.js';
import {TrunkErrorEvent} from './error-event.js';

/** Until it is asked for again by itself, in ms; four times as long after each failure, up to an hour. */
const RETRY_MS = 2_000;
const MAX_RETRY_MS = 3_600_000;

export class LatePart<T> {
  /** Null until it is there. */
  current: T | null = null;

  readonly #host: ReactiveElement;
  readonly #fetch: () => Promise<T>;
  #loading: Promise<T> | null = null;
  #retryMs = RETRY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param host updated once it is there
   * @param fetch gets the chunk and makes of it what is wanted
   */
  constructor(host: ReactiveElement, fetch: () => Promise<T>) {
    this.#host = host;
    this.#fetch = fetch;
  }

  /**
   * Fetches it, once; after a failure, the next call asks again.
   * @throws TrunkError (by its promise) `load-failed`
   */
  load(): Promise<T> {
    return (this.#loading ??= this.#load());
  }

  /**
   * Fetches it, and while the element is in a document asks again until it comes: after a while, and when the browser is back online.
   * The element says by `trunk-error` that it did not come, the first time.
   */
  readonly want = async (): Promise<void> => {
    if (this.current || !this.#host.isConnected) return;
    try {
      await this.load();
    } catch (thrown) {
      if (this.#retryMs === RETRY_MS) this.#host.dispatchEvent(new TrunkErrorEvent(TrunkError.from(thrown)));
      clearTimeout(this.#timer);
      this.#timer = setTimeout(this.want, this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 4, MAX_RETRY_MS);
      addEventListener('online', this.want, {once: true});
    }
  };

  /** The same when the browser has nothing better to do, so that it is there when it is needed, without a network too. */
  preload(): void {
    if (this.#loading) return;
    // Safari has no idle callbacks.
    (globalThis.requestIdleCallback ?? setTimeout)(this.want);
  }

  async #load(): Promise<T> {
    try {
      this.current = await this.#fetch();
      this.#host.requestUpdate();
      return this.current;
    } catch (error) {
      this.#loading = null;
      throw error;
    }
  }
}
