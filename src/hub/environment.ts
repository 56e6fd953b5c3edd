// Everything the hub takes from the world, as interfaces. Nothing else in this folder reads a clock, a lock, a store or the
// network, so that the same class runs in a worker, in a page and under a test's fake clock.
import type {OutgoingMessage} from '../wire/chat.js';
import type {WireError} from '../wire/error.js';
import type {HubConfig} from '../wire/protocol.js';
import type {Transport} from './transport.js';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `task` once after `ms`; the answer cancels it. */
  after(ms: number, task: () => void): () => void;
}

export interface Locks {
  /** Resolves once the lock is held; the answer gives it back. Rejects where the browser refuses locks. */
  hold(name: string): Promise<() => void>;
  /** Runs `task` once nobody holds the lock any more; the answer stops waiting. */
  whenFree(name: string, task: () => void): () => void;
  /** Runs `task` while holding the lock; waits for it. Where locks are refused, runs it without. */
  within<T>(name: string, task: () => Promise<T>): Promise<T>;
}

/** One message that waits, as it lies in the store. */
export interface OutboxEntry {
  /** Rises over all entries of a store; its place in the queue. Set by the store. */
  order: number;
  /** Whose it is: the name of the hub's identity. */
  owner: string;
  message: OutgoingMessage;
  status: 'queued' | 'failed';
  error: WireError | null;
  /** Tries that a server answered. */
  attempts: number;
}

/** What outlives the hub. Every method rejects when the browser refuses. */
export interface Store {
  readonly durable: boolean;
  /** Adds an entry and gives it its `order`; one that is there already, by message id, stays as it is and is returned. */
  addEntry(entry: Omit<OutboxEntry, 'order'>): Promise<OutboxEntry>;
  /** Replaces an entry that is there; does nothing when it is gone. */
  putEntry(entry: OutboxEntry): Promise<void>;
  deleteEntries(messageIds: readonly string[]): Promise<void>;
  /** The owner's entries by `order`. */
  entriesOf(owner: string): Promise<OutboxEntry[]>;
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<void>;
  removeItem(key: string): Promise<void>;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** All a hub needs. */
export interface Environment {
  /** New with every hub: tabs tell a restarted hub by it. */
  hubId: string;
  clock: Clock;
  /** 0 ≤ n < 1. */
  random(): number;
  /** Null where the browser has no Web Locks. */
  locks: Locks | null;
  /** Falls back to memory by itself and says so in `durable`. */
  openStore(): Promise<Store>;
  connectTransport(config: HubConfig, store: Store): Transport;
  log(level: LogLevel, text: string): void;
}
