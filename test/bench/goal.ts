// Whether a goal is met, as a reader of the table sees it: by the figures as they are printed.

export type Verdict = 'met' | 'missed';

/** A figure as the tables print it: to three digits, or whole from 100 on. */
export function printed(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

/**
 * @param goal `≤ 0.5`, `≥ 1,000` or `100`, of the figure that is printed; `max ≤ 35,000`, of the greatest value
 * @param figure the one that is printed; null: there is none, which misses every goal
 * @param values all of it was made from
 * @throws {Error} when the goal reads otherwise
 */
export function verdict(goal: string, figure: number | null, values: readonly number[]): Verdict {
  const [, max, sign, bound] = /^(max )?(?:([≤≥]) )?([\d,.]+)$/.exec(goal) ?? [];
  if (bound === undefined) throw new Error(`“${goal}” is no goal that can be checked.`);
  const limit = Number(bound.replaceAll(',', ''));
  const shown = max ? Math.max(...values) : figure;
  if (shown === null) return 'missed';
  const value = Number(printed(shown).replaceAll(',', ''));
  if (sign === '≤') return value <= limit ? 'met' : 'missed';
  return sign === '≥' && value >= limit ? 'met' : value === limit ? 'met' : 'missed';
}
