// The same work done twice in one run, with plain supabase-js and with Trunkline, and how it reads: medians with the least and the
// greatest, and the one as a share of the other. Nothing here passes or fails.
import {median} from './table.js';

export interface Row {
  name: string;
  unit: string;
  /** One value a run. Empty: there is nothing to compare with. */
  plain: number[];
  ours: number[];
  /** What the share `ours / plain`, or our own figure, should be. */
  goal?: string;
  /** Whether the goal is of our own figure, and not of the share. */
  isOwnGoal?: boolean;
}

export interface Comparison {
  title: string;
  about: string;
  rows: Row[];
}

function round(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

/** Median with its bounds, or alone where all are alike or nobody asks for them. */
export function spread(values: number[], withBounds = true): string {
  if (values.length === 0) return '–';
  const [least, middle, most] = [Math.min(...values), median(values), Math.max(...values)].map(round);
  return least === most || !withBounds ? String(middle) : `${middle} (${least} – ${most})`;
}

/** Our median as a share of the plain one; null where there is none, or either is less than nothing. */
export function shareOf({plain, ours}: Pick<Row, 'plain' | 'ours'>): number | null {
  const [theirs, own] = [median(plain), median(ours)];
  return theirs > 0 && own >= 0 ? own / theirs : null;
}

export function compared({title, about, rows}: Comparison): string {
  return [
    `## ${title}`,
    '',
    about,
    '',
    '| | supabase-js in each tab | Trunkline | share | goal |',
    '|---|---:|---:|---:|---|',
    ...rows.map(row => {
      const share = shareOf(row);
      const unit = row.unit === '' ? '' : `, ${row.unit}`;
      const goal = row.goal === undefined ? '' : `${row.goal}${row.isOwnGoal ? ` ${row.unit}`.trimEnd() : ' ×'}`;
      const shown = share === null ? '' : `${round(share)} ×`;
      return `| ${row.name}${unit} | ${spread(row.plain)} | ${spread(row.ours)} | ${shown} | ${goal} |`;
    }),
  ].join('\n');
}
