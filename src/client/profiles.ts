// Who is who: the profiles that somebody in this tab asked for, those of one moment asked for together. Knows nothing of hubs.
import type {Person} from '../wire/chat.js';
import {SignalMap} from './signal-map.js';
import type {Source} from './source.js';

export class Profiles {
  readonly #lookUp: (userIds: string[]) => Promise<unknown>;
  readonly #people = new SignalMap<Person>(undefined);
  /** Whose profiles somebody asked for, and those of them nobody was asked for yet. */
  readonly #wanted = new Set<string>();
  readonly #unasked: string[] = [];

  /** @param lookUp asks for the profiles; `receive` hears them */
  constructor(lookUp: (userIds: string[]) => Promise<unknown>) {
    this.#lookUp = lookUp;
  }

  /** Everybody known so far, by user id. */
  get all(): Source<ReadonlyMap<string, Person>> {
    return this.#people;
  }

  /** One of them, followed alone; undefined until known, which this asks for. */
  at(userId: string): Source<Person | undefined> {
    if (userId && !this.#people.current.has(userId) && !this.#wanted.has(userId)) {
      if (this.#unasked.push(userId) === 1) queueMicrotask(() => this.#askTogether());
      this.#wanted.add(userId);
    }
    return this.#people.at(userId);
  }

  receive(people: readonly Person[]): void {
    this.#people.change(people.map(person => [person.userId, person]));
  }

  forget(): void {
    this.#wanted.clear();
    this.#people.replace([], undefined);
  }

  #askTogether(): void {
    const userIds = this.#unasked.splice(0);
    // Refused is no loss: who is signed out, or closed, shows nobody.
    this.#lookUp(userIds).catch(() => userIds.forEach(id => this.#wanted.delete(id)));
  }
}
