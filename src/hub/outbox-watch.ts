// Whoever looks at all that waits to be sent, over all chats: hears it at once, and then what changes. Knows sessions only as something to
// tell.
import type {WaitingMessage} from '../wire/chat.js';
import type {OutboxEvent} from '../wire/protocol.js';
import type {Outbox} from './outbox.js';

type Tell = (event: OutboxEvent) => void;

export class OutboxWatch {
  readonly #outbox: () => Pick<Outbox, 'load' | 'waiting'>;
  readonly #watchers = new Set<Tell>();

  constructor(outbox: () => Pick<Outbox, 'load' | 'waiting'>) {
    this.#outbox = outbox;
  }

  /** Tells what changed. */
  tell(messages: WaitingMessage[], dropped: string[]): void {
    for (const tell of this.#watchers) tell({reset: false, messages, dropped});
  }

  /** Tells what there is, as soon as what an earlier hub left is there, and what changes. The answer stops it. */
  open(tell: Tell): () => void {
    let open = true;
    const watch = (event: OutboxEvent) => open && tell(event);
    const whenLoaded = () => {
      if (!open) return;
      tell({reset: true, messages: this.#outbox().waiting, dropped: []});
      this.#watchers.add(watch);
    };
    this.#outbox().load().then(whenLoaded, whenLoaded);
    return () => {
      open = false;
      this.#watchers.delete(watch);
    };
  }
}
