// docs/performance.md and the figures that the README quotes, made from docs/performance.json, which a run of the benches writes. Pure, but
// for the files it is told to read.
import {compared, shareOf, spread, type Comparison} from './comparison.js';
import {toMarkdown, type Table} from './table.js';

export interface Results {
  /** By the name of the bench: when and where it was taken, and what it gave. */
  [bench: string]: {taken: string; machine: string; tables: (Table | Comparison)[]};
}

/** What the README shows: title of the table, name of the row, and the README's words for it. */
const QUOTED: readonly [title: string, row: string, words: string][] = [
  ['Sockets and bill', '10 tabs: sockets', 'Sockets of 10 tabs'],
  [
    'Sockets and bill',
    '10 tabs: messages that the browser is billed for receiving, per 100',
    'Messages billed for what 10 tabs receive, per 100',
  ],
  ['Time to live', 'tab 10', 'The tenth tab is live after'],
  ['Page cost', 'main thread, per 1,000 messages at 200/s', 'Main thread of 10 tabs, per 1,000 messages'],
  ['Page cost', 'script loaded by tab 10', 'Script that the tenth tab loads'],
  ['After 10 s without a network', 'of 100 missed, shown', 'Of 100 messages missed in 10 s offline, shown'],
];

export const README_BEGIN = '<!-- Figures from docs/performance.json: npm run bench -- --docs -->';
export const README_END = '<!-- End of the figures. -->';

export function performancePage(results: Results): string {
  const tables = Object.values(results).flatMap(({taken, machine, tables}) =>
    tables.map(table => {
      const text = 'figures' in table ? toMarkdown(table) : compared(table);
      return `${text}\n\nTaken ${taken.slice(0, 10)} on ${machine}.`;
    }),
  );
  return [
    '# Performance',
    '',
    'Each table is the same work done with plain supabase-js, as a usual page does it, and with Trunkline, in one run on one machine, against',
    'the embedded backend: medians, and least and greatest where they differ. Written by `npm run bench -- --docs`; run it to see yours.',
    'A goal is a share, or a figure of our own; one that is missed stays in the table.',
    '',
    tables.join('\n\n'),
    '',
  ].join('\n');
}

export function readmeFigures(results: Results): string {
  const tables = Object.values(results).flatMap(({tables}) => tables);
  const rows = QUOTED.flatMap(([title, name, words]) => {
    const table = tables.find(each => each.title === title);
    const row = table && 'rows' in table ? table.rows.find(each => each.name === name) : undefined;
    if (!row) return [];
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
