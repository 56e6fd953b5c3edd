// rt_channel/connection_lifecycle_test.exs: what opens a socket, what closes it, and what each limit costs.
import assert from 'node:assert/strict';
import {request} from 'node:http';
import type {Tuning} from '../../../demo/backend/options.js';
import {PostgresServer, superuser} from '../../../demo/backend/postgres/server.js';
import {eventually, isRealProject, later, RawSocket, useBackend} from '../../support/backend.js';
import {conformance, type Vsn} from '../../support/conformance.js';
import {
  authenticated,
  eventsOf,
  inSeconds,
  joinOk,
  message,
  newTopic,
  reasonOf,
  settle,
  track,
  useRealtime,
} from './rt-channel.js';

const suite = 'rt_channel/connection_lifecycle';
const realtime = await useRealtime({faults: true});
const {backend} = realtime;
const postgres = isRealProject ? undefined : await PostgresServer.start();
later(() => postgres?.stop());

/** A backend with limits of its own. */
const limited = (tuning: Partial<Tuning>) =>
  useBackend({
    limits: 'hosted',
    tuning: {joinErrorMs: 0, handshakeErrorMs: 0, ...tuning},
    databaseUrl: postgres?.url(superuser, postgres.password),
  });

/** What a handshake that is refused is answered. */
function refusal(vsn: Vsn, key: string): Promise<{status: number | undefined; error: string}> {
  const asked = request(`${backend.url}/realtime/v1/websocket?vsn=${vsn}${key === '' ? '' : `&apikey=${key}`}`, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    },
  });
  return new Promise((done, fail) => {
    asked.once('error', fail).once('response', response => {
      let body = '';
      response.on('data', chunk => (body += String(chunk)));
      response.once('end', () => done({status: response.statusCode, ...(JSON.parse(body) as {error: string})}));
    });
    asked.end();
  });
}

const order = async (fault: object) => {
  const answer = await fetch(`${backend.url}/faults`, {method: 'POST', body: JSON.stringify(fault)});
  assert.equal(answer.status, 200);
};

conformance(suite, 'logs MissingAPIKey and rejects connection when no token provided', async vsn => {
  assert.deepEqual(await refusal(vsn, ''), {status: 401, error: 'API key is missing'});
});

conformance(suite, 'logs MalformedJWT and rejects connection with a 401', async vsn => {
  assert.deepEqual(await refusal(vsn, 'bad_token'), {status: 401, error: 'The token provided is not a valid JWT'});
});

conformance(suite, 'invalid JWT with expired token', async vsn => {
  const expired = realtime.token({...authenticated, exp: inSeconds(-1000)});
  assert.deepEqual(await refusal(vsn, expired), {status: 401, error: 'Token has expired'});
});

conformance(
  suite,
  'clients that opt in receive the replication established system message, even after streaming has started',
  async vsn => {
    for (let n = 0; n < 2; n++) {
      const socket = await realtime.open(vsn, authenticated);
      const topic = newTopic('all');
      await joinOk(socket, topic, {private: true, broadcast: {replication_ready: true}});
      const told = await socket.frames.find(({event}) => event === 'system');
      const said = {status: 'ok', extension: 'system', message: 'Replication connection established'};
      assert.deepEqual(told.payload, {...said, channel: topic.slice('realtime:'.length)});
    }
  },
);

conformance(suite, 'on private_only the socket closes and sends a system message', async vsn => {
  const socket = await realtime.open(vsn, authenticated);
  const topic = newTopic();
  await joinOk(socket, topic, {broadcast: {self: true}, private: false});
  await order({privateOnly: true});
  assert.equal(await socket.closed, 1012);
  const payload = {extension: 'system', status: 'ok', message: 'Server requested disconnect'};
  assert.deepEqual(eventsOf(socket, 'system'), [{joinRef: null, ref: null, topic, event: 'system', payload}]);
  await order({privateOnly: false});
});

conformance(suite, "on other param changes the socket won't close and no message is sent", async vsn => {
  const socket = await realtime.open(vsn, authenticated);
  await joinOk(socket, newTopic(), {broadcast: {self: true}, private: false});
  await order({maxUsers: 1});
  await assert.rejects(realtime.open(vsn, authenticated), /429/, 'it counts at once');
  await order({maxUsers: 200});
  await settle(socket);
  assert.deepEqual(eventsOf(socket, 'system'), []);
});

conformance(suite, 'on disconnect called, socket is killed', async vsn => {
  const socket = await realtime.open(vsn, authenticated);
  for (let n = 0; n < 10; n++) await joinOk(socket, newTopic(), {broadcast: {self: true}, private: false});
  await settle(socket);
  await order({disconnect: true});
  assert.equal(await socket.closed, 1012);
});

conformance(suite, 'max_concurrent_users limit respected', async vsn => {
  const own = await limited({sockets: 1});
  const [one, two] = [await RawSocket.open(own, {vsn}), await RawSocket.open(own, {vsn})];
  for (const topic of [newTopic(), newTopic()]) await joinOk(one, topic);
  const topic = newTopic();
  assert.equal(reasonOf(await two.join(topic)), 'ConnectionRateLimitReached: Too many connected users');
  one.close();
  await one.closed;
  await settle(two);
  await joinOk(two, topic);
});

conformance(suite, 'max_events_per_second limit respected', async vsn => {
  const own = await limited({messagesPerSecond: 100, rateBucketMs: 100});
  const socket = await RawSocket.open(own, {vsn});
  const topic = newTopic();
  await joinOk(socket, topic, {broadcast: {self: true, ack: false}, private: false, presence: {enabled: false}});
  for (let n = 0; n < 1000; n++) socket.send(topic, 'broadcast', {}, '1');
  await eventually('the close', async () => {
    socket.send(topic, 'broadcast', {}, '1');
    await settle(socket);
    return eventsOf(socket, 'phx_close')[0];
  });
  assert.equal(eventsOf(socket, 'system')[0]?.payload['message'], 'Too many messages per second');
});

conformance(suite, 'max_channels_per_client limit respected', async vsn => {
  const own = await limited({channelsPerSocket: 1});
  const socket = await RawSocket.open(own, {vsn});
  const [first, second] = [newTopic(), newTopic()];
  await joinOk(socket, first);
  const refused = await socket.join(second);
  assert.deepEqual(refused.payload, {
    status: 'error',
    response: {reason: 'ChannelRateLimitReached: Too many channels'},
  });
  await settle(socket);
  assert.equal(eventsOf(socket, 'phx_reply').filter(({topic}) => topic === second).length, 1);
  await socket.ask(first, 'phx_leave', {}, '1');
  await joinOk(socket, second);
});

conformance(suite, 'max_joins_per_second limit respected', async vsn => {
  const own = await limited({joinsPerSecond: 5, rateBucketMs: 50});
  const socket = await RawSocket.open(own, {vsn});
  const topic = newTopic();
  const refused = await eventually('a refusal', async () => {
    const reply = await socket.join(topic);
    return reply.payload['status'] === 'error' ? reply : undefined;
  });
  assert.equal(await socket.closed, 1001);
  assert.equal(reasonOf(refused), 'ClientJoinRateLimitReached: Too many joins per second');
});

/** One push under another join's reference, and one without any. */
async function withOddReferences(vsn: Vsn, socket: RawSocket, topic: string, event: string, payloads: object[]) {
  const pushes = payloads.map((payload, i) => ({ref: String(1001 + i), joinRef: i === 0 ? 'another' : null, payload}));
  for (const {ref, joinRef, payload} of pushes) {
    const frame =
      vsn === '2.0.0' ? [joinRef, ref, topic, event, payload] : {topic, event, payload, ref, join_ref: joinRef};
    socket.text(JSON.stringify(frame));
    const reply = await socket.frames.find(one => one.event === 'phx_reply' && one.ref === ref);
    assert.equal(reply.payload['status'], 'ok');
  }
}

conformance(suite, 'presence track still gets a reply and diff with a stale or missing join_ref', async vsn => {
  const socket = await realtime.open(vsn, authenticated);
  const topic = newTopic();
  await joinOk(socket, topic, {presence: {key: '', enabled: true}, private: false});
  await withOddReferences(vsn, socket, topic, 'presence', [track({name: 'stale'}), track({name: 'missing'})]);
  assert.equal(eventsOf(socket, 'presence_diff').length, 2);
});

conformance(suite, 'acknowledged broadcast still gets a reply with a stale or missing join_ref', async vsn => {
  const socket = await realtime.open(vsn, authenticated);
  const topic = newTopic();
  await joinOk(socket, topic, {broadcast: {ack: true}, private: false});
  await withOddReferences(vsn, socket, topic, 'broadcast', [message, message]);
});
