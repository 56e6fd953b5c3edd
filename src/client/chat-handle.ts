// One tab's use of one chat: its messages as they are now, and what a person can do with them. Knows nothing of ports or
// Supabase; the client gives it a way to ask.
import {
  assertSendable,
  type Attachment,
  type Chat,
  type ChatMessage,
  type ReadState,
  type StoredMessage,
  type WaitingMessage,
} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import type {Call, CallValues, ChatEvent, Continuity} from '../wire/protocol.js';
import {MessageList} from './message-list.js';
import {Signal, type Source} from './source.js';
import {measure} from './timing.js';
import type {TypingLine} from './typing-line.js';

/** Where a chat stands. */
export type ChatState =
  | {phase: 'opening'}
  /** `fresh` is false while only what this browser remembers is shown, and the database was not asked yet. */
  | {phase: 'ready'; chat: Chat; hasOlder: boolean; loadingOlder: boolean; fresh: boolean}
  /** `final`: it stays so until somebody acts; else it is tried again by itself. */
  | {phase: 'failed'; error: TrunkError; final: boolean};

/** How the chat came through an absence of the line. */
export interface ContinuityNotice {
  what: Continuity;
  /** Messages that came or changed meanwhile and are in now; 0 unless `what` is `caught-up`. */
  count: number;
  /** When, in ms since 1970. */
  at: number;
}

export interface SendOptions {
  /** Id of the message this one answers. */
  replyTo?: string;
  attachments?: readonly Attachment[];
}

/** What a handle needs of its client. */
export interface ChatLink {
  ask<K extends Call['kind']>(call: Extract<Call, {kind: K}>): Promise<CallValues[K]>;
  uuid(): string;
  now(): number;
  userId(): string | null;
  /** Why nothing can be asked any more; null while it can. */
  refusal(): TrunkError | null;
  /** Opens the line over which it is said who is writing in a chat. */
  typing(chatId: string, tell: (userIds: readonly string[]) => void): TypingLine;
  /** A stored message came into the list. */
  shown(message: StoredMessage): void;
  release(): void;
}

/** Messages asked for at a time when a person reads back. */
const PAGE = 50;

/** A chat, held open until `release()`. */
export class ChatHandle {
  readonly #state = new Signal<ChatState>({phase: 'opening'});
  readonly #messages = new Signal<readonly ChatMessage[]>([]);
  readonly #continuity = new Signal<ContinuityNotice | null>(null);
  readonly #read = new Signal<ReadState | null>(null);
  readonly #list = new MessageList();
  readonly #link: ChatLink;
  /** Sends whose acceptance the hub has not told yet; they outlive a hub. */
  readonly #unaccepted = new Set<string>();
  /** Own messages on their way to the database, and when they were sent, by the page's `performance`. */
  readonly #sentAt = new Map<string, number>();
  /** When it was opened; null once it is. */
  #openedAt: number | null = performance.now();
  #chatId: string | null = null;
  #cursor = 0;
  #order = 0;
  #loadingOlder: Promise<void> | null = null;
  readonly #typists = new Signal<readonly string[]>([]);
  #typing: TypingLine | null = null;
  #wantsTyping = false;
  #isReleased = false;

  constructor(link: ChatLink) {
    this.#link = link;
  }

  /** Whether the chat is open, and what it is. */
  get state(): Source<ChatState> {
    return this.#state;
  }

  /** Oldest first: stored messages by their place, then those that wait in the order they were written. */
  get messages(): Source<readonly ChatMessage[]> {
    return this.#messages;
  }

  /** How the last absence of the line ended, one notice an absence; null before the first. */
  get continuity(): Source<ContinuityNotice | null> {
    return this.#continuity;
  }

  /**
   * User ids of those who are writing here, who began first in front; never one's own. A hint: names come from `client.people`. From
   * the first look on, the chat's live channel is joined as long as the handle is held.
   */
  get typists(): Source<readonly string[]> {
    this.#listen();
    return this.#typists;
  }

  /**
   * To be called at every key: others see that this person is writing, until 5 s after the last call, until `typing(false)`, or until
   * the message is there. They are told at most once in 3 s, whatever the tabs do.
   */
  typing(isTyping = true): void {
    if (isTyping) this.#listen();
    this.#typing?.say(isTyping);
  }

  /** How far this person has read, in whichever tab or browser, and how much is unread; null until known. */
  get read(): Source<ReadState | null> {
    return this.#read;
  }

  /** The revision up to which this tab knows the chat; 0 when it knows nothing. */
  get cursor(): number {
    return this.#cursor;
  }

  /** For the client: the chat this tab knows, and up to which revision; null when it knows none. */
  get since(): {chatId: string; rev: number} | null {
    return this.#chatId === null || this.#cursor === 0 ? null : {chatId: this.#chatId, rev: this.#cursor};
  }

  /**
   * Sends a message. It is in `messages` at once and stays there until the database has it, whatever happens to this tab.
   * @returns its id, once it is kept
   * @throws TrunkError, before anything is kept: `empty-message`, `message-too-long`, `invalid-text`; `outbox-full` (5,000 messages or
   *   20 MiB wait already); `storage-refused`; `signed-out`; `closed`
   */
  async send(body: string, {replyTo, attachments = []}: SendOptions = {}): Promise<string> {
    assertSendable(body, attachments);
    const state = this.#state.current;
    if (state.phase !== 'ready') {
      throw state.phase === 'failed'
        ? state.error
        : (this.#link.refusal() ?? new TrunkError('closed', 'The chat is still opening. Wait until it is ready.'));
    }
    const message = {
      id: this.#link.uuid(),
      chatId: state.chat.id,
      body,
      replyTo: replyTo ?? null,
      attachments: [...attachments],
      sentAt: new Date(this.#link.now()).toISOString(),
    };
    const waiting: WaitingMessage = {
      ...message,
      // Not before the hub has it does it wait, whatever becomes of this tab.
      status: 'sending',
      senderId: this.#link.userId(),
      // After everything the hub knows of; it gives the true order when it accepts.
      order: Number.MAX_SAFE_INTEGER - 1e9 + this.#order++,
      error: null,
    };
    this.#unaccepted.add(message.id);
    this.#sentAt.set(message.id, performance.now());
    this.typing(false);
    this.#change([waiting]);
    try {
      await this.#link.ask({kind: 'send', message});
    } catch (error) {
      this.#change([], [message.id]);
      throw error;
    } finally {
      this.#unaccepted.delete(message.id);
    }
    return message.id;
  }

  /** Tries a failed message again. */
  async retry(messageId: string): Promise<void> {
    await this.#link.ask({kind: 'retry', messageId});
  }

  /** Forgets a message that waits or failed. Throws `rejected` when it is being stored this very moment. */
  async discard(messageId: string): Promise<void> {
    await this.#link.ask({kind: 'discard', messageId});
  }

  /**
   * Replaces the text of an own message. One that waits is sent with the new text, also when it waited in another tab; a failed
   * one stays failed until `retry()`.
   * @throws TrunkError `empty-message`, `message-too-long`, `invalid-text`; for a stored message also `unreachable`, `forbidden`
   */
  async edit(messageId: string, body: string): Promise<void> {
    assertSendable(body);
    await this.#link.ask({kind: 'edit', messageId, body});
  }

  /** Deletes an own stored message: its place stays, its text goes. One that waits is discarded. */
  async remove(messageId: string): Promise<void> {
    await this.#link.ask({kind: 'remove', messageId});
  }

  /**
   * This person has read up to the message of place `seq` (default: the newest here). Only ever forward; all tabs see it at once,
   * the database within a second, or once it can be reached. Call it for what a person has seen, not for what was shown.
   */
  async markRead(seq?: number): Promise<void> {
    const state = this.#state.current;
    const newest = this.#messages.current.findLast(message => message.status === 'sent');
    const rev = seq ?? newest?.seq ?? 0;
    if (state.phase !== 'ready' || rev <= (this.#read.current?.lastReadRev ?? 0)) return;
    await this.#link.ask({kind: 'mark-read', chatId: state.chat.id, rev});
  }

  /** Loads one page of older messages, if there are any. Calls made meanwhile share it. */
  loadOlder(): Promise<void> {
    const state = this.#state.current;
    if (state.phase !== 'ready' || !state.hasOlder) return Promise.resolve();
    this.#loadingOlder ??= this.#loadPage(state.chat).finally(() => {
      this.#loadingOlder = null;
      this.#showReady();
    });
    this.#showReady();
    return this.#loadingOlder;
  }

  /** Lets go of the chat. The hub leaves its channel when no tab holds it. */
  release(): void {
    this.#typing?.release();
    this.#typing = null;
    this.#isReleased = true;
    this.#link.release();
  }

  /** For the client: what the hub says of this handle. */
  receive(event: ChatEvent): void {
    switch (event.kind) {
      case 'opened':
        // What the hub says of a message goes over what this tab remembers of it.
        if (event.reset) this.#list.reset([...this.#unacceptedMessages(), ...event.messages], event.hasOlder);
        else {
          this.#list.forgetWaiting(this.#unaccepted);
          this.#list.apply(event.messages, []);
        }
        this.#chatId = event.chat.id;
        this.#cursor = event.cursor;
        this.#messages.set(this.#list.toArray());
        this.#state.set({
          phase: 'ready',
          chat: event.chat,
          hasOlder: this.#list.hasOlder,
          loadingOlder: this.#loadingOlder !== null,
          fresh: event.fresh,
        });
        if (this.#openedAt !== null) measure('open chat', this.#openedAt);
        this.#openedAt = null;
        if (this.#wantsTyping) this.#listen();
        break;
      case 'read':
        this.#read.set({lastReadRev: event.lastReadRev, unread: event.unread});
        break;
      case 'continuity': {
        const state = this.#state.current;
        if (state.phase === 'ready' && !state.fresh) this.#state.set({...state, fresh: true});
        this.#continuity.set({what: event.what, count: event.count, at: this.#link.now()});
        break;
      }
      case 'changed':
        this.#cursor = Math.max(this.#cursor, event.cursor);
        this.#change(event.messages, event.dropped);
        break;
      case 'failed':
        this.#state.set({phase: 'failed', error: TrunkError.fromWire(event.error), final: event.final});
        break;
    }
  }

  /** For the client: nothing of the person may stay on the page. */
  forget(): void {
    this.#typing?.release();
    this.#typing = null;
    this.#unaccepted.clear();
    this.#sentAt.clear();
    this.#list.reset([], false);
    this.#cursor = 0;
    this.#messages.set([]);
    this.#continuity.set(null);
    this.#read.set(null);
    this.#state.set({phase: 'opening'});
  }

  /** Once it is known which chat it is. */
  #listen(): void {
    this.#wantsTyping = true;
    const state = this.#state.current;
    if (state.phase !== 'ready' || this.#typing || this.#isReleased || this.#link.refusal()) return;
    this.#typing = this.#link.typing(state.chat.id, userIds => {
      if (userIds.join() !== this.#typists.current.join()) this.#typists.set(userIds);
    });
  }

  #unacceptedMessages(): ChatMessage[] {
    return this.#messages.current.filter(message => this.#unaccepted.has(message.id));
  }

  async #loadPage(chat: Chat): Promise<void> {
    const beforeSeq = this.#list.oldestSeq;
    this.#list.expectPage();
    const page = await this.#link.ask({kind: 'history', chatId: chat.id, beforeSeq, limit: PAGE});
    // Another hub may have started the list over meanwhile: a page that doesn't end where it begins would leave a hole.
    if (this.#list.oldestSeq !== beforeSeq) return;
    this.#list.prepend(page.messages, page.hasOlder);
    this.#messages.set(this.#list.toArray());
  }

  #showReady(): void {
    const state = this.#state.current;
    if (state.phase !== 'ready') return;
    this.#state.set({...state, hasOlder: this.#list.hasOlder, loadingOlder: this.#loadingOlder !== null});
  }

  #change(messages: readonly ChatMessage[], dropped: readonly string[] = []): void {
    this.#list.apply(messages, dropped);
    this.#messages.set(this.#list.toArray());
    for (const id of dropped) this.#sentAt.delete(id);
    for (const message of messages) {
      if (message.status !== 'sent') continue;
      this.#link.shown(message);
      const start = this.#sentAt.get(message.id);
      if (this.#sentAt.delete(message.id) && start !== undefined) measure('send', start);
    }
  }
}
