// docs/performance.md and the figures that the README quotes, made from docs/performance.json, which a run of the benches writes. Pure, but
// for the files it is told to read.
import {compared, isRowMissed, shareOf, spread, type Comparison, type Row} from './comparison.js';
import {printed} from './goal.js';
import {REASONS, type Find} from './misses.js';
import {isFigureMissed, median, toMarkdown, type Figure, type Table} from './table.js';

export interface Taken {
  taken: string;
  machine: string;
  /** The commit it was taken at, with `+` where files were changed. */
  commit: string;
  /** How long the bench took. */
  minutes?: number;
  tables: (Table | Comparison)[];
}

/** By the name of the bench. */
export type Results = Record<string, Taken>;

export interface Miss {
  title: string;
  name: string;
  /** What it came to, and the goal. */
  said: string;
  reason: string | null;
}

/** What the README shows: title of the table, name of the row, and the README's words for it. */
export const QUOTED: readonly [title: string, row: string, words: string][] = [
  ['Sockets and bill', '10 tabs: sockets', 'Sockets of 10 tabs'],
  [
    'Sockets and bill',
    '10 tabs: messages that the browser is billed for receiving, per 100',
    'Messages billed for what 10 tabs receive, per 100',
  ],
  ['Time to live', 'first tab, no worker running', 'The first tab is live after'],
  ['Time to live', 'tab 10', 'The tenth tab is live after'],
  ['Latency', '10 messages/s: last tab, p50', 'A message is in the last of 10 tabs after, median'],
  ['Latency', '10 messages/s: last tab, p95', 'A message is in the last of 10 tabs after, 95th percentile'],
  [
    'Page cost',
    'main thread, per 1,000 messages at 200/s',
    'Main thread of 10 tabs, one in sight and nine hidden, per 1,000 messages',
  ],
  [
    'Page cost',
    'main thread, all tabs taken to be in sight, per 1,000 at 200/s',
    'Main thread of 10 tabs, all in sight, per 1,000 messages',
  ],
  ['Page cost', 'memory that the tabs add', 'Memory that 10 tabs add'],
  [
    'Page cost',
    'script loaded by the first tab, its worker’s too',
    'Script that the first tab loads, its worker’s too',
  ],
  ['Page cost', 'script loaded by tab 10', 'Script that the tenth tab loads'],
  [
    'After 10 s without a network',
    'of 100 missed, shown',
    'Of 100 messages missed in 10 s offline, shown: page that reads once',
  ],
  [
    'After 10 s without a network',
    'reading again: of 100 missed, shown',
    'The same, page that reads again after each join',
  ],
  [
    'After 10 s without a network',
    'reading again: until news comes again',
    'That page is up to date again, once the network is back, after',
  ],
];

export const README_BEGIN = '<!-- Figures from docs/performance.json: npm run bench -- --docs -->';
export const README_END = '<!-- End of the figures. -->';

function finderOf(results: Results): Find {
  const tables = Object.values(results).flatMap(({tables}) => tables);
  return (title, name) => {
    const table = tables.find(each => each.title === title);
    if (!table) return undefined;
    return 'figures' in table
      ? table.figures.find(each => each.name === name)
      : table.rows.find(each => each.name === name);
  };
}

function missOf(title: string, row: Row | Figure, find: Find): Miss[] {
  const isOfTable = 'values' in row;
  if (!(isOfTable ? isFigureMissed(row) : isRowMissed(row))) return [];
  const {name, unit, goal} = row;
  const isShare = !isOfTable && !row.isOwnGoal;
  const figure = isOfTable ? median(row.values) : isShare ? (shareOf(row) ?? NaN) : median(row.ours);
  const of = isShare ? ' ×' : unit === '' ? '' : ` ${unit}`;
  const max = goal?.startsWith('max') && isOfTable ? Math.max(...row.values) : figure;
  return [
    {title, name, said: `${printed(max)}${of}, goal ${goal}${of}`, reason: REASONS[title]?.[name]?.(find) ?? null},
  ];
}

/** Every row whose goal is missed, with its reason; null where nobody has written one. */
export function missesIn(results: Results): Miss[] {
  const find = finderOf(results);
  return Object.values(results).flatMap(({tables}) =>
    tables.flatMap(table => {
      const rows: (Row | Figure)[] = 'figures' in table ? table.figures : table.rows;
      return rows.flatMap(row => missOf(table.title, row, find));
    }),
  );
}

function missesSection(results: Results): string {
  const misses = missesIn(results);
  if (misses.length === 0) return '## Where a goal is missed, and why\n\nNowhere.';
  const lines = misses.map(
    ({title, name, said, reason}) => `- **${title}: ${name}** (${said}). ${reason ?? 'Nobody has looked into it yet.'}`,
  );
  return ['## Where a goal is missed, and why', '', ...lines].join('\n');
}

function takenLine(bench: string, {taken, machine, commit, minutes}: Taken): string {
  const time = minutes === undefined ? '' : ` (took ${printed(minutes)} min)`;
  return `Taken ${taken.slice(0, 10)} at ${commit} on ${machine}. Repeat: \`npm run bench -- ${bench} --docs\`${time}.`;
}

export function performancePage(results: Results): string {
  const tables = Object.entries(results).flatMap(([bench, run]) =>
    run.tables.map(table => `${'figures' in table ? toMarkdown(table) : compared(table)}\n\n${takenLine(bench, run)}`),
  );
  return [
    '# Performance',
    '',
    'A table of two columns is the same work done with plain supabase-js, as a good developer writes it, and with Trunkline, in one run on one',
    'machine, against the embedded backend; the others tell of Trunkline, and of supabase-js where it does the same. Medians, and least and greatest where',
    'they differ, of five runs or more where no n is given. The tables are of several runs: each says when, at which commit and on what it was',
    'taken, and how to repeat it. A goal is a share, or a figure of our own; one that is missed is marked, and',
    '[explained](#where-a-goal-is-missed-and-why).',
    '',
    tables.join('\n\n'),
    '',
    missesSection(results),
    '',
  ].join('\n');
}

export function readmeFigures(results: Results): string {
  const find = finderOf(results);
  const rows = QUOTED.flatMap(([title, name, words]) => {
    const row = find(title, name);
    if (!row || 'values' in row) return [];
    const unit = row.unit === '' ? '' : ` ${row.unit}`;
    const share = shareOf(row);
    const times = share === null || row.isOwnGoal ? '' : `${Number(share.toPrecision(2))} ×`;
    return [`| ${words} | ${spread(row.plain, false)}${unit} | ${spread(row.ours, false)}${unit} | ${times} |`];
  });
  return ['| | supabase-js in each tab | Trunkline | |', '|---|---:|---:|---:|', ...rows].join('\n');
}

/** The README with the figures in their place; unchanged when it has no place for them. */
export function withFigures(readme: string, results: Results): string {
  const [from, to] = [readme.indexOf(README_BEGIN), readme.indexOf(README_END)];
  if (from < 0 || to < from) return readme;
  return `${readme.slice(0, from + README_BEGIN.length)}\n\n${readmeFigures(results)}\n\n${readme.slice(to)}`;
}
