// What a function may say of its answer and see of its request, and what becomes of it when it says nonsense.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {useRest} from '../support/rest.js';
import {signToken} from './fuzz/tokens.js';

const {ask, backend} = await useRest(`
create function public.answer(status text, headers text) returns int language plpgsql as $$ begin
  perform set_config('response.status', status, true); perform set_config('response.headers', headers, true); return 1; end $$;
create function public.throw(message text, detail text) returns int language plpgsql as $$ begin
  raise sqlstate 'PGRST' using message = message, detail = detail; end $$;
create function public.seen() returns jsonb language sql stable as $$ select jsonb_build_object(
  'path', current_setting('request.path'), 'method', current_setting('request.method'),
  'role', current_setting('request.jwt.claims')::jsonb -> 'role') $$;
create table public."é" (id int primary key);
`);

for (const [status, headers, code] of [
  ['abc', '', 'PGRST112'],
  ['99', '', 'PGRST112'],
  ['1000', '', 'PGRST112'],
  ['', 'x', 'PGRST111'],
  ['', '{"a":"b"}', 'PGRST111'],
  ['', '[{"a":1}]', 'PGRST111'],
  ['', '[{"a":"b","c":"d"}]', 'PGRST111'],
  ['', '[{"a b":"c"}]', 'PGRST111'],
  ['', '[{"a":"b\\nc"}]', 'PGRST111'],
] as const) {
  test(`a function that sets ${status || headers} is 500 ${code}`, async () => {
    const said = await ask('rpc/answer', {method: 'POST', body: {status, headers}});
    assert.deepEqual([said.status, said.code], [500, code], said.text);
  });
}

for (const [message, detail] of [
  ['x', '{"status":402}'],
  ['{"message":"m"}', '{"status":402}'],
  ['{"code":"c","message":"m"}', 'x'],
  ['{"code":"c","message":"m"}', '{"status":"many"}'],
  ['{"code":"c","message":"m"}', '{"status":7}'],
  ['{"code":"c","message":"m"}', '{"status":402,"headers":{"a":"b\\nc"}}'],
  ['{"code":"c","message":"m"}', '{"status":402,"headers":["a"]}'],
] as const) {
  test(`raising PGRST with ${message} and ${detail} is 500 PGRST121`, async () => {
    const said = await ask('rpc/throw', {method: 'POST', body: {message, detail}});
    assert.deepEqual([said.status, said.code], [500, 'PGRST121'], said.text);
  });
}

test('a raised code may be any text, and its headers are sent', async () => {
  const body = {message: '{"code":"é\\n","message":"m"}', detail: '{"status":402,"headers":{"x-a":"b"}}'};
  const said = await ask('rpc/throw', {method: 'POST', body});
  assert.deepEqual([said.status, said.code, said.headers.get('x-a')], [402, 'é\n', 'b']);
});

test('a function sees the path behind the gateway, and the role of a token that names none', async () => {
  const token = signToken(backend.jwtSecret, {sub: 'x'});
  assert.deepEqual((await ask('rpc/seen', {token})).json, {path: '/rpc/seen', method: 'GET', role: 'anon'});
});

test('a table of any name has a place in headers', async () => {
  const said = await ask('%C3%A9', {method: 'POST', headers: {prefer: 'return=headers-only'}, body: {id: 1}});
  assert.deepEqual([said.status, said.headers.get('location')], [201, '/%C3%A9?id=eq.1']);
  assert.equal((await ask('%C3%A9?id=eq.1')).headers.get('content-location'), '/%C3%A9?id=eq.1');
});

test('a read is of the schema it accepts, a write of the one its content is for', async () => {
  const read = await ask('t?limit=1', {headers: {'content-profile': 'auth'}});
  assert.equal(read.status, 200);
  const write = await ask('made', {method: 'POST', headers: {'accept-profile': 'auth'}, body: {n: 1}});
  assert.equal(write.status, 201);
  assert.equal((await ask('t', {headers: {'accept-profile': 'auth'}})).code, 'PGRST106');
  assert.equal((await ask('made', {method: 'POST', headers: {'content-profile': 'auth'}, body: {}})).code, 'PGRST106');
});
