// One tab as the hub sees it: what it holds open, what it knows of its person, and the frames on their way to it. Everything of
// one tick goes out in one post, in order. Knows nothing of what the messages mean.
import type {Attention, HubMessage, Port} from '../wire/protocol.js';

export class Session {
  readonly id: string;
  readonly #port: Port;
  /** What each handle of the tab undoes when it is released. */
  readonly #handles = new Map<string, () => void>();
  #attention: Attention;
  #frame: HubMessage[] = [];
  #closed = false;

  constructor(id: string, port: Port, attention: Attention) {
    this.id = id;
    this.#port = port;
    this.#attention = attention;
  }

  get attention(): Attention {
    return this.#attention;
  }

  set attention(attention: Attention) {
    this.#attention = attention;
  }

  get closed(): boolean {
    return this.#closed;
  }

  has(handle: string): boolean {
    return this.#handles.has(handle);
  }

  keep(handle: string, release: () => void): void {
    this.#handles.set(handle, release);
  }

  release(handle: string): void {
    const release = this.#handles.get(handle);
    this.#handles.delete(handle);
    release?.();
  }

  /** Queues a message; the frame leaves at the end of the tick. */
  post(message: HubMessage): void {
    if (this.#closed) return;
    this.#frame.push(message);
    if (this.#frame.length === 1) queueMicrotask(() => this.#flush());
  }

  /** The tab is gone, or hears `last` and nothing more: lets go of all it held. Calling it again changes nothing. */
  close(last: HubMessage[] = []): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const handle of [...this.#handles.keys()]) this.release(handle);
    this.#frame = [];
    if (last.length > 0) this.#port.postMessage(last);
  }

  #flush(): void {
    const frame = this.#frame;
    this.#frame = [];
    if (!this.#closed && frame.length > 0) this.#port.postMessage(frame);
  }
}
