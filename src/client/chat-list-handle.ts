// This person's chats as one tab holds them, in the order to show. Knows nothing of ports; the client gives it a way to ask.
import {byActivity, type ChatSummary} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import type {Call, ChatsEvent} from '../wire/protocol.js';
import {Signal, type Source} from './source.js';

/** Where the list stands. */
export type ChatListState =
  | {phase: 'opening'}
  /** `fresh` is false while only what this browser remembers is shown. `hasMore`: there are older chats, to be had by `more()`. */
  | {phase: 'ready'; hasMore: boolean; fresh: boolean}
  /** `final`: it stays so until somebody acts; else it is tried again by itself. */
  | {phase: 'failed'; error: TrunkError; final: boolean};

export class ChatListHandle {
  readonly #state = new Signal<ChatListState>({phase: 'opening'});
  readonly #chats = new Signal<readonly ChatSummary[]>([]);
  readonly #unread = new Signal(0);
  readonly #ask: (call: Extract<Call, {kind: 'more-chats' | 'mark-read'}>) => Promise<unknown>;

  constructor(ask: (call: Extract<Call, {kind: 'more-chats' | 'mark-read'}>) => Promise<unknown>) {
    this.#ask = ask;
  }

  get state(): Source<ChatListState> {
    return this.#state;
  }

  /** The chat with the newest message first; the first 50 until `more()` is called, and at most 1,000. */
  get chats(): Source<readonly ChatSummary[]> {
    return this.#chats;
  }

  /**
   * Unread messages in all of `chats`, each chat’s counted up to 100. Chats that are not loaded (`more()`) are not in it: at first the
   * 50 newest are.
   */
  get unread(): Source<number> {
    return this.#unread;
  }

  /** Loads the next 50 chats, in every tab. Throws TrunkError `unreachable` when it can't now. */
  async more(): Promise<void> {
    await this.#ask({kind: 'more-chats'});
  }

  /** All of a chat counts as read, in every tab and browser of this person. Survives being offline. */
  async markRead(chatId: string): Promise<void> {
    const chat = this.#chats.current.find(each => each.chat.id === chatId);
    if (chat?.last) await this.#ask({kind: 'mark-read', chatId, rev: chat.last.seq});
  }

  /** For the client: what the hub says. */
  receive(event: ChatsEvent): void {
    if (event.kind === 'failed') {
      return this.#state.set({phase: 'failed', error: TrunkError.fromWire(event.error), final: event.final});
    }
    const {reset, chats, gone, hasMore, fresh} = event;
    const old = new Set([...gone, ...chats.map(({chat}) => chat.id)]);
    const rest = reset ? [] : this.#chats.current.filter(({chat}) => !old.has(chat.id));
    this.#set([...rest, ...chats].sort(byActivity));
    this.#state.set({phase: 'ready', hasMore, fresh});
  }

  /** For the client: nothing of the person may stay on the page. */
  forget(): void {
    this.#set([]);
    this.#state.set({phase: 'opening'});
  }

  #set(chats: readonly ChatSummary[]): void {
    this.#chats.set(chats);
    this.#unread.set(chats.reduce((sum, {unread}) => sum + unread, 0));
  }
}
