// One tab as the hub sees it: what it holds open, what it knows of its person, and the frames on their way to it. Everything of
// one tick goes out in one post, in order; when many come, everything of a frame and a half of a screen. Knows nothing of what the
// messages mean, but for those that somebody waits for.
import {TrunkError} from '../wire/error.js';
import type {Attention, Call, HubMessage, Port, Want} from '../wire/protocol.js';
import type {TabStats} from '../wire/stats.js';
import type {Clock} from './environment.js';

/**
 * A frame and a half of a screen, in ms. Measured with ten tabs at 200 messages a second, in shares of supabase-js: at 16 the main
 * threads have 0.58 of its work, at 24 they have 0.40, and the slowest twentieth of the messages is as late. Hidden, it can wait longer.
 */
const SCREEN_MS = 24;
const HIDDEN_MS = 250;
/** So many messages within so many ms are told at once; more are a stream, and go out once in SCREEN_MS. */
const AT_ONCE = 32;
const WINDOW_MS = 200;

/** What a handle of a tab holds open. */
export interface Held {
  /** @param isOver the tab is gone altogether */
  release(isOver?: boolean): void;
  /** The tab wants it otherwise. What can't be changed ignores it. */
  change?(want: Want): void;
  /** Rejects with a TrunkError. */
  broadcast?(event: string, payload: unknown, ack: boolean): Promise<null>;
}

export class Session {
  readonly id: string;
  readonly #port: Port;
  readonly #clock: Clock;
  readonly #handles = new Map<string, Held>();
  /** What each is for. */
  readonly #wants = new Map<string, Want>();
  #attention: Attention;
  #frame: HubMessage[] = [];
  /** When each of the last messages came, in a ring: the place of the next is that of the oldest. */
  readonly #came: number[] = [];
  #next = 0;
  /** When the last frame left. */
  #postedAt = 0;
  /** Set while the frame waits for the screen's. */
  #cancelWait: (() => void) | null = null;
  #closed = false;
  /** Told once, when it closes. */
  onClosed: () => void = () => {};

  constructor(id: string, port: Port, attention: Attention, clock: Clock) {
    this.id = id;
    this.#port = port;
    this.#clock = clock;
    this.#attention = attention;
  }

  get attention(): Attention {
    return this.#attention;
  }

  set attention(attention: Attention) {
    // Who looks now doesn't wait as long as nobody did.
    if (attention.visible && !this.#attention.visible && this.#cancelWait) this.#flush();
    this.#attention = attention;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** What the tab holds open, under the names that it is given. */
  overview(nameOf: (want: Want) => string): TabStats {
    const holds = new Map<string, number>();
    for (const want of this.#wants.values()) {
      const name = nameOf(want);
      holds.set(name, (holds.get(name) ?? 0) + 1);
    }
    const {visible, lastActive} = this.#attention;
    return {id: this.id, visible, lastActive, holds: Object.fromEntries(holds)};
  }

  /** Opens what the handle wants, or changes it when it is open already. */
  open(handle: string, want: Want, open: () => Held): void {
    this.#wants.set(handle, want);
    const held = this.#handles.get(handle);
    if (held) held.change?.(want);
    else this.#handles.set(handle, open());
  }

  release(handle: string): void {
    const held = this.#handles.get(handle);
    this.#handles.delete(handle);
    this.#wants.delete(handle);
    held?.release(this.#closed);
  }

  /** Broadcasts on what a handle holds. Rejects with a TrunkError. */
  async broadcast({handle, event, payload, ack}: Extract<Call, {kind: 'broadcast'}>): Promise<null> {
    const held = this.#handles.get(handle);
    if (held?.broadcast) return held.broadcast(event, payload, ack);
    throw new TrunkError('closed', 'The channel was closed.');
  }

  /** Queues a message; the frame leaves at the end of the tick, or, in a stream of them, when the time of a screen is over. */
  post(message: HubMessage): void {
    if (this.#closed) return;
    const isFirst = this.#frame.push(message) === 1;
    const now = this.#clock.now();
    const isStream = now - (this.#came[this.#next] ?? 0) < WINDOW_MS;
    this.#came[this.#next] = now;
    this.#next = (this.#next + 1) % AT_ONCE;
    // Somebody waits for an answer, and all that was said before goes before it.
    const isUrgent = message.type === 'reply' || message.type === 'token-request';
    if (isUrgent && this.#cancelWait) {
      this.#stopWaiting();
      queueMicrotask(() => this.#flush());
    } else if (isFirst) {
      const wait = isStream && !isUrgent ? this.#untilScreen(now) : 0;
      if (wait > 0) this.#cancelWait = this.#clock.soon(wait, () => this.#flush());
      else queueMicrotask(() => this.#flush());
    }
  }

  /** The tab is gone, or hears `last` and nothing more: lets go of all it held. Calling it again changes nothing. */
  close(last: HubMessage[] = []): void {
    if (this.#closed) return;
    this.onClosed();
    this.#closed = true;
    for (const handle of [...this.#handles.keys()]) this.release(handle);
    this.#frame = [];
    this.#stopWaiting();
    if (last.length > 0) this.#port.postMessage(last);
  }

  /** Within bounds whatever the clock does. */
  #untilScreen(now: number): number {
    const pause = this.#attention.visible ? SCREEN_MS : HIDDEN_MS;
    return Math.min(pause, Math.max(0, this.#postedAt + pause - now));
  }

  #stopWaiting(): void {
    this.#cancelWait?.();
    this.#cancelWait = null;
  }

  #flush(): void {
    this.#stopWaiting();
    const frame = this.#frame;
    this.#frame = [];
    if (this.#closed || frame.length === 0) return;
    this.#postedAt = this.#clock.now();
    this.#port.postMessage(frame);
  }
}
