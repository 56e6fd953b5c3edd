// v2_serializer_test.exs and payloads/join_test.exs: the layout of frames byte by byte, and what a join's payload may
// look like. The real server logs what it can't read and joins with the rest, so "invalid" means the default here.
import assert from 'node:assert/strict';
import {Broadcast, readBinary, readFrame, writeFrame} from '../../../demo/backend/realtime/frames.js';
import {type JoinConfig, readJoin} from '../../../demo/backend/realtime/join-config.js';
import {RawSocket, useBackend} from '../../support/backend.js';
import {conformance} from '../../support/conformance.js';
import {newTopic} from './rt-channel.js';

const frames = 'v2_serializer';
const joins = 'payloads/join';
const backend = await useBackend();

const none = {joinRef: null, ref: null};

conformance(frames, 'encode!/1 encodes `Phoenix.Socket.Message` as JSON', () => {
  assert.equal(writeFrame(2, {...none, topic: 't', event: 'e', payload: {m: 1}}), '[null,null,"t","e",{"m":1}]');
});

conformance(frames, 'encode!/1 encodes `Phoenix.Socket.Reply` as JSON', () => {
  const payload = {status: null, response: {m: 1}};
  const text = writeFrame(2, {...none, topic: 't', event: 'phx_reply', payload});
  assert.deepEqual(JSON.parse(text), [null, null, 't', 'phx_reply', payload]);
});

conformance(frames, 'decode!/2 decodes `Phoenix.Socket.Message` from JSON', () => {
  assert.deepEqual(readFrame(2, '[null,null,"t","e",{"m":1}]'), {...none, topic: 't', event: 'e', payload: {m: 1}});
});

conformance(frames, 'fastlane!/1 encodes a broadcast into a message as JSON', () => {
  assert.equal(Broadcast.text('t', {m: 1}).encoded(2), '[null,null,"t","broadcast",{"m":1}]');
});

for (const [what, isJson, meta] of [
  ['fastlane binary UserBroadcast', false, {replayed: true}],
  ['fastlane binary UserBroadcast no metadata', false, undefined],
  ['fastlane json UserBroadcast', true, {replayed: true}],
  ['fastlane json UserBroadcast no metadata', true, undefined],
] as const) {
  conformance(frames, what, () => {
    const payload = isJson ? Buffer.from('{"a":"b"}') : Buffer.from([101, 102, 103]);
    const metaText = meta ? '{"replayed":true}' : '';
    const wanted = Buffer.concat([
      Buffer.from([4, 5, 10, metaText.length, isJson ? 1 : 0]),
      Buffer.from(`topicuser_event${metaText}`),
      payload,
    ]);
    assert.deepEqual(Broadcast.user('topic', 'user_event', payload, isJson, meta).encoded(2), wanted);
  });
}

for (const [what, metaText, isJson] of [
  ['binary user pushed message with metadata', '{"store":true}', false],
  ['binary user pushed message', '', false],
  ['json binary user pushed message', '', true],
] as const) {
  conformance(frames, what, () => {
    const payload = isJson ? Buffer.from('{"a":"b"}') : Buffer.from([101, 102, 103]);
    const head = Buffer.from([3, 2, 3, 5, 10, metaText.length, isJson ? 1 : 0]);
    const push = readBinary(Buffer.concat([head, Buffer.from(`12123topicuser_event${metaText}`), payload]));
    assert.deepEqual(push, {joinRef: '12', ref: '123', topic: 'topic', event: 'user_event', isJson, payload});
  });
}

const config = (value: unknown): JoinConfig => readJoin({config: value});

/** What a join leaves as the key: the one that another member sees. */
async function keyOf(key: unknown): Promise<string> {
  const socket = await RawSocket.open(backend);
  const topic = newTopic();
  const reply = await socket.join(topic, {presence: {enabled: true, ...(key === undefined ? {} : {key})}});
  assert.equal(reply.payload['status'], 'ok', 'an invalid payload is no reason to refuse a join');
  socket.send(topic, 'presence', {event: 'track', payload: {}}, '1');
  const diff = await socket.frames.find(({event}) => event === 'presence_diff');
  return Object.keys(diff.payload['joins'] as object)[0] ?? '';
}
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

conformance(joins, 'valid payload allows join', () => {
  const changes = ['INSERT', 'DELETE', 'UPDATE'].map((event, i) => ({
    event,
    schema: 'public',
    table: 'users',
    filter: `id=eq.${i}`,
  }));
  const read = readJoin({
    access_token: 'token',
    config: {
      private: false,
      broadcast: {ack: false, self: false, replay: {since: 1, limit: 10}},
      presence: {enabled: true, key: 'key'},
      postgres_changes: changes,
    },
  });
  const {changes: requests, ...rest} = read;
  assert.deepEqual(
    requests.map(({event, schema, table, filter}) => ({event, schema, table, filter})),
    changes,
  );
  assert.deepEqual(rest, {
    ack: false,
    self: false,
    replicationReady: false,
    replay: {since: 1, limit: 10},
    presenceKey: 'key',
    presenceEnabled: true,
    isPrivate: false,
    accessToken: 'token',
  });
});

for (const [what, key, wanted] of [
  ['presence key as default', undefined, uuid],
  ['presence key can be number', 123, /^123$/],
  ['presence key cannot be a map', {a: 1}, uuid],
  ['presence key cannot be a list: ["a", "b"]', ['a', 'b'], uuid],
  ['presence key cannot be a list: [%{"a" => 1}]', [{a: 1}], uuid],
  ['presence key "a" is accepted', 'a', /^a$/],
  ['presence key 123 is accepted', 123, /^123$/],
  ['presence key 1.5 is accepted', 1.5, /^1\.5$/],
  ['presence key true is accepted', true, /^true$/],
  ['presence_key falls back to a generated key when the key is not a string or number', {a: 1}, uuid],
  ['presence_key/1 returns UUID when key is empty string', '', uuid],
  ['presence_key/1 returns the configured key', 'my_key', /^my_key$/],
] as const) {
  conformance(joins, what, async () => assert.match(await keyOf(key), wanted));
}

conformance(joins, 'presence_key/1 returns UUID for non-matching struct', () => {
  assert.equal(readJoin(null).presenceKey, undefined);
});

conformance(joins, 'invalid replay', async () => {
  const socket = await RawSocket.open(backend);
  assert.equal((await socket.join(newTopic(), {broadcast: {replay: 123}})).payload['status'], 'ok');
});

conformance(joins, 'missing enabled presence defaults to false', () => {
  assert.equal(config({presence: {}}).presenceEnabled, false);
});

const defaults = readJoin({});

conformance(joins, 'invalid payload returns errors', () => {
  assert.deepEqual(config(['test']), defaults);
});

conformance(joins, 'invalid nested configurations returns errors', () => {
  const nested = {broadcast: {ack: 'test'}, presence: {enabled: 'test'}, postgres_changes: {event: 'test'}};
  assert.deepEqual(readJoin({config: nested, access_token: true, user_token: true}), defaults);
});

for (const [what, value] of [
  ['handles postgres changes with nil value in array as empty array', [null]],
  ['handles postgres changes as nil as empty array', null],
] as const) {
  conformance(joins, what, () => assert.deepEqual(config({postgres_changes: value}).changes, []));
}

const flags = ({isPrivate, ack, self, presenceEnabled}: JoinConfig) => [isPrivate, ack, self, presenceEnabled];
const all = (value: unknown) =>
  flags(config({private: value, broadcast: {ack: value, self: value}, presence: {enabled: value}}));

for (const text of ['true', 'True', 'false', 'False']) {
  const wanted = text.toLowerCase() === 'true';
  conformance(joins, `accepts string '${text}' for boolean fields`, () => {
    assert.deepEqual(all(text), [wanted, wanted, wanted, wanted]);
  });
}

conformance(joins, 'rejects invalid boolean strings', () => {
  for (const text of ['yes', 'a', 'b', 'no']) assert.deepEqual(all(text), [false, false, false, false]);
});

for (const [place, what] of [
  [3, 'presence_enabled?/1'],
  [1, 'ack_broadcast?/1'],
  [2, 'self_broadcast?/1'],
  [0, 'private?/1'],
] as const) {
  const title = what === 'presence_enabled?/1' ? 'returns enabled value' : `returns ${what.split(/[_?]/)[0]} value`;
  conformance(joins, `${what} ${title} from config`, () => {
    for (const value of [true, false]) assert.equal(all(value)[place], value);
  });
  conformance(joins, `${what} defaults to false when config is nil`, () => {
    assert.equal(flags(readJoin({config: null}))[place], false);
  });
}
