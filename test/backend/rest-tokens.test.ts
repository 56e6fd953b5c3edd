// What PostgREST 13 and later make of a token's claims (Auth/Jwt.hs): half a minute of grace for clocks, and a code for each fault.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {useRest} from '../support/rest.js';
import {signToken} from './fuzz/tokens.js';

const {ask, backend} = await useRest();
const now = Math.floor(Date.now() / 1000);
const good = {role: 'service_role', exp: now + 600};
const read = (claims: unknown) => ask('t?select=id&limit=1', {token: signToken(backend.jwtSecret, claims)});

for (const [what, claims, message] of [
  ['expired a while ago', {...good, exp: now - 60}, 'JWT expired'],
  ['not valid yet', {...good, nbf: now + 60}, 'JWT not yet valid'],
  ['issued in the future', {...good, iat: now + 60}, 'JWT issued at future'],
  ['exp is text', {...good, exp: String(now + 600)}, "The JWT 'exp' claim must be a number"],
  ['nbf is text', {...good, nbf: 'x'}, "The JWT 'nbf' claim must be a number"],
  ['iat is a list', {...good, iat: []}, "The JWT 'iat' claim must be a number"],
  ['aud is a number', {...good, aud: 5}, "The JWT 'aud' claim must be a string or an array of strings"],
  ['aud holds a number', {...good, aud: ['a', 5]}, "The JWT 'aud' claim must be a string or an array of strings"],
  ['no claims at all', [], 'Parsing claims failed'],
] as const) {
  test(`a token whose fault is “${what}” is 401 PGRST303`, async () => {
    const said = await read(claims);
    assert.equal(said.status, 401, said.text);
    assert.deepEqual(said.json, {code: 'PGRST303', details: null, hint: null, message});
    assert.equal(said.headers.get('www-authenticate'), `Bearer error="invalid_token", error_description="${message}"`);
  });
}

for (const [what, claims] of [
  ['ended less than 30 s ago', {...good, exp: now - 5}],
  ['begins in less than 30 s', {...good, nbf: now + 5, iat: now + 5}],
  ['has claims that are null', {...good, exp: null, nbf: null, iat: null, aud: null}],
  ['never ends', {role: 'service_role'}],
  ['is for several', {...good, aud: ['a', 'b']}],
  ['is for anybody', {...good, aud: []}],
] as const) {
  test(`a token that ${what} passes`, async () => {
    const said = await read(claims);
    assert.equal(said.status, 200, said.text);
  });
}

for (const role of ['nobody-there', '', 5, {a: 1}, null, ['service_role'], true]) {
  test(`the role ${JSON.stringify(role)} is 401, as no such role exists`, async () => {
    const said = await read({...good, role});
    assert.deepEqual([said.status, said.code], [401, '22023'], said.text);
  });
}

test('a token with other than three parts is told how many it has', async () => {
  for (const [token, parts] of [
    ['abc', 1],
    ['a.b', 2],
    ['a.b.c.d', 4],
  ] as const) {
    const said = await ask('t', {token});
    assert.deepEqual([said.status, said.code], [401, 'PGRST301']);
    assert.equal((said.json as {message: string}).message, `Expected 3 parts in JWT; got ${parts}`);
  }
});

test('the claims a function sees are those of the token', async () => {
  const {backend: own, ask: askOwn} = await useRest(
    `create function public.claims() returns jsonb language sql stable as $$ select current_setting('request.jwt.claims')::jsonb $$;`,
  );
  const claims = {...good, sub: 'x', nested: {n: 1}};
  assert.deepEqual((await askOwn('rpc/claims', {token: signToken(own.jwtSecret, claims)})).json, claims);
});
