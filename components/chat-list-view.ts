// What a <trunk-chat-list> shows and does, loaded with the first one.
import {html, nothing} from 'lit';
import {repeat} from 'lit/directives/repeat.js';
import {ClientController} from '../src/controllers/client-controller.js';
import {SourceController} from '../src/controllers/source-controller.js';
import type {ChatListState} from '../src/client/chat-list-handle.js';
import {MAX_UNREAD, type Chat, type ChatSummary, type Person} from '../src/wire/chat.js';
import {TrunkError} from '../src/wire/error.js';
import type {ConnectionStatus} from '../src/wire/status.js';
import {base, buttons} from './base.styles.js';
import {ChatAlerts, type Words} from './chat-alerts.js';
import type {TrunkChatList} from './chat-list.js';
import {styles} from './chat-list.styles.js';
import {chatListEnglish, type ChatListWords} from './chat-list-words.js';
import {setCustomState} from './custom-state.js';
import {TrunkErrorEvent} from './error-event.js';
import {formatCount, formatTime, keep, localeOf, tellMoment} from './locale.js';
import type {View} from './late-element.js';
import {withStrings, type FirstWords} from './strings.js';
import {TitleBadge} from './title-badge.js';
import {nameOf, sayError, whyNothing} from './words.js';

const STATES = ['opening', 'ready', 'failed', 'empty'] as const;

export class ChatListView implements View {
  readonly styles = [base, buttons, styles];

  readonly #host: TrunkChatList;
  readonly #internals: ElementInternals;
  readonly #choose: (chat: Chat) => void;
  readonly #client: ClientController;
  readonly #status: SourceController<ConnectionStatus>;
  readonly #me: SourceController<Person | null>;
  readonly #people: SourceController<ReadonlyMap<string, Person>>;
  readonly #list: SourceController<ChatListState>;
  readonly #chats: SourceController<readonly ChatSummary[]>;
  readonly #badge = new TitleBadge();
  readonly #alerts: ChatAlerts;
  #stopAlerts: (() => void) | null = null;
  #isLoadingMore = false;
  #toldError: TrunkError | null = null;

  constructor(host: TrunkChatList, internals: ElementInternals, choose: (chat: Chat) => void) {
    this.#host = host;
    this.#internals = internals;
    this.#choose = choose;
    this.#client = new ClientController(host);
    this.#status = new SourceController(
      host,
      () => this.#client.current?.status,
      status => status.reason === 'signed-out' && this.#alerts.clear(),
    );
    this.#me = new SourceController(host, () => this.#client.current?.me);
    this.#people = new SourceController(host, () => this.#client.current?.people);
    this.#list = new SourceController(host, () => this.#client.open?.chats.state);
    this.#chats = new SourceController(host, () => this.#client.open?.chats.chats);
    this.#alerts = new ChatAlerts(
      () => host.requestUpdate(),
      chatId => this.#wordsOf(chatId),
      chatId => {
        const row = this.#all.find(({chat}) => chat.id === chatId);
        if (row) choose(row.chat);
      },
    );
  }

  hostDisconnected(): void {
    this.#badge.clear();
    this.#alerts.follow(null);
    this.#stopAlerts?.();
    this.#stopAlerts = null;
  }

  hostUpdated(): void {
    const error = this.#failure(this.#strings);
    const isReady = this.#list.value?.phase === 'ready';
    const isEmpty = isReady && this.#all.length === 0;
    const phase = error ? 'failed' : isReady ? 'ready' : 'opening';
    setCustomState(this.#internals, STATES, isEmpty ? [phase, 'empty'] : [phase]);
    if (error && error.code !== this.#toldError?.code) this.#host.dispatchEvent(new TrunkErrorEvent(error));
    this.#toldError = error;
    if (this.#host.titleBadge && this.#host.isConnected) this.#badge.set(this.#client.open?.chats.unread.current ?? 0);
    else this.#badge.clear();
    const isOffered = this.#host.notifications && this.#host.isConnected;
    if (isOffered) this.#stopAlerts ??= this.#alerts.listen();
    this.#alerts.follow(isOffered ? (this.#client.open ?? null) : null);
  }

  get #strings(): FirstWords & ChatListWords {
    return {...chatListEnglish, ...withStrings(this.#host.strings)};
  }

  /** What a notification says of a chat: what its row says. */
  #wordsOf(chatId: string): Words | null {
    const row = this.#all.find(({chat}) => chat.id === chatId);
    if (!row?.last) return null;
    const strings = this.#strings;
    const title = this.#titleOf(row, strings);
    const who = row.chat.kind === 'direct' ? '' : nameOf(row.last.senderId, {people: this.#people.value, strings});
    const text = textOf(row, strings);
    return {title, body: who ? strings.announce(who, text) : text};
  }

  #titleOf({chat, otherId}: ChatSummary, strings: FirstWords): string {
    return (
      chat.title ||
      (otherId ? nameOf(otherId, {people: this.#people.value, strings}) : chat.slug) ||
      strings.conversation
    );
  }

  #renderNotify(strings: ChatListWords): unknown {
    const {state} = this.#alerts;
    if (!this.#host.notifications || state === 'missing') return nothing;
    if (state === 'denied') return html`<p part="notify" dir="auto">${strings.notifyDenied}</p>`;
    return html`<button
      part="notify"
      class="word"
      type="button"
      aria-pressed=${state === 'on' ? 'true' : 'false'}
      @click=${() => void this.#alerts.toggle()}
    >
      ${strings.notify}
    </button>`;
  }

  get #all(): readonly ChatSummary[] {
    return this.#chats.value ?? [];
  }

  /** Why there is nothing to see; null while there is, or may soon be. */
  #failure(strings: FirstWords): TrunkError | null {
    const {current, isProvided} = this.#client;
    if (!current && !isProvided) return new TrunkError('no-config', strings.notSetUpDetail);
    const list = this.#list.value;
    if (this.#all.length > 0) return null;
    if (list?.phase === 'failed') return list.error;
    return list?.phase === 'ready' ? null : whyNothing('chats', {phase: 'opening'}, this.#status.value, strings);
  }

  async #more(): Promise<void> {
    this.#setLoadingMore(true);
    try {
      await this.#client.open?.chats.more();
    } catch (thrown) {
      this.#host.dispatchEvent(new TrunkErrorEvent(TrunkError.from(thrown)));
    }
    this.#setLoadingMore(false);
  }

  #setLoadingMore(isLoading: boolean): void {
    this.#isLoadingMore = isLoading;
    this.#host.requestUpdate();
  }

  /** Arrow keys go from chat to chat; Tab leaves the list. */
  readonly #onKeydown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const rows = [...this.#host.renderRoot.querySelectorAll<HTMLElement>('[part~=chat]')];
    const at = rows.indexOf(event.target as HTMLElement);
    const to = {ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1}[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    rows[to]?.focus();
  };

  #renderChat(row: ChatSummary, isStop: boolean, strings: FirstWords & ChatListWords, now: number): unknown {
    const {chat, last, unread, otherId} = row;
    const [people, locale] = [this.#people.value, localeOf(this.#host)];
    const title = this.#titleOf(row, strings);
    const isSelected = this.#isSelected(chat);
    const isOwn = last !== null && last.senderId === this.#me.value?.userId;
    const text = textOf(row, strings);
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
          @click=${() => this.#choose(chat)}
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
              ? html`<time part="time" datetime=${last.createdAt} @pointerenter=${tellMoment}
                  >${formatWhen(at, now, locale)}</time
                >`
              : html`<span></span>`
          }
          <span part="last" dir="auto">${last ? (who ? sayOf(who, text, strings) : text) : strings.empty}</span>
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
    return this.#host.selected !== '' && (this.#host.selected === id || this.#host.selected === slug);
  }

  render(): unknown {
    const strings = this.#strings;
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
                ?disabled=${this.#isLoadingMore}
                @click=${() => void this.#more()}
              >
                ${strings.moreChats}
              </button>`
            : nothing
        }
        ${this.#renderNotify(strings)}
      </nav>
    `;
  }
}

/** A time of today, the day otherwise: what fits into a list. */
function formatWhen(time: number, now: number, locale: string | undefined): string {
  if (new Date(time).toDateString() === new Date(now).toDateString()) return formatTime(time, locale);
  const sameYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  const day = {day: 'numeric', month: 'short'} as const;
  return keep(`when${sameYear}`, locale, () => {
    return new Intl.DateTimeFormat(locale, sameYear ? day : {...day, year: 'numeric'});
  }).format(time);
}

/** A name doesn't decide which way the words run, or a text of the other way would be cut at its beginning. */
function sayOf(who: string, text: string, strings: FirstWords): unknown {
  const [before, after] = strings.announce('\0', text).split('\0');
  return after === undefined ? before : html`${before}<bdi>${who}</bdi>${after}`;
}

function textOf({last}: ChatSummary, strings: FirstWords): string {
  return last?.deletedAt ? strings.deleted : last?.body.trim() || last?.attachments[0]?.name || '';
}
