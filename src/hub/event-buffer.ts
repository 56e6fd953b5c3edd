// Changes that came before the one they follow, by revision. Knows only revisions.
import type {StoredMessage} from '../wire/chat.js';

/** More than this, and they are dropped for a catch-up. */
const MAX = 500;

export class EventBuffer {
  readonly #ahead = new Map<number, StoredMessage>();

  get empty(): boolean {
    return this.#ahead.size === 0;
  }

  /** False when there are too many: all are dropped. */
  add(message: StoredMessage): boolean {
    this.#ahead.set(message.rev, message);
    if (this.#ahead.size <= MAX) return true;
    this.#ahead.clear();
    return false;
  }

  /** Takes out those that follow `cursor` without a gap, and drops what it has passed. */
  takeAfter(cursor: number): StoredMessage[] {
    const run: StoredMessage[] = [];
    for (let message = this.#ahead.get(cursor + 1); message; message = this.#ahead.get(message.rev + 1))
      run.push(message);
    const end = run.at(-1)?.rev ?? cursor;
    for (const rev of [...this.#ahead.keys()]) if (rev <= end) this.#ahead.delete(rev);
    return run;
  }
}
