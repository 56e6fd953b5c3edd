// The verdict: takes what was done, what the table holds and what the tabs showed, and says what is wrong with it. Pure, so that
// its tests can plant every kind of wrong. Each rule is a file of its own beside this one.
import {checkOrder} from './check-order.js';
import {checkReasons} from './check-reasons.js';
import {checkTable} from './check-table.js';
import {checkSightings, checkTabs} from './check-tabs.js';
import type {Evidence} from './evidence.js';

/** What can be wrong, as the verdict counts it. */
export const WRONGS = [
  'lost',
  'duplicated',
  'misordered',
  'wrongText',
  'phantoms',
  'notShown',
  'shownTwice',
  'moved',
  'failedWithoutReason',
  // Of the run itself: it didn't do what it was asked for.
  'faults',
  'unsent',
] as const;
export type Wrong = (typeof WRONGS)[number];

export interface Problem {
  wrong: Wrong;
  /** The message, where it is known. */
  id: string | null;
  /** The tab's life, where it is about one. */
  life: string | null;
  /** When it was seen; null when it shows only at the end. */
  at: number | null;
  detail: string;
}

export type Report = (wrong: Wrong, about: Partial<Omit<Problem, 'wrong'>> & {detail: string}) => void;

export interface Judgement {
  problems: Problem[];
  counts: Record<Wrong, number> &
    Record<'sent' | 'accepted' | 'stored' | 'edited' | 'amended' | 'deleted' | 'discarded' | 'retried', number>;
}

/** @param found problems that were found on the way */
export function judge(evidence: Evidence, found: readonly Problem[] = []): Judgement {
  const problems: Problem[] = [...found];
  const report: Report = (wrong, about) => {
    problems.push({wrong, id: null, life: null, at: null, ...about});
  };
  checkTable(evidence, report);
  checkOrder(evidence, report);
  checkTabs(evidence, report);
  checkSightings(evidence, report);
  checkReasons(evidence, report);

  const done = (...kinds: string[]) =>
    evidence.ops.filter(op => kinds.includes(op.kind) && op.settled !== null && op.code === null).length;
  const wrongs = Object.fromEntries(
    WRONGS.map(wrong => [wrong, problems.filter(problem => problem.wrong === wrong).length]),
  ) as Record<Wrong, number>;
  return {
    problems,
    counts: {
      sent: evidence.ops.filter(op => op.kind === 'send' && op.begun !== null).length,
      accepted: done('send'),
      stored: evidence.rows.length,
      edited: done('edit'),
      amended: done('amend'),
      deleted: done('remove'),
      discarded: done('discard'),
      retried: done('retry'),
      ...wrongs,
    },
  };
}
