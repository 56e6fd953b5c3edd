// The backend as Supabase offers it. One RealtimeClient a socket life: it is thrown away with its socket, so that its own
// reconnecting, its stale joins and its piled-up handlers never come into play (research: five reconnects of one client leave
// five of each handler). The hub alone decides when to try again.
import {RealtimeClient} from '@supabase/realtime-js';
import type {HubConfig} from '../../wire/protocol.js';
import {TrunkError} from '../../wire/error.js';
import {readClaims} from '../../wire/token.js';
import type {Clock, Locks, Store} from '../environment.js';
import type {DatabaseChange} from '../../wire/topic.js';
import type {
  BroadcastMeta,
  ChannelListener,
  ChannelOptions,
  Credential,
  Database,
  Socket,
  SocketChannel,
  SocketListener,
  Transport,
} from '../transport.js';
import {endSession, signInAnonymously} from './anonymous.js';
import {followPresence} from './presence-metas.js';
import {clockKey, sessionKey, sessionLock} from './session-key.js';
import {SupabaseDatabase} from './supabase-database.js';

/** Supabase closes a socket that is silent for 60 s; its own client beats every 25. */
const HEARTBEAT_MS = 25_000;
/** Later than anybody waits: the client never reconnects by itself. */
const NEVER_MS = 2 ** 31 - 1;
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
    return new SupabaseSocket(this.#config, token, listener);
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
    void this.#locks?.within(sessionLock(this.#config.url, name), forget).catch(() => {});
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

/** What the server says when it won't try again; whatever else it says, it tries again by itself. */
const REFUSED_CHANGES = /^(Unable to subscribe|Error parsing|No subscription params|Column selection)/;

interface Broadcast {
  event: string;
  payload?: Record<string, unknown>;
  meta?: BroadcastMeta;
}

class SupabaseSocket implements Socket {
  readonly #client: RealtimeClient;
  readonly #listener: SocketListener;
  #down = false;

  constructor({url, key}: HubConfig, token: string, listener: SocketListener) {
    this.#listener = listener;
    const opened: WebSocket[] = [];
    this.#client = new RealtimeClient(`${url.replace(/^http/, 'ws')}/realtime/v1`, {
      params: {apikey: key},
      transport: class extends WebSocket {
        constructor(address: string | URL, protocols?: string | string[]) {
          super(address, protocols);
          opened.push(this);
        }
      },
      heartbeatIntervalMs: HEARTBEAT_MS,
      reconnectAfterMs: () => NEVER_MS,
      // The hub closes the socket; an empty one stays open until then.
      disconnectOnEmptyChannelsAfterMs: NEVER_MS,
      heartbeatCallback: (status, latency) => {
        if (status === 'ok' && latency !== undefined) this.#listener.beat(Math.round(latency));
        else if (status === 'timeout') this.#fall('heartbeat-timeout');
      },
      // With a logger the client says nothing on the console; what matters reaches the hub by its own road.
      logger: () => {},
    });
    // The token first: a join carries what is known when it leaves, and is never given it later.
    void this.#client.setAuth(token);
    this.#client.connect();
    // Heard after the client's own handlers, which connect() has just set: when we say open, it is ready to join.
    const [raw] = opened;
    raw?.addEventListener('open', () => !this.#down && this.#listener.opened());
    raw?.addEventListener('close', ({code}) => this.#fall(code === 1012 ? 'server-restart' : 'socket-closed'));
  }

  join(topic: string, options: ChannelOptions, listener: ChannelListener): SocketChannel {
    const {private: isPrivate, presenceKey, changes = [], replay} = options;
    const config = {
      private: isPrivate,
      broadcast: {
        ack: true,
        self: false,
        ...(isPrivate ? {replication_ready: true} : {}),
        ...(isPrivate && replay ? {replay} : {}),
      },
      presence: {key: presenceKey ?? '', enabled: presenceKey !== null},
    };
    // A channel of an earlier life of this topic may still be on its way out.
    const channel = this.#client.channel(topic, {config});
    let reason = '';
    let gone = false;
    const lose = (why: string) => {
      if (gone || this.#down) return;
      gone = true;
      // Removing a channel inside its own callback overflows the stack.
      queueMicrotask(() => void this.#client.removeChannel(channel));
      listener.lost(why);
    };
    channel
      .on('broadcast', {event: '*'}, ({event, payload, meta}: Broadcast) => {
        if (!gone) listener.broadcast(event, payload ?? {}, meta ?? null);
      })
      .on('system', {}, (message: {extension?: string; status?: string; message?: string}) => {
        if (gone) return;
        if (message.extension === 'postgres_changes') {
          if (message.status === 'ok') listener.changesReady();
          else if (REFUSED_CHANGES.test(message.message ?? '')) listener.changesRefused(message.message ?? '');
        } else if (message.status === 'error') reason = message.message ?? '';
        else if (message.message === 'Replication connection established') listener.replicationReady();
      });
    if (presenceKey !== null) {
      followPresence(channel, (state, changed) => !gone && listener.presence(state, changed));
    }
    changes.forEach((filter, at) => {
      channel.on('postgres_changes', filter as {event: '*'; schema: string}, change => {
        if (!gone) listener.change(at, change as unknown as DatabaseChange);
      });
    });
    channel.subscribe((status, error) => {
      if (gone) return;
      if (status === 'SUBSCRIBED') listener.joined();
      else lose(error?.message || reason || status);
    });
    return {
      track: payload => void channel.track(payload).catch(() => {}),
      untrack: () => void channel.untrack().catch(() => {}),
      send: async (event, payload) => {
        // Otherwise the client would send it by an HTTP request of its own.
        if (gone || this.#down || channel.state !== 'joined') return 'silence';
        const answer = await channel.send({type: 'broadcast', event, payload}).catch(() => 'error');
        return answer === 'ok' ? 'ok' : answer === 'error' ? 'refused' : 'silence';
      },
      leave: () => {
        gone = true;
        void this.#client.removeChannel(channel);
      },
    };
  }

  setToken(token: string): void {
    void this.#client.setAuth(token);
  }

  ping(): void {
    // A second heartbeat while one is unanswered would count as a time-out.
    if (this.#client.pendingHeartbeatRef === null) void this.#client.sendHeartbeat();
  }

  close(): void {
    this.#down = true;
    void this.#client.disconnect();
  }

  #fall(reason: 'socket-closed' | 'heartbeat-timeout' | 'server-restart'): void {
    if (this.#down) return;
    this.close();
    this.#listener.down(reason);
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
