// A store that lasts as long as the hub: for browsers that refuse IndexedDB, and for tests.
import type {EntryVersion, OutboxEntry, RememberedChat, Store} from './environment.js';
import {changedSince, noted} from './outbox-queue.js';

export class MemoryStore implements Store {
  readonly durable: boolean;
  readonly #entries = new Map<string, OutboxEntry>();
  readonly #items = new Map<string, string>();
  /** By owner, then by name, in the order they were kept. */
  readonly #chats = new Map<string, Map<string, RememberedChat>>();
  #order = 0;

  /** @param durable what to say of itself; a test that stands in for a disk says true */
  constructor(durable = false) {
    this.durable = durable;
  }

  async addEntries(drafts: readonly Omit<OutboxEntry, 'order'>[]): Promise<OutboxEntry[]> {
    return drafts.map(draft => {
      const entry = this.#entries.get(draft.message.id) ?? {...draft, order: ++this.#order};
      this.#entries.set(entry.message.id, entry);
      return {...entry};
    });
  }

  async putEntries(entries: readonly OutboxEntry[]): Promise<number> {
    return entries.filter(entry => {
      const there = this.#entries.get(entry.message.id);
      if (there?.order !== entry.order) return false;
      const isOver = changedSince(entry, there);
      this.#entries.set(entry.message.id, {...(isOver ? noted(there, entry) : entry)});
      return !isOver;
    }).length;
  }

  async deleteEntries(messageIds: readonly string[]): Promise<number> {
    return messageIds.filter(id => this.#entries.delete(id)).length;
  }

  async settleEntries(entries: readonly EntryVersion[]): Promise<OutboxEntry[]> {
    return entries.flatMap(known => {
      const there = this.#entries.get(known.message.id);
      if (there && changedSince(known, there)) return {...there};
      this.#entries.delete(known.message.id);
      return [];
    });
  }

  async owners(): Promise<string[]> {
    return [...new Set([...this.#entries.values()].map(({owner}) => owner))];
  }

  async entriesOf(owner: string): Promise<OutboxEntry[]> {
    return [...this.#entries.values()]
      .filter(entry => entry.owner === owner)
      .map(entry => ({...entry}))
      .sort((a, b) => a.order - b.order);
  }

  async nextEntries(owner: string, chatId: string, limit: number): Promise<OutboxEntry[]> {
    const entries = await this.entriesOf(owner);
    return entries.filter(entry => entry.message.chatId === chatId && entry.status !== 'failed').slice(0, limit);
  }

  async entriesById(messageIds: readonly string[]): Promise<OutboxEntry[]> {
    return messageIds.flatMap(id => {
      const entry = this.#entries.get(id);
      return entry ? [{...entry}] : [];
    });
  }

  async getChat(owner: string, name: string): Promise<RememberedChat | null> {
    return this.#chats.get(owner)?.get(name) ?? null;
  }

  async putChat(owner: string, name: string, chat: RememberedChat, limit: number): Promise<void> {
    const chats = this.#chats.get(owner) ?? new Map<string, RememberedChat>();
    this.#chats.set(owner, chats);
    chats.delete(name);
    chats.set(name, chat);
    for (const oldest of [...chats.keys()].slice(0, -limit)) chats.delete(oldest);
  }

  async deleteChat(owner: string, name: string): Promise<void> {
    this.#chats.get(owner)?.delete(name);
  }

  async deleteChats(owner: string): Promise<void> {
    this.#chats.delete(owner);
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
