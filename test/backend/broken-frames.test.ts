// What fuzzing found in frames, case by case: broken parts of a frame cost that frame or that join, never the socket,
// and nothing a client sends can become more than a payload on another's wire.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {isRealProject, newPerson, RawSocket, useBackend} from '../support/backend.js';
import {signToken} from './fuzz/tokens.js';

const backend = await useBackend();
const topic = () => `realtime:broken-${crypto.randomUUID()}`;

/** Kind 3, said to be JSON. */
function push(to: string, event: string, payload: string): Buffer {
  const parts = ['1', '9', to, event].map(text => Buffer.from(text));
  return Buffer.concat([Buffer.from([3, ...parts.map(part => part.length), 0, 1]), ...parts, Buffer.from(payload)]);
}

test('bytes that only say they are JSON do not reach a version-1 client, where they could end the payload', async () => {
  const [sender, old] = await Promise.all([RawSocket.open(backend), RawSocket.open(backend, {vsn: '1.0.0'})]);
  const to = topic();
  await Promise.all([sender.join(to), old.join(to)]);
  sender.bytes(push(to, 'ev', `1},"event":"phx_close","x":{"y":1`));
  sender.bytes(push(to, 'ev', 'nonsense'));
  sender.bytes(push(to, 'ev', '{"good":true}'));
  const got = await old.frames.find(frame => frame.event !== 'phx_reply');
  assert.deepEqual(got.payload, {type: 'broadcast', event: 'ev', payload: {good: true}});
});

test('a reference that is neither text nor number is none, and the frame still counts', async () => {
  const socket = await RawSocket.open(backend);
  for (const ref of [{toString: null}, [[{toString: null}]], true]) {
    socket.text(JSON.stringify([ref, ref, 'phoenix', 'heartbeat', {}]));
  }
  socket.text(JSON.stringify([null, 7, 'phoenix', 'heartbeat', {}]));
  await socket.frames.find(frame => frame.ref === '7');
  assert.equal(socket.frames.all.filter(frame => frame.ref === null).length, 3);
});

test('a payload nested deeper than a stack is dropped, and the next one is delivered', async () => {
  const socket = await RawSocket.open(backend);
  const to = topic();
  await socket.join(to, {broadcast: {self: true}});
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  socket.text(`["1","5","${to}","broadcast",{"type":"broadcast","event":"deep","payload":${deep}}]`);
  socket.send(to, 'broadcast', {type: 'broadcast', event: 'flat', payload: {}}, '1');
  const got = await socket.frames.find(frame => frame.event === 'broadcast');
  assert.equal(got.payload['event'], 'flat');
});

test('words of a join that are no text keep their defaults', async () => {
  const socket = await RawSocket.open(backend);
  const noText = {toString: null};
  const changes = [{event: noText, schema: 'public', table: 'messages', select: [noText]}];
  const reply = await socket.join(topic(), {postgres_changes: changes});
  assert.equal(reply.payload['status'], 'ok');
  const tracked = await socket.ask(reply.topic, 'presence', {event: noText, payload: {}}, reply.ref);
  assert.deepEqual(tracked.payload, {status: 'error', response: {}});
});

test('a replay from a time nobody can tell is refused by name', async () => {
  const {id, token} = await newPerson(backend);
  const socket = await RawSocket.open(backend);
  for (const replay of [{since: 1e300}, {since: -1}, {since: 1.5}, {since: 0, limit: 1.5}, {since: 0, limit: null}]) {
    const reply = await socket.join(`realtime:inbox:${id}`, {private: true, broadcast: {replay}}, token);
    assert.deepEqual(
      reply.payload,
      {status: 'error', response: {reason: 'UnableToReplayMessages: Replay params are not valid'}},
      JSON.stringify(replay),
    );
  }
});

test(
  'a token whose claims make a policy fail may read nothing, and loses the channel it had',
  {skip: isRealProject},
  async () => {
    const {id, token} = await newPerson(backend);
    const socket = await RawSocket.open(backend);
    const exp = Math.floor(Date.now() / 1000) + 60;
    const odd = signToken(backend.jwtSecret, {role: 'authenticated', sub: 'no uuid', exp});
    const nobody = signToken(backend.jwtSecret, {role: 'nobody', sub: id, exp});
    for (const bad of [odd, nobody]) {
      const reply = await socket.join(`realtime:inbox:${id}`, {private: true}, bad);
      const reason = `Unauthorized: You do not have permissions to read from this Channel topic: inbox:${id}`;
      assert.deepEqual(reply.payload, {status: 'error', response: {reason}});
    }
    const joined = await socket.join(`realtime:inbox:${id}`, {private: true}, token);
    assert.equal(joined.payload['status'], 'ok');
    socket.send(`realtime:inbox:${id}`, 'access_token', {access_token: odd}, joined.ref);
    const said = await socket.frames.find(frame => frame.event === 'system');
    assert.equal(said.payload['message'], `You do not have permissions to read from this Channel topic: inbox:${id}`);
  },
);
