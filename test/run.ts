// `npm test [-- filter…]`: gets a browser, then runs the types and every suite, one after another because a machine may have
// two cores. Prints a suite's own output only when it fails (or with --verbose), and the honest sum as the last line.
// A filter keeps the test files whose path contains it; `types` stands for the type check. `--registry` lets tests install packages.
import {spawn} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {untilStopped} from '../demo/node/until-stopped.js';
import {ensureBrowser} from './browser.js';
import {findFirefox, findWebKit} from './engines.js';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Suite {
  name: string;
  /** Test files, relative to the root. */
  files: string[];
  /** The command that runs them; a runner writes its counts to the file named by TRUNKLINE_COUNTS. */
  command: (files: string[], countsFile: string) => string[];
  limitMs: number;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (path: string) => [process.execPath, join(root, 'node_modules', path)];

const suites: Suite[] = [
  {
    name: 'node',
    files: testFiles(['backend', 'repo', 'chaos'], '.test.ts'),
    command: (files, countsFile) => nodeTest(3, files, countsFile),
    limitMs: 400_000,
  },
  {
    // The tarball, in small applications. Those with packages of the registry are counted as skipped without --registry.
    name: 'packages',
    files: testFiles(['packages'], '.test.ts'),
    command: (files, countsFile) => nodeTest(1, files, countsFile),
    limitMs: 600_000,
  },
  {
    name: 'browser',
    files: testFiles(['wire', 'hub', 'client', 'components'], '.test.ts'),
    command: files => [...bin('@web/test-runner/dist/bin.js'), '--files', ...files],
    limitMs: 400_000,
  },
  {
    name: 'e2e',
    files: testFiles(['e2e'], '.spec.ts'),
    command: files => [...bin('playwright/cli.js'), 'test', ...files.map(file => `/${file}$`)],
    limitMs: 780_000,
  },
  {
    // A short run of the one command (`npm run chaos`), one check for each thing that may go wrong. Always the same one.
    name: 'chaos',
    files: ['test/chaos/run.ts'],
    command: ([file = '']) => [process.execPath, '--import', 'tsx', file, '--seed', '1', '--messages', '300'],
    limitMs: 240_000,
  },
  {
    // One death a rung; `npm run chaos -- --deaths 200` is the long one.
    name: 'deaths',
    files: ['test/chaos/deaths/run.ts'],
    command: () => [process.execPath, '--import', 'tsx', 'test/chaos/run.ts', '--seed', '3', '--deaths', '4'],
    limitMs: 120_000,
  },
];

const {filters, verbose, registry} = readArguments(process.argv.slice(2));
if (registry) process.env['TRUNKLINE_REGISTRY'] = '1';
const total: Counts = {passed: 0, failed: 0, skipped: 0};
const scratch = mkdtempSync(join(tmpdir(), 'trunkline-test-'));
const stop = untilStopped();

try {
  await main();
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  total.failed++;
} finally {
  rmSync(scratch, {recursive: true, force: true});
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

async function main(): Promise<void> {
  const chosen = suites.map(suite => ({...suite, files: suite.files.filter(isWanted)}));
  const typesWanted = filters.length === 0 || filters.includes('types');
  if (!typesWanted && chosen.every(suite => suite.files.length === 0)) {
    throw new Error(`No test file has ${filters.map(filter => `“${filter}”`).join(' or ')} in its path.`);
  }

  if (typesWanted) await checkTypes();
  if (chosen.some(suite => suite.name !== 'node' && suite.files.length > 0)) {
    process.env['CHROME_PATH'] = ensureBrowser(console.log);
  }
  if (chosen.some(suite => suite.name === 'e2e' && suite.files.length > 0)) {
    for (const {missing} of [findFirefox(), findWebKit()]) if (missing) console.log(`Skipping tests: ${missing}`);
  }
  for (const suite of chosen) {
    if (stop.aborted) throw new Error('Stopped.');
    if (suite.files.length > 0 || filters.length === 0) await runSuite(suite);
  }
}

/** A file that does not come to its end is one failure with its name; without a limit it takes all others' results along. */
function nodeTest(concurrency: number, files: string[], countsFile: string): string[] {
  return [
    ...[process.execPath, '--import', 'tsx', '--test', `--test-concurrency=${concurrency}`],
    '--test-timeout=180000',
    ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
    ...['--test-reporter=./test/count-node.mjs', `--test-reporter-destination=${countsFile}`],
    ...files,
  ];
}

/** Types are a gate and not tests: nothing is added when they hold, one failure for each project where they don't. */
async function checkTypes(): Promise<void> {
  const started = performance.now();
  let broken = 0;
  for (const project of ['.', 'worker', 'demo/backend']) {
    const {code, output} = await run([...bin('typescript/bin/tsc'), '-p', project], 120_000);
    if (code === 0) continue;
    console.log(`${output}\n✗ types of ${project}`);
    broken++;
  }
  total.failed += broken;
  if (broken === 0) console.log(`✓ types (${seconds(started)})`);
}

async function runSuite(suite: Suite): Promise<void> {
  const started = performance.now();
  const countsFile = join(scratch, `${suite.name}.json`);
  const {code, output} =
    suite.files.length === 0
      ? {code: 0, output: ''}
      : await run(suite.command(suite.files, countsFile), suite.limitMs, {TRUNKLINE_COUNTS: countsFile});
  const counts = readCounts(countsFile);
  const problem = judge(code, counts);
  // A runner that died, or that says it failed without naming a test, is one failure: never less than what happened.
  if (problem && counts.failed === 0) counts.failed = 1;

  if (problem && !verbose) console.log(output);
  const sum = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
  console.log(`${problem ? '✗' : '✓'} ${suite.name}: ${sum} (${seconds(started)})${problem ? ` — ${problem}` : ''}`);
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key];
}

function judge(code: number | string, counts: Counts): string {
  if (typeof code === 'string') return code;
  if (counts.failed > 0) return 'tests failed';
  if (code !== 0) return `its runner ended with ${code}`;
  if (counts.passed === 0) return 'no test ran';
  return '';
}

function readCounts(file: string): Counts {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Counts;
  } catch {
    return {passed: 0, failed: 0, skipped: 0};
  }
}

/** Runs a command in a process group of its own, so that at its time limit nothing of it stays behind. */
async function run(
  [command = '', ...rest]: string[],
  limitMs: number,
  env: Record<string, string> = {},
): Promise<{code: number | string; output: string}> {
  const {NODE_OPTIONS: _, ...inherited} = process.env;
  const child = spawn(command, rest, {
    cwd: root,
    env: {...inherited, ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (verbose) process.stdout.write(text);
    });
  }

  let ended: string | undefined;
  const end = (why: string) => {
    if (ended !== undefined) return;
    ended = why;
    // First the runner alone, which tidies up what it started (Playwright only on this signal); then what is left of the group.
    child.kill('SIGINT');
    setTimeout(() => killGroup(child.pid), 8_000).unref();
  };
  const timer = setTimeout(() => end(`stopped after ${limitMs / 1000} s`), limitMs);
  const onStop = () => end('stopped');
  stop.addEventListener('abort', onStop);
  const code = await new Promise<number | string>(resolve => {
    child.once('error', error => resolve(error.message));
    child.once('close', (status, signal) => resolve(status ?? `ended by ${signal}`));
  });
  clearTimeout(timer);
  stop.removeEventListener('abort', onStop);
  return {code: ended ?? code, output};
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

function testFiles(folders: string[], suffix: string): string[] {
  return readdirSync(join(root, 'test'), {recursive: true, encoding: 'utf8'})
    .map(file => `test/${file.replaceAll('\\', '/')}`)
    .filter(file => file.endsWith(suffix) && folders.some(folder => file.startsWith(`test/${folder}/`)))
    .sort();
}

function isWanted(file: string): boolean {
  return filters.length === 0 || filters.some(filter => file.includes(filter));
}

function readArguments(words: string[]): {filters: string[]; verbose: boolean; registry: boolean} {
  return {
    filters: words.filter(word => !word.startsWith('-')),
    verbose: words.includes('--verbose'),
    registry: words.includes('--registry'),
  };
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
