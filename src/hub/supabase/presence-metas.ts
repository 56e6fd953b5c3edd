// Presence as the server tells it on one join of a channel: everybody at first, then who came, changed and went. Takes each in at a cost
// that doesn't grow with the number of people.
import type {PresenceState} from '../transport.js';

type Meta = Record<string, unknown>;
/** As the server says it; `phx_ref` names one state of one connection. */
export type PresenceEntries = Record<string, {metas: Meta[]}>;

/** Who is present on one join of a channel. */
export class PresenceMetas {
  readonly #state = new Map<string, readonly Meta[]>();
  /** What came before everybody was told; null from then on. */
  #early: [joins: PresenceEntries, leaves: PresenceEntries][] | null = [];

  get state(): PresenceState {
    return this.#state;
  }

  /** Everybody. Answers nothing: all may have changed. */
  reset(entries: PresenceEntries): undefined {
    this.#state.clear();
    for (const [key, {metas}] of Object.entries(entries)) this.#state.set(key, metas);
    const early = this.#early ?? [];
    this.#early = null;
    for (const [joins, leaves] of early) this.apply(joins, leaves);
  }

  /** Who came, changed and went. Answers whom it was about; null when it is too early to tell. */
  apply(joins: PresenceEntries, leaves: PresenceEntries): ReadonlySet<string> | null {
    if (this.#early) {
      this.#early.push([joins, leaves]);
      return null;
    }
    for (const [key, {metas}] of Object.entries(joins)) this.#state.set(key, [...this.#without(key, metas), ...metas]);
    for (const [key, {metas}] of Object.entries(leaves)) {
      const left = this.#without(key, metas);
      if (left.length > 0) this.#state.set(key, left);
      else this.#state.delete(key);
    }
    return new Set([...Object.keys(joins), ...Object.keys(leaves)]);
  }

  #without(key: string, metas: readonly Meta[]): Meta[] {
    const refs = new Set(metas.map(meta => meta['phx_ref']));
    return (this.#state.get(key) ?? []).filter(meta => !refs.has(meta['phx_ref']));
  }
}
