// What is new in a thread for its reader: said aloud, counted while they are further up, and, after an absence of the line, where
// what they missed begins. One or two messages are no absence worth a word.
import type {ChatState, ContinuityNotice} from '../src/client/chat-handle.js';
import type {ChatMessage, StoredMessage} from '../src/wire/chat.js';
import type {ConnectionStatus} from '../src/wire/status.js';
import {formatCount} from './locale.js';
import type {ThreadAnnouncements, ThreadVoice} from './thread-announcements.js';
import {isFrom, type Missed} from './thread-rows.js';

/** Fewer messages than this are simply new. */
const WORTH_TELLING = 3;

/** A chat as it stands. */
export interface ThreadChat {
  readonly state: ChatState;
  readonly messages: readonly ChatMessage[];
  readonly continuity: ContinuityNotice | null;
}

export class ThreadNews {
  /** Shown in the list until the reader writes, or misses something else. */
  missed: Missed | null = null;

  /** Says it aloud; null until that is loaded. */
  announcements: ThreadAnnouncements | null = null;

  readonly #voice: () => ThreadVoice;
  /** Place of the newest message the reader had before them at the end of the list. */
  #seen = 0;
  /** Place of the newest message from before an absence; null while nothing was there. */
  #before: number | null = null;
  /** From the first sign of an absence until its end is told. */
  #isAway = false;
  #told: ContinuityNotice | null = null;
  /** The last end of an absence that was said aloud. */
  #said: ContinuityNotice | null = null;

  constructor(voice: () => ThreadVoice) {
    this.#voice = voice;
  }

  /** Another chat, or none. */
  reset(): void {
    this.announcements?.reset();
    this.missed = this.#before = this.#told = this.#said = null;
    this.#isAway = false;
    this.#seen = 0;
  }

  /** To call with every change. */
  update(chat: ThreadChat, status: ConnectionStatus | undefined): void {
    if (chat.state.phase !== 'ready') return;
    // What comes in by requests comes late, and is not missed.
    const isLost = status?.state === 'disconnected' && status.reason !== 'no-socket';
    this.#isAway ||= !chat.state.fresh || isLost;
    const isTold = chat.continuity === this.#told;
    if (!isTold && chat.continuity) this.#findMissed(chat.messages, chat.continuity.what);
    if (this.announcements) {
      this.announcements.update(chat.messages, chat.continuity === this.#said ? null : this.missed);
      this.#said = chat.continuity;
    }
    this.#told = chat.continuity;
    if (!isTold) this.#isAway = false;
    if (!this.#isAway || this.#before === null) {
      this.#before = chat.messages.findLast(message => message.status === 'sent')?.seq ?? 0;
    }
  }

  #findMissed(messages: readonly ChatMessage[], what: ContinuityNotice['what']): void {
    const {myId, strings, locale} = this.#voice();
    const isReset = what === 'reset';
    const before = this.#before ?? 0;
    const missed = messages.filter(
      (message): message is StoredMessage =>
        message.status === 'sent' && (isReset || (message.seq > before && !isFrom(message, myId))),
    );
    const [first] = missed;
    const isWorthIt = first && (isReset || (what === 'caught-up' && missed.length >= WORTH_TELLING));
    const text = isReset ? strings.missedTooMany : formatCount(strings.missed, missed.length, locale);
    this.missed = isWorthIt ? {seq: first.seq, text} : null;
  }

  /**
   * Messages of others that came while the reader was further up.
   * @param isAtEnd whether the reader has the newest message before them
   */
  count(messages: readonly ChatMessage[], isAtEnd: boolean): number {
    const {myId} = this.#voice();
    let count = 0;
    let newest = 0;
    for (let i = messages.length - 1; i >= 0; i--) {
      const message = messages[i] as ChatMessage;
      if (message.status !== 'sent') continue;
      newest = Math.max(newest, message.seq);
      if (message.seq <= this.#seen || isAtEnd) break;
      if (!isFrom(message, myId)) count++;
    }
    if (isAtEnd) this.#seen = newest;
    return count;
  }
}
