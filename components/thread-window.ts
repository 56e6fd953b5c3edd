// Which of a chat's messages are in the DOM: a stretch of them, at most MAX rows, moved as the reader scrolls. There are no
// spacers and no estimated heights, so nothing can jump because a guess was wrong. Knows nothing of the DOM.

/** Most rows in the DOM. */
export const MAX_ROWS = 120;
/** Rows shown at first, and when the reader goes back to the end. */
const FIRST_ROWS = 50;
/** Rows added at a time when the reader nears an edge. */
const STEP = 24;

interface Identified {
  readonly id: string;
}

export class ThreadWindow {
  /** Id of the first row; null: counted from the end. */
  #first: string | null = null;
  /** Id of the last row; null: follows the newest message. */
  #last: string | null = null;

  /** Whether the newest message is inside. */
  get isAtEnd(): boolean {
    return this.#last === null;
  }

  /** Back to the newest messages. */
  toEnd(): void {
    this.#first = null;
    this.#last = null;
  }

  /** Around one item. */
  show(all: readonly Identified[], id: string): void {
    const from = Math.max(0, all.findIndex(item => item.id === id) - STEP);
    this.#keep(all, from, Math.min(all.length, from + 2 * FIRST_ROWS));
  }

  /**
   * The rows to show of `all`.
   * @param isReading somebody reads further up: what they see must not be cut, so the far end is
   */
  slice<T extends Identified>(all: readonly T[], isReading: boolean): readonly T[] {
    let [from, to] = this.#range(all);
    if (to - from > MAX_ROWS) {
      if (isReading) to = from + MAX_ROWS;
      else from = to - FIRST_ROWS;
    }
    this.#keep(all, from, to);
    return all.slice(from, to);
  }

  /** Takes in older messages, as far as there are any here; false when there are none. */
  extendUp(all: readonly Identified[]): boolean {
    const [from, to] = this.#range(all);
    if (from === 0) return false;
    const start = Math.max(0, from - STEP);
    this.#keep(all, start, Math.min(to, start + MAX_ROWS));
    return true;
  }

  /** Takes in newer messages; false when the newest is there already. */
  extendDown(all: readonly Identified[]): boolean {
    const [from, to] = this.#range(all);
    if (to === all.length) {
      this.#last = null;
      return false;
    }
    const end = Math.min(all.length, to + STEP);
    this.#keep(all, Math.max(from, end - MAX_ROWS), end);
    return true;
  }

  #keep(all: readonly Identified[], from: number, to: number): void {
    this.#first = all[from]?.id ?? null;
    this.#last = to === all.length ? null : (all[to - 1]?.id ?? null);
  }

  #range(all: readonly Identified[]): [from: number, to: number] {
    const lastAt = this.#last === null ? -1 : all.findLastIndex(item => item.id === this.#last);
    const to = lastAt < 0 ? all.length : lastAt + 1;
    const firstAt = this.#first === null ? -1 : all.findIndex(item => item.id === this.#first);
    const from = firstAt < 0 || firstAt >= to ? Math.max(0, to - FIRST_ROWS) : firstAt;
    return [from, to];
  }
}
