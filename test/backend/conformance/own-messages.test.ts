// Messages that the database sends, where they are easily lost, doubled or let through: ids that come again, payloads
// that are no object, rows without one, and a replay that overlaps with what is live.
import assert from 'node:assert/strict';
import {RawSocket, sql, useBackend} from '../../support/backend.js';
import {conformance} from '../../support/conformance.js';

const suite = 'own/realtime.send and replay';
const backend = await useBackend();
const newTopic = () => `realtime:db-${crypto.randomUUID()}`;
const nameOf = (topic: string) => topic.slice('realtime:'.length);
const asService = {key: backend.serviceRoleKey, vsn: '1.0.0'} as const; // text frames only, and every right

type Message = {event: string; payload: Record<string, unknown>; meta: {id: string; replayed?: boolean}};
const heard = (socket: RawSocket) =>
  socket.frames.all.filter(({event}) => event === 'broadcast').map(({payload}) => payload as unknown as Message);
const hears = async (socket: RawSocket, event: string) =>
  (await socket.frames.find(one => one.event === 'broadcast' && one.payload['event'] === event)).payload;

async function listen(topic: string, config: object = {}): Promise<RawSocket> {
  const socket = await RawSocket.open(backend, asService);
  const reply = await socket.join(topic, {private: true, ...config});
  assert.equal(reply.payload['status'], 'ok', JSON.stringify(reply.payload));
  return socket;
}

const send = (topic: string, payload: unknown, event = 'e') =>
  sql(backend, 'select realtime.send($1::jsonb, $2, $3)', [JSON.stringify(payload), event, nameOf(topic)]);

conformance(suite, 'payloads that carry the same id are as many messages, each under an id of its own', async () => {
  const topic = newTopic();
  const socket = await listen(topic);
  const id = crypto.randomUUID();
  for (let n = 0; n < 3; n++) await send(topic, {id, n});
  await send(topic, {}, 'last');
  await hears(socket, 'last');
  const [first, second, third, last] = heard(socket);
  assert.deepEqual(
    [first, second, third].map(message => message?.payload),
    [0, 1, 2].map(n => ({id, n})),
  );
  const ids = heard(socket).map(({meta}) => meta.id);
  assert.equal(new Set([...ids, id]).size, 5);
  assert.deepEqual(last?.payload, {id: last?.meta.id}, 'an id is added where there is none');
  assert.equal(heard(socket).length, 4);
});

conformance(suite, 'what is no object is not sent, and the caller’s transaction goes on', async () => {
  const topic = newTopic();
  const socket = await listen(topic);
  for (const payload of [[1, 2], 'text', 5, true]) await send(topic, payload, 'odd');
  await sql(backend, 'select realtime.send(null, $1, $2)', ['odd', nameOf(topic)]);
  await send(topic, {}, 'last');
  await hears(socket, 'last');
  assert.equal(heard(socket).length, 1);
});

conformance(suite, 'a row without event or payload is kept and not sent', async () => {
  const topic = newTopic();
  const socket = await listen(topic);
  const columns = 'topic, extension, private, event, payload';
  for (const values of [`'odd', null`, `null, '{}'`, `'', '{}'`])
    await sql(
      backend,
      `insert into realtime.messages (${columns}) values ('${nameOf(topic)}', 'broadcast', true, ${values})`,
    );
  await send(topic, {}, 'last');
  await hears(socket, 'last');
  assert.equal(heard(socket).length, 1);
});

conformance(suite, 'one id in two rows is two messages, each sent once', async () => {
  const topic = newTopic();
  const socket = await listen(topic);
  const id = crypto.randomUUID();
  for (const event of ['one', 'two']) {
    await sql(
      backend,
      `insert into realtime.messages (id, topic, extension, private, event, payload) values ($1, $2, 'broadcast', true, $3, '{}')`,
      [id, nameOf(topic), event],
    );
    await hears(socket, event);
  }
  await send(topic, {}, 'last');
  await hears(socket, 'last');
  assert.deepEqual(
    heard(socket).map(({event}) => event),
    ['one', 'two', 'last'],
  );
});

conformance(suite, 'a message that came with the replay does not come again, by whichever way', async () => {
  const topic = newTopic();
  const other = await listen(topic);
  await send(topic, {n: 1}, 'once');
  await hears(other, 'once');
  const socket = await listen(topic, {broadcast: {replay: {since: Date.now() - 60_000}}});
  const hearsTimes = (times: number) => other.frames.find(() => heard(other).length >= times);
  const {meta} = (await hears(socket, 'once')) as unknown as Message;
  assert.equal(meta.replayed, true);
  // As when it was committed between the look at the past and the join.
  await sql(
    backend,
    `select pg_notify('trunkline_messages', id || ' ' || inserted_at) from realtime.messages where id = $1`,
    [meta.id],
  );
  await hearsTimes(2);
  const {serviceRoleKey: key} = backend;
  const again = {topic: nameOf(topic), event: 'once', payload: {}, private: true, id: meta.id};
  const answer = await fetch(`${backend.url}/realtime/v1/api/broadcast`, {
    method: 'POST',
    headers: {apikey: key, authorization: `Bearer ${key}`, 'content-type': 'application/json'},
    body: JSON.stringify({messages: [again]}),
  });
  assert.equal(answer.status, 202);
  await send(topic, {}, 'last');
  await Promise.all([hears(socket, 'last'), hears(other, 'last')]);
  assert.deepEqual(
    [heard(socket).map(({event}) => event), heard(other).map(({event}) => event)],
    [
      ['once', 'last'],
      ['once', 'once', 'once', 'last'],
    ],
  );
});
