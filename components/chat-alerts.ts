// Whether this browser's person wants to be notified, and the notification itself: one for all tabs, which the hub sees to. The choice is
// the browser's, not the tab's. Knows nothing of chats but what it is told to say.
import type {HubClient} from '../src/client/hub-client.js';

/** Where the choice is kept, for all tabs of this site. */
const KEY = 'trunkline:notify';

export type AlertState =
  /** The browser has no notifications, or none here. */
  | 'missing'
  /** The person told the browser no; only its settings change that. */
  | 'denied'
  | 'off'
  | 'on';

/** What is said of a chat; null: nothing. */
export interface Words {
  title: string;
  body: string;
}

export class ChatAlerts {
  readonly #changed: () => void;
  readonly #words: (chatId: string) => Words | null;
  readonly #choose: (chatId: string) => void;
  #client: HubClient | null = null;
  #undo: (() => void) | null = null;
  #kept = read();
  /** What was shown here, and may be still. */
  readonly #notes = new Set<Notification>();

  /** @param choose the person pressed a notification */
  constructor(changed: () => void, words: (chatId: string) => Words | null, choose: (chatId: string) => void) {
    this.#changed = changed;
    this.#words = words;
    this.#choose = choose;
  }

  get state(): AlertState {
    if (typeof Notification !== 'function' || !isSecureContext) return 'missing';
    if (Notification.permission === 'denied') return 'denied';
    return this.#kept && Notification.permission === 'granted' ? 'on' : 'off';
  }

  /** Offers this tab, as long as the person wants it; null: not any more. */
  follow(client: HubClient | null): void {
    const wanted = this.state === 'on' ? client : null;
    if (wanted === this.#client) return;
    this.#undo?.();
    this.#client = wanted;
    this.#undo = wanted?.onAlert(chatId => this.#show(chatId)) ?? null;
  }

  /** To be called by a press: browsers ask a person for nothing else. */
  async toggle(): Promise<void> {
    const isWanted = this.state !== 'on';
    if (isWanted && (await Notification.requestPermission()) !== 'granted') return this.#changed();
    this.#kept = isWanted;
    try {
      localStorage.setItem(KEY, isWanted ? 'on' : 'off');
    } catch {
      // No storage: it holds for this page.
    }
    this.#changed();
  }

  /** Hears of the choice made in another tab. The answer stops it. */
  listen(): () => void {
    const onStorage = ({key}: StorageEvent) => {
      if (key !== KEY && key !== null) return;
      this.#kept = read();
      this.#changed();
    };
    addEventListener('storage', onStorage);
    return () => removeEventListener('storage', onStorage);
  }

  /** Takes back what was shown: whoever comes next is to see nothing of it. */
  clear(): void {
    for (const note of this.#notes) note.close();
    this.#notes.clear();
  }

  #show(chatId: string): void {
    // Who looks at the page sees the list.
    const words = document.hasFocus() ? null : this.#words(chatId);
    if (!words) return;
    try {
      const note = new Notification(words.title, {body: words.body, tag: `trunkline:${chatId}`});
      this.#notes.add(note);
      note.onclose = () => this.#notes.delete(note);
      note.onclick = () => {
        focus();
        note.close();
        this.#choose(chatId);
      };
    } catch {
      // Chrome on Android lets only a service worker notify.
    }
  }
}

function read(): boolean {
  try {
    return localStorage.getItem(KEY) === 'on';
  } catch {
    return false;
  }
}
