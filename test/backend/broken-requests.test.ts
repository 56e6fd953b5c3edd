// What fuzzing found in requests, case by case: JSON nested deeper than a stack is Postgres's to judge where Postgres reads it, and
// refused in the service's own words elsewhere.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {isRealProject, newPerson, RawSocket, useBackend} from '../support/backend.js';
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

test('a batch’s message is private by any word that says so, and wrong by any other', async () => {
  const socket = await RawSocket.open(backend);
  const topic = `private-${crypto.randomUUID()}`;
  await socket.join(`realtime:${topic}`);
  const send = (isPrivate: unknown, event: string) =>
    ask(
      '/realtime/v1/api/broadcast',
      'POST',
      JSON.stringify({messages: [{topic, event, payload: {}, private: isPrivate}]}),
    );
  for (const isPrivate of [true, 'true', '1']) assert.equal((await send(isPrivate, 'private')).status, 202);
  for (const isPrivate of [5, 'yes', {}]) {
    const {status, body} = await send(isPrivate, 'wrong');
    assert.deepEqual([status, body], [422, {errors: {messages: [{private: ['is invalid']}]}}]);
  }
  for (const isPrivate of [false, 'false', '0', null]) assert.equal((await send(isPrivate, 'public')).status, 202);
  await socket.ask('phoenix', 'heartbeat', {});
  const heard = socket.frames.all.filter(({event}) => event === 'broadcast').map(({payload}) => payload['event']);
  assert.deepEqual(
    heard,
    Array.from({length: 4}, () => 'public'),
  );
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
