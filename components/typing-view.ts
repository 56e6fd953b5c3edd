// What a <trunk-typing-indicator> shows and says, loaded with the first one. Names come from the profiles; that somebody writes is a hint.
import {html, nothing} from 'lit';
import {ChatController} from '../src/controllers/chat-controller.js';
import {ClientController} from '../src/controllers/client-controller.js';
import {SourceController} from '../src/controllers/source-controller.js';
import type {Person} from '../src/wire/chat.js';
import {base} from './base.styles.js';
import {setCustomState} from './custom-state.js';
import type {View} from './late-element.js';
import {keep, localeOf} from './locale.js';
import type {TrunkTypingIndicator} from './typing-indicator.js';
import {styles} from './typing-indicator.styles.js';
import {typingEnglish, type TypingWords} from './typing-words.js';

/** More than so many are not named. */
const NAMED = 3;
/** Least time between two announcements, in ms. */
const QUIET_MS = 30_000;

export class TypingView implements View {
  readonly styles = [base, styles];

  readonly #host: TrunkTypingIndicator;
  readonly #internals: ElementInternals;
  readonly #typists: SourceController<readonly string[]>;
  readonly #people: SourceController<ReadonlyMap<string, Person>>;
  /** Names that don't fit into the line: better none than half of them. */
  #tooLong = '';
  #text = '';
  #announcement = '';
  #announcedAt = -Infinity;

  constructor(host: TrunkTypingIndicator, internals: ElementInternals) {
    this.#host = host;
    this.#internals = internals;
    const client = new ClientController(host);
    const chat = new ChatController(host, {
      choose: () => ({client: host.handle ? null : client.current, chat: host.chat, make: false}),
    });
    this.#typists = new SourceController(host, () => (host.handle ?? chat.handle)?.typists);
    this.#people = new SourceController(host, () => (this.#typists.value?.length ? client.current?.people : null));
  }

  /** After the controllers above, which have their new values here. */
  hostUpdate(): void {
    const before = this.#text;
    this.#text = this.#describe();
    if (!this.#text) this.#announcement = '';
    else if (!before && performance.now() - this.#announcedAt >= QUIET_MS) {
      this.#announcement = this.#text;
      this.#announcedAt = performance.now();
    }
  }

  hostUpdated(): void {
    setCustomState(this.#internals, ['typing'], this.#text ? ['typing'] : []);
    const line = this.#host.renderRoot.querySelector('[part=text]');
    const isNamed = this.#text !== this.#strings.typingMany && (this.#typists.value?.length ?? 0) > 1;
    if (!isNamed || !line || line.scrollWidth <= line.clientWidth) return;
    this.#tooLong = this.#text;
    this.#host.requestUpdate();
  }

  get #strings(): TypingWords {
    return {...typingEnglish, ...this.#host.strings};
  }

  /** Nobody is somebody whose name isn't known: anybody can make up a user. */
  #describe(): string {
    const strings = this.#strings;
    const people = this.#people.value;
    const names = (this.#typists.value ?? []).flatMap(id => people?.get(id)?.name || []);
    if (names.length === 0) return '';
    if (names.length > NAMED) return strings.typingMany;
    // A name keeps its own direction, whatever stands around it.
    const isolated = names.map(name => `\u2068${name}\u2069`);
    const text = strings.typing(formatList(isolated, localeOf(this.#host)), names.length);
    return text === this.#tooLong ? strings.typingMany : text;
  }

  render(): unknown {
    return html`
      <div part="base">
        ${
          this.#text
            ? html`<span part="dots" aria-hidden="true"><i></i><i></i><i></i></span
                ><span part="text" title=${this.#text}>${this.#text}</span>`
            : nothing
        }
        <span class="hidden" role="status">${this.#announcement}</span>
      </div>
    `;
  }
}

/** "Ada, Grace and Linus". */
function formatList(items: readonly string[], locale: string | undefined): string {
  return keep('list', locale, () => new Intl.ListFormat(locale)).format(items);
}
