// Rates by the second: what counts, who pays, and that a burst passes. Buckets are short here, five seconds there.
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {Tuning} from '../../../demo/backend/options.js';
import {PostgresServer, superuser} from '../../../demo/backend/postgres/server.js';
import {Meter} from '../../../demo/backend/realtime/rate.js';
import {eventually, isRealProject, later, newClient, RawSocket, sql, useBackend} from '../../support/backend.js';
import {conformance} from '../../support/conformance.js';

const suite = 'own/rates';
const postgres = isRealProject ? undefined : await PostgresServer.start();
later(() => postgres?.stop());
const log: string[] = [];
const limited = (tuning: Partial<Tuning>) =>
  useBackend({
    limits: 'hosted',
    log: line => log.push(line),
    tuning: {rateBucketMs: 250, changesPollMs: 10, joinsPerSecond: Infinity, presenceCalls: Infinity, ...tuning},
    databaseUrl: postgres?.url(superuser, postgres.password),
  });

const message = {type: 'broadcast', event: 'e', payload: {}};
const newTopic = () => `realtime:rate-${crypto.randomUUID()}`;
const countOf = (socket: RawSocket, event: string) => socket.frames.all.filter(frame => frame.event === event).length;
const settle = (socket: RawSocket) => socket.ask('phoenix', 'heartbeat', {});

describe('a meter', () => {
  const at = (limit: number) => {
    const clock = {ms: 0};
    return {clock, meter: new Meter(limit, 5000, () => clock.ms)};
  };

  test('lets a burst pass until its five seconds are over, and begins with an empty bucket', () => {
    const {clock, meter} = at(100);
    meter.add(1000);
    assert.deepEqual([meter.perSecond, meter.isOver], [0, false]);
    clock.ms = 4999;
    assert.equal(meter.isOver, false);
    clock.ms = 5000;
    assert.deepEqual([meter.perSecond, meter.isOver], [100, true]);
    clock.ms = 10_000;
    assert.equal(meter.isOver, false);
  });

  test('averages over the last minute, and forgets what was before', () => {
    const {clock, meter} = at(10);
    for (; clock.ms < 120_000; clock.ms += 5000) meter.add(50);
    assert.deepEqual([meter.perSecond, meter.isOver], [10, true]);
    clock.ms += 30_000;
    assert.equal(meter.perSecond, 5);
    clock.ms += 3_600_000;
    assert.equal(meter.perSecond, 0);
    assert.equal(meter.total, 24 * 50);
  });
});

conformance(suite, 'deliveries count, and who hears pays, not who speaks', async () => {
  const backend = await limited({messagesPerSecond: 100, rateBucketMs: 1000});
  const topic = newTopic();
  const sockets = await Promise.all(Array.from({length: 30}, () => RawSocket.open(backend)));
  for (const socket of sockets) await socket.join(topic);
  const [sender, receiver] = sockets;
  assert.ok(sender && receiver);
  // Ten sent are nothing, 290 heard are too many.
  for (let n = 0; n < 10; n++) sender.send(topic, 'broadcast', message, '1');
  await eventually('a closed receiver', async () => {
    sender.send(topic, 'broadcast', message, '1');
    await settle(sender);
    await settle(receiver);
    return countOf(receiver, 'phx_close') > 0 ? true : undefined;
  });
  const system = await receiver.frames.find(frame => frame.event === 'system');
  assert.equal(system.payload['message'], 'Too many messages per second');
  assert.ok(countOf(receiver, 'broadcast') > 0);
  assert.equal(countOf(sender, 'system'), 0);
  const both = await RawSocket.open(backend);
  await both.join(topic, {broadcast: {self: true, ack: true}});
  const ref = both.send(topic, 'broadcast', message, '1');
  await both.frames.find(frame => frame.event === 'phx_close');
  const answered = both.frames.all.findIndex(frame => frame.event === 'phx_reply' && frame.ref === ref);
  assert.deepEqual(
    both.frames.all.slice(answered - 1).map(({event}) => event),
    ['broadcast', 'phx_reply', 'system', 'phx_close'],
  );
  await assert.rejects(newClient(backend).channel('room').httpSend('e', {}), /exceeded your rate limit/);
});

conformance(suite, 'broadcasts of the database count, and are lost while there are too many', async () => {
  const topic = newTopic();
  const listen = async (messagesPerSecond: number) => {
    const backend = await limited({messagesPerSecond});
    const socket = await RawSocket.open(backend, {vsn: '1.0.0'});
    await socket.join(topic);
    const send = (count: number) =>
      sql(backend, `select realtime.send('{}', 'e', $1, false) from generate_series(1, ${count})`, [topic.slice(9)]);
    return {backend, socket, send};
  };
  const free = await listen(Infinity);
  await free.send(200);
  await free.socket.frames.count(1 + 200);
  assert.equal(free.backend.stats().events, 400);
  free.socket.close();
  const {send} = await listen(20);
  await send(200);
  await eventually('one that is lost', async () => {
    await send(1);
    return log.find(line => line.includes('too many requests'));
  });
});

conformance(suite, 'each diff at each receiver counts as presence, and too much of it costs who tracks', async () => {
  const topic = newTopic();
  const gather = async (presencePerSecond: number) => {
    const backend = await limited({presencePerSecond});
    const sockets = await Promise.all(Array.from({length: 10}, () => RawSocket.open(backend)));
    for (const one of sockets) await one.join(topic, {presence: {enabled: true}});
    return {backend, socket: sockets[0] as RawSocket};
  };
  const {backend, socket} = await gather(Infinity);
  assert.equal(backend.stats().presenceEvents, 10, 'a state each');
  await socket.ask(topic, 'presence', {event: 'track', payload: {n: -1}}, '1');
  assert.equal(backend.stats().presenceEvents, 10 + 1 + 10);
  await socket.ask(topic, 'presence', {event: 'track', payload: {n: -1}}, '1');
  assert.equal(backend.stats().presenceEvents, 21, 'what changes nothing counts for nothing');
  await socket.ask(topic, 'presence', {event: 'untrack'}, '1');
  assert.equal(backend.stats().presenceEvents, 31);
  const {socket: busy} = await gather(20);
  let n = 0;
  await eventually('a closed channel', async () => {
    busy.send(topic, 'presence', {event: 'track', payload: {n: n++}}, '1');
    await settle(busy);
    return countOf(busy, 'phx_close') > 0 ? true : undefined;
  });
  const system = await busy.frames.find(frame => frame.event === 'system');
  assert.equal(system.payload['message'], 'Too many presence messages per second');
});

conformance(suite, 'row changes over the rate are skipped without a word, each subscription counted', async () => {
  const backend = await limited({messagesPerSecond: 100, rateBucketMs: 100});
  await sql(
    backend,
    'create table public.many (id int primary key); alter publication supabase_realtime add table public.many',
  );
  const socket = await RawSocket.open(backend);
  const all = {event: '*', schema: 'public', table: 'many'};
  await socket.join(newTopic(), {postgres_changes: [all, {...all, event: 'INSERT'}]});
  await socket.frames.find(frame => frame.event === 'system');
  const insert = (from: number, count: number) =>
    sql(backend, `insert into public.many select generate_series(${from}, ${from + count - 1})`);
  await insert(1, 500);
  await eventually('all 500', async () => {
    await settle(socket);
    return countOf(socket, 'postgres_changes') === 500 ? true : undefined;
  });
  assert.equal(backend.stats().dbEvents, 1000);
  let id = 1000;
  await eventually('a change that is skipped and one that is not', async () => {
    await insert(++id, 1);
    await settle(socket);
    const told = countOf(socket, 'postgres_changes') - 500;
    return told > 0 && told < id - 1000 ? true : undefined;
  });
  assert.equal(countOf(socket, 'system'), 1);
  assert.equal(countOf(socket, 'phx_close'), 0);
});
