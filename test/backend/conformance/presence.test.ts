// rt_channel/presence_test.exs: presence on public and private channels, who is told of it, and what a new token
// changes.
import assert from 'node:assert/strict';
import {isRealProject, type RawSocket, type Wire} from '../../support/backend.js';
import {conformance} from '../../support/conformance.js';
import {
  authenticated,
  eventsOf,
  hearsNo,
  isOk,
  joinOk,
  message,
  nameOf,
  newTopic,
  type Realtime,
  serviceRole,
  settle,
  track,
  useLosableDatabase,
  useRealtime,
} from './rt-channel.js';

const suite = 'rt_channel/presence';
const realtime = await useRealtime();
const losable = isRealProject ? undefined : await useLosableDatabase();
const someone = {name: 'realtime_presence_96', t: 1814.7000000029802};
const present = (key = '') => ({presence: {key, enabled: true}, private: true});

type Entries = Record<string, {metas: Record<string, unknown>[]}>;

function joinsOf(frame: Wire): Record<string, unknown>[] {
  assert.deepEqual(frame.payload['leaves'], {});
  return Object.values(frame.payload['joins'] as Entries).flatMap(({metas}) => metas);
}

/** Tracks and sees that this very socket is told. */
async function tracksAndHears(socket: RawSocket, topic: string): Promise<void> {
  assert.ok(isOk(await socket.ask(topic, 'presence', track(someone), '1')));
  const [meta] = joinsOf(await socket.frames.find(({event}) => event === 'presence_diff'));
  assert.deepEqual([meta?.['name'], meta?.['t']], [someone.name, someone.t]);
}

conformance(suite, 'public presence', async vsn => {
  const socket = await realtime.open(vsn);
  const topic = newTopic();
  await joinOk(socket, topic, {presence: {key: '', enabled: true}, private: false});
  assert.deepEqual((await socket.frames.find(({event}) => event === 'presence_state')).payload, {});
  await tracksAndHears(socket, topic);
});

for (const kind of ['public', 'private'] as const) {
  const isPrivate = kind === 'private';
  const topicOf = () => newTopic(isPrivate ? 'all' : 'any');

  conformance(suite, `presence enabled if param enabled is set in configuration for ${kind} channels`, async vsn => {
    const socket = await realtime.open(vsn, authenticated);
    await joinOk(socket, topicOf(), {private: isPrivate, presence: {enabled: true}});
    await socket.frames.find(({event}) => event === 'presence_state');
  });

  conformance(
    suite,
    `presence disabled if param 'enabled' is set to false in configuration for ${kind} channels`,
    async vsn => {
      const socket = await realtime.open(vsn, authenticated);
      await joinOk(socket, topicOf(), {private: isPrivate, presence: {enabled: false}});
      await hearsNo('presence_state', socket);
    },
  );

  conformance(suite, `presence automatically enabled when user sends track message for ${kind} channel`, async vsn => {
    const socket = await realtime.open(vsn, authenticated);
    const topic = topicOf();
    await joinOk(socket, topic, {private: isPrivate, presence: {key: '', enabled: false}});
    await hearsNo('presence_state', socket);
    await tracksAndHears(socket, topic);
  });
}

conformance(
  suite,
  'private presence with read and write permissions will be able to track and receive presence changes',
  async vsn => {
    const socket = await realtime.open(vsn, authenticated);
    const topic = newTopic('all');
    await joinOk(socket, topic, present());
    await socket.frames.find(({event}) => event === 'presence_state');
    await tracksAndHears(socket, topic);
  },
);

conformance(
  suite,
  'private presence with presence only permissions can join, track and never sees broadcasts',
  async vsn => {
    const topic = newTopic('only-presence');
    const [member, service] = [await realtime.open(vsn, authenticated), await realtime.open(vsn, serviceRole)];
    await joinOk(member, topic, present('authenticated'));
    await member.frames.find(({event}) => event === 'presence_state');
    await joinOk(service, topic, {private: true});
    await tracksAndHears(member, topic);
    member.send(topic, 'broadcast', message, '1');
    await hearsNo('broadcast', member, service);
    service.send(topic, 'broadcast', message, '1');
    await settle(service);
    await hearsNo('broadcast', member);
  },
);

for (const [kind, what] of [
  [
    'presence-read',
    "private presence with presence read only permissions receives presence but can't track or read broadcasts",
  ],
  [
    'read',
    "private presence with read permissions will be able to receive presence changes but won't be able to track",
  ],
] as const) {
  conformance(suite, what, async vsn => {
    const topic = newTopic(kind);
    const [member, service] = [await realtime.open(vsn, authenticated), await realtime.open(vsn, serviceRole)];
    await joinOk(member, topic, present('authenticated'));
    const state = await member.frames.find(({event}) => event === 'presence_state');
    assert.deepEqual([state.payload, state.ref], [{}, null]);
    member.send(topic, 'presence', track({name: 'denied'}), '1');
    await hearsNo('presence_diff', member);

    await joinOk(service, topic, present('service_role'));
    await tracksAndHears(service, topic);
    const diff = await member.frames.find(({event}) => event === 'presence_diff');
    assert.equal((diff.payload['joins'] as Entries)['service_role']?.metas[0]?.['name'], someone.name);
    if (kind !== 'presence-read') return;
    service.send(topic, 'broadcast', message, '1');
    await settle(service);
    await hearsNo('broadcast', member);
  });
}

for (const [enabled, what] of [
  [true, 'presence_diff is withheld from a member denied presence.read'],
  [false, 'presence_diff gate holds when presence is auto-enabled via track'],
] as const) {
  conformance(suite, what, async vsn => {
    const sub = crypto.randomUUID();
    const topic = `realtime:presence-by-sub:${sub}`;
    const config = {presence: {key: '', enabled}, private: true};
    const main = await realtime.open(vsn, {...authenticated, sub});
    const other = await realtime.open(vsn, authenticated);
    for (const socket of [other, main]) await joinOk(socket, topic, config);
    if (!enabled) assert.ok(isOk(await other.ask(topic, 'presence', track({name: 'other'}), '1')));
    assert.ok(isOk(await main.ask(topic, 'presence', track({test: 'not for the other'}), '1')));
    const metas = eventsOf(main, 'presence_diff').flatMap(joinsOf);
    assert.ok(metas.some(meta => meta['test'] === 'not for the other'));
    await hearsNo('presence_diff', other);
    await hearsNo('presence_state', other);
  });
}

/** Joins as `claims`, then hands over a token of the same person with others. */
async function withNewClaims(
  {token, open}: Realtime,
  vsn: '1.0.0' | '2.0.0',
  topic: string,
  claims: object,
  later: object,
): Promise<RawSocket> {
  const socket = await open(vsn, {...authenticated, ...claims});
  const joinRef = await joinOk(socket, topic, present('authenticated'));
  socket.send(topic, 'access_token', {access_token: token({...authenticated, ...later})}, joinRef);
  return socket;
}

conformance(
  suite,
  'disconnects when presence read permission changes from true to false on new access_token',
  async vsn => {
    const topic = newTopic('presence-by-claim');
    const socket = await withNewClaims(realtime, vsn, topic, {presence_read: true}, {presence_read: false});
    await socket.frames.find(({event}) => event === 'phx_close');
    const said = `You no longer have permission to read from this Channel topic: ${nameOf(topic)}`;
    assert.equal(eventsOf(socket, 'system')[0]?.payload['message'], said);
  },
);

conformance(suite, 'stays connected when presence read permission remains true on new access_token', async vsn => {
  const topic = newTopic('presence-by-claim');
  const socket = await withNewClaims(realtime, vsn, topic, {presence_read: true}, {presence_read: true});
  await hearsNo('phx_close', socket);
});

conformance(
  suite,
  'disconnects when a presence only member loses presence read permission on new access_token',
  async vsn => {
    const topic = newTopic('only-presence-by-claim');
    const socket = await withNewClaims(realtime, vsn, topic, {presence_read: true}, {presence_read: false});
    await socket.frames.find(({event}) => event === 'phx_close');
    const [system] = eventsOf(socket, 'system');
    const said = `You do not have permissions to read from this Channel topic: ${nameOf(topic)}`;
    assert.deepEqual([system?.payload['status'], system?.payload['message']], ['error', said]);
  },
);

conformance(
  suite,
  'starts receiving broadcasts when broadcast read permission is granted on new access_token',
  async vsn => {
    const topic = newTopic('broadcast-by-claim');
    const publisher = await realtime.open(vsn, serviceRole);
    await joinOk(publisher, topic, {private: true});
    const before = await realtime.open(vsn, {...authenticated, broadcast_read: false});
    await joinOk(before, topic, present('before'));
    publisher.send(topic, 'broadcast', message, '1');
    await settle(publisher);
    await hearsNo('broadcast', before);

    before.send(topic, 'access_token', {access_token: realtime.token({...authenticated, broadcast_read: true})}, '1');
    await hearsNo('phx_close', before);
    publisher.send(topic, 'broadcast', message, '1');
    assert.deepEqual((await before.frames.find(({event}) => event === 'broadcast')).payload, message);
  },
);

conformance(suite, 'handles lack of connection to database error on private channels', async vsn => {
  assert.ok(losable);
  const socket = await losable.realtime.open(vsn, authenticated);
  const topic = newTopic('all');
  await joinOk(socket, topic, present());
  losable.shut();
  socket.send(topic, 'presence', track(someone), '1');
  await hearsNo('presence_diff', socket);
  assert.deepEqual(eventsOf(socket, 'phx_close'), []);
  losable.reopen();
});

conformance(suite, 'lack of connection to database error does not impact public channels', async vsn => {
  assert.ok(losable);
  const socket = await losable.realtime.open(vsn, authenticated);
  const topic = newTopic();
  await joinOk(socket, topic, {private: false, presence: {enabled: true}});
  losable.shut();
  await tracksAndHears(socket, topic);
  losable.reopen();
});
