// <trunk-composer>: the field in which a person writes. Checks what is written and asks for it to be sent; knows nothing of chats.
import {LitElement, html, nothing, svg, type PropertyValues} from 'lit';
import {property, query, state} from 'lit/decorators.js';
import {assertSendable, countCharacters, MAX_BODY} from '../src/wire/chat.js';
import {TrunkError} from '../src/wire/error.js';
import {base, buttons} from './base.styles.js';
import {styles} from './composer.styles.js';
import {check} from './icons.js';
import {ImeGuard} from './ime-guard.js';
import {formatCount, localeOf} from './locale.js';
import {withStrings, type Strings} from './strings.js';

/** The counter shows when so few characters are left. */
const COUNTER_FROM = 400;
/** Not at import: a server has no CSS. */
const growsByItself = () => CSS.supports('field-sizing', 'content');

/** A person asks to send what they wrote. Cancel it to send in another way; the field is emptied all the same. */
export class TrunkSendEvent extends Event {
  readonly body: string;
  constructor(body: string) {
    super('trunk-send', {bubbles: true, composed: true, cancelable: true});
    this.body = body;
  }
}

/** A text to change instead of a new one to write. */
export interface ComposerEdit {
  /** What it is now. */
  readonly body: string;
  /** Keeps the new text. What it throws is shown, and the text stays. */
  save(body: string): Promise<void>;
  cancel(): void;
}

/**
 * A field that grows, and a button. Enter sends, Shift+Enter breaks the line; Enter that ends an IME composition does neither. While
 * a message is edited, Enter saves and Escape cancels; what was being written waits until then.
 *
 * @element trunk-composer
 * @summary Where a message is written. Part of `<trunk-chat-thread>`.
 * @fires {TrunkSendEvent} trunk-send - A person asks to send; `event.body` is the text. Cancelable.
 * @csspart base - The whole.
 * @csspart input - The text field.
 * @csspart send - The button.
 * @csspart editing - Over the field while a message is edited.
 * @csspart cancel - The button that ends the editing.
 * @csspart error - Why the text can't be sent.
 * @csspart counter - How many characters are left, near the limit.
 * @cssprop [--trunk-accent=light-dark(#9c4718, #f0a06c)] - The button and the focus ring.
 * @cssprop [--trunk-on-accent=light-dark(#fff8f1, #2a1305)] - The arrow on the button.
 * @cssprop [--trunk-surface=light-dark(#fdfcf9, #14191a)] - The field.
 * @cssprop [--trunk-raised=light-dark(#f0ece2, #22292a)] - The button while there is nothing to send.
 * @cssprop [--trunk-text=light-dark(#1c2322, #e6ebe8)] - The text.
 * @cssprop [--trunk-muted=light-dark(#5c6562, #9aa6a2)] - Placeholder and counter.
 * @cssprop [--trunk-line=light-dark(#d9d3c5, #343d3d)] - The field's border.
 * @cssprop [--trunk-danger=light-dark(#a52a1f, #ff9d8f)] - Errors.
 * @cssprop [--trunk-radius=10px] - Roundness; the field takes twice as much.
 * @cssprop [--trunk-font=system-ui] - Font family.
 * @cssprop [--trunk-font-size=15px] - Base font size.
 */
export class TrunkComposer extends LitElement {
  static override styles = [base, buttons, styles];
  static override shadowRootOptions: ShadowRootInit = {...LitElement.shadowRootOptions, delegatesFocus: true};

  readonly #ime = new ImeGuard();

  @query('textarea') private readonly input!: HTMLTextAreaElement | null;

  /** What the field is called. */
  @property() label = '';
  /** Why nothing can be sent yet; empty when it can. Typing is always possible. */
  @property() blocked = '';
  /** What to edit instead of writing a new message; null: nothing. */
  @property({attribute: false}) edit: ComposerEdit | null = null;
  /** Words to use instead of the English ones. */
  @property({attribute: false}) strings: Partial<Strings> | undefined;

  @state() private text = '';
  @state() private error: TrunkError | null = null;
  @state() private isSaving = false;

  /** The error that repeats `blocked`; true only as long as `blocked` says so. */
  #heldUp: TrunkError | null = null;
  /** The new message, while another one is edited. */
  #aside: {text: string; error: TrunkError | null} | null = null;

  /** The new message, as far as it is written. */
  get value(): string {
    return this.#aside?.text ?? this.text;
  }
  set value(text: string) {
    Object.assign(this.#aside ?? this, {text, error: null});
  }

  /** Puts a text that could not be sent back in front of whatever was written since, and says why. */
  giveBack(body: string, error: TrunkError): void {
    Object.assign(this.#aside ?? this, {text: this.value ? `${body}\n${this.value}` : body, error});
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('edit')) this.#switch();
    if (!changed.has('blocked') || !this.error || this.error !== this.#heldUp) return;
    this.error = this.#heldUp = this.blocked ? new TrunkError('closed', this.blocked) : null;
  }

  protected override updated(): void {
    const input = this.input;
    if (!input) return;
    // Not bound in the template: writing the same value again would move the caret and break a composition.
    if (input.value !== this.text) input.value = this.text;
    if (!growsByItself()) {
      input.style.blockSize = 'auto';
      input.style.blockSize = `${input.scrollHeight + 2}px`;
    }
  }

  /** From writing to editing, to another message, or back. */
  #switch(): void {
    const {text, error} = this;
    if (this.edit) this.#aside ??= {text, error};
    const next = this.edit ? {text: this.edit.body, error: null} : this.#aside;
    if (!this.edit) this.#aside = null;
    Object.assign(this, next, {isSaving: false});
  }

  async #save(edit: ComposerEdit, body: string): Promise<void> {
    if (this.isSaving) return;
    this.isSaving = true;
    try {
      await edit.save(body);
    } catch (thrown) {
      if (edit === this.edit) this.error = TrunkError.from(thrown);
    }
    if (edit === this.edit) this.isSaving = false;
  }

  #submit(): void {
    const body = this.text.replace(/^(?:[^\S\n]*\n)+|\s+$/g, '');
    try {
      assertSendable(body);
      if (this.blocked) throw (this.#heldUp = new TrunkError('closed', this.blocked));
    } catch (error) {
      this.error = TrunkError.from(error);
      this.input?.focus();
      return;
    }
    if (this.edit) return void this.#save(this.edit, body);
    this.value = '';
    this.dispatchEvent(new TrunkSendEvent(body));
    this.input?.focus();
  }

  readonly #onInput = (): void => {
    this.text = this.input?.value ?? '';
    this.error = null;
  };

  readonly #onKeydown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && this.edit && !this.#ime.owns(event)) {
      event.preventDefault();
      event.stopPropagation(); // it means the editing, and nothing around the field
      this.edit.cancel();
    }
    if (event.key !== 'Enter' || event.shiftKey || event.altKey || this.#ime.owns(event)) return;
    event.preventDefault();
    if (!event.repeat) this.#submit();
  };

  readonly #onSubmit = (event: Event): void => {
    event.preventDefault();
    this.#submit();
  };

  protected override render(): unknown {
    const strings = withStrings(this.strings);
    const left = MAX_BODY - countCharacters(this.text);
    const isNear = left < COUNTER_FROM;
    const {edit, isSaving} = this;
    const label = edit ? strings.editMessage : this.label || strings.write;
    const act = edit ? strings.save : strings.send;
    const error = this.error && (strings.failedDetail[this.error.code] ?? this.error.message);
    return html`
      <div part="base">
        ${
          edit
            ? html`<div part="editing">
                <span><strong>${strings.editMessage}</strong> <span dir="auto">${edit.body}</span></span>
                <button part="cancel" class="word" type="button" @click=${() => edit.cancel()}>
                  ${strings.cancel}
                </button>
              </div>`
            : nothing
        }
        <form @submit=${this.#onSubmit}>
          <textarea
            part="input"
            rows="1"
            dir="auto"
            enterkeyhint=${edit ? 'done' : 'send'}
            ?readonly=${isSaving}
            autocomplete="off"
            placeholder=${label}
            aria-label=${label}
            aria-describedby="error counter"
            aria-invalid=${this.error || left < 0 ? 'true' : 'false'}
            @input=${this.#onInput}
            @keydown=${this.#onKeydown}
            @keyup=${this.#ime.onKeyup}
            @compositionstart=${this.#ime.onCompositionStart}
            @compositionend=${this.#ime.onCompositionEnd}
          ></textarea>
          <button
            part="send"
            type="submit"
            aria-label=${act}
            title=${act}
            aria-disabled=${/\S/.test(this.text) && !isSaving ? 'false' : 'true'}
          >
            ${edit ? check : ARROW}
          </button>
        </form>
        <div class="notes">
          <span part="error" id="error" role="alert">${error ?? nothing}</span>
          <span part="counter" id="counter" class=${left < 0 ? 'over' : ''} ?hidden=${!isNear}
            >${isNear ? (left < 0 ? formatCount(strings.tooMany, -left, localeOf(this)) : formatCount(strings.left, left, localeOf(this))) : nothing}</span
          >
        </div>
      </div>
    `;
  }
}

const ARROW = svg`<svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M3.5 10h12M10.5 4.5 16 10l-5.5 5.5" /></svg>`;

declare global {
  interface HTMLElementTagNameMap {
    'trunk-composer': TrunkComposer;
  }
  interface HTMLElementEventMap {
    'trunk-send': TrunkSendEvent;
  }
}
