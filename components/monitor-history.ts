// What the monitor keeps of the figures that go by: rates of the last two minutes, from counts that only grow. Knows nothing of how they
// are drawn.
import type {ClientStats} from '../src/client/stats-source.js';

/** How far back, in ms. */
export const HISTORY_MS = 120_000;
/** Figures further apart than this say nothing of the time in between, in ms. */
export const BREAK_MS = 3_000;

/** Per second. */
export interface Rates {
  at: number;
  framesIn: number;
  framesOut: number;
  bytesIn: number;
  bytesOut: number;
}

export class MonitorHistory {
  #last: ClientStats | null = null;
  #rates: Rates[] = [];

  /** Oldest first. */
  get rates(): readonly Rates[] {
    return this.#rates;
  }

  /** New figures. Those of another hub begin anew, and a pause leaves a gap. */
  add(stats: ClientStats): void {
    const last = this.#last;
    this.#last = stats;
    const ms = last?.hub === stats.hub ? stats.at - last.at : 0;
    this.#rates = this.#rates.filter(({at}) => at > stats.at - HISTORY_MS && at < stats.at);
    if (!last || ms <= 0 || ms > BREAK_MS) return;
    const per = (name: keyof ClientStats['traffic']) => ((stats.traffic[name] - last.traffic[name]) * 1_000) / ms;
    this.#rates.push({
      at: stats.at,
      framesIn: per('framesIn'),
      framesOut: per('framesOut'),
      bytesIn: per('bytesIn'),
      bytesOut: per('bytesOut'),
    });
  }
}

/** What `share` of the values stay below; null when there are none. */
export function below(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? null;
}
