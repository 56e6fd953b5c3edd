// <trunk-typing-indicator>: who else is writing in a chat. Its place is there at once; what it shows and says is a chunk of its own
// (typing-view.ts).
import {css} from 'lit';
import {property} from 'lit/decorators.js';
import type {ChatHandle} from '../src/client/chat-handle.js';
import {lateModule} from '../src/wire/late-module.js';
import {base} from './base.styles.js';
import {keepsDisplay} from './host-display.js';
import {LateElement, type View} from './late-element.js';
import type {Strings} from './strings.js';

const loadView = lateModule(() => import('./typing-view.js'), 'TypingView');

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
export class TrunkTypingIndicator extends LateElement {
  static override styles = [
    base,
    css`
      /* As high as the line that comes. */
      :host {
        min-block-size: calc(var(--trunk-font-size, 15px) * 0.82 * 1.7);
      }
    `,
  ];

  readonly #internals = this.attachInternals();

  /** Which chat: its id, or the slug of a room. */
  @property() chat = '';
  /** The chat, where somebody holds it already; it then needs no name and is not opened again. */
  @property({attribute: false}) handle: ChatHandle | null = null;
  /** Words to use instead of the English ones. */
  @property({attribute: false}) strings: Partial<Strings> | undefined;

  protected override async load(): Promise<View> {
    return new (await loadView())(this, this.#internals);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'trunk-typing-indicator': TrunkTypingIndicator;
  }
}
