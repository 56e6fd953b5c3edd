// supabase/realtime's test/integration/tests.ts: clients of both protocol versions on one public topic, through the
// official client.
import assert from 'node:assert/strict';
import {Inbox, joined, newClient, useBackend} from '../../support/backend.js';
import {conformance, type Vsn} from '../../support/conformance.js';

const suite = 'realtime/test/integration/tests.ts';
const backend = await useBackend();

async function listen(vsn: Vsn, topic: string) {
  const got = new Inbox<unknown>();
  const channel = newClient(backend, {vsn})
    .channel(topic, {config: {broadcast: {self: true, ack: true}}})
    .on('broadcast', {event: '*'}, ({event, payload}) => got.put({event, payload}));
  return {got, channel: await joined(channel)};
}

const newTopic = () => `versions-${crypto.randomUUID()}`;

conformance(suite, 'users with different versions can receive self broadcast', async () => {
  const topic = newTopic();
  const [v1, v2] = [await listen('1.0.0', topic), await listen('2.0.0', topic)];
  for (const {channel} of [v1, v2]) {
    assert.equal(await channel.send({type: 'broadcast', event: 'e', payload: {message: 'hi'}}), 'ok');
  }
  const one = {event: 'e', payload: {message: 'hi'}};
  for (const {got} of [v1, v2]) assert.deepEqual(await got.count(2), [one, one]);
});

conformance(suite, 'v2 can send/receive binary payload', async () => {
  const topic = newTopic();
  const [v1, v2] = [await listen('1.0.0', topic), await listen('2.0.0', topic)];
  const bytes = new Uint8Array([0, 1, 254, 255]);
  assert.equal(await v2.channel.send({type: 'broadcast', event: 'raw', payload: bytes.buffer}), 'ok');
  const {payload} = (await v2.got.find()) as {payload: ArrayBuffer};
  assert.deepEqual(new Uint8Array(payload), bytes);
  await v2.channel.send({type: 'broadcast', event: 'after', payload: {}});
  assert.deepEqual(await v1.got.find(), {event: 'after', payload: {}}, 'version 1 skips bytes');
});

conformance(suite, 'users with different versions can receive broadcasts from endpoint', async () => {
  const topic = newTopic();
  const [v1, v2] = [await listen('1.0.0', topic), await listen('2.0.0', topic)];
  assert.deepEqual(await newClient(backend).channel(topic).httpSend('e', {message: 'hi'}), {success: true});
  for (const {got} of [v1, v2]) assert.deepEqual(await got.find(), {event: 'e', payload: {message: 'hi'}});
});
