// Presence as the server tells it, taken in at a cost that doesn't grow with the number of people. The client's own way copies
// everybody at every change (JSON there and back, twice: 3 ms for 1,000 people), so its two listeners are taken off the channel.
import type {RealtimeChannel} from '@supabase/realtime-js';
import type {PresenceState} from '../transport.js';

type Meta = Record<string, unknown>;
type Entries = Record<string, {metas: Meta[]}>;

/** The part of a channel of realtime-js 2.119 under its typed surface; a version without it is followed the usual way. */
interface Raw {
  channelAdapter?: {on(event: string, heard: (payload: never) => void): void; off(event: string): void};
}

/** Tells who is present whenever the server says so, once it has told everybody. */
export function followPresence(
  channel: RealtimeChannel,
  tell: (state: PresenceState, changed?: ReadonlySet<string>) => void,
): void {
  const raw = (channel as unknown as Raw).channelAdapter;
  if (!raw) {
    channel.on('presence', {event: 'sync'}, () => tell(new Map(Object.entries(channel.presenceState<Meta>()))));
    return;
  }
  const metas = new PresenceMetas();
  raw.off('presence_state');
  raw.off('presence_diff');
  raw.on('presence_state', (entries: Entries) => tell(metas.state, metas.reset(entries)));
  raw.on('presence_diff', (diff: {joins: Entries; leaves: Entries}) => {
    const changed = metas.apply(diff.joins, diff.leaves);
    if (changed) tell(metas.state, changed);
  });
}

/** Who is present on one join of a channel. */
export class PresenceMetas {
  readonly #state = new Map<string, readonly Meta[]>();
  /** What came before everybody was told; null from then on. */
  #early: [joins: Entries, leaves: Entries][] | null = [];

  get state(): PresenceState {
    return this.#state;
  }

  /** Everybody. Answers nothing: all may have changed. */
  reset(entries: Entries): undefined {
    this.#state.clear();
    for (const [key, {metas}] of Object.entries(entries)) this.#state.set(key, metas);
    const early = this.#early ?? [];
    this.#early = null;
    for (const [joins, leaves] of early) this.apply(joins, leaves);
  }

  /** Who came, changed and went. Answers whom it was about; null when it is too early to tell. */
  apply(joins: Entries, leaves: Entries): ReadonlySet<string> | null {
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
