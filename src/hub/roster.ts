// Who is present: folds the connections of each person into one entry, and hides a leave that heals at once. Knows nothing of
// channels or tabs.
import type {PresentPerson} from '../wire/chat.js';
import type {Clock} from './environment.js';
import type {PresenceState} from './transport.js';

/** A leave shorter than this is not shown, in ms. */
const GRACE_MS = 5_000;
/**
 * The same for who is missing when our own line is back, in ms: they may have been cut off with us, and the longest wait between two
 * tries (connection.ts) is this.
 */
const CUT_OFF_GRACE_MS = 30_000;

export class Roster {
  readonly #clock: Clock;
  readonly #changed: (changed: string[], left: PresentPerson[], came: string[]) => void;
  readonly #people = new Map<string, PresentPerson>();
  /** Cancels the leave that waits, by user id. */
  readonly #leaving = new Map<string, () => void>();
  #wasCutOff = false;

  /** @param changed told of people that are new or changed, by user id, of those that left, as they were last, and of the new ones alone */
  constructor(clock: Clock, changed: (changed: string[], left: PresentPerson[], came: string[]) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Everybody here by user id, those about to leave included. Lives on. */
  get people(): ReadonlyMap<string, PresentPerson> {
    return this.#people;
  }

  /** Takes in who the server says is here; with `only`, just these have changed. Tells it even when nobody has: then it is known. */
  apply(state: PresenceState, only?: ReadonlySet<string>): void {
    const changed: string[] = [];
    const came: string[] = [];
    for (const userId of only ?? new Set([...state.keys(), ...this.#people.keys()])) {
      const payloads = state.get(userId);
      if (!payloads) {
        if (this.#people.has(userId)) this.#leave(userId, this.#wasCutOff ? CUT_OFF_GRACE_MS : GRACE_MS);
        continue;
      }
      this.#leaving.get(userId)?.();
      this.#leaving.delete(userId);
      const person = fold(userId, payloads);
      const before = this.#people.get(userId);
      if (same(before, person)) continue;
      if (!before) came.push(userId);
      this.#people.set(userId, person);
      changed.push(userId);
    }
    if (!only) this.#wasCutOff = false;
    if (changed.length > 0 || !only) this.#changed(changed, [], came);
  }

  /** Our own line is gone: nobody is seen to leave until the next whole state says who is missing. */
  cutOff(): void {
    this.#wasCutOff = true;
    for (const cancel of this.#leaving.values()) cancel();
    this.#leaving.clear();
  }

  /** Nobody is known to be here any more. */
  forget(): void {
    this.cutOff();
    this.#people.clear();
  }

  #leave(userId: string, graceMs: number): void {
    if (this.#leaving.has(userId)) return;
    const cancel = this.#clock.after(graceMs, () => {
      const person = this.#people.get(userId);
      this.#leaving.delete(userId);
      this.#people.delete(userId);
      if (person) this.#changed([], [person], []);
    });
    this.#leaving.set(userId, cancel);
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
