// One tab's word in a chat about who is writing: says that its person is, without saying it at every key. Knows nothing of ports.
import type {Want} from '../wire/protocol.js';

/** The hub is told at most once in this time, in ms; it counts a person as writing for 5 s. */
const SAY_MS = 1_000;

/** What a line needs of its client. */
export interface TypingLink {
  now(): number;
  /** Says again what this handle wants, which has changed. */
  changed(): void;
  release(): void;
}

export class TypingLine {
  readonly #chatId: string;
  readonly #link: TypingLink;
  #typing = false;
  #saidAt = -Infinity;

  constructor(chatId: string, link: TypingLink) {
    this.#chatId = chatId;
    this.#link = link;
  }

  /** For the client: what the hub is to know. */
  get want(): Extract<Want, {kind: 'typing'}> {
    // Said again to another hub much later, it isn't true any more.
    return {kind: 'typing', chatId: this.#chatId, typing: this.#typing && this.#link.now() < this.#saidAt + SAY_MS};
  }

  say(typing: boolean): void {
    const now = this.#link.now();
    if (typing ? now < this.#saidAt + SAY_MS : !this.#typing) return;
    this.#typing = typing;
    this.#saidAt = typing ? now : -Infinity;
    this.#link.changed();
  }

  release(): void {
    this.#link.release();
  }
}
