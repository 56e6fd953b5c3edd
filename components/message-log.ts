// The list of a thread without its looks: which rows are in the DOM, where the list stands, which row has the focus. One
// reactive controller, so that the thread itself only says what is shown.
import type {ReactiveController, ReactiveElement} from 'lit';
import type {ChatMessage} from '../src/wire/chat.js';
import {ScrollKeeper} from './scroll-keeper.js';
import {MAX_ROWS, ThreadWindow} from './thread-window.js';

/** Nearer than this to an edge, in px, more rows are taken in. */
const NEAR_EDGE = 800;
/** Room over a message that is put at the top, in px: for the line over it. */
const OVER_SHOWN = 72;

export interface MessageLogSource {
  messages(): readonly ChatMessage[];
  /** Asks for older messages than all there are; called often, so it must know when not to. */
  loadOlder(): void;
}

export class MessageLog implements ReactiveController {
  readonly #host: ReactiveElement;
  readonly #source: MessageLogSource;
  readonly #window = new ThreadWindow();
  #scroller: HTMLElement | null = null;
  #keeper: ScrollKeeper | null = null;
  #frame = 0;
  #hadFocus: Element | null = null;
  #rowWithFocus: HTMLElement | null = null;

  constructor(host: ReactiveElement, source: MessageLogSource) {
    this.#host = host;
    this.#source = source;
    host.addController(this);
  }

  /** Whether the newest message is in sight and stays so. */
  get isAtEnd(): boolean {
    return this.#window.isAtEnd && (this.#keeper?.isStuck ?? true);
  }

  /** Whether the oldest message here is in the DOM. */
  get isAtStart(): boolean {
    const [first] = this.#source.messages();
    return first !== undefined && first === this.visible[0];
  }

  /** The messages to render now. */
  get visible(): readonly ChatMessage[] {
    return this.#window.slice(this.#source.messages(), !(this.#keeper?.isStuck ?? true));
  }

  /** Goes to the newest message, and stays with it. */
  toEnd(): void {
    this.#window.toEnd();
    this.#keeper?.stick();
    this.#host.requestUpdate();
  }

  hostUpdate(): void {
    const focused = this.#host.shadowRoot?.activeElement ?? null;
    this.#hadFocus = focused && this.#scroller?.contains(focused) ? focused : null;
    this.#rowWithFocus = this.#hadFocus?.closest<HTMLElement>('[part~=message]') ?? null;
  }

  hostUpdated(): void {
    const scroller = this.#host.renderRoot.querySelector<HTMLElement>('[part~=log]');
    const content = scroller?.querySelector<HTMLElement>('.content');
    if (scroller && content && scroller !== this.#scroller) {
      this.#keeper?.disconnect();
      this.#scroller = scroller;
      this.#keeper = new ScrollKeeper(scroller, content, () => scroller.querySelectorAll<HTMLElement>('[part=bubble]'));
      scroller.addEventListener('scroll', this.#onScroll, {passive: true});
      scroller.addEventListener('keydown', this.#onKeydown);
      scroller.addEventListener('focusin', this.#onFocusin);
    }
    this.#keeper?.changed();
    // What had the focus is gone: the focus stays in its row, or in the list, instead of falling out of the page.
    if (this.#hadFocus && !this.#hadFocus.isConnected) {
      const row = this.#rowWithFocus?.isConnected ? this.#rowWithFocus : this.#scroller;
      row?.focus({preventScroll: true});
    } else if (this.#hadFocus) this.#setStops(this.#hadFocus); // its row's buttons may have come just now
    this.#frame ||= requestAnimationFrame(this.#settle);
  }

  /** Gives a message the focus, or something in its row; the list when it isn't in the DOM. */
  focus(messageId: string, selector?: string): void {
    const body = (this.#host.renderRoot as ShadowRoot).getElementById(`body-${messageId}`);
    const row = body?.closest<HTMLElement>('[part~=message]');
    ((selector && row?.querySelector<HTMLElement>(selector)) || row || this.#scroller)?.focus();
  }

  /** Puts a message at the top of what is in view, and gives it the focus. */
  async show(messageId: string): Promise<void> {
    this.#window.show(this.#source.messages(), messageId);
    this.#keeper?.letGo();
    this.#host.requestUpdate();
    await this.#host.updateComplete;
    this.focus(messageId);
    const row = (this.#host.renderRoot as ShadowRoot).activeElement;
    if (!this.#scroller || !row || row === this.#scroller) return;
    this.#scroller.scrollTop +=
      row.getBoundingClientRect().top - this.#scroller.getBoundingClientRect().top - OVER_SHOWN;
    this.#onScroll();
  }

  /** Nothing was shown before: the list starts at its end. */
  reset(): void {
    this.#window.toEnd();
    this.#keeper?.stick();
  }

  /** Once a frame, where the browser lays out anyway: measuring after each of several updates would lay out as often. */
  readonly #settle = (): void => {
    this.#frame = 0;
    this.#keeper?.restore();
    this.#takeInMore();
  };

  #takeInMore(): void {
    const scroller = this.#scroller;
    if (!scroller || scroller.clientHeight === 0) return;
    const {scrollTop, scrollHeight, clientHeight} = scroller;
    const messages = this.#source.messages();
    if (scrollTop < NEAR_EDGE) {
      // Following the end, the newest must not be cut for older ones; only a list without a height of its own comes here.
      if (this.#keeper?.isStuck && this.visible.length >= MAX_ROWS) return;
      if (this.#window.extendUp(messages)) this.#host.requestUpdate();
      else this.#source.loadOlder();
    } else if (!this.#window.isAtEnd && scrollHeight - scrollTop - clientHeight < NEAR_EDGE) {
      this.#window.extendDown(messages);
      this.#host.requestUpdate();
    }
  }

  readonly #onScroll = (): void => {
    const before = this.isAtEnd;
    this.#keeper?.scrolled(!this.#window.isAtEnd);
    this.#takeInMore();
    if (before !== this.isAtEnd) this.#host.requestUpdate();
  };

  /** Of all rows' buttons beside the bubble, only those of the row with the focus are stops of the Tab key. */
  readonly #onFocusin = ({target}: FocusEvent): void => this.#setStops(target as Node);

  #setStops(focused: Node): void {
    for (const tools of this.#scroller?.querySelectorAll('[part=actions]') ?? []) {
      const isHere = tools.closest('[part~=message]')?.contains(focused) ?? false;
      for (const button of tools.querySelectorAll('button')) button.tabIndex = isHere ? 0 : -1;
    }
  }

  /** Arrow keys move from message to message; Escape leaves them for the list itself. */
  readonly #onKeydown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !this.#scroller) return;
    const rows = [...this.#scroller.querySelectorAll<HTMLElement>('[part~=message]')];
    const at = rows.findIndex(row => row.contains(event.target as Node));
    const isList = at < 0;
    let next: HTMLElement | undefined;
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
        this.toEnd();
        void this.#host.updateComplete.then(() =>
          [...(this.#scroller?.querySelectorAll<HTMLElement>('[part~=message]') ?? [])].at(-1)?.focus(),
        );
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
  };
}
