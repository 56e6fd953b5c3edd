// The table against what was done: every accepted message once, nothing else, with the last acknowledged text.
import type {Report} from './checker.js';
import {groupBy, tokenOf, type Evidence, type Op, type Row} from './evidence.js';
import {Untold} from './untold.js';

/** Faults that end a hub: what it did and did not answer is asked again of the next one, which finds it done. */
const HUB_ENDS = new Set(['worker killed', 'sole tab crashed']);

export function checkTable({ops, rows, confirmed, faults}: Evidence, report: Report): void {
  const sends = ops.filter(op => op.kind === 'send');
  const byId = new Map(sends.flatMap(op => (op.id === null ? [] : [[op.id, op] as const])));
  const byToken = new Map(sends.map(op => [op.n, op]));
  const onMessage = groupBy(
    ops.filter(op => op.id !== null && op.begun !== null),
    op => op.id as string,
  );
  const untold = new Untold(ops, confirmed);
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
    // A text that is deleted doesn't say whose row it is.
    const op =
      byId.get(row.id) ?? (token === null ? undefined : byToken.get(token)) ?? (row.deleted && untold.claimSend(row));
    if (op && op.life !== null) stored.set(op, [...(stored.get(op) ?? []), row]);
    else report('phantoms', {id: row.id, detail: `a row that nobody sent: "${row.body.slice(0, 40)}"`});
  }

  for (const op of sends) {
    const found = stored.get(op) ?? [];
    const [row] = found;
    for (const copy of found.slice(1))
      report('duplicated', {id: copy.id, detail: `#${op.n} is stored under ${found.map(({id}) => id).join(' and ')}`});
    for (const {id, sender, chat} of found) {
      if (sender === op.person && chat === op.chat) continue;
      const [is, was] = [`${sender ?? 'nobody'} in chat ${chat}`, `${op.person} in chat ${op.chat}`];
      report('phantoms', {id, detail: `#${op.n} is of ${is}, and was sent by ${was}`});
    }
    const accepted = op.settled !== null && op.code === null;
    const discards = (onMessage.get(op.id ?? '') ?? []).filter(({kind}) => kind === 'discard');
    const discarded = discards.some(({settled, code}) => settled !== null && code === null);
    // Never answered, or refused because it was done already: it may have been done.
    const maybe = discards.some(
      discard =>
        discard.settled === null || (discard.code !== null && (discard.code !== 'rejected' || hubEnded(discard))),
    );
    if (row && !row.deleted && discarded)
      report('phantoms', {id: row.id, detail: `#${op.n} was discarded, and is stored`});
    else if (row && op.settled !== null && op.code !== null)
      report('phantoms', {id: row.id, detail: `#${op.n} was refused (${op.code}), and is stored`});
    else if (!row && accepted && !discarded && !maybe && !untold.claimDiscard(op))
      report('lost', {id: op.id, life: op.life, detail: `#${op.n} was accepted, and is not in the table`});
    if (row) checkText(op, row, onMessage.get(row.id) ?? [], untold, report);
  }
}

/**
 * A text is right when no other edit was acknowledged wholly after it. An edit that was never acknowledged may have been done at
 * any time after it began.
 */
function checkText(send: Op, row: Row, acts: readonly Op[], untold: Untold, report: Report): void {
  const removes = acts.filter(({kind, person}) => (kind === 'remove' || kind === 'discard') && person === send.person);
  const isAcknowledged = (op: Op) => op.settled !== null && op.code === null;
  if (row.deleted) {
    if (removes.length === 0 && !untold.claimDeletion(send))
      report('wrongText', {id: row.id, detail: `#${send.n} is deleted, and nobody deleted it`});
    return;
  }
  if (removes.some(op => op.kind === 'remove' && isAcknowledged(op))) {
    report('wrongText', {id: row.id, detail: `#${send.n} was deleted, and is there`});
    return;
  }
  const writes = [send, ...acts.filter(({kind}) => kind === 'edit' || kind === 'amend'), ...untold.edits(send)];
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
