// What was unread when a reader came to a thread: the line over it, and the way to it when it is out of sight. Knows nothing of how a
// message looks.
import {html, nothing, type ReactiveController, type ReactiveElement} from 'lit';
import type {ChatHandle} from '../src/client/chat-handle.js';
import {MAX_UNREAD, type ChatMessage, type ReadState} from '../src/wire/chat.js';
import {TrunkError} from '../src/wire/error.js';
import {down} from './icons.js';
import {formatCount} from './locale.js';
import type {ThreadVoice} from './thread-announcements.js';
import {isFrom, type Missed} from './thread-rows.js';
import type {ThreadStrings} from './thread-words.js';

export interface UnreadWorld {
  handle(): ChatHandle | null;
  messages(): readonly ChatMessage[];
  myId(): string | null;
}

export interface UnreadSource extends UnreadWorld {
  changed(): void;
  report(error: TrunkError, isShown: boolean): void;
  /** Puts a message at the top of what is in view, and gives it the focus. */
  show(messageId: string): void;
}

export class Unread implements ReactiveController {
  readonly #host: ReactiveElement;
  readonly #source: UnreadSource;
  readonly #voice: () => ThreadVoice<ThreadStrings>;
  /** How it stood when they came; null: not known yet. */
  #came: ReadState | null = null;
  /** They have seen where what was unread begins, or asked to; no way there is offered any more. */
  #isDone = false;
  /** The first message under the line; null for no line. */
  #first: {id: string; seq: number} | null = null;
  /** The first unread message is older than all that are here. */
  #isOlder = false;
  #isSeeking = false;
  /** The line, once it is in the list; whether it is in view is told later. */
  #line: Element | null = null;
  #isOutOfView = false;
  #observer: IntersectionObserver | null = null;

  constructor(host: ReactiveElement, source: UnreadSource, voice: () => ThreadVoice<ThreadStrings>) {
    this.#host = host;
    this.#source = source;
    this.#voice = voice;
    host.addController(this);
  }

  /** Another chat, or none. */
  reset(): void {
    this.#came = this.#first = null;
    this.#isDone = this.#isOlder = this.#isOutOfView = false;
  }

  /** They write: nothing is unread any more. */
  end(): void {
    this.#first = null;
    this.#isOlder = this.#isOutOfView = false;
    this.#isDone = true;
  }

  hostConnected(): void {
    addEventListener('focus', this.#onLook);
    addEventListener('blur', this.#onLook);
    document.addEventListener('visibilitychange', this.#onLook);
  }

  hostDisconnected(): void {
    removeEventListener('focus', this.#onLook);
    removeEventListener('blur', this.#onLook);
    document.removeEventListener('visibilitychange', this.#onLook);
    this.#observer?.disconnect();
    this.#observer = this.#line = null;
    this.reset();
  }

  hostUpdated(): void {
    const line = this.#host.renderRoot.querySelector('[part~=missed]');
    if (line === this.#line) return;
    this.#line = line;
    this.#observer?.disconnect();
    this.#observer = line && new IntersectionObserver(([entry]) => this.#look(entry?.isIntersecting ?? false));
    if (line) this.#observer?.observe(line);
  }

  /** To call in each render: where the line stands. While somebody reads, it stays where it is. */
  find(): Missed | null {
    this.#find();
    return this.#first && {seq: this.#first.seq, text: this.#voice().strings.unreadLine};
  }

  #find(): void {
    const read = this.#source.handle()?.read.current;
    const state = this.#source.handle()?.state.current;
    const messages = this.#source.messages();
    if (!read || state?.phase !== 'ready' || messages.length === 0) return;
    if (!isLooking()) {
      // What is unread is told by how far they had read, which nobody moves now in this tab.
      if (read.lastReadRev !== this.#came?.lastReadRev) this.reset();
      this.#came = read;
    } else if (!this.#came) this.#came = read;
    else if (!this.#isOlder) return;
    if (this.#isDone && isLooking()) return;
    const {lastReadRev} = this.#came;
    const at = messages.findIndex(message => message.status === 'sent' && message.seq > lastReadRev);
    this.#isOlder = at === 0 && state.hasOlder;
    const first = messages.find(
      message =>
        message.status === 'sent' &&
        message.seq > lastReadRev &&
        !message.deletedAt &&
        !isFrom(message, this.#source.myId()),
    );
    // The oldest one here may not be the first unread one.
    this.#first = first?.status === 'sent' && !this.#isOlder ? first : null;
  }

  /** The way to the first unread message, while it is out of sight. */
  render(): unknown {
    const unread = this.#came?.unread ?? 0;
    const isAway = this.#isOlder || (this.#first !== null && this.#isOutOfView);
    if (unread === 0 || !isAway || this.#isDone) return nothing;
    const {strings, locale} = this.#voice();
    const text =
      unread < MAX_UNREAD
        ? formatCount(strings.newMessages, unread, locale)
        : strings.newMessages.other.replace('#', `${MAX_UNREAD - 1}+`);
    return html`<button
      part="jump jump-unread"
      type="button"
      dir="auto"
      aria-label="${text}: ${strings.toUnread}"
      aria-busy=${this.#isSeeking ? 'true' : 'false'}
      @click=${() => void this.#jump()}
    >
      ${text}${down}
    </button>`;
  }

  /** Loads what is older until the first unread message is there. */
  async #jump(): Promise<void> {
    const handle = this.#source.handle();
    if (!handle || this.#isSeeking) return;
    this.#isSeeking = true;
    this.#source.changed();
    try {
      for (let length = -1; this.#isOlder && length !== this.#source.messages().length; this.#find()) {
        length = this.#source.messages().length;
        await handle.loadOlder();
        if (handle !== this.#source.handle()) return;
      }
      if (!this.#first) return;
      this.#isDone = true;
      this.#source.show(this.#first.id);
    } catch (thrown) {
      this.#source.report(TrunkError.from(thrown), false);
    } finally {
      this.#isSeeking = false;
      this.#source.changed();
    }
  }

  #look(isInView: boolean): void {
    this.#isOutOfView = !isInView;
    this.#isDone ||= isInView; // they have seen where it begins
    this.#source.changed();
  }

  readonly #onLook = (): void => this.#host.requestUpdate();
}

/** In a tab that is in view and has the focus. */
export function isLooking(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus();
}
