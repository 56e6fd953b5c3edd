// What fuzzing found in requests, case by case: JSON nested deeper than a stack is Postgres's to judge where Postgres reads it, and
// refused in the service's own words elsewhere.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {isRealProject, newPerson, useBackend} from '../support/backend.js';
import {signToken} from './fuzz/tokens.js';

const backend = await useBackend();
const {token} = await newPerson(backend);
const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;

async function ask(
  path: string,
  method: string,
  body: string,
): Promise<{status: number; body: Record<string, unknown>}> {
  const headers = {apikey: backend.anonKey, authorization: `Bearer ${token}`, 'content-type': 'application/json'};
  const answer = await fetch(`${backend.url}${path}`, {method, headers, body});
  const text = await answer.text();
  return {status: answer.status, body: JSON.parse(text || '{}') as Record<string, unknown>};
}

test('an update’s list goes to Postgres as it came, however deep', async () => {
  assert.equal((await ask('/rest/v1/messages?body=eq.x', 'PATCH', `[{"body":${deep}}]`)).status, 204);
});

test('auth says that it can’t read a body nested too deep', async () => {
  const {status, body} = await ask('/auth/v1/signup', 'POST', `{"data":{"x":${deep}}}`);
  assert.deepEqual([status, body['error_code']], [400, 'bad_json']);
});

test('a broadcast nested too deep is no broadcast', async () => {
  const message = `{"topic":"t","event":"e","payload":{"x":${deep}}}`;
  assert.equal((await ask('/realtime/v1/api/broadcast', 'POST', `{"messages":[${message}]}`)).status, 422);
});

test(
  'a role with a zero byte is refused like any such text, and costs no connection',
  {skip: isRealProject},
  async () => {
    const exp = Math.floor(Date.now() / 1000) + 60;
    const odd = signToken(backend.jwtSecret, {role: 'authenticated\0', exp});
    const headers = {apikey: backend.anonKey, authorization: `Bearer ${odd}`};
    const answer = await fetch(`${backend.url}/rest/v1/messages`, {headers});
    const {code} = (await answer.json()) as {code: string};
    assert.deepEqual([answer.status, code], [400, '22021']);
  },
);
