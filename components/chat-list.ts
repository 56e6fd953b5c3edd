// <trunk-chat-list>: a person's chats, the one with the newest message first, and what is unread in each. What it shows is a chunk
// of its own (chat-list-view.ts).
import {property} from 'lit/decorators.js';
import type {Chat} from '../src/wire/chat.js';
import {lateModule} from '../src/wire/late-module.js';
import {keepsDisplay} from './host-display.js';
import {LateElement, type View} from './late-element.js';
import type {Strings} from './strings.js';

const loadView = lateModule(() => import('./chat-list-view.js'), 'ChatListView');

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
 * @csspart notify - The button that turns notifications on or off, or the line that says that the browser blocks them.
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
@keepsDisplay('block')
export class TrunkChatList extends LateElement {
  readonly #internals = this.attachInternals();

  /** The selected chat: its id or slug. Set by a person's choice, too. */
  @property({reflect: true}) selected = '';
  /** Shows how many messages are unread in front of the page's title: `(3) Title`. For one list a page. */
  @property({type: Boolean, attribute: 'title-badge'}) titleBadge = false;
  /**
   * Shows a button with which a person turns notifications of this browser on or off: one for all tabs, of chats that none has in view,
   * while this page is not in use. Off until it is pressed.
   */
  @property({type: Boolean}) notifications = false;
  /** Words to use instead of the English ones. */
  @property({attribute: false}) strings: Partial<Strings> | undefined;

  protected override async load(): Promise<View> {
    return new (await loadView())(this, this.#internals, chat => this.#choose(chat));
  }

  #choose(chat: Chat): void {
    const event = new TrunkChatSelectEvent(chat);
    this.dispatchEvent(event);
    if (!event.defaultPrevented) this.selected = chat.id;
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
