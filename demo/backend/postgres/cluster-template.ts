// Keeps one freshly made cluster, packed into a file below node_modules, so that only the first start after an install
// has to run initdb. A file, not a directory: it gets its name in one step, and whoever Postgres runs as can read it
// through a descriptor wherever the checkout is. It doesn't know how to pack or unpack; the shell in server.ts does.
import {createHash, randomBytes} from 'node:crypto';
import {closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync} from 'node:fs';
import {basename, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const directory = fileURLToPath(new URL('../../../node_modules/.cache/trunkline', import.meta.url));

// What is packed, and how. Another number makes the templates of before obsolete.
const format = 1;

export class ClusterTemplate {
  readonly #file: string;

  /** @param made all that decides what the cluster is like: the Postgres that makes it, and the options it gets */
  constructor(made: string[]) {
    const key = JSON.stringify([format, process.platform, process.arch, ...made]);
    this.#file = join(directory, `cluster-${createHash('sha256').update(key).digest('hex').slice(0, 16)}.tar`);
  }

  /** A descriptor to read it from, for the caller to close. Undefined when there is none, or none for this user. */
  open(): number | undefined {
    try {
      return openSync(this.#file, 'r');
    } catch {
      return undefined;
    }
  }

  /** Undefined where nothing can be written, as in a read-only node_modules; every start makes its own cluster there. */
  draft(): Draft | undefined {
    try {
      mkdirSync(directory, {recursive: true});
      for (const name of readdirSync(directory)) if (isAbandoned(name)) rmSync(join(directory, name), {force: true});
      return new Draft(this.#file);
    } catch {
      return undefined;
    }
  }

  remove(): void {
    rmSync(this.#file, {force: true});
  }
}

/** A template in the making, under a name of its own: several first starts at once don't disturb each other. */
export class Draft {
  readonly fd: number;
  readonly #path: string;
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
    this.#path = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
    this.fd = openSync(this.#path, 'wx', 0o600);
  }

  /** From here on it is the template, and those of another Postgres or other options are gone. */
  publish(): void {
    try {
      renameSync(this.#path, this.#file);
      for (const name of readdirSync(directory))
        if (name.endsWith('.tar') && name !== basename(this.#file)) rmSync(join(directory, name), {force: true});
    } catch {
      // node_modules is being made anew. The next start makes a template.
    }
  }

  /** Closes it; unless it was published nothing of it stays. */
  close(): void {
    closeSync(this.fd);
    rmSync(this.#path, {force: true});
  }
}

/** A draft whose process was killed. */
function isAbandoned(name: string): boolean {
  const pid = /\.tar\.(\d+)\.\w+$/.exec(name)?.[1];
  if (pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
