// The outbox's entries in memory and in the store, kept in step, and told of. The store is the truth: others may share it. Knows
// nothing of servers or of when to send.
import type {StoredMessage, WaitingMessage} from '../wire/chat.js';
import type {WireError} from '../wire/error.js';
import type {OutboxEntry, Store} from './environment.js';
import {OutboxQueue, type Held} from './outbox-queue.js';
import {StoreSilence} from './patient-store.js';

export interface OutboxListener {
  /** Entries of a chat that are new or changed. */
  waiting(chatId: string, messages: WaitingMessage[]): void;
  /** Entries that are gone without being stored. */
  dropped(chatId: string, messageIds: string[]): void;
  /** The database has them. */
  stored(chatId: string, messages: StoredMessage[]): void;
  /** Somebody else, who shares the store, has sent or discarded them. */
  gone(chatId: string, messageIds: string[]): void;
}

export class OutboxShelf {
  readonly store: Store;
  readonly owner: string;
  readonly listener: OutboxListener;
  readonly queue = new OutboxQueue();
  /** Messages that a try may have stored without telling: tried before an earlier hub's end, or without an answer. */
  readonly maybeStored = new Set<string>();
  /** Messages that a person is changing, and until when: neither they nor what follows them may be sent before. */
  readonly held = new Map<string, Promise<unknown>>();
  /** Entries that are here alone, by id: null while the store owes its answer, its refusal once that is known. */
  readonly unkept = new Map<string, WireError | null>();
  /** Who is signed in, once known. */
  userId: string | null = null;
  /** Out of the queue, and on their way out of the store. */
  readonly #forgetting = new Set<string>();

  /** @param owner whose entries these are: the name of the hub's identity */
  constructor(store: Store, owner: string, listener: OutboxListener) {
    this.store = store;
    this.owner = owner;
    this.listener = listener;
  }

  /** Takes in entries that are in the store. */
  take(entries: readonly OutboxEntry[]): void {
    const seen = entries.filter(({message}) => this.queue.get(message.id));
    for (const entry of entries) this.queue.put(entry);
    this.tell(entries);
    // Another hub's person has discarded them.
    for (const {status, message} of seen) {
      if (status === 'withdrawn') this.listener.dropped(message.chatId, [message.id]);
    }
  }

  /** Brings in what earlier hubs have left, or others have done to the entries. Rejects when the store can't be read. */
  async recall(): Promise<void> {
    this.#takeNews(await this.store.entriesOf(this.owner));
  }

  /**
   * Notes what became of entries. A store that refuses costs only the note: the next hub tries again. What it refused to keep doesn't
   * wait: nobody would know of it after this hub.
   */
  async record(changed: readonly Held[]): Promise<void> {
    if (changed.length === 0) return;
    const entries = changed.map((entry): Held => {
      const error = entry.status === 'queued' && this.unkept.get(entry.message.id);
      return error ? {...entry, status: 'failed', error} : entry;
    });
    for (const entry of entries) this.queue.put(entry);
    this.tell(entries);
    await this.store.putEntries(entries as readonly OutboxEntry[]).catch(() => {});
  }

  /** Settled: out of memory and out of the store. */
  async forget(messageIds: readonly string[]): Promise<void> {
    const entries = messageIds.flatMap(id => this.queue.get(id) ?? []);
    if (entries.length === 0) return;
    for (const {message} of entries) {
      this.queue.delete(message.id);
      this.maybeStored.delete(message.id);
      this.unkept.delete(message.id);
      this.#forgetting.add(message.id);
    }
    const settled = (changed: OutboxEntry[]) => {
      for (const {message} of entries) this.#forgetting.delete(message.id);
      // Edited or discarded meanwhile by somebody who shares the store.
      for (const {message} of changed) this.maybeStored.add(message.id);
      this.take(changed.filter(({message}) => !this.queue.get(message.id)));
    };
    try {
      settled(await this.store.settleEntries(entries));
    } catch (cause) {
      // One that refuses: the next hub sends them again, and finds them stored.
      if (cause instanceof StoreSilence) (cause.late as Promise<OutboxEntry[]>).then(settled, () => {});
    }
  }

  /** Somebody else sends this chat's messages, too: any that wait may be with them. */
  doubt(chatId: string): void {
    for (const {message} of this.queue.in(chatId)) this.maybeStored.add(message.id);
  }

  /** Others have taken these away, as far as the store ever had them. */
  lose(chatId: string, messageIds: readonly string[]): void {
    const gone = messageIds.filter(id => !this.unkept.has(id) && this.queue.delete(id));
    if (gone.length > 0) this.listener.gone(chatId, gone);
  }

  /**
   * Brings in what others have done to the entries of a chat that are to go out.
   * @param limit how many of them the store was asked for
   */
  async reconcile(chatId: string, limit: number): Promise<void> {
    const next = await twice(() => this.store.nextEntries(this.owner, chatId, limit));
    if (!next) return; // a store that can't be read has nothing to say
    const ids = new Set(next.map(({message}) => message.id));
    const horizon = next.length < limit ? Infinity : (next.at(-1)?.order ?? 0);
    const missing = this.queue
      .in(chatId)
      .filter(({status, order}) => (status === 'queued' || status === 'withdrawn') && order <= horizon)
      .map(({message}) => message.id)
      .filter(id => !ids.has(id));
    const elsewhere = missing.length === 0 ? [] : await twice(() => this.store.entriesById(missing));
    if (!elsewhere) return;
    this.#takeNews([...next, ...elsewhere]);
    const there = new Set(elsewhere.map(({message}) => message.id));
    this.lose(
      chatId,
      missing.filter(id => !there.has(id)),
    );
  }

  /** Brings in what others have done to one entry. A store that can't be read has nothing to say. */
  async refresh(chatId: string, messageId: string): Promise<void> {
    const found = await twice(() => this.store.entriesById([messageId]));
    if (found?.length === 0) this.lose(chatId, [messageId]);
    else this.#takeNews(found ?? []);
  }

  tell(entries: readonly Held[]): void {
    const byChat = new Map<string, WaitingMessage[]>();
    for (const message of this.shown(entries)) {
      const messages = byChat.get(message.chatId) ?? [];
      messages.push(message);
      byChat.set(message.chatId, messages);
    }
    for (const [chatId, messages] of byChat) this.listener.waiting(chatId, messages);
  }

  /** Entries as people see them. */
  shown(entries: readonly Held[]): WaitingMessage[] {
    return entries.flatMap(({message, order, status, error}) => {
      return status === 'withdrawn' ? [] : [{...message, status, senderId: this.userId, order, error}];
    });
  }

  #takeNews(entries: readonly OutboxEntry[]): void {
    this.take(entries.filter(entry => this.#isNews(entry)));
  }

  #isNews(entry: OutboxEntry): boolean {
    const {id, body} = entry.message;
    if (this.#forgetting.has(id)) return false;
    const held = this.queue.get(id);
    if (!held || entry.tried) this.maybeStored.add(id);
    // Discarded stays discarded, whoever tried it anew.
    if (held?.status === 'withdrawn') return false;
    // What this hub knows and the store refused to note stays, unless somebody has tried it anew or edited it since.
    if (held?.status === 'failed') {
      return entry.status === 'withdrawn' || entry.acceptedAt > held.acceptedAt || entry.was.length > held.was.length;
    }
    if (held?.status === 'sending') return false;
    return held?.status !== entry.status || held.message.body !== body || held.order !== entry.order;
  }
}

/** A browser may fail to read once, as when it has just closed the store; what can't be read at all is null. */
function twice<T>(read: () => Promise<T>): Promise<T | null> {
  return read().catch(() => read().catch(() => null));
}

/** True when the database has the text that an entry had before it was edited here. */
export function isOutdated(stored: StoredMessage, entry: Held): boolean {
  // Another text is an edit of somebody's, later than this one.
  return stored.body !== entry.message.body && !stored.deletedAt && entry.was.includes(stored.body);
}
