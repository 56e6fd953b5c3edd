// Everything the hub takes from the world, as interfaces. Nothing else in this folder reads a clock, a lock, a store or the
// network, so that the same class runs in a worker, in a page and under a test's fake clock.
import type {Chat, OutgoingMessage, Person, StoredMessage} from '../wire/chat.js';
import type {Channel, VersionFrame} from '../wire/channel.js';
import type {WireError} from '../wire/error.js';
import type {HubConfig} from '../wire/protocol.js';
import type {HostKind} from '../wire/status.js';
import type {Transport} from './transport.js';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `task` once after `ms`; the answer cancels it. */
  after(ms: number, task: () => void): () => void;
  /**
   * Like `after`, for a few ms and what is for the eye of somebody who looks at a tab: no browser holds it back, and it may come early.
   */
  soon(ms: number, task: () => void): () => void;
}

export interface Locks {
  /**
   * Resolves once the lock is held; the answer gives it back. Rejects where the browser refuses locks.
   * @param robbed called when somebody took it, because its holder stood still
   */
  hold(name: string, robbed?: () => void): Promise<() => void>;
  /** Runs `task` once nobody holds the lock any more; the answer stops waiting. */
  whenFree(name: string, task: () => void): () => void;
  /**
   * Runs `task` while holding the lock; waits for it. Where locks are refused, runs it without.
   * @param patienceMs whoever holds the lock longer than this is robbed of it: it was frozen, or lies in the back/forward cache. Should
   *   it live after all, its task goes on without the lock.
   * @param contested called with the robber as with the robbed, at once: two do now what one should
   */
  within<T>(name: string, task: () => Promise<T>, patienceMs: number, contested?: () => void): Promise<T>;
}

/** One message that waits, as it lies in the store. */
export interface OutboxEntry {
  /** Rises over all entries of a store; its place in the queue. Set by the store. */
  order: number;
  /** Whose it is: the name of the hub's identity. */
  owner: string;
  message: OutgoingMessage;
  /** `withdrawn`: discarded after a try whose answer never came; the database is still to be told. */
  status: 'queued' | 'failed' | 'withdrawn';
  error: WireError | null;
  /** Tries that a server answered. */
  attempts: number;
  /** Who was signed in when it was written; null when nobody was yet. Only this account sends it. */
  userId: string | null;
  /** When it was accepted or last tried anew by a person, in ms since 1970 by this browser's clock. */
  acceptedAt: number;
  /** A try had no answer, so it may be stored already. */
  tried?: boolean;
  /** Texts that it had before it was edited here, oldest first: an earlier try may have stored one of them. */
  was: readonly string[];
}

/** As much of an entry as tells whether its writer has changed it since. `sending` is the hub's own state and never in the store. */
export type EntryVersion = Pick<OutboxEntry, 'message' | 'was'> & {status: OutboxEntry['status'] | 'sending'};

/** A chat as this browser remembers it, to be shown before the database has answered. */
export interface RememberedChat {
  chat: Chat;
  /** The newest of the chat by `seq`, without holes. */
  messages: StoredMessage[];
  hasOlder: boolean;
  /** Every change up to this revision is in. */
  cursor: number;
  /** Who wrote them. */
  people: Person[];
  /** When it was kept, in ms since 1970. */
  keptAt: number;
}

/** What outlives the hub. Every method rejects when the browser refuses. */
export interface Store {
  readonly durable: boolean;
  /**
   * Adds entries, all or none, and gives each its `order`, in the order given. One that is there already, by message id, stays as it
   * is and is returned.
   */
  addEntries(entries: readonly Omit<OutboxEntry, 'order'>[]): Promise<OutboxEntry[]>;
  /**
   * Replaces those entries that are there; leaves out those that are gone. One that was changed since (`changedSince`) stays, and learns
   * at most that it was tried. Resolves with how many were replaced.
   */
  putEntries(entries: readonly OutboxEntry[]): Promise<number>;
  /** Deletes entries for good once it resolves, with how many were there. */
  deleteEntries(messageIds: readonly string[]): Promise<number>;
  /**
   * Deletes entries of which the database knows what became, so that one that a crash of the machine brings back does no harm. One that
   * was changed since (`changedSince`) stays: the database is still to hear of it. Resolves with those.
   */
  settleEntries(entries: readonly EntryVersion[]): Promise<OutboxEntry[]>;
  /** Everybody who has entries. */
  owners(): Promise<string[]>;
  /** The owner's entries by `order`. */
  entriesOf(owner: string): Promise<OutboxEntry[]>;
  /** The first entries of one chat that are to go out (`queued` or `withdrawn`), by `order`. */
  nextEntries(owner: string, chatId: string, limit: number): Promise<OutboxEntry[]>;
  /** These entries, as far as they are there. */
  entriesById(messageIds: readonly string[]): Promise<OutboxEntry[]>;
  /** A chat by the name it was asked for. */
  getChat(owner: string, name: string): Promise<RememberedChat | null>;
  /** Keeps a chat; of the owner's others, only the `limit` − 1 kept last stay. */
  putChat(owner: string, name: string, chat: RememberedChat, limit: number): Promise<void>;
  deleteChat(owner: string, name: string): Promise<void>;
  deleteChats(owner: string): Promise<void>;
  getItem(key: string): Promise<string | null>;
  setItem(key: string, value: string): Promise<void>;
  removeItem(key: string): Promise<void>;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** All a hub needs. */
export interface Environment {
  /** New with every hub: tabs tell a restarted hub by it. */
  hubId: string;
  /** Where it lives. */
  host: HostKind;
  /**
   * A lock that the hub has to hold before it serves anybody, so that one hub serves a person whatever rungs their tabs stand on. Null
   * where whoever starts the hub holds it already, or where there are no locks.
   */
  seat: string | null;
  /** The channel on which tabs without a port reach the hub; null where there is none. */
  openChannel: (() => Channel) | null;
  /** The channel on which the hubs of all versions hear of each other; null where there is none. */
  openVersions: (() => Channel<VersionFrame>) | null;
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
