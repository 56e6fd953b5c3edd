// What a reader has read of a thread, by what was before their eyes: a message counts once its end is in view, in a tab that is in
// view and has the focus. And the line over what was unread when they came. Knows nothing of how a message looks.
import type {ReactiveController, ReactiveElement} from 'lit';
import type {ChatHandle} from '../src/client/chat-handle.js';
import type {ChatMessage} from '../src/wire/chat.js';
import {isFrom} from './thread-rows.js';

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
  /** The ends of messages, in view or not; watched once each. */
  #observer: IntersectionObserver | null = null;
  #watched = new WeakSet<Element>();
  readonly #inView = new Set<string>();
  /** Place of the message marked last. */
  #marked = 0;
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
    this.#marked = 0;
    this.#isFound = false;
    this.#inView.clear();
    this.#observer?.disconnect();
    this.#watched = new WeakSet();
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

  /** To call before each render: finds where the line stands. While somebody reads, it stays where it is. */
  find(): void {
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

  hostUpdated(): void {
    this.#observer ??= new IntersectionObserver(entries => {
      for (const {target, isIntersecting} of entries) {
        const id = target.id.slice('meta-'.length);
        if (isIntersecting) this.#inView.add(id);
        else this.#inView.delete(id);
      }
      this.#mark();
    });
    for (const end of this.#host.renderRoot.querySelectorAll('[part~=meta]')) {
      if (this.#watched.has(end)) continue;
      this.#watched.add(end);
      this.#observer.observe(end);
    }
    this.#mark();
  }

  readonly #onLook = (): void => {
    this.#mark();
    this.#host.requestUpdate();
  };

  #mark(): void {
    if (this.#inView.size === 0 || !isLooking()) return;
    const newest = this.#world.messages().findLast(({id, status}) => status === 'sent' && this.#inView.has(id));
    if (newest?.status !== 'sent' || newest.seq <= this.#marked) return;
    this.#marked = newest.seq;
    // Refused only where there is nobody to tell: signed out, or closed.
    this.#world
      .handle()
      ?.markRead(newest.seq)
      .catch(() => {});
  }
}

function isLooking(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}
