// Tokens that are signed by the project and still claim nonsense: a role or a subject that is no text, a role nobody
// knows. Each costs its bearer something in the service's own words, and nobody else anything.
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {isRealProject, RawSocket, sql, useBackend} from '../support/backend.js';
import {signToken} from './fuzz/tokens.js';

const backend = await useBackend({tuning: {changesPollMs: 10}});
const token = (claims: object) =>
  signToken(backend.jwtSecret, {role: 'authenticated', exp: Math.floor(Date.now() / 1000) + 600, ...claims});
const topic = (kind: string) => `${kind}:${crypto.randomUUID()}`;

async function ask(
  path: string,
  claims: object,
  body?: unknown,
): Promise<{status: number; body: Record<string, unknown>}> {
  const answer = await fetch(`${backend.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {apikey: backend.anonKey, authorization: `Bearer ${token(claims)}`, 'content-type': 'application/json'},
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await answer.text();
  return {status: answer.status, body: JSON.parse(text || '{}') as Record<string, unknown>};
}

test('a publishable key of another project opens no door', {skip: isRealProject}, async () => {
  const foreign = 'sb_publishable_of_another_project';
  const answer = await fetch(`${backend.url}/rest/v1/chats?select=id`, {headers: {apikey: foreign}});
  assert.equal(answer.status, 401);
  await assert.rejects(RawSocket.open(backend, {key: foreign}), /401/);
  const own = await RawSocket.open(backend, {key: backend.publishableKey});
  assert.equal((await own.join(topic('realtime:any'))).payload['status'], 'ok');
});

const notText = [5, {}, ['authenticated'], true];

describe('odd claims', {skip: isRealProject}, () => {
  for (const role of [...notText, null]) {
    const said = JSON.stringify(role);
    test(`REST takes the role ${said} for the name of a role that is not there`, async () => {
      const {status, body} = await ask('/rest/v1/messages', {role});
      assert.deepEqual([status, body['code'], body['message']], [401, '22023', `role "${said}" does not exist`]);
    });
  }

  for (const sub of notText) {
    const said = JSON.stringify(sub);
    test(`REST hands the subject ${said} on to the policies`, async () => {
      assert.ok((await ask('/rest/v1/messages', {sub})).status < 500);
    });

    test(`auth can't read the subject ${said}`, async () => {
      const {status, body} = await ask('/auth/v1/user', {sub});
      assert.deepEqual([status, body['error_code']], [403, 'bad_jwt']);
    });

    test(`HTTP broadcasts to private topics are refused for the subject ${said}, and skipped in a batch`, async () => {
      const name = topic('any');
      const one = await ask(`/realtime/v1/api/broadcast/${name}/events/e?private=true`, {sub}, {a: 1});
      assert.deepEqual(one, {status: 422, body: {message: 'RLS policy error'}});
      const messages = [{topic: name, event: 'e', payload: {}, private: true}];
      assert.equal((await ask('/realtime/v1/api/broadcast', {sub}, {messages})).status, 202);
    });

    test(`a private topic is not to be joined or kept with the subject ${said}, a public one is`, async () => {
      const socket = await RawSocket.open(backend);
      const joined = async (name: string, isPrivate: boolean, claims: object) =>
        (await socket.join(name, {private: isPrivate}, token(claims))).payload;
      const reason = 'Realtime was unable to connect to the project database';
      assert.deepEqual(await joined(`realtime:${topic('any')}`, true, {sub}), {status: 'error', response: {reason}});
      const kept = `realtime:${topic('kept')}`;
      await sql(
        backend,
        `create policy "${kept}" on realtime.messages for select to authenticated using (realtime.topic() = '${kept.slice(9)}')`,
      );
      assert.equal((await joined(kept, true, {sub: crypto.randomUUID()}))['status'], 'ok');
      socket.send(kept, 'access_token', {access_token: token({sub})});
      const told = await socket.frames.find(({event}) => event === 'system');
      assert.equal(told.payload['message'], reason);
      assert.equal((await joined(`realtime:${topic('any')}`, false, {sub}))['status'], 'ok');
    });
  }
});
