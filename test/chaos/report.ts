// The verdict as JSON, and for a person who has to find out what went wrong.
import {WRONGS, type Judgement, type Problem} from './checker.js';
import type {Evidence, FaultRecord} from './evidence.js';
import type {Journal} from './journal.js';

export interface Verdict {
  seed: number;
  messages: number;
  passed: boolean;
  counts: Judgement['counts'];
  /** Faults that did harm, by kind; beside them those that were tried. */
  faults: Record<string, {happened: number; tried: number}>;
  rounds: number;
  /** Rounds that never came to rest. */
  unquiet: number;
  worstQuietMs: number | null;
  durationMs: number;
  error: string | null;
}

export function makeVerdict(
  run: {seed: number; messages: number; durationMs: number; error: string | null; kinds: readonly string[]},
  {counts, problems}: Judgement,
  faults: readonly FaultRecord[],
  quiets: readonly (number | null)[],
): Verdict {
  const {kinds, ...about} = run;
  const unquiet = quiets.filter(ms => ms === null).length;
  const times = quiets.filter(ms => ms !== null);
  return {
    ...about,
    passed: problems.length === 0 && unquiet === 0 && run.error === null && counts.stored > 0,
    counts,
    faults: Object.fromEntries(
      kinds.map(kind => {
        const all = faults.filter(fault => fault.kind === kind);
        return [kind, {happened: all.filter(({happened}) => happened).length, tried: all.length}];
      }),
    ),
    rounds: quiets.length,
    unquiet,
    worstQuietMs: times.length === 0 ? null : Math.max(...times),
  };
}

/** One line a check, for `npm test`: its name and whether it held. */
export function checks({counts, faults, unquiet, error}: Verdict): [name: string, held: boolean][] {
  return [
    ...WRONGS.map((wrong): [string, boolean] => [wrong, counts[wrong] === 0]),
    ['unquiet', unquiet === 0],
    ['ended', error === null && counts.stored > 0],
    ...Object.entries(faults).map(([kind, {happened}]): [string, boolean] => [`happened: ${kind}`, happened > 0]),
  ];
}

/** What happened around the first wrong message, oldest first. */
export function story(problems: readonly Problem[], evidence: Omit<Evidence, 'tabs'>, journal: Journal): string[] {
  const first = problems.find(problem => problem.id !== null) ?? problems[0];
  if (!first) return [];
  const {id} = first;
  const time = (at: number | null) => (at === null ? '—' : new Date(at).toISOString().slice(11, 23));
  const acts = evidence.ops.filter(op => id !== null && op.id === id);
  const moments: {at: number; text: string}[] = acts.flatMap(op => [
    {at: op.begun ?? 0, text: `${op.kind} ~${op.n} begun in ${op.life}: "${op.body.slice(0, 50)}"`},
    ...(op.settled === null ? [] : [{at: op.settled, text: `${op.kind} ~${op.n} ${op.code ?? 'ok'} ${op.reason}`}]),
  ]);
  for (const seen of evidence.confirmed)
    if (seen.id === id) moments.push({at: seen.at, text: `first shown as stored at ${seen.seq} in ${seen.life}`});
  for (const seen of evidence.sightings)
    if (seen.id === id)
      moments.push({at: seen.at, text: `${seen.kind} in ${seen.life} (${seen.where}): ${seen.detail}`});
  const times = [...moments.map(({at}) => at), first.at ?? 0].filter(at => at > 0);
  const [from, to] = [Math.min(...times) - 5_000, Math.max(...times) + 5_000];
  for (const {kind, person, from: at, to: end, happened} of evidence.faults) {
    if (end < from || at > to) continue;
    moments.push({
      at,
      text: `FAULT ${kind} ${person ?? 'everybody'}, until ${time(end)}${happened ? '' : ' (no harm)'}`,
    });
  }
  for (const note of journal.notes) if (note.at >= from && note.at <= to) moments.push(note);
  return [
    ...problems.slice(0, 10).map(({wrong, id, life, detail}) => `✗ ${wrong} ${id ?? ''} ${life ?? ''}: ${detail}`),
    ...(problems.length > 10 ? [`  … and ${problems.length - 10} more`] : []),
    `around ${id ?? 'the first'}:`,
    ...moments.sort((a, b) => a.at - b.at).map(({at, text}) => `  ${time(at)} ${text}`),
  ];
}
