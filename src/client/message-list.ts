// The messages of one chat as one tab holds them: stored ones by place, then waiting ones in the order they were written.
// Folds whatever arrives, in whatever order, into that; knows nothing of ports.
import type {ChatMessage, StoredMessage, WaitingMessage} from '../wire/chat.js';

export class MessageList {
  /** By `seq`. */
  #stored: StoredMessage[] = [];
  /** By `order`. */
  #waiting: WaitingMessage[] = [];
  #hasOlder = false;
  /** Changes of what is not loaded, while a page of it may be on its way with the state before them. */
  #late: StoredMessage[] | null = null;

  /** All of it in the order to show. A new array on every call. */
  toArray(): readonly ChatMessage[] {
    return [...this.#stored, ...this.#waiting];
  }

  get hasOlder(): boolean {
    return this.#hasOlder;
  }

  /** Place of the oldest stored message here, or null when there is none. */
  get oldestSeq(): number | null {
    return this.#stored[0]?.seq ?? null;
  }

  /** Starts over with what a hub says is there. */
  reset(messages: readonly ChatMessage[], hasOlder: boolean): void {
    this.#stored = [];
    this.#waiting = [];
    this.#hasOlder = false; // so that nothing of the snapshot counts as too old
    this.apply(messages, []);
    this.#hasOlder = hasOlder;
  }

  /** Keeps the stored ones, forgets the waiting ones: the hub that comes next says which still wait. */
  forgetWaiting(except: ReadonlySet<string>): void {
    this.#waiting = this.#waiting.filter(message => except.has(message.id));
  }

  /** Takes in new and changed messages, and drops waiting ones that are gone. */
  apply(messages: readonly ChatMessage[], dropped: readonly string[]): void {
    for (const message of messages) {
      if (message.status === 'sent') this.#store(message);
      else this.#wait(message);
    }
    if (dropped.length > 0) {
      const gone = new Set(dropped);
      this.#waiting = this.#waiting.filter(message => !gone.has(message.id));
    }
  }

  /** A page of history is asked for. */
  expectPage(): void {
    this.#late = [];
  }

  /** Adds a page of history that ends just before the oldest message here. */
  prepend(messages: readonly StoredMessage[], hasOlder: boolean): void {
    this.#hasOlder = false;
    for (const message of messages) this.#store(message);
    this.#hasOlder = hasOlder;
    const late = this.#late ?? [];
    this.#late = null;
    for (const message of late) this.#store(message);
  }

  #store(message: StoredMessage): void {
    this.#waiting = without(this.#waiting, message.id);
    const at = lowerBound(this.#stored, other => other.seq < message.seq);
    const there = this.#stored[at];
    if (there?.seq === message.seq) {
      // The same message from another road; the greater revision is the newer one.
      if (message.rev > there.rev) this.#stored[at] = message;
      return;
    }
    // A change of something older than what is loaded here comes with its page.
    if (at === 0 && this.#hasOlder && this.#stored.length > 0) {
      this.#late?.push(message);
      return;
    }
    this.#stored.splice(at, 0, message);
  }

  #wait(message: WaitingMessage): void {
    if (this.#stored.some(stored => stored.id === message.id)) return; // the echo came first
    const rest = without(this.#waiting, message.id);
    const at = lowerBound(rest, other => other.order < message.order);
    this.#waiting = [...rest.slice(0, at), message, ...rest.slice(at)];
  }
}

function without<T extends {id: string}>(list: T[], id: string): T[] {
  return list.some(item => item.id === id) ? list.filter(item => item.id !== id) : list;
}

/** Index of the first item for which `before` is false; `list` is sorted so that they come last. */
function lowerBound<T>(list: readonly T[], before: (item: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (before(list[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}
