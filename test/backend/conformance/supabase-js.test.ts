// supabase-js's own integration test, packages/core/supabase-js/test/integration.test.ts, case by case and written
// anew. Its project, keys and secret are those this backend has by default.
import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import {createClient, type SupabaseClient} from '@supabase/supabase-js';
import {Keys} from '../../../demo/backend/keys.js';
import {
  Inbox,
  isRealProject,
  joined,
  later,
  newClient,
  sql,
  unwrap,
  useBackend,
  within,
} from '../../support/backend.js';
import {conformance, type Vsn} from '../../support/conformance.js';

const realtime = 'supabase-js/Realtime';
const rest = 'supabase-js/PostgREST';
const rowSecurity = 'supabase-js/PostgreSQL RLS';
const authentication = 'supabase-js/Authentication';
const timeouts = 'supabase-js/PostgREST Timeout Configuration';
const backend = await useBackend();

before(() =>
  sql(
    backend,
    `create policy "suite: read" on realtime.messages for select to authenticated using (realtime.topic() like '%channel%');
     create policy "suite: write" on realtime.messages for insert to authenticated with check (realtime.topic() like '%channel%');
     create table public.todos (id uuid primary key default gen_random_uuid(), task text not null, is_complete boolean not null default false, user_id uuid references auth.users (id));
     alter table public.todos enable row level security;
     create policy "anybody's" on public.todos for all to anon using (user_id is null) with check (user_id is null);
     create policy "one's own" on public.todos for all to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid())`,
  ),
);

const password = 'password123';
const newEmail = () => `test-${crypto.randomUUID()}@example.com`;

/** As the suite makes it: signed up anew, with hurried heartbeats, so that an empty socket closes after a second. */
async function setUp(vsn: Vsn): Promise<SupabaseClient> {
  const client = createClient(backend.url, backend.anonKey, {
    auth: {persistSession: false, autoRefreshToken: false},
    realtime: {heartbeatIntervalMs: 500, vsn},
  });
  later(() => client.removeAllChannels());
  const {data} = unwrap(await client.auth.signUp({email: newEmail(), password}));
  await client.realtime.setAuth(data.session?.access_token ?? '');
  return client;
}

const newName = () => `channel-${crypto.randomUUID()}`;
const disconnected = (client: SupabaseClient) =>
  within(
    'the socket to close',
    (async () => {
      while (client.realtime.isConnected()) await new Promise(done => setTimeout(done, 10));
    })(),
  );

conformance(realtime, 'is able to connect and broadcast', async vsn => {
  const client = await setUp(vsn);
  const got = new Inbox<{payload: unknown}>();
  const channel = client
    .channel(newName(), {config: {broadcast: {ack: true, self: true}, private: true}})
    .on('broadcast', {event: '*'}, message => got.put(message as never));
  await joined(channel);
  assert.equal(await channel.send({type: 'broadcast', event: 'test-event', payload: {message: 'test'}}), 'ok');
  assert.deepEqual((await got.find()).payload, {message: 'test'});
  assert.equal(client.getChannels().length, 1);
});

conformance(realtime, 'socket stays connected when switching channels (no race condition)', async vsn => {
  const client = await setUp(vsn);
  const first = await joined(client.channel(newName(), {config: {private: true}}));
  const second = client.channel(newName(), {config: {private: true}});
  await Promise.all([client.removeChannel(first), joined(second)]);
  assert.equal(client.realtime.isConnected(), true);
  assert.equal(second.state, 'joined');
});

conformance(realtime, 'socket disconnects after removeChannel when no channels remain', async vsn => {
  const client = await setUp(vsn);
  await client.removeChannel(await joined(client.channel(newName())));
  assert.equal(client.realtime.isConnected(), true);
  await disconnected(client);
});

conformance(realtime, 'socket disconnects after channel.unsubscribe() when no channels remain', async vsn => {
  const client = await setUp(vsn);
  await (await joined(client.channel(newName()))).unsubscribe();
  assert.equal(client.realtime.isConnected(), true);
  await disconnected(client);
});

conformance(realtime, 'removeAllChannels disconnects socket immediately', async vsn => {
  const client = await setUp(vsn);
  await Promise.all([joined(client.channel(newName())), joined(client.channel(newName()))]);
  await client.removeAllChannels();
  assert.equal(client.realtime.isConnected(), false);
});

for (const [what, isPrivate, payload] of [
  ['httpSend delivers JSON broadcast to a public channel', false, {message: 'hello'}],
  ['httpSend delivers JSON broadcast to a private channel', true, {message: 'hello'}],
  ['httpSend delivers a binary broadcast to a private channel', true, new Uint8Array([1, 2, 255]).buffer],
] as const) {
  conformance(realtime, what, async vsn => {
    const [receiver, sender] = [await setUp(vsn), await setUp(vsn)];
    const [topic, config] = [newName(), {config: {private: isPrivate}}];
    const got = new Inbox<{payload: unknown}>();
    await joined(receiver.channel(topic, config).on('broadcast', {event: 'e'}, message => got.put(message as never)));
    assert.deepEqual(await sender.channel(topic, config).httpSend('e', payload), {success: true});
    const {payload: arrived} = await got.find();
    if (payload instanceof ArrayBuffer)
      assert.deepEqual(new Uint8Array(arrived as ArrayBuffer), new Uint8Array(payload));
    else assert.deepEqual(arrived, payload);
  });
}

conformance('supabase-js/Custom JWT', 'will connect with a properly signed jwt token', async vsn => {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const token = new Keys(backend.jwtSecret).sign({sub: '1234567890', role: 'anon', iss: 'supabase-demo', exp});
  const client = createClient(backend.url, backend.anonKey, {
    realtime: {heartbeatIntervalMs: 500, vsn},
    accessToken: () => Promise.resolve(token),
  });
  later(() => client.removeAllChannels());
  await joined(client.channel(newName()));
  assert.equal(client.realtime.accessTokenValue, token);
});

conformance(rest, 'should connect to PostgREST API', async () => {
  const {data} = unwrap(await newClient(backend).from('todos').select('*').limit(5));
  assert.ok(Array.isArray(data));
});

conformance(rest, 'should create and delete a todo', async () => {
  const client = newClient(backend);
  const row = {task: 'Integration Test Todo', is_complete: false};
  const {data} = unwrap(await client.from('todos').insert(row).select().single()) as {data: {id: string; task: string}};
  assert.deepEqual({...data, id: ''}, {...row, id: '', user_id: null});
  unwrap(await client.from('todos').delete().eq('id', data.id));
  const gone = await client.from('todos').select('*').eq('id', data.id).single();
  assert.equal(gone.data, null);
  assert.equal(gone.error?.code, 'PGRST116');
});

/** Somebody with a password and one row of their own. */
async function owner() {
  const client = newClient(backend);
  const {data} = unwrap(await client.auth.signUp({email: newEmail(), password}));
  const row = {task: 'Own Todo', is_complete: false, user_id: data.user?.id};
  const {data: todo} = unwrap(await client.from('todos').insert(row).select().single());
  return {client, row, id: (todo as {id: string}).id};
}

conformance(rowSecurity, 'should allow anonymous access via RLS policies', async () => {
  const {client} = await owner();
  unwrap(await client.auth.signOut());
  const {data} = unwrap(await client.from('todos').select('*').limit(5));
  assert.ok(Array.isArray(data));
});

conformance(rowSecurity, 'should allow authenticated user to access their own data', async () => {
  const {client, id} = await owner();
  const {data} = unwrap(await client.from('todos').select('*').eq('id', id).single());
  assert.equal((data as {task: string}).task, 'Own Todo');
});

conformance(rowSecurity, 'should prevent access to other users data', async () => {
  const [{client}, {id}] = await Promise.all([owner(), owner()]);
  const {data, error} = await client.from('todos').select('*').eq('id', id).single();
  assert.equal(data, null);
  assert.equal(error?.code, 'PGRST116');
});

conformance(rowSecurity, 'should allow authenticated user to create their own data', async () => {
  const {client, row} = await owner();
  const {data} = unwrap(
    await client
      .from('todos')
      .insert({...row, task: 'New'})
      .select()
      .single(),
  );
  assert.equal((data as {task: string}).task, 'New');
});

conformance(rowSecurity, 'should allow authenticated user to update their own data', async () => {
  const {client, id} = await owner();
  const {data} = unwrap(await client.from('todos').update({task: 'Updated'}).eq('id', id).select().single());
  assert.equal((data as {task: string}).task, 'Updated');
});

conformance(authentication, 'should sign up a user', async () => {
  const email = newEmail();
  const {data} = unwrap(await newClient(backend).auth.signUp({email, password}));
  assert.equal(data.user?.email, email);
});

conformance(authentication, 'should sign in and out successfully', async () => {
  const [client, email] = [newClient(backend), newEmail()];
  unwrap(await client.auth.signUp({email, password}));
  const {data} = unwrap(await client.auth.signInWithPassword({email, password}));
  assert.equal(data.user?.email, email);
  unwrap(await client.auth.signOut());
});

conformance(authentication, 'should get current user', async () => {
  const [client, email] = [newClient(backend), newEmail()];
  unwrap(await client.auth.signUp({email, password}));
  unwrap(await client.auth.signInWithPassword({email, password}));
  assert.equal(unwrap(await client.auth.getUser()).data.user?.email, email);
});

for (const [what, exists] of [
  ['should handle invalid credentials', true],
  ['should handle non-existent user', false],
] as const) {
  conformance(authentication, what, async () => {
    const [client, email] = [newClient(backend), newEmail()];
    if (exists) unwrap(await client.auth.signUp({email, password}));
    const {data, error} = await client.auth.signInWithPassword({email, password: 'wrongpassword'});
    assert.equal(data.user, null);
    assert.equal(error?.code, 'invalid_credentials');
  });
}

for (const [what, db] of [
  ['should accept timeout option through client configuration', {timeout: 5000}],
  ['should work without timeout option', {schema: 'public'}],
  ['should allow timeout with other db options', {schema: 'public', timeout: 10_000}],
] as const) {
  conformance(timeouts, what, async () => {
    unwrap(await createClient(backend.url, backend.anonKey, {db}).from('todos').select('id').limit(1));
  });
}

test('the default keys are, to the letter, those of every local project', {skip: isRealProject}, () => {
  const claims = (key: string) => JSON.parse(Buffer.from(key.split('.')[1] ?? '', 'base64url').toString()) as object;
  assert.deepEqual(claims(backend.anonKey), {iss: 'supabase-demo', role: 'anon', exp: 1983812996});
  assert.match(backend.anonKey, /\.CRXP1A7WOeoJeXxjNni43kdQwgnWNReilDMblYTn_I0$/);
  assert.match(backend.serviceRoleKey, /\.EGIM96RAZx35lJzdJsyH-qQwv8Hdp7fsn3W0YpN81IU$/);
});
