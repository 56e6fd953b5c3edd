// rt_channel/postgres_changes_test.exs and postgres_changes_filters_test.exs: row changes as frames, for each kind of
// change, filter and selection of columns.
import assert from 'node:assert/strict';
import {afterEach, before} from 'node:test';
import {type RawSocket, sql} from '../../support/backend.js';
import {conformance, type Vsn} from '../../support/conformance.js';
import {eventsOf, hearsNo, isOk, newTopic, nameOf, settle, useRealtime} from './rt-channel.js';

const suite = 'rt_channel/postgres_changes';
const filters = 'rt_channel/postgres_changes_filters';
const realtime = await useRealtime({tuning: {changesPollMs: 10}});
const {backend} = realtime;

const subscribers: RawSocket[] = [];
afterEach(() => {
  // Or every later change would be judged for them, too. The first one stays and keeps the log being read.
  for (const socket of subscribers.splice(1)) socket.close();
});

before(() =>
  sql(
    backend,
    `create table public.test (id serial primary key, details text, binary_data bytea);
     create table public.picky (id serial primary key, details text, n int, note text);
     alter table public.picky replica identity full;
     alter publication supabase_realtime add table public.test, public.picky`,
  ),
);

interface Data {
  type: string;
  table: string;
  schema: string;
  columns: {name: string; type: string}[];
  record?: Record<string, unknown>;
  old_record?: Record<string, unknown>;
  commit_timestamp: string;
  errors: unknown;
}

const subscribed = (name: string) => ({
  channel: name,
  extension: 'postgres_changes',
  message: 'Subscribed to PostgreSQL',
  status: 'ok',
});

/** Joins with one request, sees it echoed with an id and told to be on, and hands back the id. */
async function subscribe(vsn: Vsn, request: Record<string, unknown>): Promise<{socket: RawSocket; id: number}> {
  const socket = await realtime.open(vsn);
  subscribers.push(socket);
  const topic = newTopic();
  const reply = await socket.join(topic, {postgres_changes: [request]});
  assert.ok(isOk(reply));
  const [echoed] = (reply.payload['response'] as {postgres_changes: {id: number}[]}).postgres_changes;
  const {id = 0, ...rest} = echoed ?? {};
  assert.deepEqual(rest, request);
  const told = await socket.frames.find(({event}) => event === 'system');
  assert.deepEqual([told.payload, told.ref], [subscribed(nameOf(topic)), null]);
  return {socket, id};
}

async function change(socket: RawSocket, id: number, type: string): Promise<Data> {
  const dataOf = (payload: Record<string, unknown>) => payload['data'] as Data;
  const frame = await socket.frames.find(
    ({event, payload}) => event === 'postgres_changes' && dataOf(payload).type === type,
  );
  assert.deepEqual([frame.payload['ids'], frame.ref], [[id], null]);
  const data = dataOf(frame.payload);
  assert.ok(Number.isFinite(Date.parse(data.commit_timestamp)));
  return data;
}

const insert = async (table = 'test', values = `(details) values ('test')`) =>
  (await sql<{id: number}>(backend, `insert into public.${table} ${values} returning id`))[0]?.id ?? 0;
const columns = [
  {name: 'id', type: 'int4'},
  {name: 'details', type: 'text'},
  {name: 'binary_data', type: 'bytea'},
];
const row = (id: number, details: string | null = 'test') => ({id, details, binary_data: null});
const head = {columns, errors: null, schema: 'public', table: 'test'};

/** The data without its time. */
function timeless({commit_timestamp: _, ...rest}: Data): Omit<Data, 'commit_timestamp'> {
  return rest;
}

for (const [event, what] of [
  ['INSERT', 'handle insert'],
  ['UPDATE', 'handle update'],
  ['DELETE', 'handle delete'],
  ['*', 'handle wildcard'],
] as const) {
  conformance(suite, what, async vsn => {
    const {socket, id: sub} = await subscribe(vsn, {event, schema: 'public'});
    const id = await insert();
    await sql(backend, `update public.test set details = 'new' where id = $1`, [id]);
    await sql(backend, 'delete from public.test where id = $1', [id]);
    const wanted = {
      INSERT: {...head, type: 'INSERT', record: row(id)},
      UPDATE: {...head, type: 'UPDATE', record: row(id, 'new'), old_record: {id}},
      DELETE: {...head, type: 'DELETE', old_record: {id}},
    };
    const kinds = event === '*' ? (['INSERT', 'UPDATE', 'DELETE'] as const) : [event];
    for (const kind of kinds) assert.deepEqual(timeless(await change(socket, sub, kind)), wanted[kind]);
    assert.equal(eventsOf(socket, 'postgres_changes').length, kinds.length);
  });
}

conformance(suite, 'handle insert with bytea data without double-encoding', async vsn => {
  const {socket, id} = await subscribe(vsn, {event: 'INSERT', schema: 'public'});
  await insert('test', `(binary_data) values ('\\x0102030405')`);
  assert.equal((await change(socket, id, 'INSERT')).record?.['binary_data'], '0102030405');
});

for (const kind of ['INSERT', 'UPDATE', 'DELETE'] as const) {
  conformance(suite, `subscribe with select filters payload columns — ${kind}`, async vsn => {
    const request = {event: kind, schema: 'public', table: 'picky', select: ['details']};
    const {socket, id: sub} = await subscribe(vsn, request);
    const id = await insert('picky', `(details, n, note) values ('d', 1, 'hidden')`);
    await sql(backend, 'update public.picky set n = 2 where id = $1', [id]);
    await sql(backend, 'delete from public.picky where id = $1', [id]);
    const data = await change(socket, sub, kind);
    const shown = {id, details: 'd'};
    assert.deepEqual(
      data.columns.map(({name}) => name),
      ['id', 'details'],
    );
    assert.deepEqual(
      [data.record, data.old_record],
      {INSERT: [shown, undefined], UPDATE: [shown, shown], DELETE: [undefined, shown]}[kind],
    );
  });
}

conformance(suite, 'subscribe without select receives full payload — backward compat', async vsn => {
  const {socket, id: sub} = await subscribe(vsn, {event: 'INSERT', schema: 'public', table: 'picky'});
  const id = await insert('picky', `(details, n, note) values ('d', 1, 'shown')`);
  assert.deepEqual((await change(socket, sub, 'INSERT')).record, {id, details: 'd', n: 1, note: 'shown'});
});

conformance(suite, 'select with filter only delivers matching rows with filtered columns', async vsn => {
  const details = crypto.randomUUID();
  const request = {
    event: 'INSERT',
    schema: 'public',
    table: 'picky',
    filter: `details=eq.${details}`,
    select: ['details'],
  };
  const {socket, id: sub} = await subscribe(vsn, request);
  await insert('picky', `(details, n) values ('other', 1)`);
  const id = await insert('picky', `(details, n) values ('${details}', 1)`);
  assert.deepEqual((await change(socket, sub, 'INSERT')).record, {id, details});
  assert.equal(eventsOf(socket, 'postgres_changes').length, 1);
});

conformance(suite, 'payload size is reduced when using select — performance proxy', async vsn => {
  const request = {event: 'INSERT', schema: 'public', table: 'picky'};
  const [all, some] = [await subscribe(vsn, request), await subscribe(vsn, {...request, select: ['details']})];
  await insert('picky', `(details, note) values ('d', repeat('x', 10000))`);
  const sizes = [await change(all.socket, all.id, 'INSERT'), await change(some.socket, some.id, 'INSERT')].map(
    data => JSON.stringify(data).length,
  );
  assert.ok((sizes[1] ?? Infinity) < (sizes[0] ?? 0) / 10, sizes.join(' and '));
});

conformance(suite, 'error subscribing', async vsn => {
  const socket = await realtime.open(vsn);
  const topic = newTopic();
  await socket.join(topic, {postgres_changes: [{event: 'INSERT', schema: 'none'}]});
  const told = await socket.frames.find(({event}) => event === 'system');
  assert.deepEqual(told.payload, {
    channel: nameOf(topic),
    extension: 'postgres_changes',
    message:
      'Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect parameters: [event: INSERT, schema: none, table: *, filters: [], select: nil]',
    status: 'error',
  });
});

conformance(suite, 'handle nil postgres changes params as empty param changes', async vsn => {
  const socket = await realtime.open(vsn);
  assert.ok(isOk(await socket.join(newTopic(), {postgres_changes: [null]})));
  await hearsNo('system', socket);
});

/** A filter, and SQL for a row it takes and one it doesn't; the mark keeps cases apart. */
const filterCases: [string, string, string, string][] = [
  ['eq', 'details=eq.yes', `'yes', 5`, `'no', 5`],
  ['neq', 'details=neq.no', `'yes', 5`, `'no', 5`],
  ['lt', 'n=lt.5', `'x', 4`, `'x', 5`],
  ['lte', 'n=lte.5', `'x', 5`, `'x', 6`],
  ['gt', 'n=gt.5', `'x', 6`, `'x', 5`],
  ['gte', 'n=gte.5', `'x', 5`, `'x', 4`],
  ['in', 'details=in.(a,b)', `'b', 1`, `'c', 1`],
  ['like', 'details=like.ab%', `'abc', 1`, `'ABC', 1`],
  ['ilike', 'details=ilike.ab%', `'ABC', 1`, `'xab', 1`],
  ['is', 'details=is.null', `null, 1`, `'x', 1`],
  ['match', 'details=match.^a+$', `'aaa', 1`, `'AAA', 1`],
  ['imatch', 'details=imatch.^a+$', `'AAA', 1`, `'ab', 1`],
  ['isdistinct', 'details=isdistinct.x', `null, 1`, `'x', 1`],
];

async function writesBoth(mark: string, wanted: string, other: string): Promise<number> {
  await sql(backend, `insert into public.picky (note, details, n) values ('${mark}', ${other})`);
  const id = await insert('picky', `(note, details, n) values ('${mark}', ${wanted})`);
  await sql(backend, `update public.picky set note = note where note = $1`, [mark]);
  await sql(backend, `delete from public.picky where note = $1`, [mark]);
  return id;
}

for (const [operator, filter, wanted, other] of filterCases) {
  conformance(filters, `${operator} filter matches on insert, update and delete`, async vsn => {
    const request = {event: '*', schema: 'public', table: 'picky', filter};
    const {socket, id: sub} = await subscribe(vsn, request);
    const id = await writesBoth(crypto.randomUUID(), wanted, other);
    for (const kind of ['INSERT', 'UPDATE', 'DELETE']) {
      const {record, old_record} = await change(socket, sub, kind);
      assert.equal((kind === 'DELETE' ? old_record : record)?.['id'], id);
    }
    await settle(socket);
    assert.equal(eventsOf(socket, 'postgres_changes').length, 3);
  });
}

for (const [what, filter, wanted, other] of [
  ['delivers row matching all filters', 'details=eq.match,id=gt.0', `'match', 1`, `'no-match', 1`],
  ['ignores row matching only one filter', 'details=eq.match,n=gt.5', `'match', 6`, `'match', 5`],
  ['not negates a filter, excluding the matched value', 'details=not.eq.no', `'yes', 1`, `'no', 1`],
] as const) {
  conformance(filters, what, async vsn => {
    const {socket, id: sub} = await subscribe(vsn, {event: 'INSERT', schema: 'public', table: 'picky', filter});
    const id = await writesBoth(crypto.randomUUID(), wanted, other);
    assert.equal((await change(socket, sub, 'INSERT')).record?.['id'], id);
    assert.equal(eventsOf(socket, 'postgres_changes').length, 1);
  });
}
