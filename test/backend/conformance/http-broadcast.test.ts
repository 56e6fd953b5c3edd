// broadcast_controller_test.exs and broadcast_single_controller_test.exs: statuses, bodies, and what members of the
// topic get on either version.
import assert from 'node:assert/strict';
import {eventually, isRealProject, later, RawSocket, sql, useBackend} from '../../support/backend.js';
import {PostgresServer, superuser} from '../../../demo/backend/postgres/server.js';
import {conformance} from '../../support/conformance.js';
import {
  authenticated,
  eventsOf,
  heardBroadcast,
  hearsNo,
  inSeconds,
  joinOk,
  nameOf,
  newTopic,
  type Realtime,
  serviceRole,
  settle,
  useLosableDatabase,
  useRealtime,
} from './rt-channel.js';

const many = 'broadcast_controller';
const single = 'broadcast_single_controller';
const realtime = await useRealtime({limits: 'hosted', tuning: {payloadKb: 1, messagesPerSecond: 1000}});
const {backend, token} = realtime;
const losable = isRealProject ? undefined : await useLosableDatabase();
const postgres = isRealProject ? undefined : await PostgresServer.start();
later(() => postgres?.stop());

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

async function post(path: string, body: BodyInit, headers: Record<string, string>, to = backend): Promise<Answer> {
  const answer = await fetch(`${to.url}/realtime/v1/api/broadcast${path}`, {method: 'POST', body, headers});
  const text = await answer.text();
  return {status: answer.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)};
}

const as = (claims: Record<string, unknown>, on: Realtime = realtime) => ({
  apikey: on.backend.anonKey,
  authorization: `Bearer ${on.token(claims)}`,
});
const json = {'content-type': 'application/json'};
const bytes = {'content-type': 'application/octet-stream'};

const batch = (messages: unknown[], headers: Record<string, string> = as({role: 'anon'}), to = backend) =>
  post('', JSON.stringify({messages}), {...json, ...headers}, to);
const one = (
  topic: string,
  body: BodyInit,
  headers: Record<string, string> = {...json, ...as({role: 'anon'})},
  query = '',
  to = backend,
) => post(`/${encodeURIComponent(nameOf(topic))}/events/message${query}`, body, headers, to);

/** A member of each version. */
async function members(topic: string, isPrivate = false) {
  const v1 = await realtime.open('1.0.0', serviceRole);
  const v2 = await realtime.open('2.0.0', serviceRole);
  for (const socket of [v1, v2]) await joinOk(socket, topic, {private: isPrivate});
  return {v1, v2};
}

const heard = (socket: RawSocket) => eventsOf(socket, 'broadcast').map(({payload}) => payload);

conformance(many, 'returns 202 when batch of messages is broadcasted', async () => {
  const [first, second] = [newTopic(), newTopic()];
  const [inFirst, inSecond] = [await members(first), await members(second)];
  const to = (topic: string, event: string) => ({topic: nameOf(topic), event, payload: {data: 'data'}});
  const answer = await batch([to(first, 'event_1'), to(first, 'event_1'), to(second, 'event_2')]);
  assert.equal(answer.status, 202);
  const wanted = (event: string) => ({type: 'broadcast', event, payload: {data: 'data'}});
  for (const socket of Object.values(inFirst)) {
    await settle(socket);
    assert.deepEqual(heard(socket), [wanted('event_1'), wanted('event_1')]);
  }
  for (const socket of Object.values(inSecond)) {
    await settle(socket);
    assert.deepEqual(heard(socket), [wanted('event_2')]);
  }
});

conformance(many, 'returns 422 when batch of messages includes badly formed messages', async () => {
  const topic = newTopic();
  const {v1, v2} = await members(topic);
  const answer = await batch([
    {topic: nameOf(topic)},
    {payload: {data: 'data'}},
    {topic: nameOf(topic), payload: {data: 'data'}, event: 'event'},
  ]);
  const blank = ["can't be blank"];
  assert.deepEqual(answer, {
    status: 422,
    body: {errors: {messages: [{payload: blank, event: blank}, {topic: blank, event: blank}, {}]}},
  });
  await hearsNo('broadcast', v1, v2);
});

conformance(
  many,
  'returns 422 when batch of messages includes a message that exceeds the tenant payload size',
  async () => {
    const topic = nameOf(newTopic());
    const answer = await batch([
      {topic, event: 'e', payload: {data: 'data'}},
      {topic, event: 'e', payload: {data: 'x'.repeat(1600)}},
    ]);
    const errors = {messages: [{}, {payload: ['Payload size exceeds tenant limit']}]};
    assert.deepEqual(answer, {status: 422, body: {errors}});
  },
);

const slow = () =>
  useBackend({
    limits: 'hosted',
    tuning: {messagesPerSecond: 10, rateBucketMs: 250},
    databaseUrl: postgres?.url(superuser, postgres.password),
  });
const message = (topic: string) => ({topic: nameOf(topic), event: 'event', payload: {data: 'data'}});

conformance(many, 'batch will exceed rate limit', async () => {
  const own = await slow();
  const messages = Array.from({length: 1000}, () => message(newTopic()));
  assert.deepEqual(await batch(messages, {apikey: own.anonKey}, own), {
    status: 429,
    body: {message: 'Too many messages to broadcast, please reduce the batch size'},
  });
});

for (const [suite, what] of [
  [many, 'user has hit the rate limit'],
  [single, 'returns 429 when rate limit is exceeded'],
] as const) {
  conformance(suite, what, async () => {
    const own = await slow();
    const socket = await RawSocket.open(own);
    const topic = newTopic();
    await joinOk(socket, topic);
    for (let n = 0; n < 100; n++) socket.send(topic, 'broadcast', message(topic), '1');
    await settle(socket);
    const answer = await eventually('a refusal', async () => {
      const said =
        suite === many
          ? await batch([message(topic)], {apikey: own.anonKey}, own)
          : await one(topic, '{}', {...json, apikey: own.anonKey}, '', own);
      return said.status === 202 ? undefined : said;
    });
    assert.deepEqual(answer, {status: 429, body: {message: 'You have exceeded your rate limit'}});
  });
}

for (const [what, key] of [
  ['invalid token returns 401', () => 'potato'],
  ['expired token returns 401', () => token({role: 'anon', exp: inSeconds(-10)})],
] as const) {
  conformance(many, what, async () => {
    assert.equal((await batch([], {apikey: key()})).status, 401);
  });
}

/** Sends one message to each topic as that role; hands back how many each topic's member heard. */
async function counts(role: string, topics: {topic: string; isPrivate: boolean}[]): Promise<number[]> {
  const sockets = await Promise.all(topics.map(({topic, isPrivate}) => members(topic, isPrivate)));
  const messages = topics.map(({topic, isPrivate}) => ({...message(topic), private: isPrivate}));
  assert.equal((await batch(messages, as({role}))).status, 202);
  await settle(...sockets.flatMap(({v1, v2}) => [v1, v2]));
  return sockets.map(({v1, v2}) => {
    assert.equal(heard(v1).length, heard(v2).length);
    return heard(v1).length;
  });
}
const allowed = () => Array.from({length: 5}, () => ({topic: newTopic('all'), isPrivate: true}));

conformance(many, 'user with permission to read all channels and write to them is able to broadcast', async () =>
  assert.deepEqual(await counts('authenticated', allowed()), [1, 1, 1, 1, 1]),
);

conformance(many, 'user with permission is also able to broadcast to open channel', async () => {
  const topics = [...allowed(), {topic: newTopic(), isPrivate: false}];
  assert.deepEqual(await counts('authenticated', topics), [1, 1, 1, 1, 1, 1]);
});

conformance(many, 'user with permission to write a limited set is only able to broadcast to said set', async () => {
  const topics = [...allowed(), {topic: newTopic('read'), isPrivate: true}];
  assert.deepEqual(await counts('authenticated', topics), [1, 1, 1, 1, 1, 0]);
});

conformance(many, "user without permission won't broadcast", async () => {
  assert.deepEqual(await counts('anon', allowed()), [0, 0, 0, 0, 0]);
});

/** Posts JSON to a public topic and sees what both versions get. */
async function delivers(topic: string, payload: object, headers: Record<string, string> = json): Promise<void> {
  const {v1, v2} = await members(topic);
  const answer = await one(topic, JSON.stringify(payload), {...headers, ...as({role: 'anon'})});
  assert.deepEqual(answer, {status: 202, body: {}});
  for (const [socket, vsn] of [
    [v1, '1.0.0'],
    [v2, '2.0.0'],
  ] as const) {
    assert.deepEqual(await heardBroadcast(socket, vsn, 'message'), {event: 'message', payload, meta: undefined});
  }
}

conformance(single, 'returns 202 when JSON message is broadcasted', () =>
  delivers(newTopic(), {text: 'hello', user: 'alice'}),
);

conformance(single, 'treats persist in the JSON body as payload data', async () => {
  for (const persist of ['application data', true, {ttl: 60}]) await delivers(newTopic(), {persist, content: 'hello'});
});

conformance(single, 'handles empty JSON payload', () => delivers(newTopic(), {}));

conformance(single, 'handles topics with colons', () => delivers(newTopic('room:lobby:main'), {data: 'test'}));

conformance(single, 'handles application/json with charset', () =>
  delivers(newTopic(), {data: 'test'}, {'content-type': 'application/json; charset=utf-8'}),
);

conformance(single, 'returns 422 when private=true and the JWT role cannot be set in Postgres', async () => {
  const answer = await one(newTopic('all'), '{}', {...json, ...as({role: 'test'})}, '?private=true');
  assert.deepEqual(answer, {status: 422, body: {message: 'RLS policy error'}});
});

conformance(single, 'handles private=false query param (default)', async () => {
  assert.equal((await one(newTopic(), '{"data":"public"}', undefined, '?private=false')).status, 202);
});

const tooLarge = {status: 422, body: {errors: {payload: ['Payload size exceeds tenant limit']}}};

conformance(single, 'returns 422 when JSON payload exceeds size limit', async () => {
  assert.deepEqual(await one(newTopic(), JSON.stringify({data: 'a'.repeat(1600)})), tooLarge);
});

conformance(single, 'returns 422 when binary payload exceeds size limit', async () => {
  const headers = {...bytes, ...as({role: 'anon'})};
  assert.deepEqual(await one(newTopic(), new Uint8Array(1600), headers), tooLarge);
});

for (const [what, type] of [
  ['returns 401 when JWT is expired', json],
  ['returns 401 when JWT is expired for binary', bytes],
] as const) {
  conformance(single, what, async () => {
    assert.equal((await one(newTopic(), '{}', {...type, ...as({role: 'anon', exp: inSeconds(-100)})})).status, 401);
  });
}

conformance(single, 'returns 401 when JWT is missing', async () => {
  assert.equal((await one(newTopic(), '{}', json)).status, 401);
});

conformance(single, 'returns 202 when binary message is broadcasted', async () => {
  const topic = newTopic();
  const {v1, v2} = await members(topic);
  const headers = {...bytes, ...as({role: 'anon'})};
  assert.equal((await one(topic, new Uint8Array([1, 2, 3, 4, 5]), headers)).status, 202);
  const full = Buffer.from(topic);
  assert.deepEqual(
    await v2.binary.find(),
    Buffer.concat([Buffer.from([4, full.length, 7, 0, 0]), full, Buffer.from('message'), Buffer.from([1, 2, 3, 4, 5])]),
  );
  await hearsNo('broadcast', v1);
});

conformance(single, 'handles empty binary payload', async () => {
  assert.equal((await one(newTopic(), new Uint8Array(), {...bytes, ...as({role: 'anon'})})).status, 202);
});

conformance(single, 'returns 415 for unsupported content type', async () => {
  const answer = await one(newTopic(), 'plain text', {'content-type': 'text/plain', ...as({role: 'anon'})});
  assert.equal(answer.status, 415);
  assert.match(String(answer.body['error']), /^Unsupported Media Type/);
});

conformance(single, 'returns 403 when anon caller has no RLS write policy', async () => {
  const answer = await one(newTopic('all'), '{}', undefined, '?private=true');
  assert.deepEqual(answer, {status: 403, body: {message: 'Unauthorized'}});
});

conformance(single, 'returns 422 when messages partition is missing', async () => {
  assert.ok(losable);
  const {realtime: own, superuserUrl: databaseUrl} = losable;
  const drop = `do $$ declare part text; begin
    for part in select inhrelid::regclass::text from pg_inherits where inhparent = 'realtime.messages'::regclass loop execute 'drop table ' || part; end loop; end $$`;
  await sql({...own.backend, databaseUrl}, drop);
  const headers = {...json, ...as(authenticated, own)};
  const answer = await one(newTopic('all'), '{}', headers, '?private=true', own.backend);
  assert.deepEqual(answer, {status: 422, body: {message: 'Missing messages partition'}});
});

conformance(single, 'returns 422 when tenant database is unavailable', async () => {
  assert.ok(losable);
  const {realtime: own} = losable;
  losable.shut();
  const headers = {...json, ...as(authenticated, own)};
  const answer = await one(newTopic('all'), '{}', headers, '?private=true', own.backend);
  assert.deepEqual(answer, {status: 422, body: {message: 'Tenant database unavailable'}});
});
