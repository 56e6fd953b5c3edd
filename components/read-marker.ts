// What a reader has read of a thread, by what was before their eyes: a message counts once its end is in view, while they look. Knows
// nothing of how a message looks.
import type {ReactiveController, ReactiveElement} from 'lit';
import {isLooking, type UnreadWorld} from './unread.js';

export class ReadMarker implements ReactiveController {
  readonly #host: ReactiveElement;
  readonly #world: UnreadWorld;
  /** The ends of messages, in view or not; watched once each. */
  #observer: IntersectionObserver | null = null;
  #watched = new WeakSet<Element>();
  readonly #inView = new Set<string>();
  /** Place of the message marked last. */
  #marked = 0;

  constructor(host: ReactiveElement, world: UnreadWorld) {
    this.#host = host;
    this.#world = world;
    host.addController(this);
  }

  /** Another chat, or none. */
  reset(): void {
    this.#marked = 0;
    this.#inView.clear();
    this.#observer?.disconnect();
    this.#watched = new WeakSet();
  }

  hostDisconnected(): void {
    this.reset();
  }

  /** Whoever begins to look has the host updated, too. */
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

  #mark(): void {
    // Until it is known how far they had read, a mark would hide what was unread from the line over it.
    if (this.#inView.size === 0 || !isLooking() || !this.#world.handle()?.read.current) return;
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
