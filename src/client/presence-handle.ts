// One tab's look at who is present in a scope. Knows nothing of ports.
import type {PresentPerson} from '../wire/chat.js';
import type {PresenceEvent} from '../wire/protocol.js';
import {Signal, type Source} from './source.js';

/** Who is here; held until `release()`. While any tab holds it, this person is present too. */
export class PresenceHandle {
  readonly #people = new Signal<ReadonlyMap<string, PresentPerson>>(new Map());
  readonly #release: () => void;

  constructor(release: () => void) {
    this.#release = release;
  }

  /** Everybody present, by user id: one entry a person, however many tabs and browsers. */
  get people(): Source<ReadonlyMap<string, PresentPerson>> {
    return this.#people;
  }

  release(): void {
    this.#release();
  }

  /** For the client: what the hub says of this handle. */
  receive(event: PresenceEvent): void {
    if (event.kind === 'state') {
      this.#people.set(new Map(event.people.map(person => [person.userId, person])));
      return;
    }
    const people = new Map(this.#people.current);
    for (const person of event.changed) people.set(person.userId, person);
    for (const userId of event.left) people.delete(userId);
    this.#people.set(people);
  }
}
