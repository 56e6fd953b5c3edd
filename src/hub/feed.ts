// One chat's changes, each once and in revision order, whatever was missed. Holds the cursor and a window of the newest messages;
// asks the database whenever an event doesn't follow the one before (DESIGN §4). Knows nothing of tabs or of what waits to
// be sent.
import type {Chat, StoredMessage} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import {Backoff} from './backoff.js';
import type {Channels, ChannelUse} from './channels.js';
import type {Clock} from './environment.js';
import type {Database} from './transport.js';
import {readMessage} from './read-message.js';

/** Messages kept in memory; older ones are asked for when somebody reads back. */
const WINDOW = 200;
/** The first page. */
const FIRST = 50;
/** Rows a page of catching up. */
const PAGE = 200;
/** A tab that comes from another hub and missed more than this starts over, instead of being told it all. */
const MAX_REPLAY = 1_000;
/** Events that wait for the one before them; more than this, and they are dropped for a catch-up. */
const MAX_AHEAD = 500;
const RETRY = {baseMs: 500, capMs: 30_000};

export interface FeedListener {
  /** Messages new or changed, oldest change first. */
  changed(messages: StoredMessage[], cursor: number): void;
  opened(): void;
  failed(error: TrunkError, final: boolean): void;
}

/** The chat as a tab first sees it. */
export interface FeedSnapshot {
  chat: Chat;
  messages: StoredMessage[];
  hasOlder: boolean;
  cursor: number;
}

export class Feed {
  readonly #name: string;
  readonly #make: boolean;
  readonly #clock: Clock;
  readonly #database: Database;
  readonly #channels: Channels;
  readonly #listener: FeedListener;
  readonly #backoff: Backoff;
  #chat: Chat | null = null;
  #error: {error: TrunkError; final: boolean} | null = null;
  /** By seq: the newest of the chat, without holes. */
  #messages: StoredMessage[] = [];
  #hasOlder = false;
  /** Every change up to this revision is in. */
  #cursor = 0;
  /** Events that came before the one they follow, by revision. */
  readonly #ahead = new Map<number, StoredMessage>();
  #opening = false;
  #catching = false;
  #catchAgain = false;
  #channel: ChannelUse | null = null;
  /** Set while a failed opening or catch-up waits for another try. */
  #retryTimer: (() => void) | null = null;
  #closed = false;

  /**
   * @param name id or slug
   * @param make create the room on first use
   */
  constructor(
    name: string,
    make: boolean,
    world: {clock: Clock; random: () => number; database: Database; channels: Channels},
    listener: FeedListener,
  ) {
    this.#name = name;
    this.#make = make;
    this.#clock = world.clock;
    this.#database = world.database;
    this.#channels = world.channels;
    this.#backoff = new Backoff(RETRY, world.random);
    this.#listener = listener;
    void this.#open();
  }

  get chat(): Chat | null {
    return this.#chat;
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
    if (!this.#chat) return null;
    const messages = this.#messages.slice(-FIRST);
    const hasOlder = this.#hasOlder || messages.length < this.#messages.length;
    return {chat: this.#chat, messages, hasOlder, cursor: this.#cursor};
  }

  /** Every change after `since`, or null when there are too many to tell or none can be had. */
  async missedSince(since: number): Promise<StoredMessage[] | null> {
    const missed: StoredMessage[] = [];
    try {
      for (let from = since; this.#chat && missed.length < MAX_REPLAY;) {
        const rows = await this.#database.changesSince(this.#chat.id, from, PAGE);
        missed.push(...rows);
        if (rows.length < PAGE) return missed;
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
      this.#merge([message]);
      this.#listener.changed([message], this.#cursor);
    }
  }

  /** The chat is at revision `tip`: catches up when that is news. */
  tip(tip: number): void {
    if (this.#chat && tip > this.#cursor) void this.#catchUp();
  }

  /** Something that may have kept it from opening has changed. */
  retry(): void {
    if (!this.#chat && this.#error && !this.#opening && !this.#closed) {
      this.#cancelRetry();
      void this.#open();
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancelRetry();
    this.#channel?.release();
  }

  async #open(): Promise<void> {
    this.#opening = true;
    try {
      const {chat, lastRev} = await this.#database.openChat(this.#name, this.#make);
      if (this.#closed) return;
      // The channel first: what happens from now on is heard, or found by the catch-up after the join.
      this.#channel ??= this.#channels.use(
        `chat:${chat.id}`,
        {private: true, presenceKey: null},
        {
          joined: () => void this.#catchUp(),
          replicationReady: () => void this.#catchUp(),
          broadcast: (event, payload) => this.#hear(event, payload),
        },
      );
      const page = await this.#database.messagesBefore(chat.id, null, FIRST);
      if (this.#closed) return;
      // Rows may be newer than `lastRev`; the cursor may not.
      this.#cursor = lastRev;
      this.#messages = page.reverse();
      this.#hasOlder = page.length === FIRST;
      this.#chat = chat;
      this.#error = null;
      this.#backoff.reset();
      this.#listener.opened();
      if (this.#ahead.size > 0) this.#takeAhead();
      if (this.#channel.joined) void this.#catchUp();
    } catch (thrown) {
      if (this.#closed) return;
      const error = TrunkError.from(thrown);
      const final = error.code !== 'unreachable' && error.code !== 'rate-limited' && error.code !== 'internal';
      this.#error = {error, final};
      this.#listener.failed(error, final);
      if (!final) this.#retryLater(() => void this.#open());
    } finally {
      this.#opening = false;
    }
  }

  #hear(event: string, payload: Record<string, unknown>): void {
    if (event !== 'change') return;
    const message = readMessage(payload['message']);
    if (!message || message.rev <= this.#cursor) return;
    this.#ahead.set(message.rev, message);
    if (this.#ahead.size > MAX_AHEAD) {
      this.#ahead.clear();
      void this.#catchUp();
    } else if (this.#chat && !this.#catching) this.#takeAhead();
  }

  /** Takes in the events that follow the cursor; a gap starts a catch-up, unless one waits for its next try. */
  #takeAhead(): void {
    if (this.#takeRun() && !this.#retryTimer) void this.#catchUp();
  }

  /** Takes in the events that follow the cursor without a gap. True when a gap keeps others waiting. */
  #takeRun(): boolean {
    const run: StoredMessage[] = [];
    for (let rev = this.#cursor + 1; ; rev++) {
      const message = this.#ahead.get(rev);
      if (!message) break;
      this.#ahead.delete(rev);
      run.push(message);
    }
    if (run.length > 0) this.#advance(run);
    for (const rev of [...this.#ahead.keys()]) if (rev <= this.#cursor) this.#ahead.delete(rev);
    return this.#ahead.size > 0;
  }

  /** Reads from the cursor to the end. Asked again meanwhile, it runs once more. */
  async #catchUp(): Promise<void> {
    if (!this.#chat || this.#closed) return;
    if (this.#catching) {
      this.#catchAgain = true;
      return;
    }
    this.#catching = true;
    this.#cancelRetry();
    try {
      do {
        this.#catchAgain = false;
        for (;;) {
          const rows = await this.#database.changesSince(this.#chat.id, this.#cursor, PAGE);
          if (this.#closed) return;
          const news = rows.filter(row => row.rev > this.#cursor);
          if (news.length > 0) this.#advance(news);
          if (rows.length < PAGE) break;
        }
      } while (this.#catchAgain);
    } catch {
      // Tried again here, and after the next join.
      if (!this.#closed) this.#retryLater(() => void this.#catchUp());
      return;
    } finally {
      this.#catching = false;
    }
    // A reading replica may lag behind the event: asked again, but not in a hot loop.
    if (this.#takeRun()) this.#retryLater(() => void this.#catchUp());
    else this.#backoff.reset();
  }

  #retryLater(task: () => void): void {
    this.#cancelRetry();
    this.#retryTimer = this.#clock.after(this.#backoff.next(), () => {
      this.#retryTimer = null;
      task();
    });
  }

  #cancelRetry(): void {
    this.#retryTimer?.();
    this.#retryTimer = null;
  }

  #advance(messages: StoredMessage[]): void {
    this.#merge(messages);
    this.#cursor = messages.reduce((cursor, {rev}) => Math.max(cursor, rev), this.#cursor);
    this.#listener.changed(messages, this.#cursor);
  }

  #merge(messages: readonly StoredMessage[]): void {
    for (const message of messages) {
      const at = this.#messages.findLastIndex(other => other.seq <= message.seq);
      const there = this.#messages[at];
      if (there?.seq === message.seq) {
        if (message.rev > there.rev) this.#messages[at] = message;
      } else if (at >= 0 || !this.#hasOlder) this.#messages.splice(at + 1, 0, message);
    }
    if (this.#messages.length > WINDOW) {
      this.#messages = this.#messages.slice(-WINDOW);
      this.#hasOlder = true;
    }
  }
}
