// `(3) Title`: how much is unread, in front of the page's title, whoever sets that.

const BADGE = /^\(\d+\+?\) /;

export class TitleBadge {
  #count = 0;
  #isOn = false;
  readonly #observer = new MutationObserver(() => this.#show());

  /** Shows the count from now on; 0 shows none. */
  set(count: number): void {
    this.#count = count;
    if (!this.#isOn) this.#observer.observe(document.head, {subtree: true, childList: true, characterData: true});
    this.#isOn = true;
    this.#show();
  }

  /** Leaves the title as the page set it. */
  clear(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#observer.disconnect();
    this.#count = 0;
    this.#show();
  }

  #show(): void {
    const badge = this.#count > 0 ? `(${this.#count > 99 ? '99+' : this.#count}) ` : '';
    const title = badge + document.title.replace(BADGE, '');
    if (document.title !== title) document.title = title;
  }
}
