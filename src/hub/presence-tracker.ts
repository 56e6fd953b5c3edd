// Says one payload on one channel's presence, however often it changes: only news, and within the server's budget. Knows nothing of
// what it says.
import type {ChannelUse} from './channels.js';
import type {Clock} from './environment.js';

/** The server allows 5 calls in 30 s and closes the channel at the 6th, track or untrack; one is kept back for the last untrack. */
const CALLS = 4;
const WINDOW_MS = 30_000;

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

  /** Takes back what was said, at once, even while the channel lingers. */
  close(): void {
    this.#cancel?.();
    if (this.#tracked) this.#channel.untrack();
  }

  #say(): void {
    const wanted = this.#wanted;
    if (!this.#channel.joined || this.#cancel || !this.#isNews(wanted, this.#tracked)) return;
    const now = this.#clock.now();
    const holdsBack = this.#channel.presenceCalls.filter(at => now - at < WINDOW_MS).at(-CALLS);
    if (holdsBack !== undefined) {
      this.#cancel = this.#clock.after(holdsBack + WINDOW_MS - now, () => {
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
