// Which tab makes the sound, or shows the notification, for all of them. What comes in one breath, in however many chats, is one
// alert, of one that nobody has before their eyes. Knows nothing of sounds.
import type {Attention} from '../wire/protocol.js';
import type {Clock} from './environment.js';

/** What comes within this is one alert, in ms. */
const GATHER_MS = 500;

interface Ear {
  attention: () => Attention;
  tell: (chatId: string) => void;
}

export class Alerts {
  readonly #clock: Clock;
  /** What every tab of this person knows of them, wanting alerts or not. */
  readonly #attention: () => Attention[];
  readonly #ears = new Set<Ear>();
  /** Chats that somebody else wrote into in this breath. */
  readonly #news = new Set<string>();

  constructor(clock: Clock, attention: () => Attention[]) {
    this.#clock = clock;
    this.#attention = attention;
  }

  /** A tab would be told; the answer stops it. */
  open(attention: () => Attention, tell: (chatId: string) => void): () => void {
    const ear = {attention, tell};
    this.#ears.add(ear);
    return () => this.#ears.delete(ear);
  }

  /** Somebody else wrote into this chat. */
  put(chatId: string): void {
    if (this.#ears.size === 0) return;
    if (this.#news.size === 0) this.#clock.after(GATHER_MS, () => this.#ring());
    this.#news.add(chatId);
  }

  #ring(): void {
    for (const {visible, focused = true, currentChatId} of this.#attention()) {
      if (visible && focused) this.#news.delete(currentChatId ?? '');
    }
    const news = [...this.#news].at(-1);
    this.#news.clear();
    if (!news) return;
    // A tab in view is awake for sure; else the one used last is the likeliest to be.
    const [first] = [...this.#ears].sort((a, b) => compare(b.attention(), a.attention()));
    first?.tell(news);
  }
}

function compare(a: Attention, b: Attention): number {
  return +a.visible - +b.visible || a.lastActive - b.lastActive;
}
