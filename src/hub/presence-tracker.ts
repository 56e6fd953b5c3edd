// Says one payload on one channel's presence, however often it changes: only news, and within the server's budget. Knows nothing of
// what it says.
import type {ChannelUse} from './channels.js';
import type {Clock} from './environment.js';

export class PresenceTracker<P extends object> {
  readonly #clock: Clock;
  readonly #channel: ChannelUse;
  readonly #isNews: (wanted: P | null, tracked: P | null) => boolean;
  #wanted: P | null = null;
  #tracked: P | null = null;
  #cancel: (() => void) | null = null;

  /** @param isNews whether the server has to be told, when it knows `tracked` */
  constructor(clock: Clock, channel: ChannelUse, isNews: (wanted: P | null, tracked: P | null) => boolean) {
    this.#clock = clock;
    this.#channel = channel;
    this.#isNews = isNews;
  }

  /** What is to be known from now on; null: nothing. Said as soon as the budget allows. */
  set(payload: P | null): void {
    this.#wanted = payload;
    this.#say();
  }

  /** A new join knows nothing of what was tracked, and starts with a full budget. */
  joined(): void {
    this.#tracked = null;
    this.#cancel?.();
    this.#cancel = null;
    this.#say();
  }

  /** Lets go of the channel, and takes back what was said at once. */
  close(): void {
    this.#cancel?.();
    if (this.#tracked) this.#channel.leave();
    else this.#channel.release();
  }

  #say(): void {
    const wanted = this.#wanted;
    if (!this.#channel.joined || this.#cancel || !this.#isNews(wanted, this.#tracked)) return;
    const waitMs = this.#channel.presenceFreeAt - this.#clock.now();
    if (waitMs > 0) {
      this.#cancel = this.#clock.after(waitMs, () => {
        this.#cancel = null;
        this.#say();
      });
      return;
    }
    this.#tracked = wanted;
    if (wanted) this.#channel.track({...wanted} as Record<string, unknown>);
    else this.#channel.untrack();
  }
}
