// Runs one embedded Postgres: makes the cluster, starts it on 127.0.0.1, restarts and stops it. A small shell between
// us and Postgres watches our end of a pipe, so that however this process dies, no process and no temporary directory
// stay. It knows nothing of what is in the database.
import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {type Binaries, Installation, lend, runAs} from './binaries.js';

export const superuser = 'supabase_admin';

// `$1`: directory to remove at the end, or empty. The rest is Postgres. With INITDB set, makes the cluster first. A line
// "restart" on standard input restarts Postgres; the end of standard input, which is also our death, ends it. TERM goes
// before INT because a shell's background child ignores INT until it has its own handler.
const watchdog = `
doomed=$1; shift
finish() { if [ -n "$doomed" ]; then rm -rf "$doomed"; fi; exit $1; }
halt() { { kill -TERM $server; kill -INT $server; wait $server; } 2>/dev/null; }
if [ -n "$INITDB" ]; then "$INITDB" $INITDB_FLAGS >/dev/null || finish 1; fi
"$@" & server=$!
while read -r word; do
  if [ "$word" = restart ]; then halt; "$@" & server=$!; fi
done
halt
finish 0
`;

export class PostgresServer {
  readonly port: number;
  readonly password: string;
  readonly #child: ChildProcess;
  readonly #doomed: string;
  #log = '';
  #exited = false;

  private constructor(child: ChildProcess, port: number, password: string, doomed: string) {
    this.#child = child;
    this.port = port;
    this.password = password;
    this.#doomed = doomed;
    child.once('exit', () => (this.#exited = true));
    // What Postgres says is kept only to explain a failure; its stderr must be read or it would block.
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#log = (this.#log + text).slice(-20_000)));
    child.stdin?.on('error', () => {}); // the shell is gone already
  }

  /** @param data directory to keep the cluster in; without it the cluster lives in a temporary one. */
  static async start(data?: string): Promise<PostgresServer> {
    const installation = Installation.find();
    const binaries = installation.binaries;
    for (let attempt = 1; ; attempt++) {
      try {
        return await PostgresServer.#launch(binaries ?? installation, data);
      } catch (error) {
        // Another process may take the port between our look and Postgres's bind.
        if (attempt === 3 || !String(error).includes('could not bind')) throw error;
      }
    }
  }

  /** @param from binaries that run where they are, or an installation to copy: the copy goes with the server. */
  static async #launch(from: Binaries | Installation, data: string | undefined): Promise<PostgresServer> {
    const isTemporary = data === undefined;
    const mustCopy = from instanceof Installation;
    const doomed = isTemporary || mustCopy ? mkdtempSync(join(tmpdir(), 'trunkline-db-')) : '';
    const home = isTemporary ? doomed : resolve(data);
    let server: PostgresServer | undefined;
    try {
      mkdirSync(home, {recursive: true});
      if (doomed) lend(doomed);
      const binaries = mustCopy ? from.copyTo(doomed) : from;
      const cluster = join(home, 'cluster');
      const secretFile = join(home, 'superuser-password');
      const isNew = !existsSync(join(cluster, 'PG_VERSION'));
      const password = isNew ? randomBytes(18).toString('base64url') : readFileSync(secretFile, 'utf8');
      if (isNew) {
        writeFileSync(secretFile, password, {mode: 0o600});
        mkdirSync(cluster, {recursive: true, mode: 0o700});
        lend(cluster);
        lend(secretFile);
      }
      const port = await freePort();
      const child = spawnServer(binaries, home, port, {doomed, isTemporary, isNew});
      server = new PostgresServer(child, port, password, doomed);
      await server.#ready();
      return server;
    } catch (error) {
      await server?.stop();
      if (doomed) rmSync(doomed, {recursive: true, force: true});
      throw error;
    }
  }

  url(role: string, password: string): string {
    return `postgresql://${role}:${encodeURIComponent(password)}@127.0.0.1:${this.port}/postgres`;
  }

  /** Ends every connection and starts again on the same port. Resolves when it serves. */
  async restart(): Promise<void> {
    this.#log = '';
    this.#child.stdin?.write('restart\n');
    await this.#ready();
  }

  async stop(): Promise<void> {
    if (!this.#exited) {
      const gone = new Promise(done => this.#child.once('exit', done));
      this.#child.stdin?.end();
      await gone;
    }
    if (this.#doomed) rmSync(this.#doomed, {recursive: true, force: true});
  }

  async #ready(): Promise<void> {
    const stderr = this.#child.stderr;
    await new Promise<void>((done, fail) => {
      const look = () => {
        if (this.#log.includes('ready to accept connections')) settle(done);
        else if (this.#exited || /^postgres: |FATAL: +(?! |the database system|terminating)/m.test(this.#log))
          settle(() => fail(this.#failure()));
      };
      const timer = setTimeout(() => settle(() => fail(this.#failure())), 30_000);
      const settle = (how: () => void) => {
        clearTimeout(timer);
        stderr?.off('data', look);
        this.#child.off('exit', look);
        how();
      };
      stderr?.on('data', look);
      this.#child.once('exit', look);
      look();
    });
  }

  #failure(): Error {
    const hint =
      runAs.uid === undefined || !/ermission denied/.test(this.#log)
        ? ''
        : '\nAs root, Postgres runs as the user nobody, who must be able to reach its directory.';
    return new Error(`Postgres did not start. It said:\n${this.#log || '(nothing)'}${hint}`);
  }
}

function spawnServer(
  binaries: Binaries,
  home: string,
  port: number,
  {doomed, isTemporary, isNew}: {doomed: string; isTemporary: boolean; isNew: boolean},
): ChildProcess {
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 100,
    shared_buffers: '32MB',
    wal_level: 'logical', // postgres_changes reads the log, as the real server does
    max_wal_senders: 4,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    // A database that is thrown away need not survive a power cut.
    ...(isTemporary ? {fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off'} : {}),
  };
  const flags = `-D cluster -U ${superuser} -A scram-sha-256 --pwfile=superuser-password -E UTF8 --no-locale --no-sync --no-instructions`;
  const command = ['-D', 'cluster', ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const how = {
    ...runAs,
    cwd: home,
    env: quietEnvironment(),
    stdio: ['pipe', 'ignore', 'pipe'] as ['pipe', 'ignore', 'pipe'],
  };
  if (process.platform === 'win32') {
    if (isNew) spawnSync(binaries.initdb, flags.split(' '), {...how, stdio: 'ignore'});
    const child = spawn(binaries.postgres, command, how);
    child.stdin.once('finish', () => child.kill());
    return child;
  }
  if (isNew) Object.assign(how.env, {INITDB: binaries.initdb, INITDB_FLAGS: flags});
  // Detached: a Ctrl-C in the terminal must reach us, not the watchdog, or nobody would tidy up.
  return spawn('/bin/sh', ['-c', watchdog, 'watchdog', doomed, binaries.postgres, ...command], {
    ...how,
    detached: true,
  });
}

/** Postgres reads PG* variables; those of the caller's shell mean another server. */
function quietEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return {...Object.fromEntries(kept), LC_ALL: 'C'};
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer().once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? done(address.port) : fail(new Error('no port'))));
    });
  });
}
