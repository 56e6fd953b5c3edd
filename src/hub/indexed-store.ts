// What outlives the hub, in IndexedDB. The only file that knows `idb`. Every write resolves when its transaction is complete, so
// that what was said to be kept is kept.
import {openDB, type DBSchema, type IDBPDatabase} from 'idb';
import type {EntryVersion, OutboxEntry, RememberedChat, Store} from './environment.js';
import {changedSince, noted} from './outbox-queue.js';

/** Raised with every change of the schema; what waits to be sent must survive the upgrade. */
const VERSION = 2;

interface Schema extends DBSchema {
  outbox: {
    key: number;
    value: OutboxEntry;
    indexes: {owner: string; messageId: string; lane: [owner: string, chatId: string, status: string]};
  };
  chats: {
    key: [owner: string, name: string];
    value: RememberedChat & {owner: string};
    indexes: {keptAt: [owner: string, keptAt: number]};
  };
  items: {key: string; value: string};
}

type Connection = IDBPDatabase<Schema>;

export class IndexedStore implements Store {
  readonly durable = true;
  readonly #name: string;
  /** Null once the browser or another tab has closed it; the next use opens it again. */
  #connection: Promise<Connection> | null = null;

  private constructor(name: string) {
    this.#name = name;
  }

  /** Rejects when the browser refuses. */
  static async open(name = 'trunkline'): Promise<IndexedStore> {
    const store = new IndexedStore(name);
    await store.#open();
    return store;
  }

  #open(): Promise<Connection> {
    const forget = () => {
      if (this.#connection === opening) this.#connection = null;
    };
    const opening: Promise<Connection> = (this.#connection ??= openDB<Schema>(this.#name, VERSION, {
      async upgrade(database, before, _now, transaction) {
        if (before < 1) {
          const outbox = database.createObjectStore('outbox', {keyPath: 'order', autoIncrement: true});
          outbox.createIndex('owner', 'owner');
          outbox.createIndex('messageId', 'message.id', {unique: true});
          database.createObjectStore('items');
        }
        if (before < 2) {
          const outbox = transaction.objectStore('outbox');
          outbox.createIndex('lane', ['owner', 'message.chatId', 'status']);
          database.createObjectStore('chats').createIndex('keptAt', ['owner', 'keptAt']);
          // Nobody wrote down whose these were, or when.
          const unknown = {userId: null, acceptedAt: Infinity, was: []};
          for (let cursor = await outbox.openCursor(); cursor; cursor = await cursor.continue()) {
            await cursor.update({...unknown, ...cursor.value});
          }
        }
      },
      // Whoever deletes the data, or brings a newer version, must not wait for this hub.
      blocking: (_current, _blocked, event) => {
        forget();
        (event.target as IDBDatabase).close();
      },
      terminated: forget,
    }));
    opening.catch(forget);
    return opening;
  }

  async addEntries(drafts: readonly Omit<OutboxEntry, 'order'>[]): Promise<OutboxEntry[]> {
    // Hardly ever is one there already, and to look first would cost each message another way to the disk's process and back.
    try {
      return await this.#addNew(drafts);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'ConstraintError') return this.#addMissing(drafts);
      throw error;
    }
  }

  async #addNew(drafts: readonly Omit<OutboxEntry, 'order'>[]): Promise<OutboxEntry[]> {
    const transaction = (await this.#open()).transaction('outbox', 'readwrite', {durability: 'strict'});
    const adding: Promise<number>[] = [];
    try {
      // The key is the store's to make; the value gets it at the same moment.
      for (const draft of drafts) adding.push(transaction.store.add(draft as OutboxEntry));
      transaction.commit();
    } catch (error) {
      // One that can't be cloned fails without a request, and would leave the others.
      for (const promise of [...adding, transaction.done]) promise.catch(() => {});
      transaction.abort();
      throw error;
    }
    const [orders] = await Promise.all([Promise.all(adding), transaction.done]);
    return drafts.map((draft, at) => ({...draft, order: orders[at] ?? 0}));
  }

  async #addMissing(drafts: readonly Omit<OutboxEntry, 'order'>[]): Promise<OutboxEntry[]> {
    const transaction = (await this.#open()).transaction('outbox', 'readwrite', {durability: 'strict'});
    const entries: OutboxEntry[] = [];
    try {
      for (const draft of drafts) {
        const there = await transaction.store.index('messageId').get(draft.message.id);
        entries.push(there ?? {...draft, order: await transaction.store.add(draft as OutboxEntry)});
      }
    } catch (error) {
      // One that can't be cloned fails without a request, and would leave the others.
      transaction.done.catch(() => {});
      try {
        transaction.abort();
      } catch {
        // A request that failed has done it already.
      }
      throw error;
    }
    await transaction.done;
    return entries;
  }

  async putEntries(entries: readonly OutboxEntry[]): Promise<number> {
    const transaction = (await this.#open()).transaction('outbox', 'readwrite', {durability: 'strict'});
    let count = 0;
    for (const entry of entries) {
      const there = await transaction.store.index('messageId').get(entry.message.id);
      // After the data was deleted, another message may have its place.
      if (there?.order !== entry.order) continue;
      const isOver = changedSince(entry, there);
      await transaction.store.put(isOver ? noted(there, entry) : entry);
      if (!isOver) count++;
    }
    await transaction.done;
    return count;
  }

  async deleteEntries(messageIds: readonly string[]): Promise<number> {
    if (messageIds.length === 0) return 0;
    const transaction = (await this.#open()).transaction('outbox', 'readwrite', {durability: 'strict'});
    let count = 0;
    for (const id of messageIds) {
      const key = await transaction.store.index('messageId').getKey(id);
      if (key === undefined) continue;
      await transaction.store.delete(key);
      count++;
    }
    await transaction.done;
    return count;
  }

  async settleEntries(entries: readonly EntryVersion[]): Promise<OutboxEntry[]> {
    const changed: OutboxEntry[] = [];
    if (entries.length === 0) return changed;
    const transaction = (await this.#open()).transaction('outbox', 'readwrite', {durability: 'relaxed'});
    for (const known of entries) {
      const there = await transaction.store.index('messageId').get(known.message.id);
      if (!there) continue;
      if (changedSince(known, there)) changed.push(there);
      else await transaction.store.delete(there.order);
    }
    await transaction.done;
    return changed;
  }

  async owners(): Promise<string[]> {
    const owners: string[] = [];
    const index = (await this.#open()).transaction('outbox').store.index('owner');
    for (let cursor = await index.openKeyCursor(null, 'nextunique'); cursor; cursor = await cursor.continue()) {
      owners.push(cursor.key);
    }
    return owners;
  }

  async entriesOf(owner: string): Promise<OutboxEntry[]> {
    const entries = await (await this.#open()).getAllFromIndex('outbox', 'owner', owner);
    return entries.sort((a, b) => a.order - b.order);
  }

  async nextEntries(owner: string, chatId: string, limit: number): Promise<OutboxEntry[]> {
    // Within one key an index is sorted by the primary key, which is `order`.
    const lane = (await this.#open()).transaction('outbox').store.index('lane');
    const [queued, withdrawn] = await Promise.all([
      lane.getAll([owner, chatId, 'queued'], limit),
      lane.getAll([owner, chatId, 'withdrawn'], limit),
    ]);
    return [...queued, ...withdrawn].sort((a, b) => a.order - b.order).slice(0, limit);
  }

  async entriesById(messageIds: readonly string[]): Promise<OutboxEntry[]> {
    const index = (await this.#open()).transaction('outbox').store.index('messageId');
    const entries = await Promise.all(messageIds.map(id => index.get(id)));
    return entries.flatMap(entry => entry ?? []);
  }

  async getChat(owner: string, name: string): Promise<RememberedChat | null> {
    return (await (await this.#open()).get('chats', [owner, name])) ?? null;
  }

  async putChat(owner: string, name: string, chat: RememberedChat, limit: number): Promise<void> {
    const transaction = (await this.#open()).transaction('chats', 'readwrite');
    await transaction.store.put({...chat, owner}, [owner, name]);
    // Oldest first; whatever is more than the limit goes.
    const kept = IDBKeyRange.bound([owner, -Infinity], [owner, Infinity]);
    const keys = await transaction.store.index('keptAt').getAllKeys(kept);
    for (const key of keys.slice(0, -limit)) await transaction.store.delete(key);
    await transaction.done;
  }

  async deleteChat(owner: string, name: string): Promise<void> {
    await (await this.#open()).delete('chats', [owner, name]);
  }

  async deleteChats(owner: string): Promise<void> {
    await (await this.#open()).delete('chats', IDBKeyRange.bound([owner], [owner, []]));
  }

  async getItem(key: string): Promise<string | null> {
    return (await (await this.#open()).get('items', key)) ?? null;
  }

  async setItem(key: string, value: string): Promise<void> {
    await (await this.#open()).put('items', value, key);
  }

  async removeItem(key: string): Promise<void> {
    await (await this.#open()).delete('items', key);
  }
}
