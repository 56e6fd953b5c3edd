// Gets the outbox's entries into the database: each chat's in order, batch by batch, under the chat's lock, until there is nothing left
// or it has to wait. Knows what an answer means for an entry; nothing of who wrote it or who looks on.
import type {StoredMessage} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import type {Clock, Locks, OutboxEntry} from './environment.js';
import {Lane, MAX_BATCH} from './outbox-lane.js';
import {isOutdated, type OutboxShelf} from './outbox-shelf.js';
import type {Held} from './outbox-queue.js';
import type {Database, SendResult} from './transport.js';

/** A message that waited longer than this is not sent behind its writer's back, in ms: 7 days. */
const MAX_AGE_MS = 7 * 24 * 60 * 60 * 1000;

export interface OutboxSenderWorld {
  clock: Clock;
  random: () => number;
  /** Null where the browser has no Web Locks. */
  locks: Locks | null;
  database: Pick<Database, 'findMessages' | 'sendMessages' | 'editMessage' | 'discardMessages'>;
}

export class OutboxSender {
  readonly #world: OutboxSenderWorld;
  readonly #shelf: OutboxShelf;
  readonly #lanes = new Map<string, Lane>();
  #online = false;
  /** The server asked to be left in peace for so long, in ms, and until then, in ms since 1970. */
  #peace = {ms: 0, until: 0};

  constructor(world: OutboxSenderWorld, shelf: OutboxShelf) {
    this.#world = world;
    this.#shelf = shelf;
  }

  /** Whether it is worth trying. What failed before is forgiven by a new start. */
  setOnline(online: boolean): void {
    this.#online = online;
    if (online) for (const lane of this.#lanes.values()) lane.reset();
  }

  /** Sends all chats' entries. Resolves when each is sent or has to wait. */
  async sendAll(): Promise<void> {
    await Promise.all(this.#shelf.queue.chats.map(chatId => this.send(chatId)));
  }

  /**
   * Sends a chat's entries.
   * @param when `idle`: not while a back-off lasts. `waited`: the back-off is over. `asked`: by a person, who waits for nothing.
   */
  async send(chatId: string, when: 'idle' | 'waited' | 'asked' = 'idle'): Promise<void> {
    const lane = this.lane(chatId);
    const isWanted = () => this.#shelf.queue.in(chatId).some(isToGo);
    const mayGo = () => this.#online && (when === 'asked' || this.#peaceLeft === 0);
    const next = () => mayGo() && isWanted() && lane.alone(() => this.#sendNext(chatId, lane));
    if (!this.#online) return;
    await lane.run(next, when !== 'idle');
    // What the server asked for holds for every chat, and whatever happens meanwhile.
    const left = this.#peaceLeft;
    if (this.#online && left > 0 && isWanted()) lane.waitFor(left, () => void this.send(chatId, 'waited'));
  }

  /** Fails what waited too long, though nobody can be asked to store it. What may be stored waits to be looked for. */
  expire(): Promise<void> {
    const entries = this.#shelf.queue.all().filter(({tried}) => !tried);
    return this.#shelf.record(entries.flatMap(entry => this.#tooLate(entry) ?? []));
  }

  /** Whoever changes an entry of this chat does it within its lane. */
  lane(chatId: string): Lane {
    let lane = this.#lanes.get(chatId);
    if (!lane) {
      const {clock, random, locks} = this.#world;
      const lock = `trunk:outbox:${this.#shelf.owner}:${chatId}`;
      lane = new Lane(clock, random, locks, lock, () => this.#shelf.doubt(chatId));
      this.#lanes.set(chatId, lane);
    }
    return lane;
  }

  /** Has the database discard these, as far as it answers: one request for each fifty of a chat. */
  async discard(entries: readonly Pick<OutboxEntry, 'message'>[]): Promise<void> {
    const byChat = new Map<string, string[]>();
    for (const {message} of entries) byChat.set(message.chatId, [...(byChat.get(message.chatId) ?? []), message.id]);
    const requests = [...byChat].flatMap(([chatId, ids]) => {
      const batches = Array.from({length: Math.ceil(ids.length / MAX_BATCH)}, (_, n) =>
        ids.slice(n * MAX_BATCH, (n + 1) * MAX_BATCH),
      );
      return batches.map(batch => this.#world.database.discardMessages(chatId, batch));
    });
    await Promise.allSettled(requests);
  }

  close(): void {
    this.#online = false;
    for (const lane of this.#lanes.values()) lane.close();
  }

  /** In ms. More than the server asked for is left when the clock was set back: then nobody knows, and it is over. */
  get #peaceLeft(): number {
    const {ms, until} = this.#peace;
    const left = until - this.#world.clock.now();
    return left > 0 && left <= ms ? left : 0;
  }

  /** Sends one batch; false when the lane has to wait. */
  async #sendNext(chatId: string, lane: Lane): Promise<boolean> {
    const {contests} = lane;
    const due = await this.#claim(chatId);
    // Robbed while it looked: what was found may be with somebody else.
    if (lane.contests > contests) return true;
    // No pause between this look and the marks, or somebody could begin to change what is about to leave.
    const held = due.findIndex(({message}) => this.#shelf.held.has(message.id));
    const claimed = held < 0 ? due : due.slice(0, held);
    const withdrawn = lane.fit(claimed.filter(({status}) => status === 'withdrawn'));
    if (withdrawn.length > 0) return this.#undo(chatId, withdrawn, lane);
    const batch = lane.fit(claimed.filter(({status}) => status === 'queued'));
    if (batch.length === 0) return claimed.length > 0;
    const sending = batch.map(entry => ({...entry, status: 'sending' as const}));
    for (const entry of sending) this.#shelf.queue.put(entry);
    this.#shelf.tell(sending);
    let results: SendResult[];
    try {
      results = await lane.fly(() => this.#world.database.sendMessages(batch.map(({message}) => message)));
      const answered = new Set(results.map(({id}) => id));
      if (!batch.every(({message}) => answered.has(message.id))) {
        throw new TrunkError('internal', 'The database didn’t say what became of a message.');
      }
    } catch (thrown) {
      return this.#failed(batch, TrunkError.from(thrown), lane);
    }
    lane.succeeded();
    return this.#answered(chatId, results, lane);
  }

  async #answered(chatId: string, results: readonly SendResult[], lane: Lane): Promise<boolean> {
    const {queue, maybeStored, listener} = this.#shelf;
    const stored: StoredMessage[] = [];
    const refused: Held[] = [];
    const outdated: Held[] = [];
    const discarded: string[] = [];
    for (const result of results) {
      const entry = queue.get(result.id);
      if ('error' in result) {
        maybeStored.delete(result.id);
        if (entry) refused.push({...entry, status: 'failed', error: result.error.toWire(), tried: false});
      } else if ('discarded' in result) discarded.push(result.id);
      else if (entry && isOutdated(result.stored, entry)) outdated.push(entry);
      else stored.push(result.stored);
    }
    const forgotten = this.#shelf.forget([...stored.map(({id}) => id), ...discarded]);
    // Discarded before, and back from a disk that had not heard of it.
    if (discarded.length > 0) listener.dropped(chatId, discarded);
    // Told before the store has forgotten them: should the hub die in between, they are sent again and found stored.
    if (stored.length > 0) listener.stored(chatId, stored);
    await Promise.all([this.#shelf.record(refused), forgotten]);
    // An earlier try had stored the text as it was before the edit.
    for (const [at, {message}] of outdated.entries()) {
      try {
        listener.stored(chatId, [await this.#world.database.editMessage(message.id, message.body)]);
      } catch (thrown) {
        return this.#failed(outdated.slice(at), TrunkError.from(thrown), lane);
      }
      await this.#shelf.forget([message.id]);
    }
    return true;
  }

  async #failed(batch: readonly Held[], error: TrunkError, lane: Lane): Promise<boolean> {
    const {queue, maybeStored} = this.#shelf;
    const verdict = lane.judge(error, batch.length);
    const changed = batch.flatMap(({message: {id}}): Held[] => {
      const entry = queue.get(id);
      if (!entry) return []; // the echo settled it
      // What the server refuses it has not stored.
      const tried = !verdict.goOn || entry.tried === true;
      if (tried) maybeStored.add(id);
      const attempts = entry.attempts + (verdict.counts ? 1 : 0);
      if (!verdict.isOver(attempts)) return [{...entry, status: 'queued', attempts, tried}];
      return [{...entry, status: 'failed', error: error.toWire(), attempts, tried}];
    });
    await this.#shelf.record(changed);
    return verdict.goOn || this.#wait(batch[0]?.message.chatId ?? '', lane, error);
  }

  /** Has the database forget messages that a try may have stored and that were discarded since. False when the lane has to wait. */
  async #undo(chatId: string, batch: readonly Held[], lane: Lane): Promise<boolean> {
    const ids = batch.map(({message}) => message.id);
    try {
      const deleted = await this.#world.database.discardMessages(chatId, ids);
      lane.succeeded();
      if (deleted.length > 0) this.#shelf.listener.stored(chatId, deleted);
    } catch (thrown) {
      const error = TrunkError.from(thrown);
      const verdict = lane.judge(error, batch.length);
      const tried = batch.map(entry => ({...entry, attempts: entry.attempts + (verdict.counts ? 1 : 0)}));
      // Over: there is nothing that may be deleted. What is there all the same shows itself as stored.
      await this.#shelf.record(tried.filter(({attempts}) => !verdict.isOver(attempts)));
      await this.#shelf.forget(tried.filter(({attempts}) => verdict.isOver(attempts)).map(({message}) => message.id));
      return verdict.goOn || this.#wait(chatId, lane, error);
    }
    await this.#shelf.forget(ids);
    return true;
  }

  #wait(chatId: string, lane: Lane, {retryAfterMs}: TrunkError): false {
    if (retryAfterMs > 0) this.#peace = {ms: retryAfterMs, until: this.#world.clock.now() + retryAfterMs};
    lane.wait(retryAfterMs, () => void this.send(chatId, 'waited'));
    return false;
  }

  /** What is to go out next, as the store has it; what may not go out any more fails. */
  async #claim(chatId: string): Promise<Held[]> {
    for (;;) {
      await this.#shelf.reconcile(chatId, MAX_BATCH);
      const claimed = this.#shelf.queue.in(chatId).filter(isToGo).slice(0, MAX_BATCH);
      const late = claimed.flatMap(entry => this.#tooLate(entry) ?? []);
      if (late.length === 0) return claimed;
      await this.#failLate(chatId, late);
    }
  }

  /** Fails what is too late to be sent, but for what a try without an answer had stored in time. */
  async #failLate(chatId: string, late: readonly Held[]): Promise<void> {
    const doubtful = late.filter(({tried}) => tried).map(({message}) => message.id);
    const found = doubtful.length === 0 ? [] : await this.#world.database.findMessages(doubtful).catch(() => []);
    const ids = new Set(found.map(({id}) => id));
    const settled = this.#shelf.forget([...ids]);
    if (found.length > 0) this.#shelf.listener.stored(chatId, found);
    await Promise.all([settled, this.#shelf.record(late.filter(({message}) => !ids.has(message.id)))]);
  }

  /** The entry as failed, when it waited too long or its writer is not who is signed in. */
  #tooLate(entry: Held): Held | null {
    const {userId} = this.#shelf;
    const fail = (code: 'expired' | 'signed-out', text: string): Held => {
      return {...entry, status: 'failed', error: new TrunkError(code, text).toWire()};
    };
    if (entry.status !== 'queued') return null;
    if (this.#world.clock.now() - entry.acceptedAt > MAX_AGE_MS) {
      const fate = entry.tried ? 'Whether it was sent is not known.' : 'It was not sent.';
      return fail('expired', `It waited for seven days. ${fate} Send it again, or discard it.`);
    }
    if (entry.userId !== null && userId !== null && entry.userId !== userId) {
      return fail('signed-out', 'The account that wrote it is signed out. Send it from this one, or discard it.');
    }
    return null;
  }
}

function isToGo({status}: Held): boolean {
  return status === 'queued' || status === 'withdrawn';
}
