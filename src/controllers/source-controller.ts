// Lets an element follow a Source: it is updated on every change, and never hears of one while it is out of the document.
import type {ReactiveController, ReactiveElement} from 'lit';
import type {Source} from '../client/source.js';

export class SourceController<T> implements ReactiveController {
  readonly #host: ReactiveElement;
  readonly #pick: () => Source<T> | null | undefined;
  readonly #onValue: ((value: T) => void) | undefined;
  readonly #update: (host: ReactiveElement) => void;
  #source: Source<T> | null = null;
  #undo: (() => void) | undefined;

  /**
   * @param pick says which Source to follow; asked again before every update, so it may follow properties and other controllers
   * @param onValue called with every value, the first included
   * @param update how the element is updated; default: at once. `withNextFrame` for what many elements show and changes often
   */
  constructor(
    host: ReactiveElement,
    pick: () => Source<T> | null | undefined,
    onValue?: (value: T) => void,
    update: (host: ReactiveElement) => void = host => host.requestUpdate(),
  ) {
    this.#host = host;
    this.#pick = pick;
    this.#onValue = onValue;
    this.#update = update;
    host.addController(this);
  }

  /** The value now; undefined while there is nothing to follow. */
  get value(): T | undefined {
    return this.#source?.current;
  }

  hostConnected(): void {
    this.#host.requestUpdate(); // the update that follows subscribes
  }

  hostUpdate(): void {
    // An element is also updated while it is out of the document; a subscription made there would never end.
    if (!this.#host.isConnected) return;
    const source = this.#pick() ?? null;
    if (source === this.#source) return;
    this.#undo?.();
    this.#source = source;
    let isFirst = true;
    this.#undo = source?.subscribe(value => {
      this.#onValue?.(value);
      // What is there already is part of this update.
      if (!isFirst) this.#update(this.#host);
      isFirst = false;
    });
  }

  hostDisconnected(): void {
    this.#undo?.();
    this.#undo = undefined;
    this.#source = null;
  }
}

const waiting = new Set<ReactiveElement>();

/** Updates an element with the page's next frame, all that wait together. A hidden page has none, so nothing is rendered there. */
export function withNextFrame(host: ReactiveElement): void {
  if (waiting.size === 0) {
    requestAnimationFrame(() => {
      const hosts = [...waiting];
      waiting.clear();
      for (const each of hosts) each.requestUpdate();
    });
  }
  waiting.add(host);
}
