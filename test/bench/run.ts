// `npm run bench [-- name…] [--json FILE] [--docs] [--runs N] [--minutes N]`: runs the tables named, or all, one after another, prints them
// as Markdown and keeps every single value in the file. With `--docs` they go into docs/performance.md and the README too; `--runs` is how
// often `tabs`, `throughput`, `thread`, `cut`, `offline` and `presence` do their work (5), `--minutes` how long `hidden` and each way of `idle` take, and how long `sleep`
// may take with tokens of a minute. Says on standard error what it is doing.
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {compared, type Comparison} from './comparison.js';
import {describeCommit, describeMachine} from './machine.js';
import {performancePage, withFigures, type Results} from './performance-page.js';
import {type Progress, type Table, toMarkdown} from './table.js';

type Tables = Table | Comparison | Comparison[];

/** What of the command line concerns a bench; each has its own default. */
interface Asked {
  minutes?: number;
  runs?: number;
}

/** Every value of every run. */
const RESULTS = 'docs/performance.json';

/** A new table is one line here and one file beside this one. */
const benches: Record<string, () => Promise<(progress: Progress, asked: Asked) => Promise<Tables>>> = {
  presence: async () => (await import('./presence.js')).benchPresence,
  idle: async () => (await import('./idle.js')).benchIdle,
  tabs: async () => (await import('./tabs.js')).benchTabs,
  cut: async () => (await import('./cut.js')).benchCut,
  throughput: async () => (await import('./throughput.js')).benchThroughput,
  thread: async () => (await import('./thread.js')).benchThread,
  offline: async () => (await import('./offline.js')).benchOffline,
  backend: async () => (await import('./backend.js')).benchBackend,
  hidden: async () => (await import('./hidden.js')).benchHidden,
  'sign-out': async () => (await import('./sign-out.js')).benchSignOut,
  sleep: async () => (await import('./sleep.js')).benchSleep,
  many: async () => (await import('./many.js')).benchMany,
};

const {values, positionals} = parseArgs({
  options: {json: {type: 'string'}, docs: {type: 'boolean'}, minutes: {type: 'string'}, runs: {type: 'string'}},
  allowPositionals: true,
});
const asked: Asked = {};
for (const name of ['minutes', 'runs'] as const) {
  if (values[name] === undefined) continue;
  asked[name] = Number(values[name]);
  if (!(asked[name] > 0)) throw new Error(`--${name} takes a number.`);
}
const unknown = positionals.filter(name => !(name in benches));
if (unknown.length > 0) {
  throw new Error(`There is no bench ${unknown.join(', ')}; there is ${Object.keys(benches).join(', ')}.`);
}

const [machine, commit] = [describeMachine(), describeCommit()];
const results: Results = {};
for (const [name, load] of Object.entries(benches)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const bench = await load();
  const start = performance.now();
  const made = await bench(line => console.error(`${name}: ${line}`), asked);
  const minutes = Number(((performance.now() - start) / 60_000).toPrecision(2));
  const tables = Array.isArray(made) ? made : [made];
  results[name] = {taken: new Date().toISOString(), machine, commit, minutes, tables};
  for (const table of tables) console.log(`${'figures' in table ? toMarkdown(table) : compared(table)}\n`);
  // After each: a later one that fails takes nothing with it.
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
  if (values.docs) writeDocs();
}
console.log(`Taken at ${commit} on ${machine}.`);
process.exit(0); // supabase-js may leave a timer behind

/** What was not taken this time stays as it is. */
function writeDocs(): void {
  const at = (path: string) => new URL(`../../${path}`, import.meta.url);
  const kept = JSON.parse(existsSync(at(RESULTS)) ? readFileSync(at(RESULTS), 'utf8') : '{}') as Results;
  const all = {...kept, ...results};
  // In the order of the benches, whenever each was taken.
  const ordered = Object.fromEntries(Object.keys(benches).flatMap(name => (all[name] ? [[name, all[name]]] : [])));
  writeFileSync(at(RESULTS), `${JSON.stringify(ordered, null, 2)}\n`);
  writeFileSync(at('docs/performance.md'), performancePage(ordered));
  const readme = readFileSync(at('README.md'), 'utf8');
  writeFileSync(at('README.md'), withFigures(readme, ordered));
}
