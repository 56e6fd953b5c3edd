// The line over what was unread when a reader came to a thread. Knows nothing of how a message looks.
import type {ReactiveController, ReactiveElement} from 'lit';
import type {ChatHandle} from '../src/client/chat-handle.js';
import type {ChatMessage} from '../src/wire/chat.js';
import type {Strings} from './strings.js';
import {isFrom, type Missed} from './thread-rows.js';

export interface UnreadWorld {
  handle(): ChatHandle | null;
  messages(): readonly ChatMessage[];
  myId(): string | null;
}

export class Unread implements ReactiveController {
  /** Place of the first message under the line; null for no line. */
  first: number | null = null;

  readonly #host: ReactiveElement;
  readonly #world: UnreadWorld;
  /** What was unread when they came is found out. */
  #isFound = false;

  constructor(host: ReactiveElement, world: UnreadWorld) {
    this.#host = host;
    this.#world = world;
    host.addController(this);
  }

  /** Another chat, or none. */
  reset(): void {
    this.first = null;
    this.#isFound = false;
  }

  hostConnected(): void {
    addEventListener('focus', this.#onLook);
    addEventListener('blur', this.#onLook);
    document.addEventListener('visibilitychange', this.#onLook);
  }

  hostDisconnected(): void {
    removeEventListener('focus', this.#onLook);
    removeEventListener('blur', this.#onLook);
    document.removeEventListener('visibilitychange', this.#onLook);
    this.reset();
  }

  /** To call in each render: where the line stands. While somebody reads, it stays where it is. */
  find({unreadLine}: Strings): Missed | null {
    this.#find();
    return this.first === null ? null : {seq: this.first, text: unreadLine};
  }

  #find(): void {
    const read = this.#world.handle()?.read.current;
    const messages = this.#world.messages();
    if (!read || messages.length === 0 || (this.#isFound && isLooking())) return;
    this.#isFound = true;
    const at = messages.findIndex(message => message.status === 'sent' && message.seq > read.lastReadRev);
    const first = messages.find(
      message =>
        message.status === 'sent' &&
        message.seq > read.lastReadRev &&
        !message.deletedAt &&
        !isFrom(message, this.#world.myId()),
    );
    // The oldest one here may not be the first unread one.
    this.first = first?.status === 'sent' && (at > 0 || read.lastReadRev === 0) ? first.seq : null;
  }

  readonly #onLook = (): void => this.#host.requestUpdate();
}

/** In a tab that is in view and has the focus. */
export function isLooking(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}
