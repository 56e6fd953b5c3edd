// rt_channel/authorization_test.exs: who may join what, and in which words the others are refused.
import assert from 'node:assert/strict';
import {conformance} from '../../support/conformance.js';
import {authenticated, hearsNo, isOk, joinOk, nameOf, newTopic, reasonOf, useRealtime} from './rt-channel.js';

const suite = 'rt_channel/authorization';
const realtime = await useRealtime();
const privateOnly = await useRealtime({privateOnly: true});

conformance(suite, 'user with only private channels enabled will not be able to join public channels', async vsn => {
  const socket = await privateOnly.open(vsn, authenticated);
  const reply = await socket.join(newTopic('all'), {broadcast: {self: true}, private: false});
  const response = {reason: 'PrivateOnly: This project only allows private channels'};
  assert.deepEqual(reply.payload, {status: 'error', response});
});

conformance(suite, 'user with only private channels enabled will be able to join private channels', async vsn => {
  const socket = await privateOnly.open(vsn, authenticated);
  await joinOk(socket, newTopic('all'), {broadcast: {self: true}, private: true});
});

conformance(suite, 'role policies are respected when accessing the channel', async vsn => {
  const config = {broadcast: {self: true}, private: true, presence: {enabled: false}};
  await joinOk(await realtime.open(vsn, {role: 'anon'}), newTopic('role'), config);
  for (const role of ['authenticated', 'potato']) {
    const topic = newTopic('role');
    const refused = await (await realtime.open(vsn, {role})).join(topic, config);
    assert.ok(!isOk(refused), `${role} must not get in`);
  }
});

conformance(suite, 'sub policies are respected when accessing the channel', async vsn => {
  const config = {broadcast: {self: true}, private: true, presence: {enabled: false}};
  const sub = crypto.randomUUID();
  await joinOk(await realtime.open(vsn, {...authenticated, sub}), `realtime:sub:${sub}`, config);
  const stranger = await realtime.open(vsn, {...authenticated, sub: crypto.randomUUID()});
  assert.ok(!isOk(await stranger.join(`realtime:sub:${sub}`, config)));
});

conformance(suite, 'handle failing rls policy', async vsn => {
  const socket = await realtime.open(vsn, authenticated);
  const topic = newTopic('broken');
  const reply = await socket.join(topic, {broadcast: {self: true}, private: true});
  assert.equal(
    reasonOf(reply),
    `Unauthorized: You do not have permissions to read from this Channel topic: ${nameOf(topic)}`,
  );
  await hearsNo('presence_state', socket);
});

conformance(suite, 'handle empty topic by closing the socket', async vsn => {
  const socket = await realtime.open(vsn, authenticated);
  const reply = await socket.join('realtime:', {broadcast: {self: true}, private: false});
  const response = {reason: 'TopicNameRequired: You must provide a topic name'};
  assert.deepEqual(reply.payload, {status: 'error', response});
  await hearsNo('presence_state', socket);
});
