// The table against what was done: every accepted message once, nothing else, with the last acknowledged text.
import type {Report} from './checker.js';
import {groupBy, tokenOf, type Evidence, type Op, type Row} from './evidence.js';

export function checkTable({ops, rows}: Evidence, report: Report): void {
  const sends = ops.filter(op => op.kind === 'send');
  const byId = new Map(sends.flatMap(op => (op.id === null ? [] : [[op.id, op] as const])));
  const byToken = new Map(sends.map(op => [op.n, op]));
  const onMessage = groupBy(
    ops.filter(op => op.id !== null && op.begun !== null),
    op => op.id as string,
  );

  const stored = new Map<Op, Row[]>();
  for (const row of rows) {
    const token = tokenOf(row.body);
    const op = byId.get(row.id) ?? (token === null ? undefined : byToken.get(token));
    if (op && op.life !== null) stored.set(op, [...(stored.get(op) ?? []), row]);
    else if (!mayBeUntold(row, sends))
      report('phantoms', {id: row.id, detail: `a row that nobody sent: "${row.body.slice(0, 40)}"`});
  }

  for (const op of sends) {
    const found = stored.get(op) ?? [];
    const [row] = found;
    for (const copy of found.slice(1))
      report('duplicated', {id: copy.id, detail: `#${op.n} is stored under ${found.map(({id}) => id).join(' and ')}`});
    const accepted = op.settled !== null && op.code === null;
    const discards = (onMessage.get(op.id ?? '') ?? []).filter(({kind}) => kind === 'discard');
    const discarded = discards.some(({settled, code}) => settled !== null && code === null);
    // Refused because it was gone already, or never answered: it may have been done.
    const maybe = discards.some(({settled, code}) => settled === null || code !== null);
    if (row && !row.deleted && discarded)
      report('phantoms', {id: row.id, detail: `#${op.n} was discarded, and is stored`});
    else if (row && op.settled !== null && op.code !== null)
      report('phantoms', {id: row.id, detail: `#${op.n} was refused (${op.code}), and is stored`});
    else if (!row && accepted && !discarded && !maybe)
      report('lost', {id: op.id, life: op.life, detail: `#${op.n} was accepted, and is not in the table`});
    if (row) checkText(op, row, onMessage.get(row.id) ?? [], report);
  }
}

/** A tab that died before it told the id, and a text that is deleted: nothing says whose row it is. */
function mayBeUntold(row: Row, sends: readonly Op[]): boolean {
  return row.deleted && sends.some(op => op.id === null && op.life !== null && op.person === row.sender);
}

/**
 * A text is right when no other edit was acknowledged wholly after it. An edit that was never acknowledged may have been done at
 * any time after it began.
 */
function checkText(send: Op, row: Row, acts: readonly Op[], report: Report): void {
  const removes = acts.filter(({kind}) => kind === 'remove' || kind === 'discard');
  const isAcknowledged = (op: Op) => op.settled !== null && op.code === null;
  if (row.deleted) {
    if (removes.length === 0) report('wrongText', {id: row.id, detail: `#${send.n} is deleted, and nobody deleted it`});
    return;
  }
  if (removes.some(op => op.kind === 'remove' && isAcknowledged(op))) {
    report('wrongText', {id: row.id, detail: `#${send.n} was deleted, and is there`});
    return;
  }
  const writes = [send, ...acts.filter(({kind}) => kind === 'edit' || kind === 'amend')];
  const right = writes.some(
    write =>
      write.body === row.body &&
      !writes.some(
        later =>
          later !== write &&
          isAcknowledged(later) &&
          (write === send || (isAcknowledged(write) && (write.settled ?? 0) < (later.begun ?? 0))),
      ),
  );
  if (right) return;
  const known = writes.map(
    ({n, body, settled, code}) => `~${n} ${code ?? (settled ? 'ok' : 'open')} "${body.slice(0, 24)}"`,
  );
  report('wrongText', {
    id: row.id,
    detail: `#${send.n} says "${row.body.slice(0, 40)}"; written were ${known.join(', ')}`,
  });
}
