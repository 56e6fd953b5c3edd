// The problems that a monitor lists: those of the hub, which keeps no text, and those that this tab was told, with theirs. What went wrong
// in the page alone no hub knows.
import type {TrunkError} from '../src/wire/error.js';

/** At most so many of the tab's. */
const KEPT = 20;
/** The hub's note and the tab's of one problem are at most so far apart, in ms. */
const APART_MS = 2_000;

export interface Problem {
  /** In ms since 1970; null for what was there before anybody looked. */
  at: number | null;
  code: string;
  /** Null when it was said to other tabs, or before this one listened. */
  text: string | null;
}

export class MonitorProblems {
  #told: Problem[] = [];
  #last: TrunkError | null = null;

  /** What the client's `problem` says; the first word may be an old one. */
  take(problem: TrunkError, now: number, isFirst: boolean): void {
    if (problem === this.#last) return;
    this.#last = problem;
    this.#told = [...this.#told, {at: isFirst ? null : now, code: problem.code, text: problem.message}].slice(-KEPT);
  }

  /** Oldest first. @param noted what the hub has noted */
  list(noted: readonly {at: number; code: string}[]): Problem[] {
    const left = [...this.#told];
    const known = noted
      .toReversed()
      .map(({at, code}): Problem => {
        const same = left.findLastIndex(
          each => each.code === code && (each.at === null || Math.abs(each.at - at) < APART_MS),
        );
        const [told] = same < 0 ? [] : left.splice(same, 1);
        return {at, code, text: told?.text ?? null};
      })
      .reverse();
    return [...known, ...left].sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  }

  clear(): void {
    this.#told = [];
    this.#last = null;
  }
}
