// One chat as the tabs of this browser share it: one feed, what waits to be sent, and the handles that are told of both. Knows
// sessions only as something to tell.
import type {StoredMessage, WaitingMessage} from '../wire/chat.js';
import type {ChatEvent} from '../wire/protocol.js';
import type {Channels} from './channels.js';
import type {Clock} from './environment.js';
import {Feed} from './feed.js';
import type {Outbox} from './outbox.js';
import type {Database} from './transport.js';

type Tell = (event: ChatEvent) => void;

interface Handle {
  tell: Tell;
  make: boolean;
  /** The revision it brought from an earlier hub. */
  since: number;
  /**
   * What happened while it is found out what the handle missed; null once it was told. Told before, it would carry the handle's
   * cursor past what was missed, for good should this hub die in between.
   */
  held: ChatEvent[] | null;
}

export interface SharedChatWorld {
  clock: Clock;
  random: () => number;
  database: Database;
  channels: Channels;
  outbox: Pick<Outbox, 'waitingIn' | 'settle'>;
  /** Sees to it that these people's names are known. */
  need(userIds: (string | null)[]): void;
}

export class SharedChat {
  readonly #world: SharedChatWorld;
  readonly #name: string;
  readonly #handles = new Set<Handle>();
  #feed: Feed;

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
  add(tell: Tell, make: boolean, since: number): () => void {
    const handle: Handle = {tell, make, since, held: []};
    this.#handles.add(handle);
    const {error, chat} = this.#feed;
    if (chat) void this.#greet(handle);
    else if (error?.final)
      this.#reopen(make); // somebody acts
    else if (error) tell({kind: 'failed', error: error.error.toWire(), final: false});
    return () => this.#handles.delete(handle);
  }

  /** The connection is back: what failed for want of it is tried at once. */
  retry(): void {
    this.#feed.retry();
  }

  /** The database has them, by this hub's own doing. */
  stored(messages: readonly StoredMessage[]): void {
    for (const message of messages) this.#feed.stored(message);
  }

  waiting(messages: WaitingMessage[]): void {
    this.#tellAll({kind: 'changed', messages, dropped: [], cursor: this.#feed.cursor});
  }

  dropped(messageIds: string[]): void {
    this.#tellAll({kind: 'changed', messages: [], dropped: messageIds, cursor: this.#feed.cursor});
  }

  tip(rev: number): void {
    this.#feed.tip(rev);
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
        for (const handle of this.#handles) void this.#greet(handle);
      },
      changed: (messages, cursor) => {
        this.#world.need(messages.map(message => message.senderId));
        this.#tellAll({kind: 'changed', messages, dropped: [], cursor});
        this.#world.outbox.settle(messages.map(message => message.id));
      },
      failed: (error, final) => {
        // Somebody who would have it made came while it was asked for by somebody who would not.
        if (final && !make && [...this.#handles].some(handle => handle.make)) return this.#reopen(true);
        for (const {tell} of this.#handles) tell({kind: 'failed', error: error.toWire(), final});
      },
    });
  }

  async #greet(handle: Handle): Promise<void> {
    handle.held ??= [];
    // A handle that knows more than the database comes from another one: it starts over.
    const known = handle.since > 0 && handle.since <= this.#feed.cursor;
    const missed = known ? await this.#feed.missedSince(handle.since) : null;
    // No pause between the snapshot and telling it, or a change could be told in between and forgotten.
    const snapshot = this.#feed.snapshot();
    if (!snapshot || !this.#handles.has(handle)) return;
    const stored = missed ?? snapshot.messages;
    this.#world.need(stored.map(message => message.senderId));
    const messages = [...stored, ...this.#world.outbox.waitingIn(snapshot.chat.id)];
    handle.tell({...snapshot, kind: 'opened', messages, reset: missed === null});
    const held = handle.held ?? [];
    handle.held = null;
    if (missed) for (const event of held) handle.tell(event);
  }

  #tellAll(event: Extract<ChatEvent, {kind: 'changed'}>): void {
    if (!this.#feed.chat) return; // the snapshot will tell
    for (const {tell, held} of this.#handles) held ? held.push(event) : tell(event);
  }
}
