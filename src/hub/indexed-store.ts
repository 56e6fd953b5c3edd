// What outlives the hub, in IndexedDB. The only file that knows `idb`. Every write resolves when its transaction is complete, so
// that what was said to be kept is kept.
import {openDB, type DBSchema, type IDBPDatabase} from 'idb';
import type {OutboxEntry, Store} from './environment.js';

interface Schema extends DBSchema {
  outbox: {key: number; value: OutboxEntry; indexes: {owner: string; messageId: string}};
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
    const opening: Promise<Connection> = (this.#connection ??= openDB<Schema>(this.#name, 1, {
      upgrade(fresh) {
        const outbox = fresh.createObjectStore('outbox', {keyPath: 'order', autoIncrement: true});
        outbox.createIndex('owner', 'owner');
        outbox.createIndex('messageId', 'message.id', {unique: true});
        fresh.createObjectStore('items');
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

  async addEntry(draft: Omit<OutboxEntry, 'order'>): Promise<OutboxEntry> {
    const transaction = (await this.#open()).transaction('outbox', 'readwrite', {durability: 'strict'});
    const there = await transaction.store.index('messageId').get(draft.message.id);
    // The key is the store's to make; the value gets it at the same moment.
    const order = there ? there.order : await transaction.store.add(draft as OutboxEntry);
    await transaction.done;
    return there ?? {...draft, order};
  }

  async putEntry(entry: OutboxEntry): Promise<void> {
    const transaction = (await this.#open()).transaction('outbox', 'readwrite', {durability: 'strict'});
    if (await transaction.store.getKey(entry.order)) await transaction.store.put(entry);
    await transaction.done;
  }

  async deleteEntries(messageIds: readonly string[]): Promise<void> {
    if (messageIds.length === 0) return;
    const transaction = (await this.#open()).transaction('outbox', 'readwrite');
    for (const id of messageIds) {
      const key = await transaction.store.index('messageId').getKey(id);
      if (key !== undefined) await transaction.store.delete(key);
    }
    await transaction.done;
  }

  async entriesOf(owner: string): Promise<OutboxEntry[]> {
    const entries = await (await this.#open()).getAllFromIndex('outbox', 'owner', owner);
    return entries.sort((a, b) => a.order - b.order);
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
