// One tab's look at who is present in a scope. Knows nothing of ports.
import type {PresentPerson} from '../wire/chat.js';
import type {PresenceEvent} from '../wire/protocol.js';
import {SignalMap} from './signal-map.js';
import type {Source} from './source.js';

/**
 * Who is here, as a Source of a map by user id: one entry a person, however many tabs and browsers. Held until `release()`; while any
 * tab holds it, this person is present too. What changes arrives in batches, at most 60 a second; in a hidden tab one in 5 s.
 */
export class PresenceHandle implements Source<ReadonlyMap<string, PresentPerson>> {
  readonly #people = new SignalMap<PresentPerson, null | undefined>(undefined);
  readonly #release: () => void;
  #isKnown = false;

  constructor(release: () => void) {
    this.#release = release;
  }

  /** Everybody present, by user id. Empty while it is not known who is. */
  get current(): ReadonlyMap<string, PresentPerson> {
    return this.#people.current;
  }

  /** The same as the handle itself. */
  get people(): Source<ReadonlyMap<string, PresentPerson>> {
    return this;
  }

  /**
   * False before the server has said who is here, after the connection was away for more than 30 s, and while no hub can be started;
   * the client's `status` says why.
   */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  subscribe(listener: (people: ReadonlyMap<string, PresentPerson>) => void): () => void {
    return this.#people.subscribe(listener);
  }

  /** One person, followed alone: their changes are heard, nobody else's. Null: not here; undefined: nobody knows. */
  person(userId: string): Source<PresentPerson | null | undefined> {
    return this.#people.at(userId);
  }

  release(): void {
    this.#release();
  }

  /** For the client: what the hub says of this handle. */
  receive(event: PresenceEvent): void {
    const byId = (people: PresentPerson[]) => people.map(person => [person.userId, person] as const);
    if (event.kind === 'diff') return this.#people.change(byId(event.changed), event.left);
    this.#isKnown = event.kind === 'state';
    if (event.kind === 'state') this.#people.replace(byId(event.people), null);
    else this.#people.replace([], undefined);
  }
}
