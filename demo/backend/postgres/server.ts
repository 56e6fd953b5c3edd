// Runs one embedded Postgres: makes the cluster, starts it on 127.0.0.1, restarts and stops it. A small shell between
// us and Postgres watches our end of a pipe, so that however this process dies, no process and no temporary directory
// stay. It knows nothing of what is in the database.
import {type ChildProcess, spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {type Binaries, findBinaries, runAs} from './binaries.js';

export const superuser = 'supabase_admin';

// `$1`: directory to remove at the end, or empty. The rest is Postgres. A line "restart" on standard input restarts it;
// the end of standard input, which is also our death, ends it.
const watchdog = `
doomed=$1; shift
"$@" & server=$!
while read -r word; do
  if [ "$word" = restart ]; then kill -INT $server; wait $server; "$@" & server=$!; fi
done
kill -INT $server 2>/dev/null; wait $server
if [ -n "$doomed" ]; then rm -rf "$doomed"; fi
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
    const binaries = findBinaries();
    const home = data === undefined ? mkdtempSync(join(tmpdir(), 'trunkline-db-')) : resolve(data);
    const doomed = data === undefined ? home : '';
    mkdirSync(home, {recursive: true});
    const cluster = join(home, 'cluster');
    const secretFile = join(home, 'superuser-password');
    try {
      if (doomed) {
        chmodSync(home, 0o700);
        lend(home);
      }
      let password = randomBytes(18).toString('base64url');
      if (existsSync(join(cluster, 'PG_VERSION'))) {
        password = readFileSync(secretFile, 'utf8');
      } else {
        writeFileSync(secretFile, password, {mode: 0o600});
        mkdirSync(cluster, {recursive: true, mode: 0o700});
        lend(cluster);
        lend(secretFile);
        await makeCluster(binaries, cluster, secretFile);
      }
      for (let attempt = 1; ; attempt++) {
        const server = new PostgresServer(...(await spawnServer(binaries, cluster, doomed)), password, doomed);
        try {
          await server.#ready();
          return server;
        } catch (error) {
          await server.stop();
          // Another process may take the port between our look and Postgres's bind.
          if (attempt === 3 || !String(error).includes('could not bind')) throw error;
        }
      }
    } catch (error) {
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
        else if (this.#exited || /FATAL: +(?! |the database system|terminating)/.test(this.#log))
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
    return new Error(`Postgres did not start. It said:\n${this.#log || '(nothing)'}`);
  }
}

async function makeCluster(binaries: Binaries, cluster: string, secretFile: string): Promise<void> {
  const child = spawn(
    binaries.initdb,
    [
      '-D',
      cluster,
      '-U',
      superuser,
      '-A',
      'scram-sha-256',
      `--pwfile=${secretFile}`,
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
      '--no-instructions',
    ],
    {...runAs, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], env: quietEnvironment()},
  );
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done));
  if (code !== 0) {
    const hint =
      runAs.uid === undefined
        ? ''
        : ' As root, Postgres runs as the user nobody, who must be able to reach the directory.';
    throw new Error(`initdb failed in ${cluster}.${hint}\n${said}`);
  }
}

async function spawnServer(binaries: Binaries, cluster: string, doomed: string): Promise<[ChildProcess, number]> {
  const port = await freePort();
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
    ...(doomed ? {fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off'} : {}),
  };
  const command = [
    binaries.postgres,
    '-D',
    cluster,
    ...Object.entries(settings).flatMap(([k, v]) => ['-c', `${k}=${v}`]),
  ];
  const common = {
    ...runAs,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'pipe'] as ['pipe', 'ignore', 'pipe'],
    env: quietEnvironment(),
  };
  // Detached: a Ctrl-C in the terminal must reach us, not the watchdog, or nobody would tidy up.
  const child =
    process.platform === 'win32'
      ? spawn(command[0] as string, command.slice(1), common)
      : spawn('/bin/sh', ['-c', watchdog, 'watchdog', doomed, ...command], {...common, detached: true});
  if (process.platform === 'win32') child.stdin.once('finish', () => child.kill());
  return [child, port];
}

/** Postgres reads PG* variables; those of the caller's shell mean another server. */
function quietEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('PG'));
  return {...Object.fromEntries(kept), LC_ALL: 'C'};
}

function lend(path: string): void {
  if (runAs.uid !== undefined && runAs.gid !== undefined) chownSync(path, runAs.uid, runAs.gid);
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
