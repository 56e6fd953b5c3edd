// The command itself: what it prints, what it refuses, and what it leaves behind however it ends.
import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import {appears, checkout, command, nothingLeft, processesIn, scratch, serving} from '../support/backend-command.js';
import {newClient, later, sql, unwrap, within, isRealProject} from '../support/backend.js';
import {startBackend, type Backend} from '../../demo/backend/start-backend.js';

const options = {skip: isRealProject};

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

for (const kind of ['--memory', '--data']) {
  test(
    `from a checkout closed to the user Postgres runs as, ${kind} leaves no copy of the binaries, even when killed`,
    {skip: process.getuid?.() !== 0 || isRealProject},
    async () => {
      const [home, data] = [scratch(), scratch()];
      const started = command(kind === '--data' ? [kind, data] : [kind], home, checkout('closed'));
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
  const keys = ['anonKey', 'serviceRoleKey', 'publishableKey', 'secretKey'];
  assert.deepEqual(Object.keys(line), ['url', ...keys, 'databaseUrl']);
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
        // Postgres's own processes end when they miss it.
        process.kill(Number(readFileSync(join(data, 'cluster/postmaster.pid'), 'utf8').split('\n')[0]), 'SIGKILL');
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
    await appears(home, /^trunkline-db-/);
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
