// Figures and how they read: each was taken several times, and what is printed is the median with the least and the
// greatest. Nothing here passes or fails; a goal is only printed beside its figure.

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

function round(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}

export function toMarkdown({title, about, figures}: Table): string {
  const rows = figures.map(({name, unit, values, goal}) => {
    const [least, greatest] = [Math.min(...values), Math.max(...values)];
    return `| ${name} | ${round(median(values))} ${unit} | ${round(least)} | ${round(greatest)} | ${goal ?? ''} |`;
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
