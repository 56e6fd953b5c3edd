// Tells a client which chat its person looks at. Several elements may show chats of one client: the one shown last counts, and
// when it goes, the one before it counts again.
import type {ReactiveController, ReactiveControllerHost, ReactiveElement} from 'lit';
import type {HubClient} from '../client/hub-client.js';

/** What is shown of each client, by who shows it, in the order in which it came to be shown. */
const shown = new WeakMap<HubClient, Map<ReactiveControllerHost, string>>();

export class CurrentChatController implements ReactiveController {
  readonly #host: ReactiveElement;
  /** Kept, because an element that left its provider no longer knows whose client it used. */
  #client: HubClient | null = null;
  #chatId: string | null = null;

  constructor(host: ReactiveElement) {
    this.#host = host;
    host.addController(this);
  }

  /** The host shows this chat of this client now; null when it shows none. Saying the same again changes nothing. */
  show(client: HubClient | null, chatId: string | null): void {
    if (client === this.#client && chatId === this.#chatId) return;
    const before = this.#client;
    this.#client = client;
    this.#chatId = chatId;
    if (before && before !== client) change(before, this.#host, null);
    if (client) change(client, this.#host, chatId);
  }

  hostDisconnected(): void {
    // An element that is only moved is back before this runs, and still shows its chat.
    queueMicrotask(() => {
      if (!this.#host.isConnected) this.show(null, null);
    });
  }
}

function change(client: HubClient, host: ReactiveControllerHost, chatId: string | null): void {
  const chats = shown.get(client) ?? new Map<ReactiveControllerHost, string>();
  shown.set(client, chats);
  const before = current(chats);
  chats.delete(host);
  if (chatId !== null) chats.set(host, chatId);
  if (current(chats) !== before) client.setCurrentChat(current(chats));
}

function current(chats: ReadonlyMap<ReactiveControllerHost, string>): string | null {
  return [...chats.values()].at(-1) ?? null;
}
