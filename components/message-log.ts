// The list of a thread without its looks: which rows are in the DOM, and where the list stands. One reactive controller, so that the
// thread itself only says what is shown. The focus in it: log-focus.ts.
import type {ReactiveController, ReactiveElement} from 'lit';
import type {ChatMessage} from '../src/wire/chat.js';
import type {FocusedLog} from './log-focus.js';
import {ScrollKeeper} from './scroll-keeper.js';
import {MAX_ROWS, ThreadWindow} from './thread-window.js';

/** Nearer than this to an edge, in px, more rows are taken in. */
const NEAR_EDGE = 800;

export interface MessageLogSource {
  messages(): readonly ChatMessage[];
  /** Asks for older messages than all there are; called often, so it must know when not to. */
  loadOlder(): void;
}

export class MessageLog implements ReactiveController, FocusedLog {
  readonly #host: ReactiveElement;
  readonly #source: MessageLogSource;
  readonly #window = new ThreadWindow();
  #scroller: HTMLElement | null = null;
  #keeper: ScrollKeeper | null = null;
  #frame = 0;

  constructor(host: ReactiveElement, source: MessageLogSource) {
    this.#host = host;
    this.#source = source;
    host.addController(this);
  }

  /** Null before the first paint. */
  get scroller(): HTMLElement | null {
    return this.#scroller;
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

  hostUpdated(): void {
    const scroller = this.#host.renderRoot.querySelector<HTMLElement>('[part~=log]');
    const content = scroller?.querySelector<HTMLElement>('.content');
    if (scroller && content && scroller !== this.#scroller) {
      this.#keeper?.disconnect();
      this.#scroller = scroller;
      this.#keeper = new ScrollKeeper(scroller, content, () => scroller.querySelectorAll<HTMLElement>('[part=bubble]'));
      scroller.addEventListener('scroll', () => this.scrolled(), {passive: true});
    }
    this.#keeper?.changed();
    this.#frame ||= requestAnimationFrame(this.#settle);
  }

  /** Takes a message into the DOM, wherever it is. */
  bring(messageId: string): void {
    this.#window.show(this.#source.messages(), messageId);
    this.#keeper?.letGo();
    this.#host.requestUpdate();
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

  /** To call after every scroll event, and earlier after a scroll of one's own. */
  scrolled(): void {
    const before = this.isAtEnd;
    this.#keeper?.scrolled(!this.#window.isAtEnd);
    this.#takeInMore();
    if (before !== this.isAtEnd) this.#host.requestUpdate();
  }
}
