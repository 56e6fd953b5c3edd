// Holds a valid token at all times: settles the first before anything is joined, and renews it before it ends. Where tokens come
// from is given; knows nothing of sockets or tabs.
import {TrunkError} from '../wire/error.js';
import type {Clock} from './environment.js';
import type {Credential} from './transport.js';

/** Renewed this long before its end, in ms; a token of a shorter life at half of it. */
const MARGIN_MS = 60_000;
/** A token that ends sooner than this is not worth opening a socket with, in ms. */
const SPARE_MS = 2_000;
/** Pause before another try at a renewal that failed or that brought a token which was over already, in ms. */
const RETRY_MS = 5_000;
/** A token this young is not the one a server refuses now: every channel reports the same end, one after the other. */
const YOUNG_MS = 1_000;

export class Credentials {
  readonly #clock: Clock;
  readonly #fetch: (spent: string | null) => Promise<Credential>;
  readonly #renewed: (credential: Credential) => void;
  #current: Credential | null = null;
  #gotAt = -Infinity;
  #pending: Promise<Credential> | null = null;
  #cancelRenewal: () => void = () => {};
  #closed = false;

  /**
   * @param fetch a credential, another one than `spent`; rejects with a TrunkError
   * @param renewed told of every new credential, the first included
   */
  constructor(
    clock: Clock,
    fetch: (spent: string | null) => Promise<Credential>,
    renewed: (credential: Credential) => void,
  ) {
    this.#clock = clock;
    this.#fetch = fetch;
    this.#renewed = renewed;
  }

  /** A credential that still lives; fetches one when there is none. Calls made meanwhile share the fetch. */
  get(): Promise<Credential> {
    return this.#current && this.isGood ? Promise.resolve(this.#current) : this.renew();
  }

  /** Whether there is one that still lives, by this browser's clock. */
  get isGood(): boolean {
    return this.#current !== null && this.#current.expiresAt > this.#clock.now() + SPARE_MS;
  }

  /** A server has refused the token: gets another, unless this one is so new that the word was about the one before. */
  async refused(): Promise<void> {
    if (this.#clock.now() - this.#gotAt > YOUNG_MS) await this.renew();
  }

  /** A new credential, whatever the old one is worth. */
  renew(): Promise<Credential> {
    if (this.#closed) return Promise.reject(closedError());
    this.#pending ??= this.#fetch(this.#current?.token ?? null)
      .then(credential => {
        if (this.#closed) throw closedError();
        this.#current = credential;
        this.#gotAt = this.#clock.now();
        this.#schedule(credential);
        this.#renewed(credential);
        return credential;
      })
      .finally(() => {
        this.#pending = null;
      });
    return this.#pending;
  }

  close(): void {
    this.#closed = true;
    this.#cancelRenewal();
  }

  #schedule(credential: Credential): void {
    const life = credential.expiresAt - this.#clock.now();
    // A clock that is wrong, or an app that gives old tokens, must not make a hot loop.
    this.#renewAfter(Math.max(life - Math.min(MARGIN_MS, life / 2), RETRY_MS));
  }

  #renewAfter(ms: number): void {
    this.#cancelRenewal();
    if (this.#closed) return;
    // Timers take at most 2^31 ms; a token of more than 24 days is looked at again on the way.
    this.#cancelRenewal = this.#clock.after(Math.min(ms, 2 ** 31 - 1), () => {
      this.renew().catch(() => this.#renewAfter(RETRY_MS));
    });
  }
}

function closedError(): TrunkError {
  return new TrunkError('closed', 'The hub was closed.');
}
