// A map that changes, followed as a whole or entry by entry, so that a thousand elements that each show one entry cost nothing while
// the others change. Knows nothing of what it carries.
import {Signal, type Source} from './source.js';

/** A Source of a map whose owner changes it. Every change makes a new map; the old one stays as it was. */
export class SignalMap<V, M = undefined> implements Source<ReadonlyMap<string, V>> {
  readonly #all = new Signal<ReadonlyMap<string, V>>(new Map());
  /** Those somebody has asked for. */
  readonly #entries = new Map<string, Signal<V | M>>();
  #missing: M;

  /** @param missing what an entry is while it isn't there */
  constructor(missing: M) {
    this.#missing = missing;
  }

  get current(): ReadonlyMap<string, V> {
    return this.#all.current;
  }

  subscribe(listener: (value: ReadonlyMap<string, V>) => void): () => void {
    return this.#all.subscribe(listener);
  }

  /** One entry; always the same object. */
  at(key: string): Source<V | M> {
    let entry = this.#entries.get(key);
    if (!entry) this.#entries.set(key, (entry = new Signal(this.#valueAt(key))));
    return entry;
  }

  /** Sets and deletes entries. */
  change(set: Iterable<readonly [string, V]>, deleted: Iterable<string> = []): void {
    const map = new Map(this.current);
    const changed = new Set(deleted);
    for (const key of changed) map.delete(key);
    for (const [key, value] of set) {
      map.set(key, value);
      changed.add(key);
    }
    this.#tell(map, changed);
  }

  /** Starts over. */
  replace(entries: Iterable<readonly [string, V]>, missing: M): void {
    this.#missing = missing;
    this.#tell(new Map(entries), this.#entries.keys());
  }

  #tell(map: ReadonlyMap<string, V>, keys: Iterable<string>): void {
    this.#all.set(map);
    for (const key of keys) this.#entries.get(key)?.set(this.#valueAt(key));
  }

  #valueAt(key: string): V | M {
    return this.current.get(key) ?? this.#missing;
  }
}
