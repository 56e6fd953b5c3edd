// Whether the run did what it was asked for: sent as many messages, and broke everything often enough.
import type {Report} from './checker.js';
import type {Evidence} from './evidence.js';

/** So often every kind of fault happens in a long run. */
const OFTEN = 20;
/** Share of the rounds, each of which deals every kind once, in a short one. */
const SHARE = 0.9;

export interface Asked {
  messages: number;
  /** Rounds of the schedule, played or not. */
  rounds: number;
  /** Kinds of fault that each of them deals. */
  kinds: readonly string[];
}

export function checkReach(asked: Asked, {ops, faults}: Pick<Evidence, 'ops' | 'faults'>, report: Report): void {
  const least = Math.ceil(Math.min(OFTEN, SHARE * asked.rounds));
  for (const kind of asked.kinds) {
    const happened = faults.filter(fault => fault.kind === kind && fault.happened).length;
    if (happened < least) report('faults', {detail: `"${kind}" happened ${happened} times, not ${least}`});
  }
  const sent = ops.filter(({kind, begun}) => kind === 'send' && begun !== null).length;
  if (sent < asked.messages) report('unsent', {detail: `${sent} messages were sent, not ${asked.messages}`});
}
