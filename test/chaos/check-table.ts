// The table against what was done: every accepted message once, nothing else, with the last acknowledged text.
import type {Report} from './checker.js';
import {groupBy, tokenOf, type Evidence, type Op, type Row} from './evidence.js';

/** Faults that end a hub: what it did and did not answer is asked again of the next one, which finds it done. */
const HUB_ENDS = new Set(['worker killed', 'sole tab crashed']);

export function checkTable({ops, rows, faults}: Evidence, report: Report): void {
  const sends = ops.filter(op => op.kind === 'send');
  const byId = new Map(sends.flatMap(op => (op.id === null ? [] : [[op.id, op] as const])));
  const byToken = new Map(sends.map(op => [op.n, op]));
  const onMessage = groupBy(
    ops.filter(op => op.id !== null && op.begun !== null),
    op => op.id as string,
  );
  // Given to a tab that died, or hung, before it told what it did them to.
  const untold = ops.filter(op => op.life !== null && op.begun === null);
  const hubEnded = ({person, begun, settled}: Op) =>
    faults.some(
      fault =>
        HUB_ENDS.has(fault.kind) &&
        fault.person === person &&
        fault.from <= (settled ?? Infinity) &&
        fault.to >= (begun ?? 0),
    );

  const stored = new Map<Op, Row[]>();
  for (const row of rows) {
    const token = tokenOf(row.body);
    const op = byId.get(row.id) ?? (token === null ? undefined : byToken.get(token));
    if (op && op.life !== null) stored.set(op, [...(stored.get(op) ?? []), row]);
    // A text that is deleted doesn't say whose row it is.
    else if (!row.deleted || !untold.some(({kind, person}) => kind === 'send' && person === row.sender))
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
    // Never answered, or refused because it was done already: it may have been done.
    const maybe = discards.some(
      discard =>
        discard.settled === null || (discard.code !== null && (discard.code !== 'rejected' || hubEnded(discard))),
    );
    const isUntold = (kind: Op['kind']) => untold.some(each => each.kind === kind && each.person === op.person);
    if (row && !row.deleted && discarded)
      report('phantoms', {id: row.id, detail: `#${op.n} was discarded, and is stored`});
    else if (row && op.settled !== null && op.code !== null)
      report('phantoms', {id: row.id, detail: `#${op.n} was refused (${op.code}), and is stored`});
    else if (!row && accepted && !discarded && !maybe && !isUntold('discard'))
      report('lost', {id: op.id, life: op.life, detail: `#${op.n} was accepted, and is not in the table`});
    if (row) checkText(op, row, [...(onMessage.get(row.id) ?? []), ...untold], report);
  }
}

/**
 * A text is right when no other edit was acknowledged wholly after it. An edit that was never acknowledged may have been done at
 * any time after it began.
 */
function checkText(send: Op, row: Row, acts: readonly Op[], report: Report): void {
  const removes = acts.filter(({kind, person}) => (kind === 'remove' || kind === 'discard') && person === send.person);
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
      (write.body === row.body || (write.begun === null && row.body === `#${send.n} ${write.body}`)) &&
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
