// <trunk-chat-thread>: one chat to read and write. Joins the parts: the chat (controller), the list (MessageLog), the field
// (<trunk-composer>), and what is said aloud (ThreadAnnouncements).
import {LitElement, adoptStyles, html, nothing, type PropertyValues} from 'lit';
import {property, query, state} from 'lit/decorators.js';
import {repeat} from 'lit/directives/repeat.js';
import {ChatController} from '../src/controllers/chat-controller.js';
import {ClientController} from '../src/controllers/client-controller.js';
import {CurrentChatController} from '../src/controllers/current-chat-controller.js';
import {SourceController} from '../src/controllers/source-controller.js';
import {TrunkError} from '../src/wire/error.js';
import {lateModule} from '../src/wire/late-module.js';
import {base, buttons} from './base.styles.js';
import {styles} from './chat-thread.styles.js';
import type {TrunkComposer, TrunkSendEvent} from './composer.js';
import {setCustomState} from './custom-state.js';
import {DraftKeeper} from './drafts.js';
import {TrunkErrorEvent} from './error-event.js';
import {keepsDisplay} from './host-display.js';
import {down} from './icons.js';
import {formatCount, localeOf} from './locale.js';
import {MessageLog} from './message-log.js';
import {LatePart} from './late-part.js';
import type {OwnMessages} from './own-messages.js';
import {withStrings, type Strings} from './strings.js';
import {nameOf, renderRow, type RowContext} from './thread-message.js';
import {messageStyles} from './thread-message.styles.js';
import {renderBanners, renderFailed, renderOlder, renderOpening, whyNothing} from './thread-notices.js';
import {ThreadNews} from './thread-news.js';
import {toRows} from './thread-rows.js';
import {sayError} from './words.js';

const loadLater = lateModule(() => import('./thread-later.js'), 'makeThreadLater');

const STATES = ['opening', 'ready', 'failed', 'offline'] as const;

/**
 * A chat: its messages, oldest first, and a field to write in. What is written while there is no connection waits, visibly, and
 * is sent when there is one. Give it a height; without one it is 480 px high.
 *
 * @element trunk-chat-thread
 * @summary A chat to read and write.
 * @slot empty - Shown while nobody has said anything.
 * @slot typing - Over the field: who is writing. Put something else there, or an empty element for nothing.
 * @fires {TrunkSendEvent} trunk-send - A person asks to send; cancel it to send in another way.
 * @fires {TrunkErrorEvent} trunk-error - The chat could not be opened or an act failed; `event.error` says why.
 * @csspart base - The whole.
 * @csspart banner - A line about the connection or the storage.
 * @csspart log - The list that scrolls.
 * @csspart day - A day separator.
 * @csspart message - A row; `message-own` too when the reader wrote it.
 * @csspart message-own - A row of the reader's.
 * @csspart avatar - The picture beside a group of messages.
 * @csspart author - The name over a group of messages.
 * @csspart bubble - What surrounds the text.
 * @csspart body - The text.
 * @csspart deleted - In place of a deleted text.
 * @csspart link - An address inside a text.
 * @csspart attachment - A file the message points to.
 * @csspart meta - Time and state.
 * @csspart time - When it was said.
 * @csspart edited - The word "edited".
 * @csspart state - Waiting, sending, sent or failed.
 * @csspart missed - A separator: from here on the reader was away, or has not read.
 * @csspart actions - The buttons beside an own message.
 * @csspart edit - The button that edits a message.
 * @csspart delete - The button that deletes a message, or discards one that waits.
 * @csspart question - What is under a message that is about to go.
 * @csspart keep - The button that lets it stay.
 * @csspart confirm - The button that lets it go.
 * @csspart failure - What is under a message that failed.
 * @csspart reason - Why it failed.
 * @csspart retry - The button that tries again.
 * @csspart discard - The button that forgets the message.
 * @csspart older - What stands over the oldest message: loading, failed, or the beginning.
 * @csspart jump - The button that goes to the latest message.
 * @csspart jump-unread - The button that goes to the first unread message, of part `jump`, too.
 * @csspart empty - Shown while nobody has said anything.
 * @csspart skeleton - Shown while the chat opens.
 * @csspart failed - Shown when the chat can't be opened.
 * @csspart typing - Who is writing, as one element.
 * @csspart dots - What moves beside their names.
 * @csspart composer - The field and its button, as one element.
 * @csspart input - The text field.
 * @csspart send - The send button.
 * @csspart editing - Over the field while a message is edited.
 * @csspart cancel - The button that ends the editing.
 * @csspart error - Why a text can't be sent.
 * @csspart counter - How many characters are left, near the limit.
 * @csspart readonly - In place of the field when `readonly` is set.
 * @cssprop [--trunk-surface=light-dark(#fdfcf9, #14191a)] - Background.
 * @cssprop [--trunk-raised=light-dark(#f0ece2, #22292a)] - Bubbles of others, banners.
 * @cssprop [--trunk-own=light-dark(#1d4644, #2a5b58)] - The reader's bubbles.
 * @cssprop [--trunk-on-own=light-dark(#f3f8f4, #f0f8f5)] - Text in the reader's bubbles.
 * @cssprop [--trunk-text=light-dark(#1c2322, #e6ebe8)] - Text.
 * @cssprop [--trunk-muted=light-dark(#5c6562, #9aa6a2)] - Times, days, hints.
 * @cssprop [--trunk-line=light-dark(#d9d3c5, #343d3d)] - Lines and borders.
 * @cssprop [--trunk-accent=light-dark(#9c4718, #f0a06c)] - Buttons and focus.
 * @cssprop [--trunk-on-accent=light-dark(#fff8f1, #2a1305)] - What stands on the accent.
 * @cssprop [--trunk-danger=light-dark(#a52a1f, #ff9d8f)] - Failures.
 * @cssprop [--trunk-radius=10px] - Roundness.
 * @cssprop [--trunk-font=system-ui] - Font family.
 * @cssprop [--trunk-font-size=15px] - Base font size.
 * @cssstate opening - The chat is being opened.
 * @cssstate ready - The chat is open.
 * @cssstate failed - The chat could not be opened.
 * @cssstate offline - Nothing can be sent or received now.
 */
@keepsDisplay('block')
export class TrunkChatThread extends LitElement {
  static override styles = [base, buttons, styles, messageStyles];

  readonly #internals = this.attachInternals();
  readonly #client = new ClientController(this);
  readonly #status = new SourceController(
    this,
    () => this.#client.current?.status,
    status => status.reason === 'signed-out' && this.#forget(),
  );
  readonly #me = new SourceController(
    this,
    () => this.#client.current?.me,
    me => me && this.#drafts.recall(),
  );
  readonly #people = new SourceController(this, () => this.#client.current?.people);
  readonly #chat = new ChatController(this, {
    choose: () => ({client: this.#client.current, chat: this.chat, make: this.make}),
    opened: () => this.#drafts.recall(),
    closed: choice => {
      this.#leave();
      this.#drafts.keep(choice.client, choice.chat);
    },
  });
  readonly #drafts = new DraftKeeper(this, () => ({
    client: this.readonly ? null : this.#client.current,
    chat: this.chat,
    field: this.composer,
  }));
  readonly #current = new CurrentChatController(this);
  readonly #log = new MessageLog(this, {
    messages: () => this.#chat.messages,
    loadOlder: () => void this.#loadOlder(),
  });
  readonly #world = {
    handle: () => this.#chat.handle,
    messages: () => this.#chat.messages,
    myId: () => this.#myId,
  };
  readonly #voice = () => ({
    strings: this.#strings,
    locale: localeOf(this),
    myId: this.#myId,
    nameOf: (id: string | null) => nameOf(id, {people: this.#people.value, strings: this.#strings}),
  });
  readonly #news = new ThreadNews(this.#voice);
  readonly #later = new LatePart(this, async () => {
    const makeThreadLater = await loadLater();
    const source = {
      ...this.#world,
      changed: () => this.requestUpdate(),
      report: this.#report,
      focusField: () => this.composer?.focus(),
      isFieldEmpty: () => !this.composer?.value,
      sayEditing: (text: string) => this.#say(this.#strings.announce(this.#strings.editMessage, text)),
    };
    const later = makeThreadLater(this, this.#log, source, this.#voice, text => this.#say(text));
    adoptStyles(this.renderRoot as ShadowRoot, [
      ...(this.constructor as typeof TrunkChatThread).elementStyles,
      ...later.styles,
    ]);
    this.#news.announcements = later.announcements;
    return later;
  });

  @query('trunk-composer') private readonly composer!: TrunkComposer | null;

  /** Which chat: its id, or the slug of a room. */
  @property() chat = '';
  /** Creates the room on first use. */
  @property({type: Boolean}) make = false;
  /** Shows the chat without a field to write in. */
  @property({type: Boolean}) readonly = false;
  /** Words to use instead of the English ones. */
  @property({attribute: false}) strings: Partial<Strings> | undefined;

  /** The last thing said aloud: an element of its own each time, or the same words twice would be said once. */
  @state() private said: readonly {text: string}[] = [];
  /** The last thing a person asked for that failed and belongs to no message. */
  @state() private problem: TrunkError | null = null;
  @state() private olderFailed = false;

  #strings = withStrings(undefined);
  #toldError: TrunkError | null = null;

  /** Whoever waits for an update waits for the chunk, too. */
  protected override async getUpdateComplete(): Promise<boolean> {
    if (this.isConnected) await this.#later.load().catch(() => {});
    return super.getUpdateComplete();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('strings')) this.#strings = withStrings(this.strings);
  }

  /** Controllers have their new values here, and nothing is rendered yet. */
  protected override update(changed: PropertyValues<this>): void {
    this.#news.update(this.#chat, this.#status.value);
    super.update(changed);
  }

  get #own(): OwnMessages | null {
    return this.#later.current?.own ?? null;
  }

  /** Does something to own messages, as soon as it can be. */
  readonly #act = (act: (own: OwnMessages) => void): void => {
    if (this.#own) return act(this.#own);
    this.#later.load().then(({own}) => act(own), this.#report);
  };

  /** @param isShown elsewhere, beside what failed */
  readonly #report = (error: TrunkError | null, isShown = false): void => {
    this.problem = isShown ? null : error;
    if (error) this.dispatchEvent(new TrunkErrorEvent(error));
  };

  readonly #onFieldKey = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowUp') this.#act(own => own.onFieldKey(event));
  };

  /** When the keys can't be had, `preload` says so, and the list scrolls by them all the same. */
  readonly #onLogKey = (event: KeyboardEvent): void => {
    const {current} = this.#later;
    if (current) return current.focus.press(event);
    const late = this.#later.load().then(({focus}) => focus.press(event));
    late.catch(() => {});
  };

  get #myId(): string | null {
    return this.#me.value?.userId ?? null;
  }

  protected override updated(): void {
    const chat = this.#chat.state;
    const {state, reason} = this.#status.value ?? {};
    const isOffline = state === 'disconnected' && reason !== 'no-socket';
    const error = this.#failure();
    setCustomState(this.#internals, STATES, [error ? 'failed' : chat.phase, ...(isOffline ? ['offline'] : [])]);
    // The messages first: the chunk and what it adds to each row come once they are shown.
    if (chat.phase !== 'opening') this.#later.preload();
    if (this.isConnected) this.#current.show(this.#client.open, chat.phase === 'ready' ? chat.chat.id : null);
    if (error && error.code !== this.#toldError?.code) this.dispatchEvent(new TrunkErrorEvent(error));
    this.#toldError = error;
  }

  /** Why there is nothing to read; null while there is, or may soon be. */
  #failure(): TrunkError | null {
    const {current, isProvided} = this.#client;
    if (!current && !isProvided) return new TrunkError('no-config', this.#strings.notSetUpDetail);
    return whyNothing(this.chat, this.#chat.state, this.#status.value, this.#strings);
  }

  #say(text: string): void {
    this.said = [{text}];
  }

  #leave(): void {
    this.#log.reset();
    this.#news.reset();
    this.#later.current?.own.reset();
    this.#later.current?.marker.reset();
    this.#later.current?.unread.reset();
    this.problem = null;
    this.olderFailed = false;
  }

  /** Nothing of a person who signed out stays, not even what they only typed. */
  #forget(): void {
    this.#leave();
    this.#drafts.forget();
  }

  async #loadOlder(): Promise<void> {
    const chat = this.#chat.state;
    if (chat.phase !== 'ready' || !chat.hasOlder || chat.loadingOlder || this.olderFailed) return;
    try {
      await this.#chat.handle?.loadOlder();
    } catch {
      this.olderFailed = true; // shown with a button; not tried again at every move
    }
  }

  readonly #onSend = (event: TrunkSendEvent): void => {
    // After all listeners of the page have had their say.
    queueMicrotask(() => {
      if (!event.defaultPrevented) void this.#send(event.body);
    });
  };

  /** A new message: while an old one is edited, nobody waits for anything. */
  readonly #onWrite = (): void => {
    if (!this.#own?.editing) this.#chat.handle?.typing(/\S/.test(this.composer?.value ?? ''));
  };

  async #send(body: string): Promise<void> {
    const {composer} = this;
    const handle = this.#chat.handle;
    try {
      if (!handle) throw new TrunkError('closed', this.#strings.stillOpening);
      const sent = handle.send(body);
      this.#log.toEnd();
      this.#news.missed = null;
      this.#later.current?.unread.end();
      await sent;
      this.problem = null;
    } catch (thrown) {
      const error = TrunkError.from(thrown);
      if (error.code === 'signed-out') this.problem = null;
      else if (handle === this.#chat.handle) composer?.giveBack(body, error);
      else this.problem = error;
      this.dispatchEvent(new TrunkErrorEvent(error));
    }
  }

  #renderRows(): unknown {
    const now = Date.now();
    const context: RowContext = {
      strings: this.#strings,
      locale: localeOf(this),
      now,
      people: this.#people.value,
      act: this.readonly ? null : this.#act,
      later: this.readonly ? null : this.#later.current,
    };
    const unread = this.#later.current?.unread.find() ?? null;
    const rows = toRows(this.#log.visible, this.#myId, now, this.#news.missed ?? unread);
    return repeat(
      rows,
      row => row.key,
      row => renderRow(row, context),
    );
  }

  #renderInstead(failure: TrunkError | null): unknown {
    const {state} = this.#chat;
    if (failure) {
      const canReopen = state.phase === 'failed' && failure.code !== 'protocol-mismatch';
      return renderFailed(failure, canReopen ? () => this.#chat.reopen() : null, this.#strings);
    }
    return state.phase === 'opening' ? renderOpening(this.#strings) : nothing;
  }

  protected override render(): unknown {
    const strings = this.#strings;
    const chat = this.#chat.state;
    const title =
      chat.phase === 'ready' ? chat.chat.title || chat.chat.slug || strings.conversation : strings.conversation;
    const failure = this.#failure();
    const isEmpty = this.#chat.messages.length === 0;
    const errors = [isEmpty ? null : failure, this.problem].filter(error => error !== null);
    const retryOlder = this.olderFailed ? () => (this.olderFailed = false) : null;
    const isCopy = chat.phase === 'ready' && !chat.fresh;
    const fresh = this.#news.count(this.#chat.messages, this.#log.isAtEnd);
    const blocked = failure ? sayError(failure, strings) : chat.phase === 'ready' ? '' : strings.stillOpening;
    return html`
      <div part="base">
        <div class="banners" role="status">
          ${renderBanners(this.#status.value, isCopy, errors, failure !== null, strings)}
        </div>
        <div class="middle">
          ${this.#news.missed ? nothing : this.#later.current?.unread.render()}
          <div
            part="log"
            role="log"
            aria-live="off"
            aria-label=${strings.messages(title)}
            tabindex="0"
            @keydown=${this.#onLogKey}
          >
            <div class="content">
              <div part="older">${renderOlder(chat, this.#log.isAtStart, retryOlder, strings)}</div>
              ${this.#renderRows()}${isEmpty ? this.#renderInstead(failure) : nothing}
              <slot name="empty" ?hidden=${!isEmpty || failure !== null || chat.phase !== 'ready'}>
                <div part="empty">
                  <strong>${strings.empty}</strong><span>${this.readonly ? nothing : strings.emptyHint}</span>
                </div>
              </slot>
            </div>
          </div>
          <button part="jump" type="button" dir="auto" ?hidden=${this.#log.isAtEnd} @click=${() => this.#log.toEnd()}>
            ${fresh > 0 ? formatCount(strings.newMessages, fresh, localeOf(this)) : strings.toLatest}${down}
          </button>
        </div>
        <slot name="typing">
          <trunk-typing-indicator
            part="typing"
            exportparts="dots"
            .handle=${this.#chat.handle}
            .strings=${this.strings}
          ></trunk-typing-indicator>
        </slot>
        ${
          this.readonly
            ? html`<div part="readonly">${strings.readonly}</div>`
            : html`<trunk-composer
                part="composer"
                exportparts="input, send, editing, cancel, error, counter"
                ?hidden=${failure !== null && !this.composer?.value && !this.#own?.editing}
                .edit=${this.#own?.editing ?? null}
                .label=${chat.phase === 'ready' ? strings.writeTo(title) : strings.write}
                .blocked=${blocked}
                .strings=${this.strings}
                @trunk-send=${this.#onSend}
                @input=${this.#onWrite}
                @focusout=${() => this.#chat.handle?.typing(false)}
                @keydown=${this.#onFieldKey}
              ></trunk-composer>`
        }
        <div class="hidden" aria-live="polite" data-announcements>
          ${repeat(
            this.said,
            said => said,
            ({text}) => html`<p>${text}</p>`,
          )}
        </div>
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'trunk-chat-thread': TrunkChatThread;
  }
}
