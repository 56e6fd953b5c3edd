// `npm run bench [-- name…] [--json FILE] [--minutes N]`: runs the tables named, or all, one after another, prints them as Markdown and
// keeps every single value in the file. `--minutes` is how long `hidden` takes. Says on standard error what it is doing.
import {writeFileSync} from 'node:fs';
import {cpus} from 'node:os';
import {parseArgs} from 'node:util';
import {compared, type Comparison} from './comparison.js';
import {type Progress, type Table, toMarkdown} from './table.js';

type Tables = Table | Comparison[];

/** A new table is one line here and one file beside this one. */
const benches: Record<string, () => Promise<(progress: Progress, minutes?: number) => Promise<Tables>>> = {
  presence: async () => (await import('./presence.js')).benchPresence,
  idle: async () => (await import('./idle.js')).benchIdle,
  tabs: async () => (await import('./tabs.js')).benchTabs,
  offline: async () => (await import('./offline.js')).benchOffline,
  backend: async () => (await import('./backend.js')).benchBackend,
  hidden: async () => (await import('./hidden.js')).benchHidden,
};

const {values, positionals} = parseArgs({
  options: {json: {type: 'string'}, minutes: {type: 'string'}},
  allowPositionals: true,
});
const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
if (minutes !== undefined && !(minutes > 0)) throw new Error('--minutes takes a number.');
const unknown = positionals.filter(name => !(name in benches));
if (unknown.length > 0) {
  throw new Error(`There is no bench ${unknown.join(', ')}; there is ${Object.keys(benches).join(', ')}.`);
}

const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}`;
const tables: (Table | Comparison)[] = [];
for (const [name, load] of Object.entries(benches)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const bench = await load();
  const made = await bench(line => console.error(`${name}: ${line}`), minutes);
  for (const table of Array.isArray(made) ? made : [made]) {
    tables.push(table);
    console.log(`${'figures' in table ? toMarkdown(table) : compared(table)}\n`);
  }
}
console.log(`Taken on ${machine}.`);
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({taken: new Date().toISOString(), machine, tables}, null, 2)}\n`);
}
process.exit(0); // supabase-js may leave a timer behind
