// One chat as the tabs of this browser share it: one feed, what waits to be sent, and the handles that are told of both. Knows
// sessions only as something to tell.
import type {ReadState, StoredMessage, WaitingMessage} from '../wire/chat.js';
import type {Attention, ChatEvent, Continuity, Want} from '../wire/protocol.js';
import type {Reach} from './connection.js';
import {Feed, type FeedWorld} from './feed.js';
import type {Inbox} from './inbox.js';
import {interestOf} from './interest.js';
import type {Outbox} from './outbox.js';

type Tell = (event: ChatEvent) => void;

type Since = Extract<Want, {kind: 'chat'}>['since'];

interface Handle {
  tell: Tell;
  /** What its tab knows of the person. */
  look(): Attention;
  make: boolean;
  /** What it brought from an earlier hub. */
  since: Since;
  /**
   * Changes of stored messages while it is found out what the handle missed; null once it was told. Told before, they would carry the
   * handle's cursor past what was missed, for good should this hub die in between.
   */
  held: ChatEvent[] | null;
  /** Whether it was told that the chat is open. */
  opened: boolean;
}

export interface SharedChatWorld extends FeedWorld {
  outbox: Pick<Outbox, 'waitingIn'> & {settle(messages: readonly StoredMessage[]): void};
  inbox: Pick<Inbox, 'stored' | 'tip' | 'need' | 'readOf'>;
  /** Sees to it that these people's names are known. */
  need(userIds: (string | null)[]): void;
  /** These people have just said something there. */
  said(chatId: string, senderIds: (string | null)[]): void;
}

export class SharedChat {
  readonly #world: SharedChatWorld;
  readonly #name: string;
  readonly #handles = new Set<Handle>();
  /** Waiting no more, and shown until the database has said what was stored of them. */
  readonly #gone = new Set<string>();
  #feed: Feed;
  /** The chat that it was, once the person is no longer a member. */
  #lostId: string | null = null;

  /**
   * @param name id or slug
   * @param make create the room on first use
   */
  constructor(name: string, make: boolean, world: SharedChatWorld) {
    this.#name = name;
    this.#world = world;
    this.#feed = this.#open(make);
  }

  /** Null until it is open. */
  get id(): string | null {
    return this.#feed.chat?.id ?? null;
  }

  get empty(): boolean {
    return this.#handles.size === 0;
  }

  /** Tells a handle how the chat stands, now or once it is open, and whatever changes. The answer stops it. */
  add(tell: Tell, make: boolean, since: Since, look: () => Attention): () => void {
    const handle: Handle = {tell, look, make, since, held: [], opened: false};
    this.#handles.add(handle);
    const {error, chat} = this.#feed;
    if (chat) void this.#greet(handle);
    else if (error?.final)
      this.#reopen(make); // somebody acts
    else if (error) tell({kind: 'failed', error: error.error.toWire(), final: false});
    return () => this.#handles.delete(handle);
  }

  /** What gets through has changed. A joined channel catches up by itself; without one, it is asked what is new. */
  setReach(reach: Reach): void {
    if (reach === 'none') return this.#feed.lost();
    this.#feed.retry();
    if (reach === 'requests') void this.#feed.refresh();
  }

  /** History before place `seq`, as far as the hub holds it. */
  before(seq: number | null, limit: number): ReturnType<Feed['before']> {
    return this.#feed.before(seq, limit);
  }

  /** The database has them, by this hub's own doing. */
  stored(messages: readonly StoredMessage[]): void {
    for (const message of messages) this.#feed.stored(message);
  }

  waiting(messages: WaitingMessage[]): void {
    this.#tellWaiting(messages, []);
  }

  dropped(messageIds: string[]): void {
    this.#tellWaiting([], messageIds);
  }

  /** Another hub or the service worker has sent or discarded them: what was stored of them takes their place first. */
  gone(messageIds: string[]): void {
    for (const id of messageIds) this.#gone.add(id);
    void this.#feed.refresh();
  }

  tip(rev: number): void {
    this.#feed.tip(rev);
  }

  /** How far the person has read has changed, or what is unread. */
  read({lastReadRev, unread}: ReadState): void {
    for (const {tell, opened} of this.#handles) if (opened) tell({kind: 'read', lastReadRev, unread});
  }

  countAfter(seq: number, myId: string | null): number | null {
    return this.#feed.countAfter(seq, myId);
  }

  /** The person is a member of a chat, be it this one, or not any more. */
  member(chatId: string, isMember: boolean): void {
    if (!isMember && this.id === chatId) {
      this.#lostId = chatId;
      this.#feed.lose();
    } else if (isMember && this.#lostId === chatId && this.#feed.error) this.#reopen(false);
  }

  trim(): void {
    this.#feed.trim();
  }

  close(): void {
    this.#feed.close();
  }

  #reopen(make: boolean): void {
    this.#feed.close();
    this.#feed = this.#open(make);
  }

  #open(make: boolean): Feed {
    return new Feed(this.#name, make, this.#world, {
      opened: () => {
        const {chat, cursor} = this.#feed;
        if (chat && !this.#world.inbox.readOf(chat.id)) this.#world.inbox.need(chat.id);
        else if (chat) this.#world.inbox.tip(chat.id, cursor);
        for (const handle of this.#handles) void this.#greet(handle);
      },
      changed: (messages, cursor) => {
        this.#world.need(messages.map(message => message.senderId));
        const said = messages.filter(({rev, seq}) => rev === seq); // and not only changed
        if (this.id)
          this.#world.said(
            this.id,
            said.map(message => message.senderId),
          );
        this.#tellStored(messages, cursor);
        this.#world.outbox.settle(messages);
        if (this.id) this.#world.inbox.stored(this.id, messages);
      },
      continued: (what, count) => {
        for (const handle of this.#handles) {
          if (handle.held === null) handle.tell({kind: 'continuity', what, count});
          else void this.#greet(handle);
        }
      },
      upToDate: () => {
        const gone = [...this.#gone];
        this.#gone.clear();
        if (gone.length > 0) this.dropped(gone);
      },
      failed: (error, final) => {
        // Somebody who would have it made came while it was asked for by somebody who would not.
        if (final && !make && [...this.#handles].some(handle => handle.make)) return this.#reopen(true);
        for (const {tell} of this.#handles) tell({kind: 'failed', error: error.toWire(), final});
      },
      interest: () =>
        interestOf(
          Array.from(this.#handles, ({look}) => look()),
          this.id ?? this.#name,
        ),
    });
  }

  async #greet(handle: Handle): Promise<void> {
    handle.held ??= [];
    const {cursor, fresh, chat} = this.#feed;
    // The name was another chat's.
    const since = handle.since?.chatId === chat?.id ? handle.since : null;
    if (since && !fresh) return this.#leaveAsItIs(handle, since.rev);
    // A handle that knows more than the database comes from another one: it starts over.
    const missed = since && since.rev <= cursor ? await this.#feed.missedSince(since.rev) : null;
    // No pause between the snapshot and telling it, or a change could be told in between and forgotten.
    const snapshot = this.#feed.snapshot();
    if (!snapshot || !this.#handles.has(handle) || handle.held === null) return;
    const stored = missed ?? snapshot.messages;
    this.#world.need(stored.map(message => message.senderId));
    const messages = [...stored, ...this.#world.outbox.waitingIn(snapshot.chat.id)];
    handle.tell({...snapshot, kind: 'opened', messages, reset: missed === null});
    handle.opened = true;
    this.#tellRead(handle, snapshot.chat.id);
    const held = handle.held;
    handle.held = null;
    if (missed) for (const event of held) handle.tell(event);
    // What is only remembered is told of once the database has spoken.
    if (handle.since && snapshot.fresh) handle.tell({kind: 'continuity', ...comparedTo(missed)});
    handle.since = null;
  }

  /** The tab knows the chat, perhaps better than this browser's memory: it hears what waits, and the rest from the database. */
  #leaveAsItIs(handle: Handle, cursor: number): void {
    const snapshot = this.#feed.snapshot();
    if (!snapshot || handle.opened) return;
    const messages = this.#world.outbox.waitingIn(snapshot.chat.id);
    handle.tell({...snapshot, kind: 'opened', messages, cursor, reset: false});
    handle.opened = true;
    this.#tellRead(handle, snapshot.chat.id);
  }

  #tellRead({tell}: Handle, chatId: string): void {
    const state = this.#world.inbox.readOf(chatId);
    if (state) tell({kind: 'read', lastReadRev: state.lastReadRev, unread: state.unread});
  }

  #tellStored(messages: StoredMessage[], cursor: number): void {
    if (!this.#feed.chat) return; // the snapshot will tell
    const event: ChatEvent = {kind: 'changed', messages, dropped: [], cursor};
    for (const {tell, held} of this.#handles) held ? held.push(event) : tell(event);
  }

  #tellWaiting(messages: WaitingMessage[], dropped: string[]): void {
    // A handle that still waits for what it missed has its own cursor; this one leaves it alone.
    const event: ChatEvent = {kind: 'changed', messages, dropped, cursor: 0};
    for (const {tell, opened} of this.#handles) if (opened) tell(event);
  }
}

function comparedTo(missed: readonly StoredMessage[] | null): {what: Continuity; count: number} {
  if (!missed) return {what: 'reset', count: 0};
  return {what: missed.length > 0 ? 'caught-up' : 'resumed', count: missed.length};
}
