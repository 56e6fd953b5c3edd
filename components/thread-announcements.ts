// What a screen reader hears of a thread: new messages of others, and own ones that failed. History, edits and echoes of own
// messages stay silent.
import type {ChatMessage} from '../src/wire/chat.js';
import {Announcer} from './announcer.js';
import {formatCount} from './locale.js';
import type {FirstWords} from './strings.js';
import {isFrom, type Missed} from './thread-rows.js';
import type {ThreadStrings} from './thread-words.js';

interface Spoken {
  /** Empty: the text says it all. */
  who: string;
  text: string;
}

/** What the announcements need to know of the thread at this moment. */
export interface ThreadVoice<Words = FirstWords> {
  strings: Words;
  locale: string | undefined;
  myId: string | null;
  nameOf: (senderId: string | null) => string;
}

/** Longest part of a message that is read out, in characters. */
const MAX_SPOKEN = 250;

export class ThreadAnnouncements {
  readonly #voice: () => ThreadVoice<ThreadStrings>;
  readonly #announcer: Announcer<Spoken>;
  /** Place of the newest message that was there or was announced; null before the chat is open. */
  #heard: number | null = null;
  readonly #failed = new Set<string>();

  constructor(voice: () => ThreadVoice<ThreadStrings>, say: (text: string) => void) {
    this.#voice = voice;
    this.#announcer = new Announcer<Spoken>(say, (batch, most) => {
      const {strings, locale} = voice();
      return batch.length > most
        ? formatCount(strings.announceMany, batch.length, locale)
        : batch.map(({who, text}) => (who ? strings.announce(who, text) : text)).join('. ');
    });
  }

  /** Another chat, or none. */
  reset(): void {
    this.#heard = null;
    this.#failed.clear();
    this.#announcer.reset();
  }

  /**
   * To call with all messages of an open chat whenever they changed.
   * @param missed what to say instead of the messages that are new
   */
  update(messages: readonly ChatMessage[], missed: Missed | null = null): void {
    const {strings, myId, nameOf} = this.#voice();
    const isOpening = this.#heard === null;
    const spoken: Spoken[] = [];
    let newest = this.#heard ?? 0;
    // From the end: what is new is there.
    for (let i = messages.length - 1; i >= 0; i--) {
      const message = messages[i] as ChatMessage;
      if (message.status !== 'sent') {
        if (message.status !== 'failed') this.#failed.delete(message.id);
        else if (!this.#failed.has(message.id)) {
          this.#failed.add(message.id);
          if (!isOpening) spoken.unshift({who: strings.failedMessage, text: message.error?.message ?? ''});
        }
        continue;
      }
      if (message.seq <= (this.#heard ?? 0)) break;
      newest = Math.max(newest, message.seq);
      if (isOpening) break;
      if (missed || isFrom(message, myId) || message.deletedAt) continue;
      spoken.unshift({who: nameOf(message.senderId), text: shorten(message.body)});
    }
    this.#heard = newest;
    if (missed) spoken.unshift({who: '', text: missed.text});
    this.#announcer.add(spoken);
  }
}

function shorten(text: string): string {
  const characters = [...text];
  return characters.length > MAX_SPOKEN ? `${characters.slice(0, MAX_SPOKEN).join('')}…` : text;
}
