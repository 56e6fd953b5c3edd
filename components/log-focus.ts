// Where the focus is in the list of a thread: the keys that move it from message to message, and that it stays near when what had it is
// gone. Knows nothing of what the rows show.
import type {ReactiveController, ReactiveElement} from 'lit';

/** Room over a message that is put at the top, in px: for the line over it. */
const OVER_SHOWN = 72;

/** The list, as its looks have it. */
export interface FocusedLog {
  readonly scroller: HTMLElement | null;
  toEnd(): void;
  /** Takes a message into the DOM, wherever it is. */
  bring(messageId: string): void;
  /** To call after every scroll event, and earlier after a scroll of one's own. */
  scrolled(): void;
}

export class LogFocus implements ReactiveController {
  readonly #host: ReactiveElement;
  readonly #log: FocusedLog;
  #scroller: HTMLElement | null = null;
  #hadFocus: Element | null = null;
  #rowWithFocus: HTMLElement | null = null;

  constructor(host: ReactiveElement, log: FocusedLog) {
    this.#host = host;
    this.#log = log;
    host.addController(this);
  }

  hostUpdate(): void {
    const focused = this.#host.shadowRoot?.activeElement ?? null;
    this.#hadFocus = focused && this.#log.scroller?.contains(focused) ? focused : null;
    this.#rowWithFocus = this.#hadFocus?.closest<HTMLElement>('[part~=message]') ?? null;
  }

  hostUpdated(): void {
    const {scroller} = this.#log;
    if (scroller && scroller !== this.#scroller) {
      this.#scroller = scroller;
      scroller.addEventListener('focusin', this.#onFocusin);
    }
    // What had the focus is gone: the focus stays in its row, or in the list, instead of falling out of the page.
    if (this.#hadFocus && !this.#hadFocus.isConnected) {
      const row = this.#rowWithFocus?.isConnected ? this.#rowWithFocus : this.#scroller;
      row?.focus({preventScroll: true});
    } else if (this.#hadFocus) this.#setStops(this.#hadFocus); // its row's buttons may have come just now
  }

  /** Gives a message the focus, or something in its row; the list when it isn't in the DOM. */
  async focus(messageId: string, selector?: string): Promise<void> {
    await this.#host.updateComplete;
    const body = (this.#host.renderRoot as ShadowRoot).getElementById(`body-${messageId}`);
    const row = body?.closest<HTMLElement>('[part~=message]');
    ((selector && row?.querySelector<HTMLElement>(selector)) || row || this.#scroller)?.focus();
  }

  /** Puts a message at the top of what is in view, and gives it the focus. */
  async show(messageId: string): Promise<void> {
    this.#log.bring(messageId);
    await this.focus(messageId);
    const row = (this.#host.renderRoot as ShadowRoot).activeElement;
    if (!this.#scroller || !row || row === this.#scroller) return;
    this.#scroller.scrollTop +=
      row.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top - OVER_SHOWN;
    this.#log.scrolled();
  }

  get #rows(): HTMLElement[] {
    return [...(this.#scroller?.querySelectorAll<HTMLElement>('[part~=message]') ?? [])];
  }

  /** Of all rows' buttons beside the bubble, only those of the row with the focus are stops of the Tab key. */
  readonly #onFocusin = ({target}: FocusEvent): void => this.#setStops(target as Node);

  #setStops(focused: Node): void {
    for (const tools of this.#scroller?.querySelectorAll('[part=actions]') ?? []) {
      const isHere = tools.closest('[part~=message]')?.contains(focused) ?? false;
      for (const button of tools.querySelectorAll('button')) button.tabIndex = isHere ? 0 : -1;
    }
  }

  /** Arrow keys move from message to message; Escape leaves them for the list itself. */
  press(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const rows = this.#rows;
    // The event's own target is forgotten once it had to wait for this file.
    const focused = this.#host.shadowRoot?.activeElement ?? null;
    const at = rows.findIndex(row => row.contains(focused));
    const isList = at < 0;
    let next: HTMLElement | null | undefined;
    switch (event.key) {
      case 'ArrowUp':
        next = isList ? rows.at(-1) : rows[at - 1];
        break;
      case 'ArrowDown':
        next = isList ? rows.at(-1) : rows[at + 1];
        break;
      case 'Home':
        next = rows[0];
        break;
      case 'End':
        this.#log.toEnd();
        void this.#host.updateComplete.then(() => this.#rows.at(-1)?.focus());
        break;
      case 'Escape':
        if (isList) return;
        next = this.#scroller;
        break;
      default:
        return;
    }
    event.preventDefault();
    next?.focus();
  }
}
