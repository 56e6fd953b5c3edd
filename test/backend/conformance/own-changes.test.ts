// What apply_rls and subscription_check_filters decide on the real server: which subscriptions are refused and in what
// words, who gets a record, who an error in its place, and that one subscriber's trouble is no other's.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import {isRealProject, RawSocket, sql, useBackend} from '../../support/backend.js';
import {conformance} from '../../support/conformance.js';
import {signToken} from '../fuzz/tokens.js';

const backend = await useBackend({tuning: {changesPollMs: 10}});
const token = (claims: object = {}) =>
  signToken(backend.jwtSecret, {
    role: 'authenticated',
    sub: crypto.randomUUID(),
    exp: Math.floor(Date.now() / 1000) + 600,
    ...claims,
  });

before(
  () =>
    isRealProject ||
    sql(
      backend,
      `create table public.guarded (id int primary key, owner text, org text);
     alter table public.guarded enable row level security;
     create policy "who reads" on public.guarded for select to authenticated using (
       case owner when 'org' then (auth.jwt() ->> 'org')::int = 1 when 'uid' then auth.uid() is not null else true end);
     create table public.plain (id int primary key, v text);
     create table public.keyless (v text);
     create table public.half_seen (id int primary key, v text, hidden text);
     revoke all on public.half_seen from anon, authenticated;
     grant select (v) on public.half_seen to authenticated;
     grant select (id, v) on public.half_seen to anon;
     create table public.unseen (id int primary key, v text);
     revoke all on public.unseen from anon, authenticated;
     create table public.named_r (id int primary key, r text, e text, place int, value jsonb);
     create table public.long_text (id int primary key, body text, n int);
     alter table public.long_text alter body set storage external;
     alter table public.long_text replica identity full;
     create table public.typed (id int primary key, word varchar(9), text text, yes bool, "when" timestamptz);
     alter publication supabase_realtime add table public.guarded, public.plain, public.keyless, public.half_seen, public.unseen,
       public.named_r, public.long_text, public.typed`,
    ),
);

const rls = 'own/apply_rls';
const checks = 'own/subscription_check_filters';

type Data = Record<string, unknown> & {type: string; errors: string[] | null};

/** Asks for changes; what the system says, and the changes that come. */
async function ask(request: unknown, claims: object = {}) {
  const socket = await RawSocket.open(backend);
  await socket.join(`realtime:${crypto.randomUUID()}`, {postgres_changes: [request]}, token(claims));
  const {status, message} = (await socket.frames.find(({event}) => event === 'system')).payload;
  const all = () =>
    socket.frames.all.filter(({event}) => event === 'postgres_changes').map(({payload}) => payload['data'] as Data);
  const next = async (fits: (data: Data) => boolean = () => true) => {
    const frame = await socket.frames.find(
      ({event, payload}) => event === 'postgres_changes' && fits(payload['data'] as Data),
    );
    return frame.payload['data'] as Data;
  };
  return {said: message, status, all, next, close: () => socket.close()};
}

const table = (name: string, more: object = {}) => ({event: '*', schema: 'public', table: name, ...more});
const cause = (said: unknown) => /Exception: (.*)$/s.exec(String(said))?.[1];
let lastId = 0;
const insert = async (name: string, values: string) => {
  const id = ++lastId;
  await sql(backend, `insert into public.${name} values (${id}, ${values})`);
  return id;
};

for (const [what, claims, owner] of [
  ['whose subject is a number', {sub: 5}, 'uid'],
  ['whose subject is an object', {sub: {}}, 'uid'],
  ['whose claim a policy can’t read', {org: 'none'}, 'org'],
] as const) {
  conformance(rls, `a subscriber ${what} gets an error, and the others their rows`, async () => {
    const sound = await ask(table('guarded'), {org: '1'});
    const odd = await ask(table('guarded'), claims);
    assert.equal(odd.said, 'Subscribed to PostgreSQL');
    const id = await insert('guarded', `'${owner}', ''`);
    assert.deepEqual((await sound.next())['record'], {id, owner, org: ''});
    assert.deepEqual(await odd.next(), {
      schema: 'public',
      table: 'guarded',
      type: 'INSERT',
      commit_timestamp: null,
      columns: [],
      record: {},
      errors: ['Error 500: Internal Server Error, RLS policy evaluation failed'],
    });
    const open = await insert('guarded', `'anybody', ''`);
    const same = (data: Data) => (data['record'] as {id?: number}).id === open;
    await Promise.all([sound.next(same), odd.next(same)]);
    for (const one of [sound, odd]) one.close();
  });
}

conformance(rls, 'a role that is not there is refused, and nobody else misses a row', async () => {
  const odd = await ask(table('plain'), {role: 'nosuch'});
  assert.equal(cause(odd.said), 'ERROR 42704 (undefined_object) role "nosuch" does not exist');
  const sound = await ask(table('plain'));
  const id = await insert('plain', `'x'`);
  assert.deepEqual((await sound.next())['record'], {id, v: 'x'});
  assert.deepEqual(odd.all(), []);
});

conformance(
  rls,
  'without a primary key there is an error in place of the row, row security or not; a deletion is told',
  async () => {
    await sql(backend, 'alter table public.keyless replica identity full');
    const got = await ask(table('keyless'));
    await sql(
      backend,
      `insert into public.keyless values ('x'); update public.keyless set v = 'y'; delete from public.keyless`,
    );
    const said = {schema: 'public', table: 'keyless', commit_timestamp: null, columns: [], record: {}};
    const errors = ['Error 400: Bad Request, no primary key'];
    assert.deepEqual(await got.next(), {...said, type: 'INSERT', errors});
    assert.deepEqual(await got.next(({type}) => type === 'UPDATE'), {...said, type: 'UPDATE', old_record: {}, errors});
    const gone = await got.next(({type}) => type === 'DELETE');
    assert.deepEqual([gone['old_record'], gone.errors], [{v: 'y'}, null]);
  },
);

conformance(
  rls,
  'a role that may not read the primary key gets 401 in place of the row, but not of a deletion',
  async () => {
    const [keyless, keyed] = [await ask(table('half_seen')), await ask(table('half_seen'), {role: 'anon'})];
    const id = await insert('half_seen', `'seen', 'hidden'`);
    await sql(backend, 'delete from public.half_seen where id = $1', [id]);
    const refused = await keyless.next();
    assert.deepEqual([refused.errors, refused['record']], [['Error 401: Unauthorized'], {}]);
    assert.deepEqual((await keyed.next())['record'], {id, v: 'seen'});
    const deleted = ({type}: Data) => type === 'DELETE';
    const gone = await keyless.next(deleted);
    assert.deepEqual([gone.errors, gone['old_record']], [null, null]);
    assert.deepEqual((await keyed.next(deleted))['old_record'], {id});
  },
);

conformance(rls, 'a role that may read nothing hears that a row is gone, and no more', async () => {
  const got = await ask(table('unseen'));
  const id = await insert('unseen', `'x'`);
  await sql(backend, 'delete from public.unseen where id = $1', [id]);
  assert.deepEqual((await got.next()).errors, ['Error 401: Unauthorized']);
  const {columns, old_record, errors, record} = await got.next(({type}) => type === 'DELETE');
  assert.deepEqual([columns, old_record, errors, record], [null, null, null, undefined]);
});

conformance(rls, 'a column may be called like anything of ours', async () => {
  const got = await ask(table('named_r', {filter: 'r=eq.x,e=eq.y,place=gt.1'}));
  assert.equal(got.said, 'Subscribed to PostgreSQL');
  const id = await insert('named_r', `'x', 'y', 2, '[1]'`);
  assert.deepEqual((await got.next())['record'], {id, r: 'x', e: 'y', place: 2, value: [1]});
});

conformance(rls, 'a long value that did not change is taken from the old row, when that was kept', async () => {
  const got = await ask(table('long_text', {event: 'UPDATE'}));
  const body = 'x'.repeat(9000);
  const id = await insert('long_text', `'${body}', 1`);
  await sql(backend, 'update public.long_text set n = 2 where id = $1', [id]);
  const {record, old_record} = await got.next();
  assert.deepEqual(
    [record, old_record],
    [
      {id, body, n: 2},
      {id, body, n: 1},
    ],
  );
});

conformance(
  checks,
  'a request that names too little, or not by text, is refused in the real server’s words',
  async () => {
    const none = 'No subscription params provided. Please provide at least a `schema` or `table` to subscribe to: ';
    for (const [request, wanted] of [
      [{}, `${none}%{}`],
      [{event: '*'}, `${none}%{"event" => "*"}`],
      [
        table('plain', {filter: 5}),
        `${none}%{"event" => "*", "filter" => 5, "schema" => "public", "table" => "plain"}`,
      ],
      [{schema: 'public', table: {a: [1, null]}}, `${none}%{"schema" => "public", "table" => %{"a" => [1, nil]}}`],
      [{schema: 'public', filter: 'id=eq.1'}, `${none}%{"filter" => "id=eq.1", "schema" => "public"}`],
      [{table: 'plain', user_token: 'secret'}, undefined],
      [{user_token: 'secret'}, `${none}<redacted>`],
    ] as const) {
      const {said, status} = await ask(request);
      assert.deepEqual([status, said], wanted === undefined ? ['ok', 'Subscribed to PostgreSQL'] : ['error', wanted]);
    }
  },
);

conformance(checks, 'a table alone is one of the schema public', async () => {
  await sql(
    backend,
    `create schema if not exists elsewhere; create table if not exists elsewhere.lonely (id int primary key);
       alter publication supabase_realtime add table elsewhere.lonely`,
  );
  assert.match(String((await ask({event: 'INSERT', table: 'lonely'})).said), /schema: public, table: lonely/);
  assert.equal((await ask({table: 'plain'})).said, 'Subscribed to PostgreSQL');
});

conformance(checks, 'a filter that can’t be read says which part', async () => {
  const said = 'Error parsing `filter` params: ';
  for (const [filter, wanted] of [
    ['undefined', '["undefined"]'],
    ['id=foo.hey', '["foo", "hey"]'],
    ['id=eq', '["eq"]'],
    ['id=in.1,2', '`in` filter value must be wrapped by parentheses'],
    ['id=eq.1,,id=eq.2', 'filter must not contain empty segments (check for extra commas)'],
  ] as const) {
    assert.equal((await ask(table('plain', {filter}))).said, said + wanted);
  }
  assert.equal((await ask(table('plain', {filter: '  '}))).said, 'Subscribed to PostgreSQL');
});

conformance(checks, 'a filter or selection on what the role may not read, or on no column, is refused', async () => {
  for (const [request, wanted] of [
    [table('half_seen', {filter: 'hidden=eq.abc'}), 'ERROR P0001 (raise_exception) invalid column for filter hidden'],
    [table('plain', {filter: 'nope=eq.5'}), 'ERROR P0001 (raise_exception) invalid column for filter nope'],
    [table('half_seen', {select: ['v', 'hidden']}), 'ERROR P0001 (raise_exception) invalid column for select hidden'],
    [table('plain', {select: ['nope']}), 'ERROR P0001 (raise_exception) invalid column for select nope'],
  ] as const) {
    assert.equal(cause((await ask(request)).said), wanted);
  }
  const {said} = await ask(table('plain', {filter: 'nope=eq.5', select: ['v']}));
  assert.ok(
    String(said).includes(
      '[event: *, schema: public, table: plain, filters: [{"nope", "eq", "5", false}], select: ["v"]]',
    ),
    String(said),
  );
});

conformance(checks, 'a selection is a list of names, and of one table', async () => {
  assert.equal(
    (await ask(table('plain', {select: 'id,v'}))).said,
    'Error parsing `select` params: expected a list of column name strings, e.g. select: ["col1", "col2"]',
  );
  assert.equal(
    (await ask(table('*', {select: ['id']}))).said,
    'Column selection is not supported for wildcard subscriptions. Provide an explicit schema and table name.',
  );
  assert.equal((await ask(table('plain', {select: []}))).said, 'Subscribed to PostgreSQL');
});

conformance(checks, 'a filter must fit its column’s type', async () => {
  const raised = 'ERROR P0001 (raise_exception) ';
  for (const [filter, wanted] of [
    ['id=is.not_null', `${raised}invalid value for is filter: must be null, true, false, or unknown`],
    ['id=is.true', `${raised}is true filter requires a boolean column, got integer`],
    ['id=like.1', `${raised}operator like requires a text-compatible column type, got integer`],
    ['word=ilike.a', `${raised}operator ilike requires a text-compatible column type, got character varying`],
    ['id=match.1', `${raised}operator match requires a text-compatible column type, got integer`],
    [
      'text=match.(',
      `${raised}invalid regular expression for match filter: invalid regular expression: parentheses () not balanced`,
    ],
    [
      `id=in.(${Array.from({length: 101}, (_, n) => n).join()})`,
      `${raised}too many values for \`in\` filter. Maximum 100`,
    ],
    ['id=eq.five', 'ERROR 22P02 (invalid_text_representation) invalid input syntax for type integer: "five"'],
    [
      'when=gt.soon',
      'ERROR 22007 (invalid_datetime_format) invalid input syntax for type timestamp with time zone: "soon"',
    ],
    ['id=is.null', undefined],
    ['yes=not.is.true', undefined],
    ['word=in.(a,"b,c")', undefined],
  ] as const) {
    const {said} = await ask(table('typed', {filter}));
    assert.equal(wanted === undefined ? said : cause(said), wanted ?? 'Subscribed to PostgreSQL', filter);
  }
});
