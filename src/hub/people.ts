// Who people are: profiles looked up by user id, in batches, and remembered for a while. Names and pictures come from here alone,
// never from a signal. Knows nothing of tabs.
import type {Person} from '../wire/chat.js';
import type {Clock} from './environment.js';
import type {Database} from './transport.js';

/** A profile older than this is looked up again when it is next needed, in ms. */
const FRESH_MS = 5 * 60_000;
/** Needs are gathered for this long before they are asked for together, in ms. */
const GATHER_MS = 20;
/** Somebody without a profile has most likely just signed up: asked for again after this, then twice as late each time, in ms. */
const MISSING_MS = 500;
/** So often, and as often when no answer can be had. */
const MISSING_TRIES = 7;
/** Ids in one request: 100 of 36 characters fit any proxy's limit for an address. */
const MAX_IDS = 100;

export class People {
  readonly #clock: Clock;
  readonly #database: Pick<Database, 'profiles'>;
  readonly #learned: (people: Person[]) => void;
  readonly #known = new Map<string, {person: Person | null; at: number}>();
  readonly #needed = new Set<string>();
  /** How often nobody was found under an id. */
  readonly #misses = new Map<string, number>();
  /** How often in a row no answer could be had. */
  #failures = 0;
  #cancel: (() => void) | null = null;
  #closed = false;

  /** @param learned told of profiles that are new or changed */
  constructor(clock: Clock, database: Pick<Database, 'profiles'>, learned: (people: Person[]) => void) {
    this.#clock = clock;
    this.#database = database;
    this.#learned = learned;
  }

  /** Everybody known so far. */
  all(): Person[] {
    return [...this.#known.values()].flatMap(({person}) => (person ? [person] : []));
  }

  /** Sees to it that these are known soon. */
  need(userIds: Iterable<string | null>): void {
    const now = this.#clock.now();
    for (const userId of userIds) {
      if (userId === null) continue;
      const known = this.#known.get(userId);
      if (!known || now - known.at > FRESH_MS) this.#needed.add(userId);
    }
    if (this.#needed.size === 0 || this.#closed) return;
    const waitMs = this.#failures > 0 ? MISSING_MS * 2 ** (this.#failures - 1) : GATHER_MS;
    this.#cancel ??= this.#clock.after(waitMs, () => void this.#ask());
  }

  /** Those of these who are known. */
  among(userIds: Iterable<string | null>): Person[] {
    return [...new Set(userIds)].flatMap(userId => this.#known.get(userId ?? '')?.person ?? []);
  }

  /** Takes in what an earlier hub knew, where nothing better is known; it is still asked for when needed. */
  remember(people: readonly Person[]): void {
    const news = people.filter(({userId}) => !this.#known.has(userId));
    for (const person of news) this.#known.set(person.userId, {person, at: -Infinity});
    if (news.length > 0) this.#learned([...news]);
  }

  /** Takes in a profile that was learned another way. */
  put(person: Person): void {
    const {lastSeen} = this.#known.get(person.userId)?.person ?? {};
    this.#learn([lastSeen === undefined ? person : {lastSeen, ...person}]);
  }

  /** They were here until just now. Their clock may be wrong, so it is not believed past ours. */
  seen(people: readonly {userId: string; lastSeen: number}[]): void {
    const now = this.#clock.now();
    const news: Person[] = [];
    for (const {userId, lastSeen} of people) {
      const known = this.#known.get(userId);
      if (!known?.person) continue;
      const at = Math.min(Math.max(lastSeen, known.person.lastSeen ?? 0), now);
      if (at === known.person.lastSeen || at === 0) continue;
      known.person = {...known.person, lastSeen: at};
      news.push(known.person);
    }
    if (news.length > 0) this.#learned(news);
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  async #ask(): Promise<void> {
    const ids = [...this.#needed].slice(0, MAX_IDS);
    for (const id of ids) this.#needed.delete(id);
    try {
      const people = await this.#database.profiles(ids);
      const found = new Set(people.map(person => person.userId));
      for (const id of ids) if (!found.has(id)) this.#missed(id);
      this.#learn(people);
      for (const id of ids) this.#needed.delete(id); // needed again while the answer was on its way
      this.#failures = 0;
    } catch {
      if (++this.#failures <= MISSING_TRIES) for (const id of ids) this.#needed.add(id);
      else this.#failures = 0; // asked again when somebody next needs them; until then they go by no name
    }
    this.#cancel = null;
    this.need([]);
  }

  #missed(id: string): void {
    // Learned in another way while the question was under way.
    if (this.#known.get(id)?.person) return;
    this.#known.set(id, {person: null, at: this.#clock.now()});
    const misses = this.#misses.get(id) ?? 0;
    this.#misses.set(id, misses + 1);
    if (misses >= MISSING_TRIES) return;
    this.#clock.after(MISSING_MS * 2 ** misses, () => {
      if (this.#closed || this.#known.get(id)?.person) return;
      this.#known.delete(id);
      this.need([id]);
    });
  }

  #learn(people: Person[]): void {
    const at = this.#clock.now();
    const news = people.filter(person => {
      const before = this.#known.get(person.userId)?.person;
      return (
        before?.name !== person.name || before.avatarUrl !== person.avatarUrl || before.lastSeen !== person.lastSeen
      );
    });
    for (const person of people) this.#known.set(person.userId, {person, at});
    if (news.length > 0) this.#learned(news);
  }
}
