// The migrations run with the rights a project's owner has on Supabase, no more.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {isRealProject, sql, useBackend} from '../support/backend.js';

const backend = await useBackend();

test('migrations run as an owner who is no superuser', async () => {
  const [role] = await sql(
    backend,
    `select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, current_user = 'postgres' as named from pg_roles where rolname = current_user`,
  );
  assert.deepEqual(role, {rolsuper: false, rolcreaterole: true, rolcreatedb: true, rolbypassrls: true, named: true});
  const [owner] = await sql(
    backend,
    `select tableowner from pg_tables where schemaname = 'public' and tablename = 'messages'`,
  );
  assert.equal(owner?.['tableowner'], 'postgres');
});

test('the files are recorded where the Supabase CLI records them', async () => {
  const rows = await sql<{name: string; version: string}>(
    backend,
    'select version, name from supabase_migrations.schema_migrations order by 1',
  );
  assert.deepEqual(
    rows.map(row => row.name),
    ['tables', 'messages', 'realtime', 'inbox', 'discards'],
  );
});

for (const [what, statement] of [
  ['a superuser', 'create role boss superuser'],
  ['a server program', `copy (select 1) to program 'true'`],
  ['an index on realtime.messages', 'create index on realtime.messages (event)'],
  ['a column of realtime.messages', 'alter table realtime.messages add column mine int'],
  [
    'a trigger on realtime.messages',
    'create trigger t before insert on realtime.messages execute function suppress_redundant_updates_trigger()',
  ],
  ['a table in realtime', 'create table realtime.mine (id int)'],
  ['a table in auth', 'create table auth.mine (id int)'],
  ['a column of auth.users', 'alter table auth.users add column mine int'],
  ['dropping realtime.messages', 'drop table realtime.messages'],
  ['becoming the owner of realtime', 'set role supabase_realtime_admin'],
  ['the secrets of roles', 'select rolpassword from pg_authid'],
] as const) {
  test(`a migration may not have ${what}`, async () => {
    await assert.rejects(sql(backend, `begin; ${statement}; rollback`), {code: '42501'});
  });
}

for (const [what, statement] of [
  ['policies on realtime.messages', 'create policy mine on realtime.messages for select to authenticated using (true)'],
  [
    'comments on those policies',
    `create policy mine on realtime.messages for select using (true); comment on policy mine on realtime.messages is 'x'`,
  ],
  [
    'triggers on auth.users',
    `create function public.f() returns trigger language plpgsql as 'begin return new; end'; create trigger t after insert on auth.users for each row execute function public.f()`,
  ],
  ['foreign keys to auth.users', 'create table public.mine (id uuid references auth.users (id))'],
  [
    'tables in the publication',
    'create table public.mine (id int primary key); alter publication supabase_realtime add table public.mine',
  ],
  ['functions of pgcrypto without a schema', `select gen_salt('bf')`],
  ['roles of its own', 'create role helper'],
] as const) {
  test(`a migration may have ${what}`, async () => {
    await sql(backend, `begin; ${statement}; rollback`);
  });
}

test('API roles get every new table and function of public, and may make none', async () => {
  const [row] = await sql(
    backend,
    `begin; create table public.fresh (id int); create function public.fresh_one() returns int language sql as 'select 1';
     select has_table_privilege('anon', 'public.fresh', 'delete') as table, has_schema_privilege('anon', 'public', 'create') as make,
       has_function_privilege('authenticated', 'public.fresh_one()', 'execute') as function; rollback`,
  );
  assert.deepEqual(row, {table: true, make: false, function: true});
});

test('realtime.messages is cut into days, with today and tomorrow there', {skip: isRealProject}, async () => {
  const [row] = await sql<{days: number; has: boolean}>(
    backend,
    `select count(*)::int as days, bool_or(inhrelid::regclass::text like '%' || to_char(now(), 'YYYY_MM_DD')) as has
     from pg_inherits where inhparent = 'realtime.messages'::regclass`,
  );
  assert.deepEqual(row, {days: 5, has: true});
});
