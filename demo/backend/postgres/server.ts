// Runs one embedded Postgres: gets a cluster, starts it on 127.0.0.1, restarts and stops it. A small shell between us and
// Postgres watches our end of a pipe, so that however this process dies, no process and no temporary directory stay. It
// knows nothing of what is in the database.
import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {closeSync, existsSync, mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {type Binaries, Installation, lend, runAs} from './binaries.js';
import {ClusterTemplate, type Draft} from './cluster-template.js';

export const superuser = 'supabase_admin';

// The superuser gets no password here, so that a template holds none: scram refuses a role without one. All copies of
// a template have one system identifier, which matters only to replication from one to another.
const initdbFlags = `-D cluster -U ${superuser} --auth-local=reject --auth-host=scram-sha-256 -E UTF8 --no-locale --no-sync --no-instructions`;
const packed = 'trunkline: cluster packed';

// `$1`: directory to remove at the end, or empty; `$2`: Postgres; the rest are its arguments. What happens, in order:
// 1. The first line of standard input is SQL for before anybody can connect. It is not in the environment or an
//    argument because it has a password.
// 2. CLUSTER says whether there is a cluster (`kept`), or to `unpack` one from descriptor 3, or to `make` one and pack
//    it into descriptor 3. PG_VERSION is packed last: Postgres refuses what a torn archive leaves.
// 3. Postgres runs. A line "restart" restarts it; the end of standard input, which is also our death, ends it. TERM goes
//    before INT because a shell's background child ignores INT until it has its own handler.
// PIPE is ignored because our end of its standard error may be gone, too, and there is still the tidying up to do.
const watchdog = `
trap '' PIPE
doomed=$1; postgres=$2; shift 2
finish() { if [ -n "$doomed" ]; then rm -rf "$doomed"; fi; exit $1; }
halt() { { kill -TERM $server; kill -INT $server; wait $server; } 2>/dev/null; }
IFS= read -r statement || finish 1
case $CLUSTER in
unpack) tar -xf - -C cluster <&3 || finish 1 ;;
make)
  "$INITDB" ${initdbFlags} >/dev/null || finish 1
  if (cd cluster && tar -cf - [!P]* PG_VERSION) >&3; then echo '${packed}' >&2; fi ;;
esac
exec 3>&-
printf '%s\\n' "$statement" | "$postgres" --single "$@" -c exit_on_error=on postgres >/dev/null || finish 1
"$postgres" "$@" & server=$!
while read -r word; do
  if [ "$word" = restart ]; then halt; "$postgres" "$@" & server=$!; fi
done
halt
finish 0
`;

/** Longer than any end in good order takes; whoever waits for us may have a limit, too. */
const patienceMs = 10_000;

/** Windows has none, and so no watchdog and no template. */
const hasShell = process.platform !== 'win32';

/** Postgres did not start from a copy of the template, which is gone now. */
class UnusableTemplate extends Error {}

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
    const template = new ClusterTemplate([installation.version, initdbFlags]);
    for (let attempt = 1; ; attempt++) {
      try {
        return await PostgresServer.#launch(binaries ?? installation, data, template);
      } catch (error) {
        // Another process may take the port between our look and Postgres's bind.
        const isRaced = attempt < 3 && String(error).includes('could not bind');
        if (!isRaced && !(error instanceof UnusableTemplate)) throw error;
      }
    }
  }

  /** @param from binaries that run where they are, or an installation to copy: the copy goes with the server. */
  static async #launch(
    from: Binaries | Installation,
    data: string | undefined,
    template: ClusterTemplate,
  ): Promise<PostgresServer> {
    // First, because until the watchdog runs nobody would remove a directory if this process were killed.
    const port = await freePort();
    const isTemporary = data === undefined;
    const mustCopy = from instanceof Installation;
    const doomed = isTemporary || mustCopy ? mkdtempSync(join(tmpdir(), 'trunkline-db-')) : '';
    const home = isTemporary ? doomed : resolve(data);
    const cluster = join(home, 'cluster');
    let isOurs = false;
    let archive: number | undefined;
    let draft: Draft | undefined;
    let server: PostgresServer | undefined;
    try {
      mkdirSync(home, {recursive: true});
      if (doomed) lend(doomed);
      const binaries = mustCopy ? from.copyTo(doomed) : from;
      const isNew = !existsSync(join(cluster, 'PG_VERSION'));
      if (isNew) {
        isOurs = mkdirSync(cluster, {recursive: true, mode: 0o700}) !== undefined;
        lend(cluster);
        // A directory that was there may have files in it; initdb looks at that.
        if (hasShell && isOurs) archive = template.open();
        if (hasShell && archive === undefined) draft = template.draft();
      }
      const password = randomBytes(18).toString('base64url');
      const child = spawnServer(binaries, home, {
        port,
        password,
        doomed,
        isTemporary,
        source: !isNew ? 'kept' : archive === undefined ? 'make' : 'unpack',
        archive: archive ?? draft?.fd,
      });
      server = new PostgresServer(child, port, password, doomed);
      await server.#ready();
      if (server.#log.includes(packed)) draft?.publish();
      return server;
    } catch (error) {
      await server?.stop();
      if (isOurs) rmSync(cluster, {recursive: true, force: true});
      if (doomed) rmSync(doomed, {recursive: true, force: true});
      if (archive === undefined || String(error).includes('could not bind')) throw error;
      template.remove();
      throw new UnusableTemplate('The template of a cluster is damaged.', {cause: error});
    } finally {
      if (archive !== undefined) closeSync(archive);
      draft?.close();
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
      const impatience = setTimeout(() => this.#kill(), patienceMs);
      await gone;
      clearTimeout(impatience);
    }
    if (this.#doomed) rmSync(this.#doomed, {recursive: true, force: true});
  }

  /** Watchdog and Postgres at once, which is what a power cut does: a cluster that is kept recovers at its next start. */
  #kill(): void {
    const {pid} = this.#child;
    if (pid === undefined || !hasShell) return void this.#child.kill('SIGKILL');
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // They are gone already.
    }
  }

  async #ready(): Promise<void> {
    const stderr = this.#child.stderr;
    await new Promise<void>((done, fail) => {
      const look = () => {
        if (this.#log.includes('ready to accept connections')) settle(done);
        else if (
          this.#exited ||
          /^postgres: |FATAL: +(?! |the database system|terminating|canceling authentication)/m.test(this.#log)
        )
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

interface Launch {
  port: number;
  /** The superuser gets it before Postgres listens, anew at every start, so that it is never on disk. */
  password: string;
  doomed: string;
  isTemporary: boolean;
  source: 'kept' | 'unpack' | 'make';
  /** What to unpack from, or to pack into. */
  archive: number | undefined;
}

function spawnServer(
  binaries: Binaries,
  home: string,
  {port, password, doomed, isTemporary, source, archive}: Launch,
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
  const command = ['-D', 'cluster', ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const statement = `alter role ${superuser} password '${password}'\n`;
  const how = {...runAs, cwd: home, env: quietEnvironment()};
  if (!hasShell) {
    if (source === 'make') spawnSync(binaries.initdb, initdbFlags.split(' '), {...how, stdio: 'ignore'});
    spawnSync(binaries.postgres, ['--single', ...command, 'postgres'], {...how, input: statement});
    const child = spawn(binaries.postgres, command, {...how, stdio: ['pipe', 'ignore', 'pipe']});
    child.stdin.once('finish', () => child.kill());
    return child;
  }
  Object.assign(how.env, {CLUSTER: source, INITDB: binaries.initdb});
  // Detached: a Ctrl-C in the terminal must reach us, not the watchdog, or nobody would tidy up.
  const child = spawn('/bin/sh', ['-c', watchdog, 'watchdog', doomed, binaries.postgres, ...command], {
    ...how,
    stdio: ['pipe', 'ignore', 'pipe', archive ?? 'ignore'],
    detached: true,
  });
  child.stdin?.write(statement);
  return child;
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
