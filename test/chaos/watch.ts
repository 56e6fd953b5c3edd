// Looks at every state a list goes through and tells what no list may ever do. Pure: the page feeds it the published lists and
// the rows on the screen, its tests feed it planted ones.
import type {Sighting} from './evidence.js';

/** A message as it is shown at one moment. */
export interface Sight {
  id: string;
  /** Null on the screen, which shows no places, and while it waits. */
  seq: number | null;
  confirmed: boolean;
  /** The number its text begins with; null when the text is gone. */
  token: number | null;
}

export type Finding = Pick<Sighting, 'kind' | 'id' | 'detail'>;

export class ListWatch {
  /** Rows at the start may leave the screen, down to the last stored one, when many wait after them. */
  readonly #isWindow: boolean;
  /** Place among the confirmed ones in the state before, by id. */
  #ranks = new Map<string, number>();
  /** Every message that was ever shown as stored. */
  readonly #stored = new Set<string>();
  #gone = new Set<string>();
  /** What was told already: a wrong that stays is one wrong. */
  #told = new Set<string>();
  /** All that was shown in the state before. */
  #shown = new Set<string>();

  constructor({isWindow = false}: {isWindow?: boolean} = {}) {
    this.#isWindow = isWindow;
  }

  /** This message was discarded, by this very tab: it must not come back. */
  discarded(id: string): void {
    this.#gone.add(id);
  }

  /** The next state, in the order shown. */
  see(list: readonly Sight[]): Finding[] {
    const findings: Finding[] = [];
    const find = (kind: Finding['kind'], id: string, detail: string) => {
      if (this.#told.has(`${kind} ${id}`)) return;
      this.#told.add(`${kind} ${id}`);
      findings.push({kind, id, detail});
    };
    const ids = new Set<string>();
    const tokens = new Map<number, string>();
    const ranks = new Map<string, number>();
    let lastSeq = -1;
    let lastRank = -1;
    let waits: string | null = null;

    for (const {id, seq, confirmed, token} of list) {
      if (ids.has(id)) find('twice', id, 'two rows of one id');
      ids.add(id);
      const twin = token === null ? undefined : tokens.get(token);
      if (twin !== undefined && twin !== id) find('twice', id, `the same message as ${twin}`);
      if (token !== null) tokens.set(token, id);
      if (this.#gone.has(id)) find('returned', id, confirmed ? 'as stored' : 'as waiting');

      if (!confirmed) {
        waits ??= id;
        if (this.#stored.has(id)) find('unconfirmed', id, 'waits again');
        continue;
      }
      if (waits !== null) find('moved', id, `is confirmed and stands after ${waits}, which waits`);
      if (seq !== null && seq <= lastSeq) find('moved', id, `place ${seq} stands after place ${lastSeq}`);
      lastSeq = Math.max(lastSeq, seq ?? -1);
      const rank = this.#ranks.get(id) ?? -1;
      if (rank >= 0 && rank < lastRank) find('moved', id, 'was before a message that it now follows');
      lastRank = Math.max(lastRank, rank);
      ranks.set(id, ranks.size);
    }
    // A list that starts over begins with newer messages: what was before its first one is not loaded, and nothing else may go.
    const first = Math.min(...[...this.#ranks].filter(([id]) => ids.has(id)).map(([, rank]) => rank));
    const hasMoved = this.#isWindow && [...ids].some(id => this.#shown.has(id));
    for (const [id, rank] of this.#ranks)
      if (!ids.has(id) && (rank > first || (ranks.size === 0 && !hasMoved))) find('vanished', id, 'is gone');
    this.#shown = ids;
    for (const id of ranks.keys()) this.#stored.add(id);
    this.#ranks = ranks;
    return findings;
  }
}
