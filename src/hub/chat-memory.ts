// What this browser remembers of its chats, so that they can be shown before the network answers, and without it. Writes a little
// after a change; what is lost by that is caught up with. Knows nothing of how a chat is kept current.
import type {Clock, RememberedChat, Store} from './environment.js';
import type {People} from './people.js';

/** Changes are gathered for this long before they are written together, in ms. */
const GATHER_MS = 1_000;
/** Chats remembered a person; the one kept longest ago goes first. */
const MAX_CHATS = 50;

/** What a feed knows of its chat. */
export type FeedState = Pick<RememberedChat, 'chat' | 'messages' | 'hasOlder' | 'cursor'>;

export class ChatMemory {
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #owner: string;
  readonly #people: Pick<People, 'among' | 'remember'>;
  /** By name: what is to be written, and how to write it now. */
  readonly #pending = new Map<string, {state: () => FeedState | null; cancel: () => void}>();
  #closed = false;

  constructor(clock: Clock, store: Store, owner: string, people: Pick<People, 'among' | 'remember'>) {
    this.#clock = clock;
    this.#store = store;
    this.#owner = owner;
    this.#people = people;
  }

  /** A chat by the name it was asked for; null when it is not remembered, or the store refuses. */
  async recall(name: string): Promise<FeedState | null> {
    const kept = await this.#store.getChat(this.#owner, name).catch(() => null);
    if (!kept || this.#closed) return null;
    this.#people.remember(kept.people);
    return kept;
  }

  /** Something changed in a chat: `state` is asked when it is written. */
  keep(name: string, state: () => FeedState | null): void {
    if (this.#closed || this.#pending.has(name)) return;
    const cancel = this.#clock.after(GATHER_MS, () => this.write(name));
    this.#pending.set(name, {state, cancel});
  }

  /** Writes what waits to be written of a chat now. */
  write(name: string): void {
    const pending = this.#pending.get(name);
    pending?.cancel();
    this.#pending.delete(name);
    const state = pending?.state();
    if (!state) return;
    const people = this.#people.among(state.messages.map(({senderId}) => senderId));
    // A store that refuses costs a wait at the next start, nothing else.
    this.#store.putChat(this.#owner, name, {...state, people, keptAt: this.#clock.now()}, MAX_CHATS).catch(() => {});
  }

  /** The chat isn't this person's any more. */
  forget(name: string): void {
    this.#drop(name);
    this.#store.deleteChat(this.#owner, name).catch(() => {});
  }

  /** Forgets every chat, for good: nothing more is kept. */
  async clear(): Promise<void> {
    this.#closed = true;
    for (const name of [...this.#pending.keys()]) this.#drop(name);
    await this.#store.deleteChats(this.#owner);
  }

  /** Writes what waits to be written, of all chats. */
  flush(): void {
    for (const name of [...this.#pending.keys()]) this.write(name);
  }

  close(): void {
    this.flush();
    this.#closed = true;
  }

  #drop(name: string): void {
    this.#pending.get(name)?.cancel();
    this.#pending.delete(name);
  }
}
