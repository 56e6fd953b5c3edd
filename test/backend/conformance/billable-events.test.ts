// rt_channel/billable_events_test.exs: what a bill would count. One backend counts a whole project, so each case has
// its own figures from before and after.
import assert from 'node:assert/strict';
import {conformance, type Vsn} from '../../support/conformance.js';
import {sql} from '../../support/backend.js';
import {authenticated, joinOk, message, newTopic, settle, track, useRealtime} from './rt-channel.js';

const suite = 'rt_channel/billable_events';
const realtime = await useRealtime({tuning: {changesPollMs: 10}});
const {backend} = realtime;
await sql(
  backend,
  'create table public.billed (id serial primary key, details text); alter publication supabase_realtime add table public.billed',
);

const counted = ['joins', 'presenceEvents', 'dbEvents', 'events'] as const;

/** What was counted since a moment: joins, presence events, row changes, broadcasts. The limits count the same. */
function bill(): () => number[] {
  const before = backend.stats();
  return () => {
    const now = backend.stats();
    return counted.map(name => now[name] - before[name]);
  };
}

async function listen(vsn: Vsn, topic: string, schema: string) {
  const socket = await realtime.open(vsn);
  await joinOk(socket, topic, {broadcast: {self: true}, postgres_changes: [{event: '*', schema}]});
  await socket.frames.find(frame => frame.event === 'system');
  return socket;
}

conformance(suite, 'join events', async vsn => {
  const billed = bill();
  const topic = newTopic();
  const socket = await listen(vsn, topic, 'public');
  assert.deepEqual(billed(), [1, 0, 0, 0]);
  await socket.ask(topic, 'phx_leave', {}, '1'); // or the next case's changes would be billed for it, too
});

conformance(suite, 'broadcast events', async vsn => {
  const billed = bill();
  const topic = newTopic();
  const [one, two] = [await realtime.open(vsn), await realtime.open(vsn)];
  for (const socket of [one, two]) await joinOk(socket, topic, {broadcast: {self: true}});
  for (let n = 0; n < 5; n++) one.send(topic, 'broadcast', message, '1');
  await settle(one, two);
  assert.deepEqual(billed(), [2, 0, 0, 15]);
});

conformance(suite, 'presence events', async vsn => {
  const billed = bill();
  const topic = newTopic();
  for (const role of ['anon', 'authenticated']) {
    const socket = await realtime.open(vsn, {...authenticated, role});
    await joinOk(socket, topic, {broadcast: {self: true}, presence: {enabled: true}});
    await socket.ask(topic, 'presence', track({name: role}), '1');
  }
  assert.deepEqual(billed(), [2, 7, 0, 0]);
});

conformance(suite, 'postgres changes events', async vsn => {
  const billed = bill();
  const topic = newTopic();
  const sockets = [await listen(vsn, topic, 'public'), await listen(vsn, topic, 'public')];
  for (let n = 0; n < 5; n++) await sql(backend, `insert into public.billed (details) values ('test')`);
  for (const socket of sockets) await socket.frames.count(2 + 5);
  assert.deepEqual(billed(), [2, 0, 10, 0]);
  for (const socket of sockets) await socket.ask(topic, 'phx_leave', {}, '1');
});

conformance(suite, 'postgres changes error events', async vsn => {
  const billed = bill();
  await listen(vsn, newTopic(), 'none');
  assert.deepEqual(billed(), [1, 0, 0, 0]);
});
