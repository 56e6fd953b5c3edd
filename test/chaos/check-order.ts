// The order of the table against the order of writing: within a tab's life that of the calls, within a person that of acceptance
// wherever one message was accepted before the next was begun.
import type {Report} from './checker.js';
import {groupBy, type Evidence, type Op} from './evidence.js';

/** Tabs of one person may read the clock in other processes; what is closer than this, in ms, is at once. */
const AT_ONCE_MS = 2;

export function checkOrder({ops, rows, sightings}: Evidence, report: Report): void {
  const seqs = new Map(rows.map(row => [row.id, row.seq]));
  // A message that failed holds nothing up; it is sent when somebody tries it again.
  const excused = new Set([
    ...sightings.filter(({kind}) => kind === 'failed').map(({id}) => id),
    ...ops.filter(({kind}) => kind === 'retry').map(({id}) => id),
  ]);
  const stored = ops.filter(op => op.kind === 'send' && op.id !== null && seqs.has(op.id) && !excused.has(op.id));
  const seqOf = (op: Op) => seqs.get(op.id ?? '') ?? 0;

  for (const written of groupBy(stored, op => `${op.life} ${op.chat}`).values()) {
    let last: Op | undefined;
    for (const op of written.sort((a, b) => (a.begun ?? 0) - (b.begun ?? 0) || a.n - b.n)) {
      if (last && seqOf(op) < seqOf(last)) report('misordered', swapped(op, last, 'was written after'));
      else last = op;
    }
  }

  for (const written of groupBy(stored, op => `${op.person} ${op.chat}`).values()) {
    const accepted = written
      .filter(op => op.settled !== null && op.code === null)
      .sort((a, b) => (a.settled ?? 0) - (b.settled ?? 0));
    let at = 0;
    let furthest: Op | undefined;
    for (const op of written.sort((a, b) => (a.begun ?? 0) - (b.begun ?? 0))) {
      for (let next = accepted[at]; next && (next.settled ?? 0) + AT_ONCE_MS < (op.begun ?? 0); next = accepted[++at])
        if (!furthest || seqOf(next) > seqOf(furthest)) furthest = next;
      // Two of one life are judged above.
      if (furthest && furthest.life !== op.life && seqOf(op) < seqOf(furthest))
        report('misordered', swapped(op, furthest, 'was begun after the acceptance of'));
    }
  }
}

function swapped(op: Op, before: Op, how: string): {id: string | null; life: string | null; detail: string} {
  return {id: op.id, life: op.life, detail: `#${op.n} ${how} #${before.n} (${before.id}) and stands before it`};
}
