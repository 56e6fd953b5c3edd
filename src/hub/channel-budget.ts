// Which channels are on the socket when there is no room for all, and how fast they may be joined. Pure, but for the time it is told.
import {moreWanted, type Interest} from './interest.js';

/** Channels on the socket; Supabase allows 100 a connection. */
export const BUDGET = 90;
/** Joins at once, and then a second: a project allows 100 a second over all its people, who come back together after an outage. */
const JOINS_AT_ONCE = 30;
const JOINS_A_SECOND = 10;

export interface Candidate {
  /** Set while it is on the socket. */
  readonly onSocket: object | null;
  /** Whoever uses it. */
  readonly users: Iterable<{interest?(): Interest}>;
}

/**
 * Chooses the most wanted; among equals what is on the socket, then what came last.
 * @param wanted in the order in which they came
 * @returns `missing`: chosen and not on the socket, the most wanted first. `spare`: on the socket and not chosen, the least wanted last.
 * `beyond`: neither chosen nor on the socket.
 */
export function choose<C extends Candidate>(
  wanted: readonly C[],
  budget: number,
): Record<'missing' | 'spare' | 'beyond', C[]> {
  const sorted = wanted
    .map(candidate => ({candidate, interest: interestIn(candidate)}))
    .reverse()
    .sort((a, b) => moreWanted(a.interest, b.interest) || Number(!a.candidate.onSocket) - Number(!b.candidate.onSocket))
    .map(({candidate}) => candidate);
  return {
    missing: sorted.slice(0, budget).filter(({onSocket}) => !onSocket),
    spare: sorted.slice(budget).filter(({onSocket}) => onSocket),
    beyond: sorted.slice(budget).filter(({onSocket}) => !onSocket),
  };
}

/** Null when some user of it says nothing of it: it is always wanted. */
function interestIn({users}: Candidate): Interest | null {
  let most: Interest | null = {rank: 0, usedAt: 0};
  for (const {interest} of users) {
    const one = interest?.() ?? null;
    if (moreWanted(one, most) < 0) most = one;
  }
  return most;
}

/** How many joins may be made. */
export class JoinAllowance {
  #left = JOINS_AT_ONCE;
  #at = 0;

  /** Takes a join. Answers the wait for the next one, in ms, when there is none to take; else 0. */
  take(now: number): number {
    const won = (Math.max(0, now - this.#at) * JOINS_A_SECOND) / 1_000;
    this.#left = Math.min(JOINS_AT_ONCE, this.#left + won);
    this.#at = now;
    if (this.#left < 1) return 1_000 / JOINS_A_SECOND;
    this.#left--;
    return 0;
  }
}
