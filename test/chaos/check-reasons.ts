// Failures: each must have a code, and the code a cause among what was done or what was broken at that time.
import type {Report} from './checker.js';
import {groupBy, type Evidence, type Op} from './evidence.js';

/** A fault is felt for so long after its end, in ms: a request that hangs is given up after 15 s. */
const ECHO_MS = 45_000;

/** Codes of a line or a server that doesn't do its work. */
const OUTAGE = new Set(['unreachable', 'rate-limited', 'sign-in-failed']);
const SERVER = new Set(['server restarted', 'Postgres restarted', 'token expired', 'server error']);

export function checkReasons({ops, sightings, faults}: Evidence, report: Report): void {
  const acts = groupBy(
    ops.filter(op => op.begun !== null),
    op => op.id,
  );
  const broken = (from: number, to: number, person: string | null, onlyServer: boolean) =>
    faults.some(
      fault =>
        fault.happened &&
        fault.from <= to &&
        fault.to + ECHO_MS >= from &&
        (SERVER.has(fault.kind) ||
          (!onlyServer && (fault.person === null || person === null || fault.person === person))),
    );

  for (const op of ops) {
    // A send is only asked of a tab whose chats are open: it has to be taken, whatever is broken.
    if (op.settled === null || op.code === null) continue;
    const [from, to] = [op.begun ?? op.settled, op.settled];
    const outage = OUTAGE.has(op.code) && op.kind !== 'send' && broken(from, to, op.person, false);
    const fault = op.code === 'internal' && op.kind !== 'send' && broken(from, to, op.person, true);
    if (outage || fault || isLate(op, acts.get(op.id) ?? [])) continue;
    report('failedWithoutReason', {
      id: op.id,
      life: op.life,
      at: op.settled,
      detail: `${op.kind} ~${op.n}: ${op.code || 'no code'}: ${op.reason.slice(0, 120)}`,
    });
  }

  const told = new Set<string>();
  for (const {kind, id, life, at, detail} of sightings) {
    if (kind !== 'failed' || told.has(`${id} ${detail}`)) continue;
    told.add(`${id} ${detail}`);
    // A database that fails three tries of a message is named; nothing else may fail one.
    if (detail.startsWith('internal') && broken(at, at, null, true)) continue;
    report('failedWithoutReason', {id, life, at, detail: `shown as failed: ${detail || 'no code'}`});
  }
}

/** Refused because the message was on its way, sent, or discarded already: no failure but an answer. */
function isLate(op: Op, acts: readonly Op[]): boolean {
  if (op.kind === 'discard' || op.kind === 'retry') return op.code === 'rejected';
  const gone = acts.some(other => other.kind === 'discard');
  return (op.kind === 'amend' || op.kind === 'edit') && (op.code === 'rejected' || op.code === 'forbidden') && gone;
}
