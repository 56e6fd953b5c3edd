// The newest messages of one chat, by place and without holes: what the hub holds of it, however long the chat is. Knows nothing of
// where they come from.
import type {StoredMessage} from '../wire/chat.js';

/** Messages kept; older ones are asked for when somebody reads back. */
export const WINDOW = 200;

export class ChatWindow {
  #messages: StoredMessage[] = [];
  #hasOlder = false;

  /** By `seq`. */
  get messages(): readonly StoredMessage[] {
    return this.#messages;
  }

  /** Whether the chat has older ones than these. */
  get hasOlder(): boolean {
    return this.#hasOlder;
  }

  /** Starts over with the newest of the chat, by `seq`. */
  reset(messages: readonly StoredMessage[], hasOlder: boolean): void {
    this.#messages = [...messages];
    this.#hasOlder = hasOlder;
  }

  /** Takes in what is new or changed; what is older than the window stays outside. */
  merge(messages: readonly StoredMessage[]): void {
    for (const message of messages) {
      const at = this.#messages.findLastIndex(other => other.seq <= message.seq);
      const there = this.#messages[at];
      if (there?.seq === message.seq) {
        if (message.rev > there.rev) this.#messages[at] = message;
      } else if (at >= 0 || !this.#hasOlder) this.#messages.splice(at + 1, 0, message);
    }
    this.trim(WINDOW);
  }

  /** Keeps the newest `count`. */
  trim(count: number): void {
    if (this.#messages.length <= count) return;
    this.#messages = this.#messages.slice(-count);
    this.#hasOlder = true;
  }

  /** The last `limit` messages before place `seq` (null: the newest), oldest first; null when they lie outside. */
  before(seq: number | null, limit: number): {messages: StoredMessage[]; hasOlder: boolean} | null {
    const older = seq === null ? this.#messages : this.#messages.filter(message => message.seq < seq);
    if (older.length === 0 && this.#hasOlder) return null;
    const messages = older.slice(-limit);
    return {messages, hasOlder: this.#hasOlder || messages.length < older.length};
  }
}
