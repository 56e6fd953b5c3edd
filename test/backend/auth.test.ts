// Auth through the official client: who gets in, how tokens turn over, and how errors are shaped.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {admin, isRealProject, newClient, newPerson, unwrap, useBackend} from '../support/backend.js';
import {Keys} from '../../demo/backend/keys.js';

const backend = await useBackend({tuning: {refreshReuseMs: 10_000}});
const email = () => `${crypto.randomUUID()}@example.com`;
const password = 'correct-horse';

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

test('anybody can sign in anonymously and is somebody new each time', async () => {
  const [ada, bob] = await Promise.all([newPerson(backend), newPerson(backend)]);
  assert.notEqual(ada.id, bob.id);
  const claims = claimsOf(ada.token);
  assert.equal(claims['role'], 'authenticated');
  assert.equal(claims['is_anonymous'], true);
  assert.equal(claims['sub'], ada.id);
  assert.ok(claims['session_id']);
});

test('a password sign-up is confirmed at once and signs in', async () => {
  const client = newClient(backend);
  const address = email();
  const {data} = unwrap(
    await client.auth.signUp({email: address.toUpperCase(), password, options: {data: {name: 'Ada'}}}),
  );
  assert.ok(data.session);
  assert.equal(data.user?.email, address);
  assert.ok(data.user?.email_confirmed_at);
  assert.deepEqual(data.user?.user_metadata, {name: 'Ada'});
  const again = unwrap(await newClient(backend).auth.signInWithPassword({email: address, password}));
  assert.equal(again.data.user?.id, data.user?.id);
});

test('a wrong password and an unknown address get the same answer', async () => {
  const client = newClient(backend);
  const address = email();
  unwrap(await client.auth.signUp({email: address, password}));
  for (const credentials of [
    {email: address, password: 'wrong-horse'},
    {email: email(), password},
  ]) {
    const {error} = await newClient(backend).auth.signInWithPassword(credentials);
    assert.equal(error?.code, 'invalid_credentials');
    assert.equal(error?.status, 400);
    assert.equal(error?.message, 'Invalid login credentials');
  }
});

test('a taken address, a short password and a broken address are refused with their codes', async () => {
  const address = email();
  unwrap(await newClient(backend).auth.signUp({email: address, password}));
  const codes = await Promise.all(
    [
      {email: address, password},
      {email: email(), password: '12345'},
      {email: 'nowhere', password},
    ].map(async credentials => (await newClient(backend).auth.signUp(credentials)).error?.code),
  );
  assert.deepEqual(codes, ['user_already_exists', 'weak_password', 'validation_failed']);
});

test('errors have the shape of GoTrue', async () => {
  const answer = await fetch(`${backend.url}/auth/v1/token?grant_type=refresh_token`, {
    method: 'POST',
    headers: {apikey: backend.anonKey, 'content-type': 'application/json'},
    body: JSON.stringify({refresh_token: 'no-such-token'}),
  });
  assert.equal(answer.status, 400);
  assert.deepEqual(await answer.json(), {
    code: 400,
    error_code: 'refresh_token_not_found',
    msg: 'Invalid Refresh Token: Refresh Token Not Found',
  });
});

test('a refresh gives a new pair and keeps the session', async () => {
  const {client} = await newPerson(backend);
  const before = (await client.auth.getSession()).data.session;
  const {data} = unwrap(await client.auth.refreshSession());
  assert.notEqual(data.session?.refresh_token, before?.refresh_token);
  assert.equal(
    claimsOf(data.session?.access_token ?? '')['session_id'],
    claimsOf(before?.access_token ?? '')['session_id'],
  );
  unwrap(await client.auth.getUser());
});

test('tabs that refresh with one token at once end up with one and the same new token', async () => {
  const {client} = await newPerson(backend);
  const tabs = Array.from({length: 8}, () => newClient(backend));
  let token = (await client.auth.getSession()).data.session?.refresh_token ?? '';
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(tabs.map(tab => tab.auth.refreshSession({refresh_token: token})));
    const tokens = new Set(answers.map(answer => unwrap(answer).data.session?.refresh_token));
    assert.equal(tokens.size, 1);
    token = [...tokens][0] ?? '';
  }
});

test('the parent of the active refresh token gets that token, however late', {skip: isRealProject}, async () => {
  const strict = await useBackend({tuning: {refreshReuseMs: 0}});
  const {client} = await newPerson(strict);
  const parent = (await client.auth.getSession()).data.session?.refresh_token ?? '';
  const active = unwrap(await client.auth.refreshSession()).data.session?.refresh_token;
  // As after an answer that never came: a client without it must not lose its session.
  for (let again = 0; again < 2; again++) {
    const {data} = unwrap(await newClient(strict).auth.refreshSession({refresh_token: parent}));
    assert.equal(data.session?.refresh_token, active);
  }
  unwrap(await newClient(strict).auth.refreshSession({refresh_token: active ?? ''}));
});

test('an older refresh token used later ends the whole session', {skip: isRealProject}, async () => {
  const strict = await useBackend({tuning: {refreshReuseMs: 0}});
  const {client} = await newPerson(strict);
  const stolen = (await client.auth.getSession()).data.session?.refresh_token ?? '';
  unwrap(await client.auth.refreshSession());
  const {data} = unwrap(await client.auth.refreshSession());
  const thief = await newClient(strict).auth.refreshSession({refresh_token: stolen});
  assert.equal(thief.error?.code, 'refresh_token_already_used');
  const owner = await newClient(strict).auth.refreshSession({refresh_token: data.session?.refresh_token ?? ''});
  assert.equal(owner.error?.code, 'refresh_token_already_used');
});

test('a user changes their data and password, and nothing of their rights', async () => {
  const client = newClient(backend);
  const address = email();
  unwrap(await client.auth.signUp({email: address, password, options: {data: {a: 1, b: 2}}}));
  const {data} = unwrap(await client.auth.updateUser({data: {b: null, c: 3}, password: 'better-horse'}));
  assert.deepEqual(data.user?.user_metadata, {a: 1, c: 3});
  unwrap(await newClient(backend).auth.signInWithPassword({email: address, password: 'better-horse'}));
  const raised = await fetch(`${backend.url}/auth/v1/user`, {
    method: 'PUT',
    headers: {
      apikey: backend.anonKey,
      'content-type': 'application/json',
      authorization: `Bearer ${(await client.auth.getSession()).data.session?.access_token}`,
    },
    body: JSON.stringify({role: 'service_role', app_metadata: {admin: true}}),
  });
  const user = (await raised.json()) as {role: string; app_metadata: Record<string, unknown>};
  assert.equal(user.role, 'authenticated');
  assert.equal(user.app_metadata['admin'], undefined);
});

test('an anonymous user who takes an address and a password keeps the id and is anonymous no more', async () => {
  const {client, id} = await newPerson(backend);
  const address = email();
  const {data} = unwrap(await client.auth.updateUser({email: address, password}));
  assert.equal(data.user?.id, id);
  assert.equal(data.user?.is_anonymous, false);
  const again = unwrap(await newClient(backend).auth.signInWithPassword({email: address, password}));
  assert.equal(again.data.user?.id, id);
});

for (const [scope, mine, other] of [
  ['local', false, true],
  ['others', true, false],
  ['global', false, false],
] as const) {
  test(`signing out with scope ${scope} ends ${mine ? 'the other' : other ? 'this' : 'every'} session`, async () => {
    const address = email();
    const here = newClient(backend);
    const there = newClient(backend);
    unwrap(await here.auth.signUp({email: address, password}));
    unwrap(await there.auth.signInWithPassword({email: address, password}));
    const tokens = await Promise.all(
      [here, there].map(async c => (await c.auth.getSession()).data.session?.access_token ?? ''),
    );
    unwrap(await here.auth.signOut({scope}));
    const alive = await Promise.all(
      tokens.map(async token => (await newClient(backend).auth.getUser(token)).error === null),
    );
    assert.deepEqual(alive, [mine, other]);
  });
}

test('the service role creates, finds, changes and deletes users; nobody else does', async () => {
  const boss = admin(backend);
  const address = email();
  const {data} = unwrap(
    await boss.auth.admin.createUser({email: address, password, email_confirm: true, user_metadata: {n: 1}}),
  );
  const id = data.user?.id ?? '';
  unwrap(await newClient(backend).auth.signInWithPassword({email: address, password}));
  assert.equal(unwrap(await boss.auth.admin.getUserById(id)).data.user?.email, address);
  const changed = unwrap(await boss.auth.admin.updateUserById(id, {app_metadata: {plan: 'pro'}}));
  assert.equal(changed.data.user?.app_metadata['plan'], 'pro');
  assert.equal((await boss.auth.admin.createUser({email: address, password})).error?.code, 'email_exists');
  const {users} = unwrap(await boss.auth.admin.listUsers()).data;
  assert.ok(users.some(user => user.id === id));
  assert.equal((await newClient(backend).auth.admin.createUser({email: email(), password})).error?.code, 'not_admin');
  unwrap(await boss.auth.admin.deleteUser(id));
  assert.equal((await boss.auth.admin.getUserById(id)).error?.code, 'user_not_found');
  assert.equal(
    (await newClient(backend).auth.signInWithPassword({email: address, password})).error?.code,
    'invalid_credentials',
  );
});

test('a user made without a confirmed address signs in once it is confirmed', async () => {
  const boss = admin(backend);
  const address = email();
  const {data} = unwrap(await boss.auth.admin.createUser({email: address, password}));
  assert.equal(data.user?.email_confirmed_at, undefined);
  assert.equal(data.user?.identities?.[0]?.identity_data?.['email_verified'], false);
  const early = await newClient(backend).auth.signInWithPassword({email: address, password});
  assert.deepEqual(
    [early.error?.status, early.error?.code, early.error?.message],
    [400, 'email_not_confirmed', 'Email not confirmed'],
  );
  const wrong = await newClient(backend).auth.signInWithPassword({email: address, password: 'wrong-horse'});
  assert.equal(wrong.error?.code, 'invalid_credentials');
  const id = data.user?.id ?? '';
  unwrap(await boss.auth.admin.updateUserById(id, {user_metadata: {n: 1}}));
  assert.equal((await newClient(backend).auth.signInWithPassword({email: address, password})).error?.status, 400);
  const confirmed = unwrap(await boss.auth.admin.updateUserById(id, {email_confirm: true}));
  assert.ok(confirmed.data.user?.email_confirmed_at);
  unwrap(await newClient(backend).auth.signInWithPassword({email: address, password}));
});

test('a banned user gets no new tokens', async () => {
  const boss = admin(backend);
  const {client, id} = await newPerson(backend);
  unwrap(await boss.auth.admin.updateUserById(id, {ban_duration: '1h'}));
  const {error} = await client.auth.refreshSession();
  assert.deepEqual(
    [error?.status, error?.code, error?.message],
    [400, 'user_banned', 'Invalid Refresh Token: User Banned'],
  );
  unwrap(await boss.auth.admin.updateUserById(id, {ban_duration: 'none'}));
});

test('a session of a deleted user is over', async () => {
  const {client, id} = await newPerson(backend);
  unwrap(await admin(backend).auth.admin.deleteUser(id));
  assert.equal((await client.auth.getUser()).error?.code, 'user_not_found');
  assert.equal((await client.auth.refreshSession()).error?.code, 'refresh_token_not_found');
});

test('the newer kinds of key open the same doors, and no other key does', async () => {
  const person = await newPerson(backend, {key: backend.publishableKey});
  unwrap(await person.client.rpc('chat_tips', {ids: []}));
  unwrap(await newClient(backend, {key: backend.secretKey}).from('chats').select('id').limit(1));
  const {status} = await newClient(backend, {key: 'sb_secret_of_another_project'}).from('chats').select('id');
  assert.equal(status, 401);
  assert.equal((await fetch(`${backend.url}/rest/v1/chats`)).status, 401);
});

test('a token signed with another secret is refused, and one that has ended', {skip: isRealProject}, async () => {
  const claims = {sub: crypto.randomUUID(), role: 'service_role', exp: Math.floor(Date.now() / 1000) + 60};
  const keys = new Keys(backend.jwtSecret);
  const ask = (token: string) =>
    fetch(`${backend.url}/rest/v1/chats`, {headers: {apikey: backend.anonKey, authorization: `Bearer ${token}`}});
  const forged = await ask(new Keys('another-secret-that-is-also-long-enough').sign(claims));
  assert.equal(forged.status, 401);
  assert.equal(((await forged.json()) as {code: string}).code, 'PGRST301');
  const ended = await ask(keys.sign({...claims, exp: 1}));
  assert.equal(ended.status, 401);
  assert.deepEqual(await ended.json(), {code: 'PGRST303', details: null, hint: null, message: 'JWT expired'});
  const [header, body] = keys.sign(claims).split('.');
  const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  assert.equal((await ask(`${unsigned}.${body}.`)).status, 401);
  assert.equal((await ask(`${header}.${body}.AAAA`)).status, 401);
});

test('a role that API keys may not take is refused', {skip: isRealProject}, async () => {
  const keys = new Keys(backend.jwtSecret);
  for (const role of ['postgres', 'supabase_admin', 'supabase_auth_admin', 'nobody-there']) {
    const token = keys.sign({role, exp: Math.floor(Date.now() / 1000) + 60});
    const answer = await fetch(`${backend.url}/rest/v1/chats`, {
      headers: {apikey: backend.anonKey, authorization: `Bearer ${token}`},
    });
    assert.ok(answer.status >= 400, `${role}: ${answer.status}`);
  }
});

test('what needs mail or another provider is refused by name', {skip: isRealProject}, async () => {
  const {error} = await newClient(backend).auth.signInWithOtp({email: email()});
  assert.match(error?.message ?? '', /does not do POST \/otp/);
});
