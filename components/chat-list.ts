// <trunk-chat-list>: a person's chats, the one with the newest message first, and what is unread in each.
import {LitElement, html, nothing} from 'lit';
import {property, state} from 'lit/decorators.js';
import {repeat} from 'lit/directives/repeat.js';
import {ClientController} from '../src/controllers/client-controller.js';
import {SourceController} from '../src/controllers/source-controller.js';
import {MAX_UNREAD, type Chat, type ChatSummary} from '../src/wire/chat.js';
import {TrunkError} from '../src/wire/error.js';
import {base, buttons} from './base.styles.js';
import {styles} from './chat-list.styles.js';
import {setCustomState} from './custom-state.js';
import {TrunkErrorEvent} from './error-event.js';
import {formatCount, formatMoment, formatWhen, localeOf} from './locale.js';
import {withStrings, type Strings} from './strings.js';
import {TitleBadge} from './title-badge.js';
import {nameOf, sayError, whyNothing} from './words.js';

const STATES = ['opening', 'ready', 'failed', 'empty'] as const;

/** A person chose a chat. Unless it is canceled, the list marks it as selected; what else happens is the page's to do. */
export class TrunkChatSelectEvent extends Event {
  readonly chat: Chat;
  constructor(chat: Chat) {
    super('trunk-chat-select', {bubbles: true, composed: true, cancelable: true});
    this.chat = chat;
  }
}

/**
 * The reader's chats with their last message and what is unread, the same in every tab, and there without a network too. Choosing one
 * fires `trunk-chat-select`; show it in a `<trunk-chat-thread>`.
 *
 * @element trunk-chat-list
 * @summary A person's chats, and what is unread.
 * @slot empty - Shown to somebody who has no chats.
 * @fires {TrunkChatSelectEvent} trunk-chat-select - A person chose a chat: `event.chat`.
 * @fires {TrunkErrorEvent} trunk-error - The list could not be loaded; `event.error` says why.
 * @csspart base - The whole.
 * @csspart chat - One chat; `chat-selected` too when it is the selected one.
 * @csspart chat-selected - The selected chat.
 * @csspart avatar - The picture beside it.
 * @csspart title - Its title, or the other person's name.
 * @csspart time - When its last message was said.
 * @csspart last - Its last message.
 * @csspart badge - How many messages are unread.
 * @csspart more - The button that loads older chats.
 * @csspart empty - Shown to somebody who has no chats.
 * @csspart skeleton - Shown while the list opens.
 * @csspart failed - Shown when the list can't be loaded.
 * @cssprop [--trunk-surface=light-dark(#fdfcf9, #14191a)] - Background.
 * @cssprop [--trunk-raised=light-dark(#f0ece2, #22292a)] - The selected chat, and the one under the pointer.
 * @cssprop [--trunk-text=light-dark(#1c2322, #e6ebe8)] - Text.
 * @cssprop [--trunk-muted=light-dark(#5c6562, #9aa6a2)] - Times and messages that were read.
 * @cssprop [--trunk-line=light-dark(#d9d3c5, #343d3d)] - Borders.
 * @cssprop [--trunk-accent=light-dark(#9c4718, #f0a06c)] - The badge, the selected chat's edge, focus.
 * @cssprop [--trunk-on-accent=light-dark(#fff8f1, #2a1305)] - What stands on the accent.
 * @cssprop [--trunk-radius=10px] - Roundness.
 * @cssprop [--trunk-font=system-ui] - Font family.
 * @cssprop [--trunk-font-size=15px] - Base font size.
 * @cssstate opening - The list is being loaded.
 * @cssstate ready - The list is there.
 * @cssstate empty - It is there, and nothing is in it.
 * @cssstate failed - It could not be loaded.
 */
export class TrunkChatList extends LitElement {
  static override styles = [base, buttons, styles];

  readonly #internals = this.attachInternals();
  readonly #client = new ClientController(this);
  readonly #status = new SourceController(this, () => this.#client.current?.status);
  readonly #me = new SourceController(this, () => this.#client.current?.me);
  readonly #people = new SourceController(this, () => this.#client.current?.people);
  readonly #list = new SourceController(this, () => this.#client.open?.chats.state);
  readonly #chats = new SourceController(this, () => this.#client.open?.chats.chats);
  readonly #badge = new TitleBadge();

  /** The selected chat: its id or slug. Set by a person's choice, too. */
  @property({reflect: true}) selected = '';
  /** Shows how many messages are unread in front of the page's title: `(3) Title`. For one list a page. */
  @property({type: Boolean, attribute: 'title-badge'}) titleBadge = false;
  /** Words to use instead of the English ones. */
  @property({attribute: false}) strings: Partial<Strings> | undefined;

  @state() private loadingMore = false;

  #toldError: TrunkError | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#badge.clear();
  }

  protected override updated(): void {
    const error = this.#failure(withStrings(this.strings));
    const isReady = this.#list.value?.phase === 'ready';
    const isEmpty = isReady && this.#all.length === 0;
    const phase = error ? 'failed' : isReady ? 'ready' : 'opening';
    setCustomState(this.#internals, STATES, isEmpty ? [phase, 'empty'] : [phase]);
    if (error && error.code !== this.#toldError?.code) this.dispatchEvent(new TrunkErrorEvent(error));
    this.#toldError = error;
    if (this.titleBadge && this.isConnected) this.#badge.set(this.#client.open?.chats.unread.current ?? 0);
    else this.#badge.clear();
  }

  get #all(): readonly ChatSummary[] {
    return this.#chats.value ?? [];
  }

  /** Why there is nothing to see; null while there is, or may soon be. */
  #failure(strings: Strings): TrunkError | null {
    const {current, isProvided} = this.#client;
    if (!current && !isProvided) return new TrunkError('no-config', strings.notSetUpDetail);
    const list = this.#list.value;
    if (this.#all.length > 0) return null;
    if (list?.phase === 'failed') return list.error;
    return list?.phase === 'ready' ? null : whyNothing('chats', {phase: 'opening'}, this.#status.value, strings);
  }

  #select(chat: Chat): void {
    const event = new TrunkChatSelectEvent(chat);
    this.dispatchEvent(event);
    if (!event.defaultPrevented) this.selected = chat.id;
  }

  async #more(): Promise<void> {
    this.loadingMore = true;
    try {
      await this.#client.open?.chats.more();
    } catch (thrown) {
      this.dispatchEvent(new TrunkErrorEvent(TrunkError.from(thrown)));
    }
    this.loadingMore = false;
  }

  /** Arrow keys go from chat to chat; Tab leaves the list. */
  readonly #onKeydown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const rows = [...this.renderRoot.querySelectorAll<HTMLElement>('[part~=chat]')];
    const at = rows.indexOf(event.target as HTMLElement);
    const to = {ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1}[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    rows[to]?.focus();
  };

  #renderChat(row: ChatSummary, isStop: boolean, strings: Strings, now: number): unknown {
    const {chat, last, unread, otherId} = row;
    const [people, locale] = [this.#people.value, localeOf(this)];
    const title = chat.title || (otherId ? nameOf(otherId, {people, strings}) : chat.slug) || strings.conversation;
    const isSelected = this.#isSelected(chat);
    const isOwn = last !== null && last.senderId === this.#me.value?.userId;
    const text = last?.deletedAt ? strings.deleted : last?.body.trim() || last?.attachments[0]?.name || '';
    const who = last && (isOwn ? strings.you : chat.kind === 'direct' ? '' : nameOf(last.senderId, {people, strings}));
    const at = Date.parse(last?.createdAt ?? '');
    return html`
      <li>
        <button
          type="button"
          part=${isSelected ? 'chat chat-selected' : 'chat'}
          class=${unread > 0 ? 'unread' : ''}
          aria-current=${isSelected ? 'true' : 'false'}
          tabindex=${isStop ? 0 : -1}
          @click=${() => this.#select(chat)}
        >
          <trunk-presence-avatar
            part="avatar"
            size="38"
            ?plain=${otherId === null}
            user-id=${otherId ?? ''}
            name=${title}
            aria-hidden="true"
          ></trunk-presence-avatar>
          <span part="title" dir="auto">${title}</span>
          ${
            last && !Number.isNaN(at)
              ? html`<time part="time" datetime=${last.createdAt} title=${formatMoment(at, locale)}
                  >${formatWhen(at, now, locale)}</time
                >`
              : html`<span></span>`
          }
          <span part="last" dir="auto">${last ? (who ? strings.announce(who, text) : text) : strings.empty}</span>
          ${
            unread > 0
              ? html`<span part="badge"
                  ><span aria-hidden="true">${unread >= MAX_UNREAD ? `${MAX_UNREAD - 1}+` : unread}</span
                  ><span class="hidden">${formatCount(strings.unread, unread, locale)}</span></span
                >`
              : nothing
          }
        </button>
      </li>
    `;
  }

  #isSelected({id, slug}: Chat): boolean {
    return this.selected !== '' && (this.selected === id || this.selected === slug);
  }

  protected override render(): unknown {
    const strings = withStrings(this.strings);
    const list = this.#list.value;
    const chats = this.#all;
    const failure = this.#failure(strings);
    const stop = Math.max(
      0,
      chats.findIndex(({chat}) => this.#isSelected(chat)),
    );
    const now = Date.now();
    const isEmpty = chats.length === 0;
    return html`
      <nav part="base" aria-label=${strings.chats} aria-busy=${isEmpty && list?.phase !== 'ready' && !failure}>
        <ul @keydown=${this.#onKeydown}>
          ${repeat(
            chats,
            ({chat}) => chat.id,
            (row, index) => this.#renderChat(row, index === stop, strings, now),
          )}
        </ul>
        ${
          failure
            ? html`<div part="failed" role="alert">
                <strong>${strings.chatsFailed}</strong>
                <p>${sayError(failure, strings)}</p>
                <code>${failure.code}</code>
              </div>`
            : isEmpty && list?.phase !== 'ready'
              ? html`<div part="skeleton" role="status">
                  <span class="hidden">${strings.openingChats}</span><i></i><i></i><i></i>
                </div>`
              : nothing
        }
        <slot name="empty" ?hidden=${!isEmpty || list?.phase !== 'ready'}>
          <div part="empty"><strong>${strings.noChats}</strong>${strings.noChatsHint}</div>
        </slot>
        ${
          list?.phase === 'ready' && list.hasMore
            ? html`<button
                part="more"
                class="word"
                type="button"
                ?disabled=${this.loadingMore}
                @click=${() => void this.#more()}
              >
                ${strings.moreChats}
              </button>`
            : nothing
        }
      </nav>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'trunk-chat-list': TrunkChatList;
  }
  interface HTMLElementEventMap {
    'trunk-chat-select': TrunkChatSelectEvent;
  }
}
