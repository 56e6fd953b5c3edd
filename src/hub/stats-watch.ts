// Tells whoever looks what the hub knows of itself, every second; while nobody does, nothing runs.
import type {Want} from '../wire/protocol.js';
import type {HubStats} from '../wire/stats.js';
import type {Clock} from './environment.js';

const EVERY_MS = 1_000;

export class StatsWatch {
  readonly #clock: Clock;
  readonly #read: () => HubStats;
  readonly #watchers = new Set<(stats: HubStats) => void>();
  #cancel: () => void = () => {};

  constructor(clock: Clock, read: () => HubStats) {
    this.#clock = clock;
    this.#read = read;
  }

  /** Tells now and from now on. The answer stops it. */
  add(tell: (stats: HubStats) => void): () => void {
    this.#watchers.add(tell);
    tell(this.#read());
    if (this.#watchers.size === 1) this.#later();
    return () => {
      this.#watchers.delete(tell);
      if (this.#watchers.size === 0) this.#cancel();
    };
  }

  close(): void {
    this.#watchers.clear();
    this.#cancel();
  }

  #later(): void {
    this.#cancel = this.#clock.after(EVERY_MS, () => {
      const stats = this.#read();
      for (const tell of this.#watchers) tell(stats);
      this.#later();
    });
  }
}

/** The topic that serves a want, as far as it is known; else the want itself, for people to read. */
export function nameOfWant(want: Want, chatIdOf: (name: string) => string | null, myId: string | null): string {
  switch (want.kind) {
    case 'chat': {
      const id = chatIdOf(want.chat);
      return id ? `chat:${id}` : `chat ${want.chat}`;
    }
    case 'typing':
      return `chat:${want.chatId}:live`;
    case 'presence':
      return `presence:${want.scope}`;
    case 'channel':
      return want.topic;
    case 'chats':
    case 'alerts':
      return myId ? `inbox:${myId}` : want.kind;
    default:
      return want.kind;
  }
}
