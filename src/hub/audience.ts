// Who is told of a scope's presence: one batch a frame for a tab that is seen, one now and then for a hidden one, which can't show
// it. Knows nothing of where the news comes from.
import type {PresentPerson} from '../wire/chat.js';
import type {PresenceEvent} from '../wire/protocol.js';
import type {Clock} from './environment.js';

/** Between two batches of news, in ms: for tabs that are seen (60 a second), and for hidden ones. */
const SEEN_MS = 17;
const HIDDEN_MS = 5_000;

interface Listener {
  tell(event: PresenceEvent): void;
  isSeen(): boolean;
  /** Whose news it has not heard. */
  behind: Set<string>;
}

export class Audience {
  readonly #clock: Clock;
  readonly #people: ReadonlyMap<string, PresentPerson>;
  readonly #listeners = new Set<Listener>();
  /** Null before anything is known, of that too. */
  #known: boolean | null = null;
  #cancelSeen: (() => void) | null = null;
  #cancelHidden: (() => void) | null = null;

  /** @param people everybody here, read when it is told */
  constructor(clock: Clock, people: ReadonlyMap<string, PresentPerson>) {
    this.#clock = clock;
    this.#people = people;
  }

  get empty(): boolean {
    return this.#listeners.size === 0;
  }

  /** Tells everybody who is here, as soon as that is known, then what changes. The answer stops it. */
  add(tell: Listener['tell'], isSeen: () => boolean): () => void {
    const listener = {tell, isSeen, behind: new Set<string>()};
    this.#listeners.add(listener);
    if (this.#known) this.#tellAll(listener);
    else if (this.#known === false) tell({kind: 'unknown'}); // it may know something from before
    return () => this.#listeners.delete(listener);
  }

  /** These came, changed or went; the first time, it is known from now on who is here. */
  changed(userIds: Iterable<string>): void {
    if (!this.#known) {
      this.#known = true;
      for (const listener of this.#listeners) this.#tellAll(listener);
      return;
    }
    const ids = [...userIds];
    for (const {behind} of this.#listeners) for (const id of ids) behind.add(id);
    this.#schedule();
  }

  /** Nobody can say who is here any more. */
  unknown(): void {
    if (this.#known === false) return;
    this.#known = false;
    for (const {tell, behind} of this.#listeners) {
      behind.clear();
      tell({kind: 'unknown'});
    }
  }

  /** Some tab may be seen now that was hidden: what it missed is told. */
  looked(): void {
    this.#schedule();
  }

  close(): void {
    this.#cancelSeen?.();
    this.#cancelHidden?.();
    this.#listeners.clear();
  }

  #schedule(): void {
    for (const {behind, isSeen} of this.#listeners) {
      if (behind.size === 0) continue;
      if (isSeen()) {
        this.#cancelSeen ??= this.#clock.soon(SEEN_MS, () => {
          this.#cancelSeen = null;
          this.#flush(listener => listener.isSeen());
        });
      } else {
        this.#cancelHidden ??= this.#clock.after(HIDDEN_MS, () => {
          this.#cancelHidden = null;
          this.#flush(() => true);
        });
      }
    }
  }

  #flush(hears: (listener: Listener) => boolean): void {
    for (const listener of this.#listeners) {
      const {behind, tell} = listener;
      if (behind.size === 0 || !hears(listener)) continue;
      const changed: PresentPerson[] = [];
      const left: string[] = [];
      for (const id of behind) {
        const person = this.#people.get(id);
        if (person) changed.push(person);
        else left.push(id);
      }
      behind.clear();
      tell({kind: 'diff', changed, left});
    }
  }

  #tellAll({tell, behind}: Listener): void {
    behind.clear();
    tell({kind: 'state', people: [...this.#people.values()]});
  }
}
