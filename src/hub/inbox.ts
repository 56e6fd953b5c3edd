// The list of a person's chats as the tabs of this browser share it: last messages, what is unread, how far was read. Follows the
// topic `inbox:<user id>` and what feeds hear, revision by revision, and asks the database whenever something doesn't follow. Rows of
// chats that are only open are kept too, without the topic. Knows sessions only as something to tell.
import {byActivity, type ChatSummary, type Person, type ReadState, type StoredMessage} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import type {ChatsEvent} from '../wire/protocol.js';
import {Backoff} from './backoff.js';
import {follow, readUpTo} from './chat-row.js';
import type {Channels, ChannelUse} from './channels.js';
import type {Clock, Store} from './environment.js';
import {readMessage} from './read-message.js';
import {ReadMarks} from './read-marks.js';
import type {Database} from './transport.js';

/** Chats asked for at a time, at first and later: a project may cut a longer answer (PostgREST's `max-rows`). */
const PAGE = 50;
const LARGE_PAGE = 100;
/** Chats held at most, some 600 bytes each. */
const MAX_ROWS = 1_000;
/** Chats remembered for a start without network. */
const MAX_KEPT = 100;
/** Chats whose revision is compared now and then: more than a person sees. */
const MAX_TIPS = 100;
/** Chats to ask for again are gathered for this long, in ms. */
const GATHER_MS = 100;
/** Changes are gathered for this long before they are remembered, in ms. */
const KEEP_MS = 1_000;
const RETRY = {baseMs: 500, capMs: 30_000};

/** What is remembered between two hubs. */
interface Kept {
  rows: ChatSummary[];
  hasMore: boolean;
  marks: [chatId: string, rev: number][];
  people: Person[];
}

export interface InboxWorld {
  clock: Clock;
  random: () => number;
  store: Store;
  /** Whose things these are in the store. */
  owner: string;
  database: Database;
  channels: Channels;
  people: {
    need(ids: (string | null)[]): void;
    among(ids: (string | null)[]): Person[];
    remember(people: Person[]): void;
  };
  online(): boolean;
  myId(): string | null;
  /** Runs `task` once it is known who the person is. */
  whenKnown(task: (userId: string) => void): void;
}

export interface InboxListener {
  /** How far the person has read a chat has changed, or what is unread there. */
  read(chatId: string, state: ReadState): void;
  /** The person is a member of a chat again, or not any more. */
  member(chatId: string, isMember: boolean): void;
  /** Somebody else wrote into a chat. */
  news(chatId: string): void;
  problem(error: TrunkError): void;
}

export class Inbox {
  readonly #world: InboxWorld;
  readonly #listener: InboxListener;
  readonly #key: string;
  readonly #marks: ReadMarks;
  readonly #backoff: Backoff;
  readonly #rows = new Map<string, ChatSummary>();
  readonly #handles = new Set<(event: ChatsEvent) => void>();
  #channel: ChannelUse | null = null;
  #hasMore = false;
  /** The last row of what was loaded page by page; null before the first page. */
  #end: ChatSummary | null = null;
  /** The database has said how the list stands. */
  #fresh = false;
  #error: ChatsEvent | null = null;
  /** Set with the first use: what is remembered is being read, or in. */
  #recalled: Promise<void> | null = null;
  #loading: Promise<void> | null = null;
  #loadAgain = false;
  /** Chats that aren't in the list, and were written into just now. */
  readonly #stirred = new Set<string>();
  /** Chats to ask for again. */
  readonly #wanted = new Set<string>();
  #cancelAsk: (() => void) | null = null;
  #cancelRetry: () => void = () => {};
  #cancelKeep: (() => void) | null = null;
  #closed = false;

  constructor(world: InboxWorld, listener: InboxListener) {
    this.#world = world;
    this.#listener = listener;
    this.#key = `trunkline:chats:${world.owner}`;
    this.#backoff = new Backoff(RETRY, world.random);
    this.#marks = new ReadMarks(world, (chatId, answer) => {
      if (!(answer instanceof TrunkError)) this.#read(chatId, answer.lastReadRev, answer);
      else if (answer.code === 'rejected') this.#listener.problem(answer);
      else this.need(chatId);
      this.#keep();
    });
  }

  /** Tells a handle of the list, now and from now on; the answer stops it. */
  open(tell: (event: ChatsEvent) => void): () => void {
    this.#recalled ??= this.#recall();
    this.#handles.add(tell);
    if (this.#rows.size > 0 || this.#fresh) tell(this.#event([...this.#rows.values()], [], true));
    if (this.#error?.kind === 'failed' && this.#error.final)
      this.#load(); // somebody acts
    else if (this.#error) tell(this.#error);
    this.#world.whenKnown(userId => this.#follow(userId));
    return () => {
      this.#handles.delete(tell);
      if (this.#handles.size > 0) return;
      this.#channel?.release();
      this.#channel = null;
      this.#fresh = false; // what happens from now on is missed
    };
  }

  /** The chats whose revision is worth a look now and then. */
  get tipIds(): string[] {
    if (!this.#channel) return [];
    return [...this.#rows.values()]
      .sort(byActivity)
      .slice(0, MAX_TIPS)
      .map(({chat}) => chat.id);
  }

  /** How far the person has read a chat; null while nobody knows. */
  readOf(chatId: string): ReadState | null {
    return this.#rows.get(chatId) ?? null;
  }

  /** Sees to it that a chat's row is current soon. */
  need(chatId: string): void {
    this.#recalled ??= this.#recall();
    this.#wanted.add(chatId);
    this.#cancelAsk ??= this.#world.clock.after(GATHER_MS, () => void this.#ask());
  }

  /** A chat is at revision `rev`, as far as somebody else knows; null: it isn't this person's. */
  tip(chatId: string, rev: number | null): void {
    const row = this.#rows.get(chatId);
    if (row && (rev === null || rev > row.rev)) this.need(chatId);
  }

  /** Messages that are new or changed, oldest change first. */
  stored(chatId: string, messages: readonly StoredMessage[]): void {
    for (const message of messages) {
      const row = this.#rows.get(chatId);
      const next = row && follow(row, message, this.#world.myId());
      if (!next) return this.need(chatId);
      this.#take([next]);
    }
  }

  /**
   * The person has read a chat up to revision `rev`.
   * @param unread what is unread then, where it is known
   */
  markRead(chatId: string, rev: number, unread: number | null): void {
    const row = this.#rows.get(chatId);
    this.#marks.add(chatId, rev);
    if (row) this.#take([readUpTo(row, rev, unread)]);
    this.#keep();
  }

  /** Loads the next page for everybody. */
  async more(): Promise<void> {
    await this.#loading;
    if (!this.#hasMore || !this.#end) return;
    const rows = await this.#world.database.myChats({after: this.#end, limit: PAGE});
    if (this.#closed) return;
    this.#paged(rows, rows.length === PAGE);
    this.#take(rows.map(row => this.#merged(row)));
    this.#tell([], []); // also when nothing came: whether there is more
  }

  /** The database can be reached again. */
  retry(): void {
    this.#marks.flush();
    if (this.#channel && !this.#channel.joined) this.#load();
    if (this.#wanted.size > 0) void this.#ask();
  }

  /** Nobody looks any more. */
  flush(): void {
    this.#marks.flush();
    this.#write();
  }

  /** Forgets everything, in the store too. */
  async clear(): Promise<void> {
    this.#cancelKeep?.();
    this.#cancelKeep = null;
    this.#closed = true;
    await this.#world.store.removeItem(this.#key);
  }

  close(): void {
    this.#write();
    this.#closed = true;
    this.#marks.close();
    this.#cancelAsk?.();
    this.#cancelRetry();
    this.#channel?.release();
  }

  #follow(userId: string): void {
    if (this.#channel || this.#handles.size === 0 || this.#closed) return;
    this.#channel = this.#world.channels.use(
      `inbox:${userId}`,
      {private: true, presenceKey: null},
      {
        // One under way will do, for the moment: the next line asks once more.
        joined: () => this.#loading ?? this.#load(),
        replicationReady: () => this.#load(),
        broadcast: (event, payload) => this.#hear(event, payload),
      },
    );
    // Not only once it is joined: the list is there before the socket.
    this.#load();
  }

  #hear(event: string, payload: Record<string, unknown>): void {
    const {chatId, lastReadRev, unread, rev} = payload;
    if (typeof chatId !== 'string') return;
    const message = event === 'change' ? readMessage(payload['message']) : null;
    if (message) {
      if (!this.#rows.has(chatId) && message.seq === message.rev) this.#stirred.add(chatId);
      this.stored(chatId, [message]);
    } else if (event === 'read' && typeof lastReadRev === 'number') {
      this.#read(chatId, lastReadRev, {unread: Number(unread), rev: Number(rev)});
    } else this.need(chatId);
    // Said by the database, and asked for once more all the same: an answer on its way may be older.
    if (event === 'left') this.#drop(chatId);
    if (event === 'joined') this.#listener.member(chatId, true);
  }

  /** Read up to there, in whichever browser; `counted` holds at its revision only. */
  #read(chatId: string, lastReadRev: number, counted: {unread: number; rev: number}): void {
    const row = this.#rows.get(chatId);
    if (!row || lastReadRev < row.lastReadRev) return;
    if (counted.rev === row.rev) this.#take([{...row, lastReadRev, unread: counted.unread}]);
    else if (lastReadRev > row.lastReadRev) {
      this.#take([readUpTo(row, lastReadRev, null)]);
      if (lastReadRev < (row.last?.seq ?? 0)) this.need(chatId);
    }
  }

  /** Asks for the list; once more when it is asked for meanwhile. */
  #load(): void {
    if (this.#closed || this.#handles.size === 0 || !this.#world.myId()) return;
    if (this.#loading) this.#loadAgain = true;
    else this.#loading = this.#loadAll().finally(() => (this.#loading = null));
  }

  async #loadAll(): Promise<void> {
    this.#cancelRetry();
    try {
      do {
        this.#loadAgain = false;
        await this.#loadPages();
      } while (this.#loadAgain);
      this.#backoff.reset();
    } catch (thrown) {
      if (this.#closed) return;
      const error = TrunkError.from(thrown);
      const final = isFinal(error);
      this.#error = {kind: 'failed', error: error.toWire(), final};
      // What this browser remembers stays in view; the connection's state says the rest.
      if (this.#rows.size === 0 || final) for (const tell of this.#handles) tell(this.#error);
      if (!final && this.#world.online()) {
        this.#cancelRetry = this.#world.clock.after(this.#backoff.next(), () => this.#load());
      }
    }
  }

  /** As many pages as were loaded before. */
  async #loadPages(): Promise<void> {
    const before = new Set(this.#rows.keys());
    const limit = Math.min(Math.max(before.size, PAGE), LARGE_PAGE);
    const found: ChatSummary[] = [];
    for (let last: ChatSummary | null = null; ;) {
      const page: ChatSummary[] = await this.#world.database.myChats({after: last, limit});
      if (this.#closed) return;
      found.push(...page);
      last = page.at(-1) ?? null;
      if (page.length < limit || found.length >= Math.min(before.size, MAX_ROWS)) {
        this.#paged(found, page.length === limit);
        break;
      }
    }
    this.#take(found.map(row => this.#merged(row)));
    // Not among them: gone, or older than the last page, which the database knows.
    for (const {chat} of found) before.delete(chat.id);
    for (const id of before) this.need(id);
    const wasFresh = this.#fresh;
    this.#fresh = true;
    this.#error = null;
    if (!wasFresh) this.#tell([...this.#rows.values()], [], true);
  }

  /** Rows came page by page: the next page begins after them, if there is one. */
  #paged(rows: readonly ChatSummary[], isFull: boolean): void {
    this.#end = rows.at(-1) ?? this.#end;
    this.#hasMore = isFull && this.#rows.size < MAX_ROWS;
  }

  /** Asks for single chats again. */
  async #ask(): Promise<void> {
    const ids = [...this.#wanted].slice(0, LARGE_PAGE);
    this.#cancelAsk?.();
    this.#cancelAsk = null;
    if (!this.#world.online()) return; // retry() asks
    // Whoever asks meanwhile waits for this answer.
    this.#cancelAsk = () => {};
    for (const id of ids) this.#wanted.delete(id);
    try {
      const rows = await this.#world.database.myChats({ids});
      if (this.#closed) return;
      const found = new Set(rows.map(({chat}) => chat.id));
      this.#take(rows.map(row => this.#merged(row)));
      // As of tips (chats.ts): what an answer lacks is asked for again, and only an empty one says that it isn't this person's.
      for (const id of ids) {
        if (found.size === 0) this.#drop(id);
        else if (!found.has(id)) this.#wanted.add(id);
      }
      this.#cancelAsk = null;
      this.#backoff.reset();
      for (const id of this.#wanted) this.need(id);
    } catch (thrown) {
      if (this.#closed) return;
      this.#cancelAsk = null;
      const error = TrunkError.from(thrown);
      if (isFinal(error)) return this.#listener.problem(error);
      for (const id of ids) this.#wanted.add(id);
      this.#cancelAsk = this.#world.clock.after(this.#backoff.next(), () => void this.#ask());
    }
  }

  /** What the database says of a chat, with what it doesn't know yet, or didn't when it was asked. */
  #merged(row: ChatSummary): ChatSummary {
    const {id} = row.chat;
    const known = this.#rows.get(id);
    const isOlder = known !== undefined && known.rev > row.rev;
    const current = isOlder ? readUpTo({...known, chat: row.chat}, row.lastReadRev, null) : row;
    const local = Math.max(known?.lastReadRev ?? 0, this.#marks.of(id));
    return readUpTo(current, local, known?.rev === row.rev ? known.unread : null);
  }

  /** These rows are how it stands now. Told as one. */
  #take(rows: readonly ChatSummary[]): void {
    const changed = rows.filter(row => JSON.stringify(row) !== JSON.stringify(this.#rows.get(row.chat.id)));
    if (changed.length === 0) return;
    for (const row of changed) {
      const before = this.#rows.get(row.chat.id);
      this.#rows.set(row.chat.id, row);
      if (before?.lastReadRev !== row.lastReadRev || before.unread !== row.unread) {
        this.#listener.read(row.chat.id, row);
      }
      // What was there when the list, or the chat, came is no news.
      const isNew = before ? (row.last?.seq ?? 0) > (before.last?.seq ?? 0) : this.#stirred.delete(row.chat.id);
      if (isNew && this.#fresh && row.unread > 0 && row.last?.senderId !== this.#world.myId())
        this.#listener.news(row.chat.id);
    }
    this.#world.people.need(changed.flatMap(({last, otherId}) => [last?.senderId ?? null, otherId]));
    this.#tell(changed, []);
    this.#keep();
  }

  #drop(chatId: string): void {
    this.#listener.member(chatId, false);
    if (!this.#rows.delete(chatId)) return;
    this.#tell([], [chatId]);
    this.#keep();
  }

  #tell(chats: ChatSummary[], gone: string[], reset = false): void {
    const event = this.#event(chats, gone, reset);
    for (const tell of this.#handles) tell(event);
  }

  #event(chats: ChatSummary[], gone: string[], reset: boolean): ChatsEvent {
    return {kind: 'list', reset, chats, gone, hasMore: this.#hasMore, fresh: this.#fresh};
  }

  async #recall(): Promise<void> {
    const text = await this.#world.store.getItem(this.#key).catch(() => null);
    const kept = text === null || this.#closed ? null : (JSON.parse(text) as Kept);
    if (!kept) return;
    for (const [chatId, rev] of kept.marks) this.#marks.add(chatId, rev);
    this.#world.people.remember(kept.people);
    const rows = kept.rows.filter(({chat}) => !this.#rows.has(chat.id));
    for (const row of rows) this.#rows.set(row.chat.id, row);
    for (const row of rows) this.#listener.read(row.chat.id, row);
    if (this.#fresh || rows.length === 0) this.#tell(rows, []);
    else {
      this.#hasMore = kept.hasMore;
      this.#tell([...this.#rows.values()], [], true);
    }
  }

  #keep(): void {
    if (!this.#closed) this.#cancelKeep ??= this.#world.clock.after(KEEP_MS, () => this.#write());
  }

  #write(): void {
    if (!this.#cancelKeep || this.#closed) return;
    this.#cancelKeep();
    this.#cancelKeep = null;
    const rows = [...this.#rows.values()].sort(byActivity).slice(0, MAX_KEPT);
    const people = this.#world.people.among(rows.flatMap(({last, otherId}) => [last?.senderId ?? null, otherId]));
    const hasMore = this.#hasMore || this.#rows.size > rows.length;
    const kept: Kept = {rows, hasMore, marks: this.#marks.waiting, people};
    // A store that refuses costs a wait at the next start, nothing else.
    this.#world.store.setItem(this.#key, JSON.stringify(kept)).catch(() => {});
  }
}

/** Whether nothing changes until somebody acts. */
function isFinal({code}: TrunkError): boolean {
  return code !== 'unreachable' && code !== 'rate-limited' && code !== 'internal';
}
