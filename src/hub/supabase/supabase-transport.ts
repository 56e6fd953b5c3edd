// The backend as Supabase offers it: one Realtime socket a life, the database over REST, and the sign-in.
import type {HubConfig} from '../../wire/protocol.js';
import {TrunkError} from '../../wire/error.js';
import {readClaims} from '../../wire/token.js';
import type {Clock, Locks, Store} from '../environment.js';
import type {Credential, Database, Socket, SocketListener, Transport} from '../transport.js';
import {endSession, SIGN_IN_MS, signInAnonymously} from './anonymous.js';
import {RealtimeSocket} from './realtime-socket.js';
import {clockKey, sessionKey, sessionLock} from './session-key.js';
import {SupabaseDatabase} from './supabase-database.js';

/** How far a browser's clock may be behind the server's before it counts as wrong, in ms. */
const CLOCK_SLACK_MS = 60_000;
/** A request that takes longer counts as unreachable, in ms. */
const REQUEST_MS = 15_000;

export class SupabaseTransport implements Transport {
  readonly #config: HubConfig;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #locks: Locks | null;

  constructor(config: HubConfig, store: Store, clock: Clock, locks: Locks | null) {
    this.#config = config;
    this.#store = store;
    this.#clock = clock;
    this.#locks = locks;
  }

  openSocket(token: string, listener: SocketListener): Socket {
    return new RealtimeSocket(this.#config, token, listener, this.#clock);
  }

  database(token: (fresh: boolean) => Promise<string>): Database {
    return new SupabaseDatabase(this.#config, token, REQUEST_MS, this.#clock);
  }

  async signInAnonymously(name: string, spent: string | null): Promise<Credential> {
    return signInAnonymously(this.#config, this.#store, this.#locks, name, this.#clock.now(), spent);
  }

  async signOutAnonymously(name: string): Promise<void> {
    const key = sessionKey(this.#config.url, name);
    const session = await this.#store.getItem(key);
    const forget = async () => {
      await Promise.all([key, clockKey(this.#config.url, name)].map(each => this.#store.removeItem(each)));
    };
    await forget();
    // A sign-in under way would bring it back. Whoever signs in next waits for the same lock.
    void this.#locks?.within(sessionLock(this.#config.url, name), forget, SIGN_IN_MS).catch(() => {});
    if (session) endSession(this.#config, session).catch(() => {}); // best effort
  }

  readToken(token: string): Credential {
    const claims = readClaims(token);
    if (typeof claims?.['sub'] !== 'string' || typeof claims['exp'] !== 'number') {
      throw new TrunkError(
        'sign-in-failed',
        'accessToken() gave no JWT of a signed-in person (it needs "sub" and "exp").',
      );
    }
    return {token, userId: claims['sub'], expiresAt: endOf(claims['exp'], claims['iat'], this.#clock.now())};
  }

  async probe(): Promise<void> {
    const {url, key} = this.#config;
    let response: Response;
    try {
      response = await fetch(`${url}/auth/v1/settings`, {
        headers: {apikey: key},
        signal: AbortSignal.timeout(REQUEST_MS),
      });
    } catch (cause) {
      throw new TrunkError('unreachable', `The project at ${url} can't be reached.`, cause);
    }
    if (response.status === 401 || response.status === 403) {
      throw new TrunkError(
        'key-refused',
        `The project at ${url} refuses the key. Copy its publishable or anon key again.`,
      );
    }
    if (response.status === 429 || response.status >= 500) {
      throw new TrunkError('unreachable', `The project at ${url} doesn't answer (status ${response.status}).`);
    }
  }
}

/**
 * When a token given just now ends, by this browser's clock. A clock that puts `now` outside the token's life is wrong, or the token is
 * over: then its whole life is before it, and the server, which knows, refuses it otherwise.
 */
function endOf(exp: number, iat: unknown, now: number): number {
  const end = exp * 1000;
  if (typeof iat !== 'number') return end;
  const isPlausible = iat * 1000 - CLOCK_SLACK_MS <= now && now < end;
  return isPlausible ? end : now + (exp - iat) * 1000;
}
