// What outlives the hub, in IndexedDB. Every write resolves when its transaction is complete, so that what was said to be kept is
// kept. The database itself, and how its requests become promises: indexed-database.ts.
import type {EntryVersion, OutboxEntry, RememberedChat, Store} from './environment.js';
import {answer, openDatabase, outcome} from './indexed-database.js';
import {changedSince, noted} from './outbox-queue.js';

type StoreName = 'outbox' | 'chats' | 'items';

export class IndexedStore implements Store {
  readonly durable = true;
  readonly #name: string;
  /** Null once the browser or another tab has closed it; the next use opens it again. */
  #connection: Promise<IDBDatabase> | null = null;

  private constructor(name: string) {
    this.#name = name;
  }

  /** Rejects when the browser refuses. */
  static async open(name = 'trunkline'): Promise<IndexedStore> {
    const store = new IndexedStore(name);
    await store.#open();
    return store;
  }

  #open(): Promise<IDBDatabase> {
    const forget = () => {
      if (this.#connection === opening) this.#connection = null;
    };
    const opening: Promise<IDBDatabase> = (this.#connection ??= openDatabase(this.#name, forget));
    opening.catch(forget);
    return opening;
  }

  async #read(name: StoreName): Promise<IDBObjectStore> {
    return (await this.#open()).transaction(name).objectStore(name);
  }

  /** All that `work` does, or nothing of it. It must wait for nothing but the answers of the store. */
  async #write<T>(
    name: StoreName,
    work: (store: IDBObjectStore) => T | Promise<T>,
    durability: IDBTransactionDurability = 'default',
  ): Promise<T> {
    const transaction = (await this.#open()).transaction(name, 'readwrite', {durability});
    const done = outcome(transaction);
    try {
      const result = await work(transaction.objectStore(name));
      await done;
      return result;
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // A request that failed has done it already.
      }
      throw error;
    }
  }

  async addEntries(drafts: readonly Omit<OutboxEntry, 'order'>[]): Promise<OutboxEntry[]> {
    // Hardly ever is one there already, and to look first would cost each message another way to the disk's process and back.
    try {
      return await this.#write('outbox', store => addNew(store, drafts), 'strict');
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'ConstraintError')) throw error;
      return this.#write('outbox', store => addMissing(store, drafts), 'strict');
    }
  }

  putEntries(entries: readonly OutboxEntry[]): Promise<number> {
    const put = async (store: IDBObjectStore) => {
      let count = 0;
      for (const entry of entries) {
        const there = await find(store, entry.message.id);
        // After the data was deleted, another message may have its place.
        if (there?.order !== entry.order) continue;
        const isOver = changedSince(entry, there);
        await answer(store.put(isOver ? noted(there, entry) : entry));
        if (!isOver) count++;
      }
      return count;
    };
    return this.#write('outbox', put, 'strict');
  }

  async deleteEntries(messageIds: readonly string[]): Promise<number> {
    if (messageIds.length === 0) return 0;
    const remove = async (store: IDBObjectStore) => {
      let count = 0;
      for (const id of messageIds) {
        const key = await answer(store.index('messageId').getKey(id));
        if (key === undefined) continue;
        await answer(store.delete(key));
        count++;
      }
      return count;
    };
    return this.#write('outbox', remove, 'strict');
  }

  async settleEntries(entries: readonly EntryVersion[]): Promise<OutboxEntry[]> {
    if (entries.length === 0) return [];
    const settle = async (store: IDBObjectStore) => {
      const changed: OutboxEntry[] = [];
      for (const known of entries) {
        const there = await find(store, known.message.id);
        if (!there) continue;
        if (changedSince(known, there)) changed.push(there);
        else await answer(store.delete(there.order));
      }
      return changed;
    };
    return this.#write('outbox', settle, 'relaxed');
  }

  async owners(): Promise<string[]> {
    const keys = (await this.#read('outbox')).index('owner').openKeyCursor(null, 'nextunique');
    return new Promise((resolve, reject) => {
      const owners: string[] = [];
      keys.onerror = () => reject(keys.error);
      keys.onsuccess = () => {
        if (!keys.result) return resolve(owners);
        owners.push(keys.result.key as string);
        keys.result.continue();
      };
    });
  }

  async entriesOf(owner: string): Promise<OutboxEntry[]> {
    const entries: OutboxEntry[] = await answer((await this.#read('outbox')).index('owner').getAll(owner));
    return entries.sort((a, b) => a.order - b.order);
  }

  async nextEntries(owner: string, chatId: string, limit: number): Promise<OutboxEntry[]> {
    // Within one key an index is sorted by the primary key, which is `order`.
    const lane = (await this.#read('outbox')).index('lane');
    const next = (status: OutboxEntry['status']) => answer(lane.getAll([owner, chatId, status], limit));
    const entries: OutboxEntry[][] = await Promise.all([next('queued'), next('withdrawn')]);
    return entries
      .flat()
      .sort((a, b) => a.order - b.order)
      .slice(0, limit);
  }

  async entriesById(messageIds: readonly string[]): Promise<OutboxEntry[]> {
    const store = await this.#read('outbox');
    const entries = await Promise.all(messageIds.map(id => find(store, id)));
    return entries.flatMap(entry => entry ?? []);
  }

  async getChat(owner: string, name: string): Promise<RememberedChat | null> {
    return (await answer((await this.#read('chats')).get([owner, name]))) ?? null;
  }

  putChat(owner: string, name: string, chat: RememberedChat, limit: number): Promise<void> {
    return this.#write('chats', async store => {
      await answer(store.put({...chat, owner}, [owner, name]));
      // Oldest first; whatever is more than the limit goes.
      const kept = IDBKeyRange.bound([owner, -Infinity], [owner, Infinity]);
      const keys = await answer(store.index('keptAt').getAllKeys(kept));
      for (const key of keys.slice(0, -limit)) await answer(store.delete(key));
    });
  }

  deleteChat(owner: string, name: string): Promise<void> {
    return this.#write('chats', store => answer(store.delete([owner, name])));
  }

  deleteChats(owner: string): Promise<void> {
    return this.#write('chats', store => answer(store.delete(IDBKeyRange.bound([owner], [owner, []]))));
  }

  async getItem(key: string): Promise<string | null> {
    return (await answer((await this.#read('items')).get(key))) ?? null;
  }

  async setItem(key: string, value: string): Promise<void> {
    await this.#write('items', store => answer(store.put(value, key)));
  }

  removeItem(key: string): Promise<void> {
    return this.#write('items', store => answer(store.delete(key)));
  }
}

async function addNew(store: IDBObjectStore, drafts: readonly Omit<OutboxEntry, 'order'>[]): Promise<OutboxEntry[]> {
  // The key is the store's to make; the value gets it at the same moment.
  const adding = drafts.map(draft => answer(store.add(draft)));
  store.transaction.commit();
  const orders = await Promise.all(adding);
  return drafts.map((draft, at) => ({...draft, order: orders[at] as number}));
}

async function addMissing(
  store: IDBObjectStore,
  drafts: readonly Omit<OutboxEntry, 'order'>[],
): Promise<OutboxEntry[]> {
  const entries: OutboxEntry[] = [];
  for (const draft of drafts) {
    const there = await find(store, draft.message.id);
    entries.push(there ?? {...draft, order: (await answer(store.add(draft))) as number});
  }
  return entries;
}

function find(store: IDBObjectStore, messageId: string): Promise<OutboxEntry | undefined> {
  return answer(store.index('messageId').get(messageId));
}
