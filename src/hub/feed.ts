// One chat's changes, each once and in revision order, whatever was missed. Holds the cursor and a window of the newest messages;
// asks the database whenever an event doesn't follow the one before (DESIGN §4). Shows what this browser remembers until the
// database has answered. Knows nothing of tabs or of what waits to be sent.
import type {Chat, StoredMessage} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import type {Continuity} from '../wire/protocol.js';
import {Backoff} from './backoff.js';
import {PARKED, type Channels, type ChannelUse} from './channels.js';
import type {ChatMemory} from './chat-memory.js';
import {ChatWindow, WINDOW} from './chat-window.js';
import type {Reach} from './connection.js';
import type {Clock} from './environment.js';
import type {Interest} from './interest.js';
import {EventBuffer} from './event-buffer.js';
import type {Database} from './transport.js';
import {readMessage} from './read-message.js';
import type {Stats} from './stats.js';
import type {Turns} from './turns.js';

/** The newest messages a tab gets at first. */
const FIRST = 50;
/** Rows a page of catching up; the database gives no more (changes_since). */
const PAGE = 500;
/** A page as long as this may have been cut short by the project (PostgREST's `max-rows`), and doesn't say that it is the last. */
const CUT = 100;
/** A tab that comes from another hub and missed more than this starts over, instead of being told it all. */
const MAX_REPLAY = 1_000;
/** A feed that missed more than this starts over with the newest messages. */
const MAX_CATCH_UP = 10_000;
const RETRY = {baseMs: 500, capMs: 30_000};
/** A second copy comes soon after the first. */
const REMEMBERED = 500;

export interface FeedListener {
  /** Messages new or changed, oldest change first. */
  changed(messages: StoredMessage[], cursor: number): void;
  /** It can be shown, or has to be shown anew: `snapshot()` says how it stands. */
  opened(): void;
  /** The line was away, and all that was missed is told, or `reset`. */
  continued(what: Continuity, count: number): void;
  /** The database was asked just now, and all it knows is told. */
  upToDate(): void;
  failed(error: TrunkError, final: boolean): void;
  /** How much the chat is wanted. */
  interest(): Interest;
}

export interface FeedWorld {
  clock: Clock;
  random: () => number;
  database: Database;
  channels: Channels;
  memory: ChatMemory;
  /** What gets through to the database, as far as is known. */
  reach(): Reach;
  stats: Pick<Stats, 'count' | 'caughtUp' | 'message'>;
  /** Of those that ask the database for a chat they don't know yet. */
  turns: Turns;
}

/** The chat as a tab first sees it. */
export interface FeedSnapshot {
  chat: Chat;
  messages: StoredMessage[];
  hasOlder: boolean;
  cursor: number;
  /** False while the database was not asked yet. */
  fresh: boolean;
}

export class Feed {
  readonly #name: string;
  readonly #make: boolean;
  readonly #world: FeedWorld;
  readonly #listener: FeedListener;
  readonly #backoff: Backoff;
  readonly #window = new ChatWindow();
  #chat: Chat | null = null;
  #error: {error: TrunkError; final: boolean} | null = null;
  /** The database has said how the chat stands. */
  #fresh = false;
  /** Every change up to this revision is in. */
  #cursor = 0;
  readonly #ahead = new EventBuffer();
  /** The last revisions that events told of. */
  readonly #heard = new Set<number>();
  /** Places of the messages found new or changed since the line was lost, be it by a page or by an event. Null while it is there. */
  #missed: Set<number> | null = null;
  #opening = false;
  #catching = false;
  #catchAgain = false;
  /** Changes that the catch-up under way has found. */
  #found = 0;
  /** The catch-up under way, or the last one. */
  #caughtUp: Promise<void> = Promise.resolve();
  #recalled: Promise<void> | null = null;
  #channel: ChannelUse | null = null;
  /** There is no room for it on the socket. */
  #parked = false;
  /** Set while a failed opening or catch-up waits for another try. */
  #retryTimer: (() => void) | null = null;
  #closed = false;

  /**
   * @param name id or slug
   * @param make create the room on first use
   */
  constructor(name: string, make: boolean, world: FeedWorld, listener: FeedListener) {
    this.#name = name;
    this.#make = make;
    this.#world = world;
    this.#backoff = new Backoff(RETRY, world.random);
    this.#listener = listener;
    void this.#open();
  }

  get chat(): Chat | null {
    return this.#chat;
  }

  /** Whether the database has said how the chat stands; else it is what this browser remembers. */
  get fresh(): boolean {
    return this.#fresh;
  }

  /** Why it can't be opened, while it can't. */
  get error(): {error: TrunkError; final: boolean} | null {
    return this.#error;
  }

  get cursor(): number {
    return this.#cursor;
  }

  /** The chat as it stands, for a tab that knows nothing of it. Null while it is not open. */
  snapshot(): FeedSnapshot | null {
    const newest = this.#window.before(null, FIRST);
    if (!this.#chat || !newest) return null;
    return {chat: this.#chat, ...newest, cursor: this.#cursor, fresh: this.#fresh};
  }

  /** Keeps no more than what a new tab is shown. */
  trim(): void {
    this.#window.trim(FIRST);
  }

  /** History before place `seq`, oldest first, as far as it is held here; null when the database has to be asked. */
  before(seq: number | null, limit: number): {messages: StoredMessage[]; hasOlder: boolean} | null {
    return this.#window.before(seq, limit);
  }

  /** Every change after `since`, or null when there are too many to tell or none can be had. */
  async missedSince(since: number): Promise<StoredMessage[] | null> {
    const missed: StoredMessage[] = [];
    try {
      for (let from = since; this.#chat && missed.length < MAX_REPLAY;) {
        const rows = await this.#world.database.changesSince(this.#chat.id, from, PAGE);
        missed.push(...rows);
        if (rows.length < CUT) return missed;
        from = rows.at(-1)?.rev ?? from;
      }
    } catch {
      // The tab starts over with a snapshot, which needs no network.
    }
    return null;
  }

  /** A row this hub itself got stored: shown at once; the cursor waits for its turn. */
  stored(message: StoredMessage): void {
    if (!this.#chat) return;
    if (message.rev === this.#cursor + 1) this.#advance([message]);
    else {
      this.#window.merge([message]);
      this.#remember();
      this.#listener.changed([message], this.#cursor);
      // No event is on its way that would fill the gap.
      if (this.#fresh && !this.#channel?.joined) void this.#catchUp();
    }
  }

  /** The chat is at revision `tip`: catches up when that is news. */
  tip(tip: number): void {
    if (this.#fresh && tip > this.#cursor) void this.#catchUp();
  }

  /** Asks the database for whatever is new. Resolves when that is in, or can't be had now. */
  refresh(): Promise<void> {
    return this.#catchUp();
  }

  /** Nothing gets through any more: changes may be missed from now on. */
  lost(): void {
    if (!this.#parked) this.#missed ??= new Set();
  }

  /** Something that may have kept it from opening has changed. */
  retry(): void {
    if (!this.#fresh && this.#error && !this.#opening && !this.#closed) {
      this.#cancelRetry();
      void this.#open();
    }
  }

  /** How many messages of others than `myId`, not deleted, come after place `seq`; null when the window doesn't reach so far. */
  countAfter(seq: number, myId: string | null): number | null {
    const {messages, hasOlder} = this.#window;
    if (!this.#chat || (hasOlder && (messages[0]?.seq ?? 0) > seq + 1)) return null;
    return messages.filter(message => message.seq > seq && message.senderId !== myId && !message.deletedAt).length;
  }

  /** The person isn't a member any more. For good: a room would take them in again if it were asked for. */
  lose(): void {
    if (this.#closed) return;
    this.#fail(new TrunkError('removed', 'You are no longer a member of this chat. Ask to be added again.'));
    this.close();
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry();
    this.#channel?.release();
    this.#world.memory.write(this.#name);
  }

  async #open(): Promise<void> {
    this.#opening = true;
    this.#recalled ??= this.#recall();
    try {
      await this.#world.turns.take(
        () => this.#listener.interest(),
        () => this.#ask(),
      );
    } catch (thrown) {
      if (!this.#closed) this.#fail(TrunkError.from(thrown));
    } finally {
      this.#opening = false;
    }
  }

  async #ask(): Promise<void> {
    if (this.#closed) return;
    const {chat, lastRev} = await this.#world.database.openChat(this.#name, this.#make);
    await this.#recalled;
    if (this.#closed) return;
    // The channel first: what happens from now on is heard, or found by the catch-up after the join.
    this.#channel ??= this.#world.channels.use(
      `chat:${chat.id}`,
      {private: true, presenceKey: null},
      {
        joined: () => {
          this.#parked = false;
          void this.#catchUp();
        },
        replicationReady: () => void this.#catchUp(),
        lost: reason => {
          // What made room for another chat is not away: its tip tells what it misses. It keeps what a new tab is shown.
          if (reason === PARKED) {
            this.#parked = true;
            this.trim();
          } else this.lost();
          if (/permission|unauthorized/i.test(reason)) void this.#checkMembership(chat.id);
        },
        interest: () => this.#listener.interest(),
        broadcast: (event, payload) => this.#hear(event, payload),
      },
    );
    const behind = lastRev - this.#cursor;
    if (this.#chat?.id === chat.id && behind >= 0 && behind <= MAX_CATCH_UP) {
      this.#chat = chat;
      await this.#catchUp();
    } else await this.#startWith(chat, lastRev);
    this.#error = null;
    if (this.#channel.joined) void this.#catchUp();
  }

  /** Shows what this browser remembers, unless the database was faster. */
  async #recall(): Promise<void> {
    const state = await this.#world.memory.recall(this.#name);
    if (!state || this.#closed || this.#chat) return;
    this.#chat = state.chat;
    this.#cursor = state.cursor;
    this.#window.reset(state.messages, state.hasOlder);
    this.#missed = new Set();
    this.#listener.opened();
  }

  /** Takes the chat as the database has it, whatever was known of it. */
  async #startWith(chat: Chat, lastRev: number): Promise<void> {
    const page = await this.#world.database.messagesBefore(chat.id, null, WINDOW);
    if (this.#closed) return;
    const known = this.#chat !== null;
    // Rows may be newer than `lastRev`; the cursor may not.
    this.#cursor = lastRev;
    this.#heard.clear();
    this.#window.reset(page.reverse(), (page[0]?.seq ?? 1) > 1);
    this.#chat = chat;
    this.#fresh = true;
    this.#missed = null;
    this.#backoff.reset();
    this.#remember();
    this.#listener.opened();
    this.#listener.upToDate();
    if (known) this.#listener.continued('reset', 0);
    if (!this.#ahead.empty) this.#takeAhead();
  }

  #fail(error: TrunkError): void {
    const final = error.code !== 'unreachable' && error.code !== 'rate-limited' && error.code !== 'internal';
    this.#error = {error, final};
    // It isn't this person's (any more). A sign-in that fails says nothing of that.
    if (error.code === 'chat-not-found' || error.code === 'forbidden' || error.code === 'removed') {
      this.#chat = null;
      this.#world.memory.forget(this.#name);
    }
    // What this browser remembers stays in view; the connection's state says the rest.
    if (!this.#chat) this.#listener.failed(error, final);
    if (!final) this.#retryLater(() => void this.#open());
  }

  /** The server says that this person may not read the chat: either so, or its token is at fault, which is mended elsewhere. */
  async #checkMembership(chatId: string): Promise<void> {
    const tips = await this.#world.database.chatTips([chatId]).catch(() => null);
    if (tips && !tips.has(chatId)) this.lose();
  }

  #hear(event: string, payload: Record<string, unknown>): void {
    if (event !== 'change') return;
    const message = readMessage(payload['message']);
    if (!message) return;
    const {rev} = message;
    // What an answer or a reading brought first is told by its own event once, and that is as it should be.
    if (this.#heard.has(rev)) this.#world.stats.count('duplicates');
    this.#heard.add(rev);
    this.#heard.delete(rev - REMEMBERED);
    // A later change of it is no echo of its sending.
    if (rev === message.seq) this.#world.stats.message(message.id, message.chatId, 'echoedAt');
    if (rev <= this.#cursor) return;
    if (!this.#ahead.add(message)) void this.#catchUp();
    else if (this.#chat) this.#takeAhead();
  }

  /** Takes in the events that follow the cursor; a gap starts a catch-up, unless one is under way or waits for its next try. */
  #takeAhead(): void {
    if (!this.#takeRun() || this.#catching || this.#retryTimer) return;
    this.#world.stats.count('gaps');
    void this.#catchUp();
  }

  /** Takes in the events that follow the cursor without a gap. True when a gap keeps others waiting. */
  #takeRun(): boolean {
    const run = this.#ahead.takeAfter(this.#cursor);
    if (run.length > 0) this.#takeIn(run);
    return !this.#ahead.empty;
  }

  /** Reads from the cursor to the end. Asked again meanwhile, it runs once more. */
  #catchUp(): Promise<void> {
    if (this.#catching) this.#catchAgain = true;
    else if (this.#chat && !this.#closed) this.#caughtUp = this.#readAll();
    return this.#caughtUp;
  }

  async #readAll(): Promise<void> {
    this.#catching = true;
    const at = this.#world.clock.now();
    this.#cancelRetry();
    try {
      do {
        this.#catchAgain = false;
        await this.#readOn();
      } while (this.#catchAgain);
    } catch {
      // Tried again here, and after the next join.
      if (!this.#closed) this.#retryLater(() => void this.#catchUp());
      return;
    } finally {
      this.#catching = false;
    }
    if (this.#chat) this.#world.stats.caughtUp(this.#chat.id, at, this.#found);
    // What a reading found that failed half-way counts with the one that comes to the end.
    this.#found = 0;
    if (this.#closed) return;
    this.#listener.upToDate();
    this.#continue();
    // A reading replica may lag behind the event: asked again, but not in a hot loop.
    if (this.#takeRun()) this.#retryLater(() => void this.#catchUp());
    else this.#backoff.reset();
  }

  /** Takes in all changes after the cursor, or starts over when they are too many. */
  async #readOn(): Promise<void> {
    for (let read = 0; this.#chat && !this.#closed;) {
      const rows = await this.#world.database.changesSince(this.#chat.id, this.#cursor, PAGE);
      if (this.#closed) return;
      const news = rows.filter(row => row.rev > this.#cursor);
      this.#found += news.length;
      if (news.length > 0) this.#takeIn(news);
      if (rows.length < CUT) return;
      read += rows.length;
      if (read < MAX_CATCH_UP) continue;
      const {chat, lastRev} = await this.#world.database.openChat(this.#name, false);
      await this.#startWith(chat, lastRev);
      // What followed the cursor meanwhile was taken in, and is not in what it started with.
      read = 0;
    }
  }

  /** All that was missed is in. Told once the line, or what stands in for it, is back, or more may be missed, and told of again. */
  #continue(): void {
    const missed = this.#missed;
    const isBack = this.#channel?.joined || this.#parked || this.#world.reach() === 'requests';
    if (this.#fresh && !isBack) return;
    this.#missed = null;
    this.#fresh = true;
    if (missed) this.#listener.continued(missed.size > 0 ? 'caught-up' : 'resumed', missed.size);
  }

  #retryLater(task: () => void): void {
    this.#cancelRetry();
    this.#retryTimer = this.#world.clock.after(this.#backoff.next(), () => {
      this.#retryTimer = null;
      task();
    });
  }

  #cancelRetry(): void {
    this.#retryTimer?.();
    this.#retryTimer = null;
  }

  /** What others wrote or changed, whichever way it came: during an absence, pages and late events share the telling of it. */
  #takeIn(messages: StoredMessage[]): void {
    if (this.#missed) {
      // What this hub itself got stored is shown already.
      const shown = new Set(this.#window.messages.map(({rev}) => rev));
      for (const {seq, rev} of messages) if (!shown.has(rev)) this.#missed.add(seq);
    }
    this.#advance(messages);
  }

  #advance(messages: StoredMessage[]): void {
    this.#window.merge(messages);
    this.#cursor = messages.reduce((cursor, {rev}) => Math.max(cursor, rev), this.#cursor);
    this.#remember();
    this.#listener.changed(messages, this.#cursor);
  }

  #remember(): void {
    this.#world.memory.keep(this.#name, () => {
      const {messages, hasOlder} = this.#window;
      return this.#chat && {chat: this.#chat, messages: [...messages], hasOlder, cursor: this.#cursor};
    });
  }
}
