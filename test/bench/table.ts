// Figures and how they read: each was taken several times, and what is printed is the median with the least and the
// greatest, and how many there were where they are fewer than five. Nothing here passes or fails; a goal is printed beside its figure,
// and when it is missed that is said.
import {printed, verdict} from './goal.js';

/** A figure of fewer values says how many. */
export const ENOUGH = 5;

export interface Figure {
  name: string;
  unit: string;
  /** One value a run. */
  values: number[];
  goal?: string;
}

export interface Table {
  title: string;
  /** How it was taken, in a sentence. */
  about: string;
  figures: Figure[];
}

export type Progress = (line: string) => void;

/** The value below which a share of the values lies; `values` need no order. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

export const median = (values: number[]) => percentile(values, 0.5);

/** How many values there were, where they are few. */
export const counted = (values: number[]) =>
  values.length > 0 && values.length < ENOUGH ? ` (n = ${values.length})` : '';

export function isFigureMissed({goal, values}: Figure): boolean {
  return goal !== undefined && verdict(goal, median(values), values) === 'missed';
}

export function toMarkdown({title, about, figures}: Table): string {
  const rows = figures.map(figure => {
    const {name, unit, values, goal = ''} = figure;
    const [middle, least, greatest] = [median(values), Math.min(...values), Math.max(...values)].map(printed);
    const missed = isFigureMissed(figure) ? ' **missed**' : '';
    return `| ${name} | ${`${middle} ${unit}`.trimEnd()}${counted(values)} | ${least} | ${greatest} | ${goal}${missed} |`;
  });
  return [
    `## ${title}`,
    '',
    about,
    '',
    '| figure | median | min | max | goal |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
