// rt_channel/token_handling_test.exs: tokens at the handshake, at joins, in between and at their end.
import assert from 'node:assert/strict';
import {RawSocket, sql} from '../../support/backend.js';
import {conformance, type Vsn} from '../../support/conformance.js';
import {
  authenticated,
  eventsOf,
  hearsNo,
  inSeconds,
  joinOk,
  message,
  nameOf,
  newTopic,
  reasonOf,
  settle,
  useRealtime,
} from './rt-channel.js';

const suite = 'rt_channel/token_handling';
const realtime = await useRealtime();
const {backend, keys, token} = realtime;
const open = {broadcast: {self: true}, private: false, presence: {enabled: true}};
const closed = {...open, private: true};

async function joined(vsn: Vsn, topic: string, config: object, claims: object = {}): Promise<RawSocket> {
  const socket = await realtime.open(vsn, {...authenticated, ...claims});
  await joinOk(socket, topic, config as Record<string, unknown>);
  await socket.frames.find(({event}) => event === 'presence_state');
  return socket;
}

/** The channel was told why and closed. */
async function shutDown(socket: RawSocket, topic: string, why: string | RegExp): Promise<void> {
  await socket.frames.find(frame => frame.event === 'phx_close' && frame.topic === topic);
  const {status, extension, message: said} = eventsOf(socket, 'system')[0]?.payload ?? {};
  assert.deepEqual([status, extension], ['error', 'system']);
  if (typeof why === 'string') assert.equal(said, why);
  else assert.match(String(said), why);
}

for (const [what, key] of [
  ['badly formatted jwt token', () => 'bad_token'],
  ['invalid JWT with expired token', () => token({...authenticated, exp: inSeconds(-1000)})],
  ['token required the role key', () => keys.sign({exp: inSeconds(1000), sub: 's'})],
] as const) {
  conformance(suite, what, vsn => assert.rejects(RawSocket.open(backend, {vsn, key: key()}), /401/));
}

conformance(suite, 'handles connection with valid api-header but ignorable access_token payload', async vsn => {
  const socket = await realtime.open(vsn, authenticated);
  const reply = await socket.join(newTopic(), open, `sb_${crypto.randomUUID()}`);
  assert.equal(reply.payload['status'], 'ok');
});

conformance(suite, 'missing claims close connection', async vsn => {
  const topic = newTopic();
  const socket = await joined(vsn, topic, open);
  socket.send(topic, 'access_token', {access_token: keys.sign({exp: inSeconds(2000)})}, '1');
  await shutDown(socket, topic, 'Fields `role` and `exp` are required in JWT');
});

conformance(suite, 'on new access_token and channel is private policies are reevaluated for read policy', async vsn => {
  const topic = newTopic('all');
  const socket = await joined(vsn, topic, closed);
  socket.send(topic, 'access_token', {access_token: token({role: 'anon'})}, '1');
  await shutDown(socket, topic, `You do not have permissions to read from this Channel topic: ${nameOf(topic)}`);
  assert.equal(eventsOf(socket, 'system')[0]?.payload['channel'], nameOf(topic));
});

conformance(
  suite,
  'on new access_token and channel is private policies are reevaluated for write policy',
  async vsn => {
    const topic = newTopic('rewritten');
    const policy = `"${nameOf(topic)} write"`;
    await sql(
      backend,
      `create policy "${nameOf(topic)} read" on realtime.messages for select to authenticated using (realtime.topic() = '${nameOf(topic)}');
       create policy ${policy} on realtime.messages for insert to authenticated with check (realtime.topic() = '${nameOf(topic)}')`,
    );
    const socket = await joined(vsn, topic, closed);
    socket.send(topic, 'broadcast', message, '1');
    await socket.frames.find(({event}) => event === 'broadcast');
    await sql(backend, `drop policy ${policy} on realtime.messages`);
    socket.send(topic, 'access_token', {access_token: token(authenticated)}, '1');
    socket.send(topic, 'broadcast', message, '1');
    await settle(socket);
    assert.equal(eventsOf(socket, 'broadcast').length, 1, 'the second is ignored');
    assert.deepEqual(eventsOf(socket, 'phx_close'), []);
  },
);

conformance(suite, 'on new access_token and channel is public policies are not reevaluated', async vsn => {
  const topic = newTopic();
  const socket = await joined(vsn, topic, open);
  const before = socket.frames.all.length;
  socket.send(topic, 'access_token', {access_token: token({role: 'anon'})}, '1');
  await settle(socket);
  assert.equal(socket.frames.all.length, before + 1);
});

conformance(suite, 'on empty string access_token the socket sends an error message', async vsn => {
  const topic = newTopic();
  const socket = await joined(vsn, topic, open);
  socket.send(topic, 'access_token', {access_token: ''}, '1');
  await shutDown(socket, topic, 'The token provided is not a valid JWT');
});

conformance(suite, 'on expired access_token the socket sends an error message', async vsn => {
  const topic = newTopic();
  const socket = await joined(vsn, topic, open);
  socket.send(topic, 'access_token', {access_token: token({...authenticated, exp: inSeconds(-1000)})}, '1');
  await shutDown(socket, topic, /^Token has expired 100\d seconds ago$/);
});

conformance(
  suite,
  'on sb prefixed access_token the socket ignores the message and respects JWT expiry time',
  async vsn => {
    const topic = newTopic();
    const socket = await joined(vsn, topic, open, {exp: inSeconds(2)});
    socket.send(topic, 'access_token', {access_token: 'sb_publishable_-fake_key'}, '1');
    await hearsNo('system', socket);
    await shutDown(socket, topic, /^Token has expired \d seconds ago$/);
  },
);

conformance(suite, 'checks token periodically', async vsn => {
  const topic = newTopic();
  const socket = await joined(vsn, topic, open);
  socket.send(topic, 'access_token', {access_token: token({...authenticated, exp: inSeconds(1)})}, '1');
  await shutDown(socket, topic, /^Token has expired \d seconds ago$/);
});

for (const [what, bad, wanted] of [
  [
    'token expires in between joins',
    () => token({...authenticated, exp: inSeconds(-1)}),
    /^InvalidJWTToken: Token has expired \d seconds ago$/,
  ],
  [
    'token loses claims in between joins',
    () => keys.sign({exp: inSeconds(10)}),
    /^InvalidJWTToken: Fields `role` and `exp` are required in JWT$/,
  ],
  [
    'token is badly formatted in between joins',
    () => 'potato',
    /^MalformedJWT: The token provided is not a valid JWT$/,
  ],
] as const) {
  conformance(suite, what, async vsn => {
    const topic = newTopic();
    const socket = await joined(vsn, topic, open);
    const reply = await socket.join(topic, open, bad());
    assert.equal(reply.payload['status'], 'error');
    assert.match(reasonOf(reply) ?? '', wanted);
    assert.equal((await socket.frames.find(({event}) => event === 'phx_close')).ref, '1');
  });
}
