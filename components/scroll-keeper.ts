// Keeps a list still under the reader's eyes. At the bottom it stays at the bottom; anywhere else the first visible row stays
// where it is, whatever is added, removed or laid out late above it. Measures real boxes and trusts no estimate.

/** Within so many px of the bottom counts as at the bottom. */
const BOTTOM_SLACK = 8;

export class ScrollKeeper {
  readonly #scroller: HTMLElement;
  readonly #anchors: () => Iterable<HTMLElement>;
  readonly #observer = new ResizeObserver(() => this.restore());
  /** Visible rows and where they are, relative to the scroller; the first one still there is the anchor. */
  #seen: {row: HTMLElement; top: number}[] = [];
  #isStuck = true;
  #lastTop = 0;

  /** @param anchors the rows in order; boxes that don't change when a neighbour does */
  constructor(scroller: HTMLElement, content: HTMLElement, anchors: () => Iterable<HTMLElement>) {
    this.#scroller = scroller;
    this.#anchors = anchors;
    this.#observer.observe(scroller);
    this.#observer.observe(content);
  }

  /** Whether the list follows its bottom. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** Follows the bottom from now on. */
  stick(): void {
    this.#isStuck = true;
    this.restore();
  }

  /** Follows the bottom no longer: something else is about to be shown. */
  letGo(): void {
    this.#isStuck = false;
    this.#seen = [];
  }

  /** To call on every scroll event. `hasMore`: the bottom of the list isn't the end of the chat. */
  scrolled(hasMore: boolean): void {
    const {scrollTop, scrollHeight, clientHeight} = this.#scroller;
    const isAtBottom = scrollHeight - scrollTop - clientHeight <= BOTTOM_SLACK;
    // Only going up lets go of the bottom: when the content grew, the distance grew without anybody's wish.
    if (isAtBottom && !hasMore) this.#isStuck = true;
    else if (scrollTop < this.#lastTop - 1 || hasMore) this.#isStuck = false;
    this.#lastTop = scrollTop;
    this.#look();
  }

  /** To call after every change of the list. At the bottom there is time until the next frame. */
  changed(): void {
    if (!this.#isStuck) this.restore();
  }

  /** Puts things back where they were. */
  restore(): void {
    // Somebody has just scrolled up, and the event is still on its way.
    if (this.#isStuck && this.#scroller.scrollTop < this.#lastTop - 1) this.scrolled(false);
    if (this.#isStuck) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
    } else {
      const anchor = this.#seen.find(({row}) => row.isConnected);
      const moved = anchor ? this.#topOf(anchor.row) - anchor.top : 0;
      if (Math.abs(moved) >= 0.5) this.#scroller.scrollTop += moved;
    }
    this.#lastTop = this.#scroller.scrollTop;
    if (!this.#isStuck && !this.#seen.some(({row}) => row.isConnected)) this.#look();
  }

  disconnect(): void {
    this.#observer.disconnect();
  }

  #look(): void {
    this.#seen = [];
    if (this.#isStuck) return;
    const height = this.#scroller.clientHeight;
    for (const row of this.#anchors()) {
      const top = this.#topOf(row);
      if (top + row.offsetHeight <= 0) continue;
      if (top >= height) break;
      this.#seen.push({row, top});
    }
  }

  #topOf(row: HTMLElement): number {
    return row.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top;
  }
}
