// The chats that tabs of this browser hold open: one SharedChat a name, which outlives its last handle a little, and a look at their
// revisions now and then. Knows sessions only as something to tell.
import type {StoredMessage} from '../wire/chat.js';
import type {Attention, ChatEvent, Want} from '../wire/protocol.js';
import type {Reach} from './connection.js';
import type {Clock} from './environment.js';
import {SharedChat, type SharedChatWorld} from './shared-chat.js';
import {Turns} from './turns.js';
import type {Database} from './transport.js';

/** A chat outlives its last handle by this, in ms. */
const LINGER_MS = 3_000;
/**
 * So many chats are opened at a time: a browser that asks over HTTP/1.1 has six connections, and one is to be left for what a person
 * writes.
 */
const OPENING_AT_ONCE = 5;
/** How often the chats' tips are compared while some tab is visible, and while none is, in ms (DESIGN §4). */
const TIPS_VISIBLE_MS = 30_000;
const TIPS_HIDDEN_MS = 5 * 60_000;
/** However many tabs say at once that somebody is back, or how fast they are gone through: between two checks, in ms. */
const TIPS_LEAST_MS = 1_000;
/** How often while some tab is visible and no socket brings what is new, in ms. */
const TIPS_ALONE_MS = 10_000;

/** So many tips are asked for at a time: a project may cut a longer answer (PostgREST's `max-rows`). */
const MOST_TIPS = 100;

/** Whoever else has chats whose revision is worth a look; told of every chat's, null when it isn't this person's. */
export interface TipWatcher {
  ids(): string[];
  tip(chatId: string, rev: number | null): void;
}

export class Chats {
  readonly #clock: Clock;
  readonly #database: Database;
  readonly #world: SharedChatWorld;
  /** What gets through to the database, as far as is known. */
  #reach: Reach = 'none';
  /** Other chats whose tips are worth a look, and who is told of all. */
  readonly #others: TipWatcher;
  /** By the name they were asked for. */
  readonly #chats = new Map<string, SharedChat>();
  /** Cancels the wait of a chat that nobody holds. */
  readonly #lingers = new Map<SharedChat, () => void>();
  #cancelTips: () => void = () => {};
  #checkedAt = -Infinity;
  /** Whether some tab is visible. */
  #seen: boolean | null = null;
  #closed = false;

  constructor(world: Omit<SharedChatWorld, 'reach' | 'turns'>, others: TipWatcher) {
    this.#clock = world.clock;
    this.#database = world.database;
    this.#world = {...world, reach: () => this.#reach, turns: new Turns(OPENING_AT_ONCE)};
    this.#others = others;
  }

  /**
   * Opens a chat for a handle; the answer lets go of it.
   * @param look what the handle's tab knows of the person
   */
  open(
    {chat: name, make, since}: Extract<Want, {kind: 'chat'}>,
    tell: (event: ChatEvent) => void,
    look: () => Attention,
  ): () => void {
    let chat = this.#chats.get(name);
    if (!chat) this.#chats.set(name, (chat = new SharedChat(name, make, this.#world)));
    const opened = chat;
    const stop = opened.add(tell, make, since, look);
    return () => {
      stop();
      this.#linger(name, opened);
    };
  }

  /** The chat that is open by this name; null while it isn't known. */
  idOf(name: string): string | null {
    return this.#chats.get(name)?.id ?? null;
  }

  /** Runs `task` on a chat, under each name it is open by. */
  with(chatId: string, task: (chat: SharedChat) => void): void {
    for (const chat of this.#chats.values()) if (chat.id === chatId) task(chat);
  }

  /** The person is a member of a chat, be it one of these, or not any more. */
  member(chatId: string, isMember: boolean): void {
    for (const chat of this.#chats.values()) chat.member(chatId, isMember);
  }

  /** How many messages of others come after place `seq`; null when it isn't known here. */
  countAfter(chatId: string, seq: number, myId: string | null): number | null {
    for (const chat of this.#chats.values()) if (chat.id === chatId) return chat.countAfter(seq, myId);
    return null;
  }

  /** The database has this row, by this hub's own doing. */
  stored(message: StoredMessage): void {
    this.with(message.chatId, chat => chat.stored([message]));
  }

  /** One page of history before place `seq`, oldest first. Rejects with a TrunkError. */
  async history(
    chatId: string,
    seq: number | null,
    limit: number,
  ): Promise<{messages: StoredMessage[]; hasOlder: boolean}> {
    for (const chat of this.#chats.values()) {
      const held = chat.id === chatId ? chat.before(seq, limit) : null;
      if (held) return held;
    }
    const messages = await this.#database.messagesBefore(chatId, seq, limit);
    return {messages: messages.reverse(), hasOlder: messages.length === limit};
  }

  /** What gets through to the database has changed. */
  setReach(reach: Reach): void {
    this.#reach = reach;
    for (const chat of this.#chats.values()) chat.setReach(reach);
    this.#scheduleTips();
  }

  /** Whether some tab is visible: then the tips are looked at more often. */
  setSeen(seen: boolean): void {
    if (this.#seen === seen) return;
    this.#seen = seen;
    this.#scheduleTips();
  }

  /** The last event of a chat may be lost with nothing after it to show the gap; the chat's revision shows it. */
  checkTips(): void {
    const now = this.#clock.now();
    const waitMs = Math.min(this.#checkedAt + TIPS_LEAST_MS - now, TIPS_LEAST_MS);
    if (waitMs > 0) return this.#scheduleTips(waitMs);
    this.#checkedAt = now;
    const open = [...this.#chats.values()].flatMap(({id}) => id ?? []);
    // What fails is for the next check, or the next event, to tell.
    this.#askTips(new Set([...open, ...this.#others.ids()])).catch(() => {});
  }

  async #askTips(ids: Set<string>): Promise<void> {
    while (ids.size > 0 && this.#reach !== 'none') {
      const asked = [...ids].slice(0, MOST_TIPS);
      const tips = await this.#database.chatTips(asked);
      const found = asked.filter(id => tips.has(id));
      // A shorter answer may be a cut one: what it lacks is asked for again. What an empty one lacks isn't this person's.
      for (const id of found.length > 0 ? found : asked) {
        const tip = tips.get(id) ?? null;
        ids.delete(id);
        this.#others.tip(id, tip);
        this.with(id, chat => (tip === null ? chat.member(id, false) : chat.tip(tip)));
      }
    }
  }

  /** Nobody looks: keeps of each chat what a new tab is shown, and lets go of those that nobody holds. The rest can be had again. */
  trim(): void {
    for (const [name, chat] of this.#chats) {
      if (chat.empty) this.#letGo(name, chat);
      else chat.trim();
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancelTips();
    for (const cancel of this.#lingers.values()) cancel();
    for (const chat of this.#chats.values()) chat.close();
  }

  /** Lets go of a chat a little after its last handle. */
  #linger(name: string, chat: SharedChat): void {
    if (!chat.empty || this.#closed) return;
    this.#lingers.get(chat)?.();
    const cancel = this.#clock.after(LINGER_MS, () => {
      if (chat.empty && this.#chats.get(name) === chat) this.#letGo(name, chat);
      this.#lingers.delete(chat);
    });
    this.#lingers.set(chat, cancel);
  }

  #letGo(name: string, chat: SharedChat): void {
    this.#lingers.get(chat)?.();
    this.#lingers.delete(chat);
    this.#chats.delete(name);
    chat.close();
  }

  get #tipsMs(): number {
    if (!this.#seen) return TIPS_HIDDEN_MS;
    return this.#reach === 'requests' ? TIPS_ALONE_MS : TIPS_VISIBLE_MS;
  }

  #scheduleTips(waitMs = this.#tipsMs): void {
    this.#cancelTips();
    if (this.#closed) return;
    this.#cancelTips = this.#clock.after(waitMs, () => {
      this.checkTips();
      this.#scheduleTips();
    });
  }
}
