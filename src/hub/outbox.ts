// Messages that were accepted and are not yet in the database: first in, first out a chat, chats independent of each other. An
// entry is in the store before anybody is told that it was accepted, unless the store is silent. Sending is idempotent by the message's id: a try whose
// answer was lost is simply made again. What a person can do with such messages is here; sending is the sender's. Knows nothing
// of tabs.
import {assertSendable, type OutgoingMessage, type StoredMessage, type WaitingMessage} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import type {OutboxEntry, Store} from './environment.js';
import {MAX_BATCH} from './outbox-lane.js';
import {weigh, type Held} from './outbox-queue.js';
import {OutboxSender, type OutboxSenderWorld} from './outbox-sender.js';
import {isOutdated, OutboxShelf, type OutboxListener} from './outbox-shelf.js';
import {StoreSilence} from './patient-store.js';

/** What may wait at most for one person in one browser. */
const MAX_ENTRIES = 5_000;
const MAX_BYTES = 20 * 1024 * 1024;
/** Where the places begin of messages that the store has not answered for: after all that it has given. */
const UNWRITTEN = Number.MAX_SAFE_INTEGER - 2e9;

const NOT_WAITING = 'This message doesn’t wait any more: it was sent or discarded.';

/** A message on its way into the store. */
interface Incoming {
  draft: Omit<OutboxEntry, 'order'>;
  kept(): void;
  refused(error: TrunkError): void;
}

export class Outbox {
  readonly #world: OutboxSenderWorld & {store: Store};
  readonly #shelf: OutboxShelf;
  readonly #sender: OutboxSender;
  readonly #incoming: Incoming[] = [];
  /** Messages and bytes that are on their way into the store. */
  readonly #arriving = {count: 0, bytes: 0};
  /** Writes whatever is on its way into the store. */
  #writing: Promise<void> | null = null;
  #loading: Promise<void> | null = null;
  #loaded = false;
  #closed = false;
  /** How many messages the store did not answer for in time, ever. */
  #unwritten = 0;
  #isUnread = true;

  /** @param owner whose messages these are: the name of the hub's identity */
  constructor(world: OutboxSenderWorld & {store: Store}, owner: string, listener: OutboxListener) {
    this.#world = world;
    this.#shelf = new OutboxShelf(world.store, owner, listener);
    this.#sender = new OutboxSender(world, this.#shelf);
  }

  /** Messages that wait or failed, and discarded ones of which the database is still to be told. */
  get unfinished(): number {
    return this.#shelf.queue.size;
  }

  /** Messages that still go out by themselves; failed ones don't count. */
  get queued(): number {
    return this.#shelf.queue.queued;
  }

  /** When the oldest and the newest message that waits or failed were accepted, in ms since 1970; null when none does. */
  get ages(): {oldestAt: number | null; newestAt: number | null} {
    const times = this.#shelf.queue.all().map(({acceptedAt}) => acceptedAt);
    times.sort((a, b) => a - b);
    return {oldestAt: times[0] ?? null, newestAt: times.at(-1) ?? null};
  }

  /** How many messages are still to be sent, or to be undone, in the database. */
  get undone(): number {
    return this.#shelf.queue.all().filter(({status}) => status !== 'failed').length;
  }

  /** Whether messages may wait that are not known here: the store has not told yet. */
  get isUnread(): boolean {
    return this.#isUnread;
  }

  /** Whether a message waits or failed. */
  has(messageId: string): boolean {
    const entry = this.#shelf.queue.get(messageId);
    return entry !== undefined && entry.status !== 'withdrawn';
  }

  /** Everything that waits or failed, over all chats, in the order written. */
  get waiting(): WaitingMessage[] {
    return this.#shelf.shown(this.#shelf.queue.all()).sort((a, b) => a.order - b.order);
  }

  /** The first `takeUp()`, or the last one. */
  load(): Promise<void> {
    return this.#loading ?? this.takeUp();
  }

  /**
   * Takes up what an earlier hub left, or another over the same store. Everything else waits for it, or a newer message could overtake
   * an older one.
   * @throws TrunkError `storage-refused`; what is accepted from now on is sent all the same
   */
  takeUp(): Promise<void> {
    return (this.#loading = this.#recall());
  }

  /** Whether it is worth trying; and in whose name. */
  setOnline(online: boolean, userId: string | null): void {
    this.#shelf.userId = userId ?? this.#shelf.userId;
    this.#sender.setOnline(online);
    if (this.#loaded) void this.#sender.sendAll();
  }

  /** Sends what can be sent now. Resolves with the number of messages that another try may still send or undo. */
  async flush(): Promise<number> {
    await this.#untilLoaded();
    await this.#sender.sendAll();
    return this.undone;
  }

  /** Resolves once everything is in the store that was accepted before. */
  async kept(): Promise<void> {
    await this.#untilLoaded();
    await this.#writing;
  }

  /** What waits in a chat, in the order written. */
  waitingIn(chatId: string): WaitingMessage[] {
    return this.#shelf.shown(this.#shelf.queue.in(chatId));
  }

  /**
   * Keeps a message until the database has it. Resolves once it is in the store; doing it twice has the effect of once.
   * @throws TrunkError `empty-message`, `message-too-long`, `invalid-text`, `outbox-full`, `storage-refused`
   */
  async accept(message: OutgoingMessage): Promise<void> {
    assertSendable(message.body, message.attachments);
    await this.#untilLoaded();
    if (this.#closed) throw new TrunkError('closed', 'The hub was closed. The next one keeps the message.');
    const {queue, owner, userId} = this.#shelf;
    if (queue.get(message.id)) return;
    const bytes = weigh(message);
    const arriving = this.#arriving;
    if (queue.size + arriving.count >= MAX_ENTRIES || queue.bytes + arriving.bytes + bytes > MAX_BYTES) {
      const text = 'Too many messages wait to be sent. Connect, or discard some of them, and send this one again.';
      throw new TrunkError('outbox-full', text);
    }
    const acceptedAt = this.#world.clock.now();
    const draft = {
      owner,
      message,
      status: 'queued' as const,
      error: null,
      attempts: 0,
      userId,
      acceptedAt,
      was: [],
    };
    arriving.count++;
    arriving.bytes += bytes;
    return new Promise<void>((kept, refused) => {
      this.#incoming.push({draft, kept, refused});
      this.#writing ??= this.#writeIncoming();
    }).finally(() => {
      arriving.count--;
      arriving.bytes -= bytes;
    });
  }

  /**
   * Puts a failed message back into the queue.
   * @throws TrunkError `rejected`; `storage-refused` when the store refused it before, and does again
   */
  async retry(messageId: string): Promise<void> {
    await this.kept();
    const {chatId} = this.#find(messageId).message;
    await this.#alone(messageId, async entry => {
      if (entry.status !== 'failed') return;
      const acceptedAt = this.#world.clock.now();
      const userId = this.#shelf.userId ?? entry.userId;
      const again = {...entry, status: 'queued' as const, error: null, attempts: 0, acceptedAt, userId};
      const {order, ...draft} = again;
      const kept = this.#shelf.unkept.get(messageId) ? await this.#keep([draft]) : [];
      await this.#shelf.record([{...again, order: kept[0]?.order ?? order}]);
    });
    void this.#sender.send(chatId, 'asked');
  }

  /**
   * Forgets a message that waits or failed. Where an earlier try may have stored it, the database is told, too.
   * @throws TrunkError `rejected` when it is being stored or was; `storage-refused`
   */
  async discard(messageId: string): Promise<void> {
    await this.kept();
    if (this.#find(messageId).status === 'sending') {
      throw new TrunkError('rejected', 'The message is being stored this very moment. Delete it once it is sent.');
    }
    const {queue, store, listener, maybeStored, unkept} = this.#shelf;
    await this.#alone(messageId, async entry => {
      // Out of the queue first: no try may begin while the store forgets it.
      const withdrawn = maybeStored.has(messageId) ? {...entry, status: 'withdrawn' as const, attempts: 0} : null;
      if (withdrawn) queue.put(withdrawn);
      else queue.delete(messageId);
      const write = withdrawn ? store.putEntries([withdrawn]) : store.deleteEntries([messageId]);
      try {
        const isThere = await hasFound(write, () => {
          queue.delete(messageId);
          queue.put(entry);
        });
        if (!isThere && !unkept.has(messageId)) this.#missed(entry);
      } catch (cause) {
        if (cause instanceof TrunkError) throw cause;
        throw new TrunkError('storage-refused', 'The browser refused to forget the message. Try again.', cause);
      }
      if (!withdrawn) unkept.delete(messageId);
      listener.dropped(entry.message.chatId, [messageId]);
    });
  }

  /**
   * Replaces the text of a message that waits or failed. False when it doesn't wait (any more).
   * @throws TrunkError `empty-message`, `message-too-long`, `invalid-text`, `storage-refused`; `rejected` when it was discarded and the
   *   database is still to be told
   */
  async edit(messageId: string, body: string): Promise<boolean> {
    await this.kept();
    const {queue} = this.#shelf;
    if (!queue.get(messageId)) return false;
    const waits = this.#find(messageId);
    assertSendable(body, waits.message.attachments);
    try {
      await this.#alone(messageId, async ({message: {chatId}}) => {
        let isKept = await this.#rewrite(messageId, body);
        if (!isKept) {
          // Somebody who shares the store settled or edited it in this very moment: this edit comes after theirs.
          await this.#shelf.refresh(chatId, messageId);
          isKept = await this.#rewrite(messageId, body);
        }
        if (!isKept) this.#missed(this.#find(messageId));
        this.#shelf.tell([this.#find(messageId)]);
      });
      return true;
    } catch (thrown) {
      // Sent or discarded meanwhile: the database knows.
      if (TrunkError.from(thrown).code === 'rejected' && !queue.get(messageId)) return false;
      throw thrown;
    }
  }

  /** Seen in the database by another road: the echo came before the answer. Answers which of them waited, and wait no more. */
  settle(messages: readonly StoredMessage[]): string[] {
    const settled = messages.filter(message => {
      const entry = this.#shelf.queue.get(message.id);
      // A withdrawn one is still to be deleted there, an edited one still to be changed.
      return entry && entry.status !== 'withdrawn' && !isOutdated(message, entry);
    });
    const ids = settled.map(({id}) => id);
    void this.#shelf.forget(ids);
    return ids;
  }

  /**
   * Stops, and throws away everything that waits or failed. What a try may have stored the database is asked to discard, too, if it
   * answers within `patienceMs`.
   */
  async clear(patienceMs: number): Promise<void> {
    this.close();
    await this.kept();
    const {store, owner, maybeStored, queue} = this.#shelf;
    // A store that can't be read once may forget all the same, and a silent one does once it can.
    const entries = await store.entriesOf(owner).catch((cause: unknown) => {
      const forget = (there: unknown) => store.deleteEntries((there as OutboxEntry[]).map(({message}) => message.id));
      if (cause instanceof StoreSilence) cause.late.then(forget).catch(() => {});
      return queue.all();
    });
    // At most a batch of each chat is on its way with somebody else, who shares the store: the service worker, say.
    const due = new Map<string, number>();
    const doubtful = entries.filter(({status, tried, message: {id, chatId}}) => {
      if (status === 'withdrawn' || tried || maybeStored.has(id) || queue.get(id)?.status === 'sending') return true;
      if (status !== 'queued') return false;
      const before = due.get(chatId) ?? 0;
      due.set(chatId, before + 1);
      return before < MAX_BATCH;
    });
    const ids = entries.map(({message}) => message.id);
    let cancel = () => {};
    const enough = new Promise<void>(resolve => (cancel = this.#world.clock.after(patienceMs, resolve)));
    const told = Promise.race([this.#sender.discard(doubtful), enough]).finally(() => cancel());
    // Whatever the database says, and should this hub die meanwhile: nothing of them is left here.
    const forgotten = store.deleteEntries(ids).catch(() => store.deleteEntries(ids));
    await Promise.all([forgotten, told]);
  }

  close(): void {
    this.#closed = true;
    this.#sender.close();
  }

  async #recall(): Promise<void> {
    try {
      await this.#shelf.recall();
      this.#isUnread = false;
      await this.#sender.expire();
    } catch (cause) {
      // Read once it answers, and told by who hears of that.
      if (cause instanceof StoreSilence) return;
      const text = 'The browser can’t read the messages that still waited to be sent. Reload the page to try again.';
      throw new TrunkError('storage-refused', text, cause);
    } finally {
      this.#loaded = true;
      void this.#sender.sendAll();
    }
  }

  /** What comes while the store writes goes into the next write together: a flush to disk costs the same for one and for many. */
  async #writeIncoming(): Promise<void> {
    while (this.#incoming.length > 0) {
      const batch = this.#incoming.splice(0);
      try {
        const entries = await this.#keep(batch.map(({draft}) => draft));
        this.#shelf.take(entries.filter(({message}) => !this.#shelf.queue.get(message.id)));
        for (const {kept} of batch) kept();
        for (const chatId of new Set(entries.map(({message}) => message.chatId))) void this.#sender.send(chatId);
      } catch (cause) {
        for (const {refused} of batch) refused(TrunkError.from(cause));
      }
    }
    this.#writing = null;
  }

  /** Into the store; while that is silent, they are sent all the same, and lost only with this hub. */
  async #keep(drafts: readonly Incoming['draft'][]): Promise<OutboxEntry[]> {
    const {store, unkept, queue} = this.#shelf;
    const ids = drafts.map(({message}) => message.id);
    try {
      const entries = await store.addEntries(drafts);
      for (const id of ids) unkept.delete(id);
      return entries;
    } catch (cause) {
      if (!(cause instanceof StoreSilence)) throw notKept(cause);
      for (const id of ids) unkept.set(id, null);
      cause.late.then(
        () => ids.forEach(id => unkept.delete(id)),
        reason => {
          const lost = ids.flatMap(id => queue.get(id) ?? []);
          for (const {message} of lost) unkept.set(message.id, notKept(reason).toWire());
          // One that is on its way fails if it comes back unsent.
          void this.#shelf.record(lost.filter(({status}) => status === 'queued'));
        },
      );
      return drafts.map(draft => ({...draft, order: UNWRITTEN + this.#unwritten++}));
    }
  }

  /**
   * Runs `task` on an entry while nobody sends it, one task of an entry after the other, and sends what it leaves. Throws `rejected` when
   * the entry is gone by then.
   */
  async #alone(messageId: string, task: (entry: Held) => Promise<void>): Promise<void> {
    const entry = this.#find(messageId);
    const {chatId} = entry.message;
    const lane = this.#sender.lane(chatId);
    const run = async () => {
      await this.#shelf.refresh(chatId, messageId);
      await task(this.#find(messageId));
    };
    const {held} = this.#shelf;
    const before = held.get(messageId)?.catch(() => {}) ?? Promise.resolve();
    const act = before.then(() => (entry.status === 'sending' ? lane.alone(run) : lane.besideRequest(run)));
    held.set(messageId, act);
    try {
      await act;
    } finally {
      if (held.get(messageId) === act) held.delete(messageId);
      void this.#sender.send(chatId);
    }
  }

  /** Gives an entry another text. False when the store doesn't have it, or has an edit of it that is not known here. */
  async #rewrite(messageId: string, body: string): Promise<boolean> {
    const {queue, store, unkept} = this.#shelf;
    const entry = this.#find(messageId);
    const edited = {...entry, message: {...entry.message, body}, was: [...entry.was, entry.message.body]};
    // In the queue first: an echo of the old text that comes meanwhile must not settle it.
    queue.put(edited);
    try {
      const isThere = await hasFound(store.putEntries([edited as OutboxEntry]), () => {
        if (queue.get(messageId) === edited) queue.put(entry);
      });
      return isThere || unkept.has(messageId);
    } catch (cause) {
      throw new TrunkError('storage-refused', 'The browser refused to keep the new text. Try again.', cause);
    }
  }

  /** Somebody else, who shares the store, settled it in the very moment a person changed it. */
  #missed({message: {id, chatId}}: Held): never {
    this.#shelf.queue.delete(id);
    this.#shelf.listener.gone(chatId, [id]);
    throw new TrunkError('rejected', NOT_WAITING);
  }

  #find(messageId: string): Held {
    const entry = this.#shelf.queue.get(messageId);
    if (entry && entry.status !== 'withdrawn') return entry;
    throw new TrunkError('rejected', NOT_WAITING);
  }

  async #untilLoaded(): Promise<void> {
    await this.load().catch(() => {});
  }
}

/**
 * Whether a write has found what it was to change. A silent store does it later, so it counts as done; if it refuses then, that shows when
 * it is read again.
 * @param undo called when the store refuses
 */
async function hasFound(write: Promise<number>, undo: () => void): Promise<boolean> {
  try {
    return (await write) > 0;
  } catch (cause) {
    if (cause instanceof StoreSilence) return true;
    undo();
    throw cause;
  }
}

function notKept(cause: unknown): TrunkError {
  const text = 'The browser refused to keep the message. Free some space, or copy the text before you leave.';
  return new TrunkError('storage-refused', text, cause);
}
