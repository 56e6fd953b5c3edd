// Who is present: folds the connections of each person into one entry, and hides a leave that heals at once. Knows nothing of
// channels or tabs.
import type {PresentPerson} from '../wire/chat.js';
import type {Clock} from './environment.js';
import type {PresenceState} from './transport.js';

/** A leave shorter than this is not shown, in ms. */
const GRACE_MS = 5_000;

export class Roster {
  readonly #clock: Clock;
  readonly #changed: (changed: PresentPerson[], left: string[]) => void;
  readonly #people = new Map<string, PresentPerson>();
  /** Cancels the leave that waits, by user id. */
  readonly #leaving = new Map<string, () => void>();

  constructor(clock: Clock, changed: (changed: PresentPerson[], left: string[]) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Everybody here, those about to leave included. */
  get people(): PresentPerson[] {
    return [...this.#people.values()];
  }

  /** Takes in who the server says is here. */
  apply(state: PresenceState): void {
    const changed: PresentPerson[] = [];
    for (const [userId, payloads] of state) {
      const person = fold(userId, payloads);
      this.#leaving.get(userId)?.();
      this.#leaving.delete(userId);
      if (same(this.#people.get(userId), person)) continue;
      this.#people.set(userId, person);
      changed.push(person);
    }
    for (const userId of this.#people.keys()) {
      if (state.has(userId) || this.#leaving.has(userId)) continue;
      this.#leaving.set(
        userId,
        this.#clock.after(GRACE_MS, () => {
          this.#leaving.delete(userId);
          this.#people.delete(userId);
          this.#changed([], [userId]);
        }),
      );
    }
    if (changed.length > 0) this.#changed(changed, []);
  }

  close(): void {
    for (const cancel of this.#leaving.values()) cancel();
    this.#leaving.clear();
  }
}

/** One person out of all their browsers: online wins, the latest sign of life counts, the chat is that of the latest. */
function fold(userId: string, payloads: readonly Record<string, unknown>[]): PresentPerson {
  const person: PresentPerson = {userId, status: 'away', lastSeen: 0, currentChatId: null};
  for (const payload of payloads) {
    if (payload['status'] === 'online') person.status = 'online';
    const lastSeen = payload['lastSeen'];
    if (typeof lastSeen !== 'number' || lastSeen < person.lastSeen) continue;
    person.lastSeen = lastSeen;
    const chat = payload['currentChatId'];
    person.currentChatId = typeof chat === 'string' ? chat : null;
  }
  return person;
}

function same(a: PresentPerson | undefined, b: PresentPerson): boolean {
  return a?.status === b.status && a.lastSeen === b.lastSeen && a.currentChatId === b.currentChatId;
}
