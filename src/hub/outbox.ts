// Messages that were accepted and are not yet in the database: first in, first out a chat, chats independent of each other. An
// entry is in the store before anybody is told that it was accepted. Sending is idempotent by the message's id, so a try
// whose answer was lost is simply made again. Knows nothing of tabs.
import {assertSendable, type OutgoingMessage, type StoredMessage, type WaitingMessage} from '../wire/chat.js';
import {TrunkError, type ErrorCode} from '../wire/error.js';
import {Backoff} from './backoff.js';
import type {Clock, Locks, OutboxEntry, Store} from './environment.js';
import type {Database, SendResult} from './transport.js';

/** What one request carries at most; the database takes no more than 50 (send_messages). */
const MAX_BATCH = 50;
const MAX_BATCH_BYTES = 64 * 1024;
/** Tries that a server answered with a fault of its own, before the message fails visibly. */
const MAX_ATTEMPTS = 3;
const BACKOFF = {baseMs: 1_000, capMs: 60_000};
/** What says nothing of the message: the network, a limit, or a sign-in that the connection sees to. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'unreachable',
  'rate-limited',
  'sign-in-failed',
  'key-refused',
  'closed',
]);

const encoder = new TextEncoder();

export interface OutboxListener {
  /** Entries of a chat that are new or changed. */
  waiting(chatId: string, messages: WaitingMessage[]): void;
  /** Entries that are gone without being stored. */
  dropped(chatId: string, messageIds: string[]): void;
  /** The database has them. */
  stored(chatId: string, messages: StoredMessage[]): void;
}

/** One chat's queue on its way out. */
interface Lane {
  running: boolean;
  backoff: Backoff;
  cancelRetry: () => void;
}

export class Outbox {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #locks: Locks | null;
  readonly #store: Store;
  readonly #owner: string;
  readonly #database: Database;
  readonly #listener: OutboxListener;
  /** By message id, in order. */
  readonly #entries = new Map<string, OutboxEntry>();
  readonly #sending = new Set<string>();
  readonly #lanes = new Map<string, Lane>();
  #userId: string | null = null;
  #online = false;
  #loading: Promise<void> | null = null;
  #loaded = false;

  constructor(
    world: {clock: Clock; random: () => number; locks: Locks | null; store: Store; database: Database},
    owner: string,
    listener: OutboxListener,
  ) {
    this.#clock = world.clock;
    this.#random = world.random;
    this.#locks = world.locks;
    this.#store = world.store;
    this.#database = world.database;
    this.#owner = owner;
    this.#listener = listener;
  }

  /** Messages that still go out by themselves; failed ones don't count. */
  get queued(): number {
    let count = 0;
    for (const {status} of this.#entries.values()) if (status === 'queued') count++;
    return count;
  }

  /**
   * Takes up what an earlier hub left. Everything else waits for it, or a newer message could overtake an older one.
   * @throws TrunkError `storage-refused`; what is accepted from now on is sent all the same
   */
  load(): Promise<void> {
    return (this.#loading ??= this.#takeUp());
  }

  /** Whether it is worth trying; and in whose name. */
  setOnline(online: boolean, userId: string | null): void {
    this.#online = online;
    this.#userId = userId ?? this.#userId;
    if (online) {
      for (const lane of this.#lanes.values()) lane.backoff.reset();
      this.#drainAll();
    }
  }

  /** What waits in a chat, in the order written. */
  waitingIn(chatId: string): WaitingMessage[] {
    return this.#entriesIn(chatId).map(entry => this.#asWaiting(entry));
  }

  /**
   * Keeps a message until the database has it. Resolves once it is in the store; doing it twice has the effect of once.
   * @throws TrunkError `empty-message`, `message-too-long`, `invalid-text`, `storage-refused`
   */
  async accept(message: OutgoingMessage): Promise<void> {
    assertSendable(message.body, message.attachments);
    await this.#untilLoaded();
    if (this.#entries.has(message.id)) return;
    const draft = {owner: this.#owner, message, status: 'queued' as const, error: null, attempts: 0};
    const entry = await this.#store.addEntry(draft).catch((cause: unknown) => {
      throw new TrunkError(
        'storage-refused',
        'The browser refused to keep the message. Free some space, or copy the text before you leave.',
        cause,
      );
    });
    if (this.#entries.has(message.id)) return;
    this.#entries.set(message.id, entry);
    this.#tell([entry]);
    void this.#drain(message.chatId);
  }

  /** Puts a failed message back into the queue. */
  async retry(messageId: string): Promise<void> {
    await this.#untilLoaded();
    const entry = this.#find(messageId);
    if (entry.status !== 'failed') return;
    await this.#record({...entry, status: 'queued', error: null, attempts: 0});
    void this.#drain(entry.message.chatId);
  }

  /** Forgets a message that waits or failed. */
  async discard(messageId: string): Promise<void> {
    await this.#untilLoaded();
    const entry = this.#find(messageId);
    if (this.#sending.has(messageId)) {
      throw new TrunkError('rejected', 'The message is being stored this very moment. Delete it once it is sent.');
    }
    // Out of the queue first: no try may begin while the store forgets it.
    this.#entries.delete(messageId);
    try {
      await this.#store.deleteEntries([messageId]);
    } catch (cause) {
      this.#entries.set(messageId, entry);
      void this.#drain(entry.message.chatId);
      throw new TrunkError('storage-refused', 'The browser refused to forget the message. Try again.', cause);
    }
    this.#listener.dropped(entry.message.chatId, [messageId]);
  }

  /** Seen in the database by another road: the echo came before the answer. */
  settle(messageIds: readonly string[]): void {
    const settled = messageIds.filter(id => this.#entries.delete(id));
    if (settled.length > 0) void this.#store.deleteEntries(settled).catch(() => {});
  }

  close(): void {
    this.#online = false;
    for (const lane of this.#lanes.values()) lane.cancelRetry();
  }

  async #takeUp(): Promise<void> {
    try {
      const entries = await this.#store.entriesOf(this.#owner);
      for (const entry of entries) this.#entries.set(entry.message.id, entry);
      this.#tell(entries);
    } catch (cause) {
      const text = 'The browser can’t read the messages that still waited to be sent. Reload the page to try again.';
      throw new TrunkError('storage-refused', text, cause);
    } finally {
      this.#loaded = true;
      this.#drainAll();
    }
  }

  #drainAll(): void {
    for (const chatId of new Set([...this.#entries.values()].map(entry => entry.message.chatId)))
      void this.#drain(chatId);
  }

  /** Sends a chat's queue, batch by batch, until it is empty or has to wait. */
  async #drain(chatId: string): Promise<void> {
    const lane = this.#lane(chatId);
    if (lane.running || !this.#online || !this.#loaded) return;
    lane.running = true;
    lane.cancelRetry();
    try {
      while (this.#online) {
        if (this.#nextBatch(chatId).length === 0) break;
        const lock = `trunk:outbox:${this.#owner}:${chatId}`;
        const send = () => this.#sendBatch(chatId, lane);
        const goOn = await (this.#locks ? this.#locks.within(lock, send) : send());
        if (!goOn) break;
      }
    } finally {
      lane.running = false;
    }
  }

  /** Sends one batch; false when the lane has to wait. */
  async #sendBatch(chatId: string, lane: Lane): Promise<boolean> {
    // Chosen under the lock: while it was waited for, messages may have been stored or discarded.
    const batch = this.#nextBatch(chatId);
    if (batch.length === 0) return true;
    for (const {message} of batch) this.#sending.add(message.id);
    this.#tell(batch);
    let results: SendResult[];
    try {
      results = await this.#database.sendMessages(batch.map(entry => entry.message));
    } catch (thrown) {
      for (const {message} of batch) this.#sending.delete(message.id);
      return this.#failBatch(chatId, batch, TrunkError.from(thrown), lane);
    }
    for (const {message} of batch) this.#sending.delete(message.id);
    const answered = new Set(results.map(({id}) => id));
    if (!batch.every(({message}) => answered.has(message.id))) {
      const error = new TrunkError('internal', 'The database didn’t say what became of a message.');
      return this.#failBatch(chatId, batch, error, lane);
    }
    lane.backoff.reset();
    const stored: StoredMessage[] = [];
    const refused: OutboxEntry[] = [];
    for (const result of results) {
      const entry = this.#entries.get(result.id);
      if ('stored' in result) {
        stored.push(result.stored);
        this.#entries.delete(result.id);
      } else if (entry) refused.push({...entry, status: 'failed', error: result.error.toWire()});
    }
    // Told before the store has forgotten them: should the hub die in between, they are sent again and found stored.
    if (stored.length > 0) this.#listener.stored(chatId, stored);
    await Promise.all(refused.map(entry => this.#record(entry)));
    await this.#store.deleteEntries(stored.map(message => message.id)).catch(() => {});
    return true;
  }

  async #failBatch(chatId: string, batch: OutboxEntry[], error: TrunkError, lane: Lane): Promise<boolean> {
    const passing = PASSING.has(error.code);
    const unknown = error.code === 'internal';
    for (const before of batch) {
      const entry = this.#entries.get(before.message.id);
      if (!entry) continue; // the echo settled it
      const attempts = entry.attempts + (unknown ? 1 : 0);
      const over = !passing && (!unknown || attempts >= MAX_ATTEMPTS);
      await this.#record(over ? {...entry, status: 'failed', error: error.toWire(), attempts} : {...entry, attempts});
    }
    if (!passing && !unknown) return true;
    lane.cancelRetry = this.#clock.after(lane.backoff.next(), () => void this.#drain(chatId));
    return false;
  }

  #nextBatch(chatId: string): OutboxEntry[] {
    const batch: OutboxEntry[] = [];
    let bytes = 0;
    for (const entry of this.#entriesIn(chatId)) {
      if (entry.status !== 'queued') continue;
      bytes += encoder.encode(JSON.stringify(entry.message)).length;
      if (batch.length === MAX_BATCH || (batch.length > 0 && bytes > MAX_BATCH_BYTES)) break;
      batch.push(entry);
    }
    return batch;
  }

  #entriesIn(chatId: string): OutboxEntry[] {
    return [...this.#entries.values()]
      .filter(entry => entry.message.chatId === chatId)
      .sort((a, b) => a.order - b.order);
  }

  #lane(chatId: string): Lane {
    let lane = this.#lanes.get(chatId);
    if (!lane) {
      lane = {running: false, backoff: new Backoff(BACKOFF, this.#random), cancelRetry: () => {}};
      this.#lanes.set(chatId, lane);
    }
    return lane;
  }

  #find(messageId: string): OutboxEntry {
    const entry = this.#entries.get(messageId);
    if (!entry) throw new TrunkError('rejected', 'This message doesn’t wait any more: it was sent or discarded.');
    return entry;
  }

  /** Notes what became of an entry. A store that refuses costs only the note: the next hub tries again. */
  async #record(entry: OutboxEntry): Promise<void> {
    this.#entries.set(entry.message.id, entry);
    this.#tell([entry]);
    await this.#store.putEntry(entry).catch(() => {});
  }

  async #untilLoaded(): Promise<void> {
    await this.load().catch(() => {});
  }

  #tell(entries: readonly OutboxEntry[]): void {
    const byChat = new Map<string, WaitingMessage[]>();
    for (const entry of entries) {
      const messages = byChat.get(entry.message.chatId) ?? [];
      messages.push(this.#asWaiting(entry));
      byChat.set(entry.message.chatId, messages);
    }
    for (const [chatId, messages] of byChat) this.#listener.waiting(chatId, messages);
  }

  #asWaiting({message, order, status, error}: OutboxEntry): WaitingMessage {
    return {
      ...message,
      status: this.#sending.has(message.id) ? 'sending' : status,
      senderId: this.#userId,
      order,
      error,
    };
  }
}
