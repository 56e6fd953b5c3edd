// `npm run size`: what each entry costs a page, in kB (1,000 bytes) of minified and gzipped code, beside its budget. An entry is
// counted with everything it loads at once: all that it imports statically. What it loads on first use is not in it, and is listed
// under it, chunk by chunk.
import {fileURLToPath} from 'node:url';
import {gzipSync} from 'node:zlib';
import {build, type Plugin, type Rolldown} from 'vite';
import {hubSource, quietLit} from '../vite.config.js';
import {lean, leanOutput} from '../vite.lean.js';

interface Budget {
  what: string;
  entry: string;
  /** More than this fails. */
  kB: number;
  /** What DESIGN wants, where the gate is not there yet. */
  goal?: number;
}

const WORKER = 'trunkline-worker.js';
/** What a script tag loads; applications bring a Lit of their own. */
const SCRIPT = 'components/trunkline.ts';

/** The worker is built as part of the page that starts it. */
const budgets: readonly Budget[] = [
  {what: 'page with all elements and Lit', entry: SCRIPT, kB: 36.1, goal: 35},
  {what: 'status element alone, with Lit', entry: 'components/connection-status.ts', kB: 10.6, goal: 12},
  {what: 'page client alone', entry: 'src/client/connect.ts', kB: 11.7, goal: 5},
];
const workerBudget = {what: 'worker', kB: 38.0, goal: 35};
/** The sign-in was meant to be a file apart. But a worker of one file is one that every bundler can copy, and that a blob can hold. */
const signedInBudget = {what: 'worker without its sign-in', kB: 37.3, goal: 35};
/** With the precache, as a site's build has it. No page waits for it. */
const serviceBudget = {what: 'service worker', entry: 'worker/service.ts', kB: 17.4};

export interface Size {
  what: string;
  bytes: number;
  /** What is loaded on first use, by name. */
  later: Record<string, number>;
  budget: number;
  /** In kB, as in the budget. */
  goal: number;
}

export async function measure(): Promise<Size[]> {
  const sizes: Size[] = [];
  let worker = 0;
  for (const {what, entry, kB, goal = kB} of budgets) {
    const output = await bundle(entry);
    sizes.push({what, ...sizeOfEntry(output), budget: kB * 1000, goal});
    worker ||= sizeOfAsset(output, WORKER);
  }
  const {what, kB, goal} = workerBudget;
  sizes.push({what, bytes: worker, later: {}, budget: kB * 1000, goal});
  const signedIn = sizeOfEntry(await bundle('worker/shared.ts', 'es', [noSignIn]));
  sizes.push({what: signedInBudget.what, ...signedIn, budget: signedInBudget.kB * 1000, goal: signedInBudget.goal});
  const service = serviceBudget;
  const whole = sizeOfEntry(await bundle(service.entry, 'iife'));
  sizes.push({what: service.what, ...whole, budget: service.kB * 1000, goal: service.kB});
  return sizes;
}

/** Prints a line an entry, and one a chunk that is in no line before; false when an entry is over its budget. */
export function report(sizes: readonly Size[]): boolean {
  const kB = (bytes: number) => (bytes / 1000).toFixed(1).padStart(5);
  const told = new Set<string>();
  for (const {what, bytes, later, budget, goal} of sizes) {
    const missed = bytes > goal * 1000 ? `, the goal is ${goal}` : '';
    console.log(`${bytes > budget ? '✗' : '✓'} ${what.padEnd(32)} ${kB(bytes)} kB of ${kB(budget)}${missed}`);
    for (const [name, size] of Object.entries(later)) {
      if (!told.has(name)) console.log(`    on first use: ${name.padEnd(18)} ${kB(size)} kB`);
      told.add(name);
    }
  }
  return sizes.every(({bytes, budget}) => bytes <= budget);
}

const noSignIn: Plugin = {
  name: 'trunkline:no-sign-in',
  enforce: 'pre',
  load: id =>
    id.endsWith('/supabase/anonymous.ts')
      ? 'export const SIGN_IN_MS = 0; export function signInAnonymously() {} export function endSession() {}'
      : null,
};

/** Built as vite.config.ts builds what a plain page loads. */
async function bundle(
  entry: string,
  format: 'es' | 'iife' = 'es',
  plugins: Plugin[] = [],
): Promise<Rolldown.RolldownOutput['output']> {
  const result = await build({
    root: fileURLToPath(new URL('..', import.meta.url)),
    configFile: false,
    logLevel: 'error',
    plugins: [lean(), hubSource(), ...(entry === SCRIPT ? [quietLit()] : []), ...plugins],
    worker: {
      format: 'es',
      rolldownOptions: {output: {...leanOutput, entryFileNames: WORKER}},
    },
    define:
      format === 'es'
        ? {}
        : {TRUNKLINE_SHELL: '[{url: "index.html", revision: "1"}]', 'process.env.NODE_ENV': '"production"'},
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      lib: {entry, formats: [format], name: 'trunkline', fileName: 'entry'},
      rolldownOptions: {preserveEntrySignatures: 'allow-extension', output: leanOutput},
    },
  });
  return ((Array.isArray(result) ? result[0] : result) as Rolldown.RolldownOutput).output;
}

/** The entry and all it imports statically; and the rest of the page's chunks, each by itself. */
function sizeOfEntry(output: Rolldown.RolldownOutput['output']): Pick<Size, 'bytes' | 'later'> {
  const chunks = new Map(output.flatMap(file => (file.type === 'chunk' ? [[file.fileName, file] as const] : [])));
  const needed = new Set([...chunks.values()].filter(chunk => chunk.isEntry));
  for (const chunk of needed) {
    for (const name of chunk.imports) {
      const imported = chunks.get(name);
      if (imported) needed.add(imported);
    }
  }
  if (needed.size === 0) throw new Error('The build made no entry.');
  const later = [...chunks.values()].filter(chunk => !needed.has(chunk));
  return {
    bytes: [...needed].reduce((sum, chunk) => sum + gzipped(chunk.code), 0),
    later: Object.fromEntries(later.map(({name, code}) => [name, gzipped(code)])),
  };
}

function sizeOfAsset(output: Rolldown.RolldownOutput['output'], name: string): number {
  const file = output.find(({fileName}) => fileName.endsWith(name));
  if (!file) return 0;
  const code = file.type === 'asset' ? file.source : file.code;
  // What it would import at once must not hide in a file beside it.
  if (/^import\b|;import\s*[{"'`]/.test(String(code))) throw new Error(`${name} imports other files; count them too.`);
  return gzipped(code);
}

function gzipped(code: string | Uint8Array): number {
  return gzipSync(code, {level: 9}).length;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!report(await measure())) {
    console.error('An entry is over its budget.');
    process.exitCode = 1;
  }
}
