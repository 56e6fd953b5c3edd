// The world as a browser gives it, in a worker or in a page: the only file of the hub that reads globals.
import {channelName, protocolOf, seatName, START_MS, versionsName} from '../wire/channel.js';
import {PROTOCOL_VERSION, type HubConfig} from '../wire/protocol.js';
import type {Clock, Environment, Locks, Store} from './environment.js';
import {Hub} from './hub.js';
import {IndexedStore} from './indexed-store.js';
import {MemoryStore} from './memory-store.js';
import {SupabaseTransport} from './supabase/supabase-transport.js';

export const browserClock: Clock = {
  now: () => Date.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
  soon: (ms, task) => browserClock.after(ms, task),
};

/**
 * A hub over this browser's own socket, store and locks, that also serves tabs which have no port to it.
 * @param name what its tabs agree on
 * @param place `seated`: whoever starts it holds the seat of this name already; `alone`: it serves its ports, and nobody else
 * @param clock where timers are not to be trusted
 */
export function createHub(name: string, place: 'shared' | 'seated' | 'alone' = 'shared', clock = browserClock): Hub {
  const locks = navigator.locks ? browserLocks(navigator.locks) : null;
  // A page of another version may start this file under its own name. It is told so; the seat and the channel are another hub's.
  const isOurs = protocolOf(name) === PROTOCOL_VERSION;
  const canTell = isOurs && typeof BroadcastChannel === 'function';
  const environment: Environment = {
    // `crypto.randomUUID` is missing on plain-http pages.
    hubId: Array.from(crypto.getRandomValues(new Uint32Array(4)), part => part.toString(36)).join(''),
    host:
      place === 'alone'
        ? 'page'
        : place === 'seated'
          ? 'leader'
          : location.protocol === 'blob:'
            ? 'relay'
            : 'shared-worker',
    seat: isOurs && place === 'shared' && locks ? seatName(name) : null,
    openChannel: canTell && place !== 'alone' ? () => new BroadcastChannel(channelName(name)) : null,
    openVersions: canTell ? () => new BroadcastChannel(versionsName(name)) : null,
    clock,
    random: Math.random,
    locks,
    openStore,
    connectTransport: (config: HubConfig, store: Store) => new SupabaseTransport(config, store, clock, locks),
    log: (level, text) => console[level](`[trunkline] ${text}`),
  };
  return new Hub(environment);
}

/** How long the store may take to open, in ms: the rest of the time is for the script. */
const STORE_MS = START_MS - 2_000;

/** Firefox's private windows of old, blocked third-party storage and broken profiles refuse; some never answer. */
async function openStore(): Promise<Store> {
  const silence = new Promise<never>((_, reject) =>
    setTimeout(reject, STORE_MS, new Error('IndexedDB did not answer.')),
  );
  return Promise.race([IndexedStore.open(), silence]).catch(() => new MemoryStore());
}

/** A browser told to keep no site data has `navigator.locks` and refuses every request: what needs no lock goes on without. */
export function browserLocks(manager: LockManager): Locks {
  return {
    hold: (name, robbed = () => {}) =>
      new Promise((resolve, reject) => {
        let isHeld = false;
        const hold = () =>
          new Promise<void>(release => {
            isHeld = true;
            resolve(release);
          });
        manager.request(name, hold).catch((error: unknown) => (isHeld ? robbed() : reject(error)));
      }),
    whenFree(name, task) {
      const waiting = new AbortController();
      manager.request(name, {signal: waiting.signal}, task).catch(() => {
        // Aborted: nobody waits any more. Or refused: then a death is told by `bye` alone.
      });
      return () => waiting.abort();
    },
    async within<T>(name: string, task: () => Promise<T>, patienceMs: number, contested = () => {}): Promise<T> {
      const patience = new AbortController();
      const timer = setTimeout(() => patience.abort(), patienceMs);
      let work: Promise<T> | null = null;
      let isRunning = true;
      const begin = () => {
        clearTimeout(timer);
        return (work ??= task().finally(() => (isRunning = false)));
      };
      // Rejects when the task does, when the patience is over, when somebody else's is, and when locks are refused.
      const robbed = () => {
        if (work && isRunning) contested();
      };
      await manager.request(name, {signal: patience.signal}, begin).catch(robbed);
      if (patience.signal.aborted) {
        contested();
        await manager.request(name, {steal: true}, begin).catch(robbed);
      }
      return begin();
    },
  };
}
