// A store that lasts as long as the hub: for browsers that refuse IndexedDB, and for tests.
import type {OutboxEntry, Store} from './environment.js';

export class MemoryStore implements Store {
  readonly durable: boolean;
  readonly #entries = new Map<string, OutboxEntry>();
  readonly #items = new Map<string, string>();
  #order = 0;

  /** @param durable what to say of itself; a test that stands in for a disk says true */
  constructor(durable = false) {
    this.durable = durable;
  }

  async addEntry(draft: Omit<OutboxEntry, 'order'>): Promise<OutboxEntry> {
    const there = this.#entries.get(draft.message.id);
    if (there) return {...there};
    const entry = {...draft, order: ++this.#order};
    this.#entries.set(entry.message.id, entry);
    return {...entry};
  }

  async putEntry(entry: OutboxEntry): Promise<void> {
    if (this.#entries.has(entry.message.id)) this.#entries.set(entry.message.id, entry);
  }

  async deleteEntries(messageIds: readonly string[]): Promise<void> {
    for (const id of messageIds) this.#entries.delete(id);
  }

  async entriesOf(owner: string): Promise<OutboxEntry[]> {
    return [...this.#entries.values()]
      .filter(entry => entry.owner === owner)
      .map(entry => ({...entry}))
      .sort((a, b) => a.order - b.order);
  }

  async getItem(key: string): Promise<string | null> {
    return this.#items.get(key) ?? null;
  }

  async setItem(key: string, value: string): Promise<void> {
    this.#items.set(key, value);
  }

  async removeItem(key: string): Promise<void> {
    this.#items.delete(key);
  }
}
