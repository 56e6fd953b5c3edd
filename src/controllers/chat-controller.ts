// Holds one chat open for an element, and follows what it says. Reopens when the client, the chat or `make` changes.
import type {ReactiveController, ReactiveElement} from 'lit';
import type {ChatHandle, ChatState, ContinuityNotice} from '../client/chat-handle.js';
import type {HubClient} from '../client/hub-client.js';
import type {ChatMessage} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import {SourceController} from './source-controller.js';

/** Which chat an element wants; `chat` is an id or a slug, empty for none. */
export interface ChatChoice {
  client: HubClient | null;
  chat: string;
  /** Create the room on first use. */
  make: boolean;
}

/** What the element decides, and what it is told. */
export interface ChatWishes {
  /** Says what to open; asked again before every update. */
  choose(): ChatChoice;
  opened?(choice: ChatChoice): void;
  /** Before it is let go: because something else is chosen, or because the element left the document. */
  closed?(choice: ChatChoice): void;
}

const NOTHING: readonly ChatMessage[] = [];
const OPENING: ChatState = {phase: 'opening'};

export class ChatController implements ReactiveController {
  readonly #host: ReactiveElement;
  readonly #wishes: ChatWishes;
  readonly #state: SourceController<ChatState>;
  readonly #messages: SourceController<readonly ChatMessage[]>;
  readonly #continuity: SourceController<ContinuityNotice | null>;
  #choice: ChatChoice | null = null;
  #handle: ChatHandle | null = null;
  /** Why there is no handle although a chat is chosen. */
  #refusal: ChatState | null = null;

  constructor(host: ReactiveElement, wishes: ChatWishes) {
    this.#host = host;
    this.#wishes = wishes;
    host.addController(this);
    this.#state = new SourceController(host, () => this.#handle?.state);
    this.#messages = new SourceController(host, () => this.#handle?.messages);
    this.#continuity = new SourceController(host, () => this.#handle?.continuity);
    new SourceController(host, () => this.#handle?.read); // an update when it changes
  }

  /** The chat to act on; null while there is none. */
  get handle(): ChatHandle | null {
    return this.#handle;
  }

  get state(): ChatState {
    return this.#refusal ?? this.#state.value ?? OPENING;
  }

  /** Oldest first. */
  get messages(): readonly ChatMessage[] {
    return this.#messages.value ?? NOTHING;
  }

  /** How the last absence of the line ended; null before the first. */
  get continuity(): ContinuityNotice | null {
    return this.#continuity.value ?? null;
  }

  /** Opens the same chat once more, after it failed for good. */
  reopen(): void {
    this.#close();
    this.#host.requestUpdate();
  }

  hostUpdate(): void {
    // An element is also updated while it is out of the document, but asks for nothing there.
    if (!this.#host.isConnected) return;
    const choice = this.#wishes.choose();
    const open = this.#choice;
    if (open && open.client === choice.client && open.chat === choice.chat && open.make === choice.make) return;
    this.#close();
    this.#choice = choice;
    if (!choice.client || !choice.chat) return;
    try {
      this.#handle = choice.client.chat(choice.chat, {make: choice.make});
    } catch (error) {
      this.#refusal = {phase: 'failed', error: TrunkError.from(error), final: true};
    }
    this.#wishes.opened?.(choice);
  }

  hostDisconnected(): void {
    // An element that is only moved is back before this runs, and keeps its handle.
    queueMicrotask(() => {
      if (!this.#host.isConnected) this.#close();
    });
  }

  #close(): void {
    if (this.#choice) this.#wishes.closed?.(this.#choice);
    this.#handle?.release();
    this.#handle = null;
    this.#choice = null;
    this.#refusal = null;
  }
}
