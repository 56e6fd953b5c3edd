// What only this tab knows of its own work: how much the hub has told it, and when messages came into its lists. Counted always, read
// when somebody looks. Holds no text.
import type {StoredMessage} from '../wire/chat.js';

/** How many messages are remembered. */
const SHOWN = 50;

/** A message that came into a list of this tab while the chat was open. */
export interface ShownMessage {
  messageId: string;
  chatId: string;
  /** This person's own, from whichever tab. */
  own: boolean;
  /** By the database's clock, in ms since 1970; an own one's times are in `sends`. */
  storedAt: number;
  /** By this tab's clock. The elements render it in the same turn; in a hidden tab, when it is seen again. */
  at: number;
}

export interface TabOwnStats {
  /** Which of `tabs` it is; null while there is no hub. */
  id: string | null;
  /** Posts of the hub to this tab, and the messages in them. */
  frames: number;
  messages: number;
  /** The last ones, oldest first. */
  shown: ShownMessage[];
  /** JS heap of the page, of which the engine may count several tabs as one; null where it tells none (all but Chromium's). */
  heapBytes: number | null;
}

export class TabRecord {
  /** Oldest first. */
  #shown: ShownMessage[] = [];

  /** A message is in a list for the first time, or stored at last. */
  show({id, chatId, createdAt, seq, rev}: StoredMessage, own: boolean, at: number): void {
    // A change of one that was there before is no arrival.
    if (rev !== seq || this.#shown.some(({messageId}) => messageId === id)) return;
    if (this.#shown.push({messageId: id, chatId, own, storedAt: Date.parse(createdAt), at}) > SHOWN)
      this.#shown.shift();
  }

  read(link: Omit<TabOwnStats, 'shown' | 'heapBytes'>): TabOwnStats {
    const {memory} = performance as {memory?: {usedJSHeapSize: number}};
    return {...link, shown: [...this.#shown], heapBytes: memory?.usedJSHeapSize ?? null};
  }

  /** Nothing of the person may stay. */
  forget(): void {
    this.#shown = [];
  }
}
