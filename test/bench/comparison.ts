// The same work done twice in one run, with plain supabase-js and with Trunkline, and how it reads: medians with the least and the
// greatest, and the one as a share of the other; beside them the page without realtime, where it does the work too. Nothing here passes
// or fails, but a goal that is missed says so.
import {printed, verdict} from './goal.js';
import {counted, median} from './table.js';

export interface Row {
  name: string;
  unit: string;
  /** The same page without realtime. */
  bare?: number[];
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

/** Median with its bounds, or alone where all are alike or nobody asks for them; and of how many values, where they are few. */
export function spread(values: number[], withBounds = true): string {
  if (values.length === 0) return '–';
  const [least, middle, most] = [Math.min(...values), median(values), Math.max(...values)].map(printed);
  const bounds = least === most || !withBounds ? '' : ` (${least} – ${most})`;
  return `${middle}${bounds}${withBounds ? counted(values) : ''}`;
}

/** Our median as a share of the plain one; null where there is none, or either is less than nothing. */
export function shareOf({plain, ours}: Pick<Row, 'plain' | 'ours'>): number | null {
  const [theirs, own] = [median(plain), median(ours)];
  return theirs > 0 && own >= 0 ? own / theirs : null;
}

export function isRowMissed(row: Row): boolean {
  if (row.goal === undefined) return false;
  return verdict(row.goal, row.isOwnGoal ? median(row.ours) : shareOf(row), row.ours) === 'missed';
}

export function compared({title, about, rows}: Comparison): string {
  const isBareShown = rows.some(({bare}) => bare !== undefined);
  return [
    `## ${title}`,
    '',
    about,
    '',
    `| |${isBareShown ? ' without realtime |' : ''} supabase-js in each tab | Trunkline | share | goal |`,
    `|---|${isBareShown ? '---:|' : ''}---:|---:|---:|---|`,
    ...rows.map(row => {
      const share = shareOf(row);
      const unit = row.unit === '' ? '' : `, ${row.unit}`;
      const goal = row.goal === undefined ? '' : `${row.goal}${row.isOwnGoal ? ` ${row.unit}`.trimEnd() : ' ×'}`;
      const missed = isRowMissed(row) ? ' **missed**' : '';
      const shown = share === null ? '' : `${printed(share)} ×`;
      const bare = isBareShown ? ` ${spread(row.bare ?? [])} |` : '';
      return `| ${row.name}${unit} |${bare} ${spread(row.plain)} | ${spread(row.ours)} | ${shown} | ${goal}${missed} |`;
    }),
  ].join('\n');
}
