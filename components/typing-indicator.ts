// <trunk-typing-indicator>: who else is writing in a chat. Names come from the profiles; that somebody writes is a hint.
import {LitElement, html, nothing, type PropertyValues} from 'lit';
import {property, state} from 'lit/decorators.js';
import type {ChatHandle} from '../src/client/chat-handle.js';
import {ChatController} from '../src/controllers/chat-controller.js';
import {ClientController} from '../src/controllers/client-controller.js';
import {SourceController} from '../src/controllers/source-controller.js';
import {base} from './base.styles.js';
import {setCustomState} from './custom-state.js';
import {keepsDisplay} from './host-display.js';
import {formatList, localeOf} from './locale.js';
import {withStrings, type Strings} from './strings.js';
import {styles} from './typing-indicator.styles.js';

/** More than so many are not named. */
const NAMED = 3;
/** Least time between two announcements, in ms. */
const QUIET_MS = 30_000;

/**
 * Says who is writing, in a line that is always as high, so that nothing moves when somebody begins. `<trunk-chat-thread>` has one of
 * its own; this one is for other places. Screen readers hear that somebody has begun, at most every 30 s.
 *
 * @element trunk-typing-indicator
 * @summary Who is writing in a chat.
 * @csspart base - The whole.
 * @csspart dots - What moves, unless the reader wants no motion.
 * @csspart text - The words.
 * @cssprop [--trunk-muted=light-dark(#5c6562, #9aa6a2)] - Dots and words.
 * @cssprop [--trunk-font=system-ui] - Font family.
 * @cssprop [--trunk-font-size=15px] - Base font size.
 * @cssstate typing - Somebody is writing.
 */
@keepsDisplay('block')
export class TrunkTypingIndicator extends LitElement {
  static override styles = [base, styles];

  readonly #internals = this.attachInternals();
  readonly #client = new ClientController(this);
  readonly #chat = new ChatController(this, {
    choose: () => ({client: this.handle ? null : this.#client.current, chat: this.chat, make: false}),
  });
  readonly #typists = new SourceController(this, () => (this.handle ?? this.#chat.handle)?.typists);
  readonly #people = new SourceController(this, () =>
    this.#typists.value?.length ? this.#client.current?.people : null,
  );

  /** Which chat: its id, or the slug of a room. */
  @property() chat = '';
  /** The chat, where somebody holds it already; it then needs no name and is not opened again. */
  @property({attribute: false}) handle: ChatHandle | null = null;
  /** Words to use instead of the English ones. */
  @property({attribute: false}) strings: Partial<Strings> | undefined;

  @state() private announcement = '';
  /** Names that don't fit into the line: better none than half of them. */
  @state() private tooLong = '';

  #text = '';
  #announcedAt = -Infinity;

  /** Controllers have their new values here, and nothing is rendered yet. */
  protected override update(changed: PropertyValues<this>): void {
    const before = this.#text;
    this.#text = this.#describe();
    if (!this.#text) this.announcement = '';
    else if (!before && performance.now() - this.#announcedAt >= QUIET_MS) {
      this.announcement = this.#text;
      this.#announcedAt = performance.now();
    }
    super.update(changed);
  }

  protected override updated(): void {
    setCustomState(this.#internals, ['typing'], this.#text ? ['typing'] : []);
    const line = this.renderRoot.querySelector('[part=text]');
    const isNamed = this.#text !== withStrings(this.strings).typingMany && (this.#typists.value?.length ?? 0) > 1;
    if (isNamed && line && line.scrollWidth > line.clientWidth) this.tooLong = this.#text;
  }

  /** Nobody is somebody whose name isn't known: anybody can make up a user. */
  #describe(): string {
    const strings = withStrings(this.strings);
    const people = this.#people.value;
    const names = (this.#typists.value ?? []).flatMap(id => people?.get(id)?.name || []);
    if (names.length === 0) return '';
    if (names.length > NAMED) return strings.typingMany;
    // A name keeps its own direction, whatever stands around it.
    const isolated = names.map(name => `\u2068${name}\u2069`);
    const text = strings.typing(formatList(isolated, localeOf(this)), names.length);
    return text === this.tooLong ? strings.typingMany : text;
  }

  protected override render(): unknown {
    return html`
      <div part="base">
        ${
          this.#text
            ? html`<span part="dots" aria-hidden="true"><i></i><i></i><i></i></span
                ><span part="text" title=${this.#text}>${this.#text}</span>`
            : nothing
        }
        <span class="hidden" role="status">${this.announcement}</span>
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'trunk-typing-indicator': TrunkTypingIndicator;
  }
}
