// Presence, private topics, token life, database broadcasts and replay, as channels see them.
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {RealtimeChannel} from '@supabase/supabase-js';
import {Keys} from '../../demo/backend/keys.js';
import {
  Inbox,
  isRealProject,
  join,
  joined,
  newClient,
  newPerson,
  type Person,
  RawSocket,
  sql,
  unwrap,
  useBackend,
  within,
} from '../support/backend.js';

const backend = await useBackend();
const keys = new Keys(backend.jwtSecret);

// Topics of these tests say in their name what the policies give.
await sql(
  backend,
  `create policy "test: read all" on realtime.messages for select to authenticated using (realtime.topic() like 'rw:%' or realtime.topic() like 'ro:%');
   create policy "test: write all" on realtime.messages for insert to authenticated with check (realtime.topic() like 'rw:%' or realtime.topic() like 'wo:%');
   create policy "test: presence only" on realtime.messages for select to authenticated using (extension = 'presence' and realtime.topic() like 'pr:%');
   create policy "test: presence only w" on realtime.messages for insert to authenticated with check (extension = 'presence' and realtime.topic() like 'pr:%');
   create policy "test: by claim" on realtime.messages for select to authenticated using (realtime.topic() like 'claim:%' and auth.jwt() ->> 'door' = 'open');`,
);

const name = (prefix: string) => `${prefix}:${crypto.randomUUID()}`;
const config = (extra: object = {}) => ({config: {private: true, ...extra}});
const closedBy = (channel: RealtimeChannel) => {
  const inbox = new Inbox<{status: string; message?: string}>();
  channel.on('system', {}, (payload: {status: string; message: string}) => inbox.put(payload));
  return inbox;
};

describe('presence', () => {
  test('a newcomer gets the state, the others a join, and a leave when the socket goes', async () => {
    const ada = newClient(backend);
    const topic = name('room');
    const joins = new Inbox<string>();
    const leaves = new Inbox<string>();
    const first = ada
      .channel(topic, {config: {presence: {key: 'ada'}}})
      .on('presence', {event: 'join'}, ({key}) => joins.put(key))
      .on('presence', {event: 'leave'}, ({key}) => leaves.put(key));
    await joined(first);
    assert.equal(await first.track({at: 'desk'}), 'ok');
    const bob = await RawSocket.open(backend);
    await bob.join(`realtime:${topic}`, {presence: {key: 'bob', enabled: true}});
    const state = await bob.frames.find(frame => frame.event === 'presence_state');
    assert.equal((state.payload as Record<string, {metas: {at: string}[]}>)['ada']?.metas[0]?.at, 'desk');
    await bob.ask(`realtime:${topic}`, 'presence', {event: 'track', payload: {}}, '1');
    await joins.find(key => key === 'bob');
    bob.close();
    await leaves.find(key => key === 'bob');
  });

  test('an update is one diff: the new meta names the old one, the old one leaves', async () => {
    const socket = await RawSocket.open(backend);
    const topic = `realtime:${name('room')}`;
    await socket.join(topic, {presence: {key: 'k', enabled: true}});
    for (const n of [1, 2]) await socket.ask(topic, 'presence', {type: 'presence', event: 'TRACK', payload: {n}}, '1');
    const second = await socket.frames.find(
      frame => frame.event === 'presence_diff' && JSON.stringify(frame.payload).includes('phx_ref_prev'),
    );
    type Diff = Record<
      'joins' | 'leaves',
      Record<string, {metas: {n: number; phx_ref: string; phx_ref_prev?: string}[]}>
    >;
    const {joins, leaves} = second.payload as unknown as Diff;
    assert.equal(joins['k']?.metas[0]?.n, 2);
    assert.equal(leaves['k']?.metas[0]?.n, 1);
    assert.equal(joins['k']?.metas[0]?.phx_ref_prev, leaves['k']?.metas[0]?.phx_ref);
  });

  test('the same payload again changes nothing', async () => {
    const socket = await RawSocket.open(backend);
    const topic = `realtime:${name('room')}`;
    await socket.join(topic, {presence: {key: 'k', enabled: true}});
    for (const n of [1, 1, 2]) await socket.ask(topic, 'presence', {event: 'track', payload: {n}}, '1');
    assert.equal(socket.frames.all.filter(frame => frame.event === 'presence_diff').length, 2);
  });

  test('two channels under one key are two metas; one leaves and the other stays', async () => {
    const [one, two, reader] = [
      await RawSocket.open(backend),
      await RawSocket.open(backend),
      await RawSocket.open(backend),
    ];
    const topic = `realtime:${name('room')}`;
    for (const [socket, tab] of [
      [one, 1],
      [two, 2],
    ] as const) {
      await socket.join(topic, {presence: {key: 'ada', enabled: true}});
      await socket.ask(topic, 'presence', {event: 'track', payload: {tab}}, '1');
    }
    await reader.join(topic, {presence: {enabled: true}});
    const state = await reader.frames.find(frame => frame.event === 'presence_state');
    const metas = (state.payload as Record<string, {metas: {tab: number}[]}>)['ada']?.metas.map(meta => meta.tab);
    assert.deepEqual(metas, [1, 2]);
    await one.ask(topic, 'phx_leave', {}, '1');
    const diff = await reader.frames.find(frame => frame.event === 'presence_diff');
    assert.deepEqual(diff.payload['joins'], {});
    assert.equal((diff.payload['leaves'] as Record<string, {metas: {tab: number}[]}>)['ada']?.metas[0]?.tab, 1);
  });

  test('tracking switches presence on, but brings no state', async () => {
    const socket = await RawSocket.open(backend);
    const topic = `realtime:${name('room')}`;
    await socket.join(topic);
    await socket.ask(topic, 'presence', {event: 'track', payload: {n: 1}}, '1');
    await socket.frames.find(frame => frame.event === 'presence_diff');
    assert.ok(!socket.frames.all.some(frame => frame.event === 'presence_state'));
    await socket.ask(topic, 'presence', {event: 'untrack'}, '1');
    assert.equal(socket.frames.all.filter(frame => frame.event === 'presence_diff').length, 2);
  });

  test('a payload that is no object is refused', async () => {
    const socket = await RawSocket.open(backend);
    const topic = `realtime:${name('room')}`;
    await socket.join(topic);
    const reply = await socket.ask(topic, 'presence', {event: 'track', payload: [1]}, '1');
    assert.deepEqual(reply.payload, {status: 'error', response: {reason: 'Presence track payload must be a map'}});
  });
});

describe('private topics', () => {
  test('who may not read may not join, and who is not signed in neither', async () => {
    const {client} = await newPerson(backend);
    for (const [who, topic] of [
      [client, name('wo')],
      [client, name('other')],
      [newClient(backend), name('rw')],
    ] as const) {
      const {status, error} = await join(who.channel(topic, config()));
      assert.equal(status, 'CHANNEL_ERROR');
      assert.equal(error, `Unauthorized: You do not have permissions to read from this Channel topic: ${topic}`);
    }
  });

  test('public and private topics of one name are two rooms', async () => {
    const [ada, bob] = await Promise.all([newPerson(backend), newPerson(backend)]);
    const topic = name('rw');
    const [open, closed] = [new Inbox<string>(), new Inbox<string>()];
    await joined(bob.client.channel(topic).on('broadcast', {event: '*'}, ({event}) => open.put(event)));
    const reader = await newPerson(backend);
    await joined(reader.client.channel(topic, config()).on('broadcast', {event: '*'}, ({event}) => closed.put(event)));
    const mine = await joined(ada.client.channel(topic, config({broadcast: {ack: true}})));
    assert.equal(await mine.send({type: 'broadcast', event: 'secret', payload: {}}), 'ok');
    await closed.find();
    await ada.client.channel(name('unused')).httpSend('x', {});
    unwrap({
      error: null,
      data: await fetch(
        `${backend.url}/realtime/v1/api/broadcast`,
        batch(ada, [{topic, event: 'public', payload: {}}]),
      ),
    });
    await open.find(event => event === 'public');
    assert.deepEqual([open.all, closed.all], [['public'], ['secret']]);
  });

  test('without the right to write a broadcast is dropped without a word, even with ack', async () => {
    const [ada, bob] = await Promise.all([newPerson(backend), newPerson(backend)]);
    const topic = `realtime:${name('ro')}`;
    const [sender, reader] = [
      await RawSocket.open(backend, {key: ada.token}),
      await RawSocket.open(backend, {key: bob.token}),
    ];
    await sender.join(topic, {private: true, broadcast: {ack: true, self: true}});
    await reader.join(topic, {private: true});
    sender.send(topic, 'broadcast', {type: 'broadcast', event: 'e', payload: {}}, '1');
    assert.equal((await sender.ask(topic, 'presence', {event: 'track', payload: {}}, '1')).payload['status'], 'error');
    // To go asks for no right.
    assert.equal((await sender.ask(topic, 'presence', {event: 'untrack'}, '1')).payload['status'], 'ok');
    for (const socket of [sender, reader]) {
      await socket.ask('phoenix', 'heartbeat', {});
      assert.ok(!socket.frames.all.some(frame => frame.event === 'broadcast' || frame.event === 'presence_diff'));
    }
    assert.equal(sender.frames.all.length, 4);
  });

  test('with presence rights only, presence works and broadcasts are never heard', async () => {
    const people = await Promise.all([newPerson(backend), newPerson(backend)]);
    const topic = `realtime:${name('pr')}`;
    const [one, two] = await Promise.all(people.map(({token}) => RawSocket.open(backend, {key: token})));
    assert.ok(one && two);
    assert.equal(
      (await one.join(topic, {private: true})).payload['status'],
      'error',
      'broadcast alone is not readable',
    );
    await one.join(topic, {private: true, presence: {key: 'one', enabled: true}});
    await two.join(topic, {private: true, presence: {key: 'two', enabled: true}});
    await sql(backend, 'select realtime.send($1, $2, $3, true)', [{}, 'e', topic.slice(9)]);
    await two.ask(topic, 'presence', {event: 'track', payload: {}}, '1');
    await one.frames.find(frame => frame.event === 'presence_diff');
    assert.ok(!one.frames.all.some(frame => frame.event === 'broadcast'));
    assert.equal(one.binary.all.length, 0);
  });

  test('the tokens’ claims are what policies see, and a refused right is asked again with a new token', async () => {
    const sub = crypto.randomUUID();
    const token = (door: string) =>
      keys.sign({sub, role: 'authenticated', exp: Math.floor(Date.now() / 1000) + 600, door});
    const socket = await RawSocket.open(backend);
    const topic = `realtime:${name('claim')}`;
    assert.equal((await socket.join(topic, {private: true}, token('shut'))).payload['status'], 'error');
    const reply = await socket.join(topic, {private: true}, token('open'));
    assert.equal(reply.payload['status'], 'ok');
    socket.send(topic, 'access_token', {access_token: token('shut')}, reply.ref);
    const system = await socket.frames.find(frame => frame.event === 'system');
    assert.deepEqual(system.payload, {
      extension: 'system',
      status: 'error',
      message: `You do not have permissions to read from this Channel topic: ${topic.slice(9)}`,
      channel: topic.slice(9),
    });
    const close = await socket.frames.find(frame => frame.event === 'phx_close');
    assert.equal(close.ref, reply.ref);
  });
});

describe('tokens', {skip: isRealProject}, () => {
  const seconds = (n: number) => Math.floor(Date.now() / 1000) + n;

  test('a channel whose token ends is told so and closed for good', async () => {
    const socket = await RawSocket.open(backend);
    const topic = `realtime:${name('room')}`;
    const reply = await socket.join(topic, {}, keys.sign({sub: 'x', role: 'authenticated', exp: seconds(1)}));
    const system = await socket.frames.find(frame => frame.event === 'system');
    assert.match(String(system.payload['message']), /^Token has expired \d+ seconds ago$/);
    const close = await socket.frames.find(frame => frame.event === 'phx_close');
    assert.equal(close.ref, reply.ref);
    await socket.ask('phoenix', 'heartbeat', {});
  });

  test('a newer token in time keeps the channel', async () => {
    const socket = await RawSocket.open(backend);
    const topic = `realtime:${name('room')}`;
    await socket.join(topic, {}, keys.sign({sub: 'x', role: 'authenticated', exp: seconds(2)}));
    socket.send(
      topic,
      'access_token',
      {access_token: keys.sign({sub: 'x', role: 'authenticated', exp: seconds(600)})},
      '1',
    );
    const other = `realtime:${name('room')}`;
    await socket.join(other, {}, keys.sign({sub: 'x', role: 'authenticated', exp: seconds(2)}));
    await socket.frames.find(frame => frame.event === 'phx_close' && frame.topic === other);
    assert.ok(!socket.frames.all.some(frame => frame.event === 'phx_close' && frame.topic === topic));
  });

  for (const [what, token, reason, message] of [
    [
      'a malformed token',
      'nonsense',
      'MalformedJWT: The token provided is not a valid JWT',
      'The token provided is not a valid JWT',
    ],
    [
      'a token without role',
      keys.sign({exp: seconds(60)}),
      'InvalidJWTToken: Fields `role` and `exp` are required in JWT',
      'Fields `role` and `exp` are required in JWT',
    ],
    ['an expired token', keys.sign({role: 'anon', exp: 1}), 'InvalidJWTToken: Token has expired', 'Token has expired'],
    [
      'a foreign token',
      new Keys('y'.repeat(40)).sign({role: 'anon', exp: seconds(60)}),
      'JwtSignatureError: Failed to validate JWT signature',
      'Failed to validate JWT signature',
    ],
  ] as const) {
    test(`${what} is refused at a join and closes a joined channel`, async () => {
      const socket = await RawSocket.open(backend);
      const refused = await socket.join(`realtime:${name('room')}`, {}, token);
      assert.ok(String((refused.payload['response'] as {reason: string}).reason).startsWith(reason));
      const topic = `realtime:${name('room')}`;
      await socket.join(topic);
      socket.send(topic, 'access_token', {access_token: token}, '2');
      const system = await socket.frames.find(frame => frame.event === 'system');
      assert.ok(String(system.payload['message']).startsWith(message));
      await socket.frames.find(frame => frame.event === 'phx_close' && frame.topic === topic);
    });
  }

  test('null and sb_ tokens are ignored', async () => {
    const socket = await RawSocket.open(backend);
    const topic = `realtime:${name('room')}`;
    await socket.join(topic, {}, 'sb_publishable_x');
    for (const token of [null, 'sb_publishable_x', undefined])
      socket.send(topic, 'access_token', {access_token: token}, '1');
    await socket.ask('phoenix', 'heartbeat', {});
    assert.equal(socket.frames.all.length, 2);
  });
});

describe('broadcasts from the database', () => {
  const listen = async (who: Person, topic: string, extra: object = {}) => {
    const got = new Inbox<{event: string; payload: Record<string, unknown>; meta?: {id: string; replayed?: boolean}}>();
    const channel = who.client
      .channel(topic, config(extra))
      .on('broadcast', {event: '*'}, message => got.put(message as never));
    await joined(channel);
    return {got, channel};
  };

  test('realtime.send reaches a private topic with its id, and a public one when asked', async () => {
    const ada = await newPerson(backend);
    const topic = name('rw');
    const {got} = await listen(ada, topic);
    const open = new Inbox<string>();
    const other = newClient(backend);
    await joined(other.channel(topic).on('broadcast', {event: '*'}, ({event}) => open.put(event)));
    await sql(backend, 'select realtime.send($1, $2, $3, true)', [{a: 1}, 'closed', topic]);
    await sql(backend, 'select realtime.send($1, $2, $3, false)', [{a: 1}, 'open', topic]);
    const message = await got.find();
    assert.equal(message.payload['a'], 1);
    assert.equal(message.payload['id'], message.meta?.id);
    await open.find();
    assert.deepEqual([got.all.length, open.all], [1, ['open']]);
  });

  test('a row larger than a notification arrives whole', async () => {
    const ada = await newPerson(backend);
    const topic = name('rw');
    const {got} = await listen(ada, topic);
    await sql(backend, 'select realtime.send($1, $2, $3)', [{text: 'ü'.repeat(100_000)}, 'big', topic]);
    assert.equal((await got.find()).payload['text'], 'ü'.repeat(100_000));
  });

  test('bytes arrive as bytes', async () => {
    const ada = await newPerson(backend);
    const topic = name('rw');
    const {got} = await listen(ada, topic);
    await sql(backend, `select realtime.send_binary('\\x00ff07', 'raw', $1)`, [topic]);
    const {payload} = (await got.find()) as unknown as {payload: ArrayBuffer};
    assert.deepEqual([...new Uint8Array(payload)], [0, 255, 7]);
  });

  test('messages of one transaction come after its commit and in order', async () => {
    const ada = await newPerson(backend);
    const topic = name('rw');
    const {got} = await listen(ada, topic);
    const sends = (from: number) =>
      Array.from({length: 10}, (_, i) => `select realtime.send('{"n":${from + i}}', 'n', '${topic}');`).join('');
    await sql(backend, `begin; ${sends(1)} rollback; begin; ${sends(100)} commit; begin; ${sends(200)} commit`);
    const numbers = (await got.count(20)).map(message => message.payload['n']);
    assert.deepEqual(
      numbers,
      [100, 200].flatMap(from => Array.from({length: 10}, (_, i) => from + i)),
    );
  });

  test('who asks for it is told that replication is ready', async () => {
    const ada = await newPerson(backend);
    const channel = ada.client.channel(name('rw'), config({broadcast: {replication_ready: true}}));
    const said = closedBy(channel);
    await joined(channel);
    assert.deepEqual(await said.find(), {
      extension: 'system',
      status: 'ok',
      message: 'Replication connection established',
      channel: channel.subTopic,
    });
  });

  test('a replay brings the newest since a time, oldest first, marked, before anything live', async () => {
    const ada = await newPerson(backend);
    const topic = name('rw');
    const send = (n: number) => sql(backend, 'select realtime.send($1, $2, $3)', [{n}, 'n', topic]);
    // Who is late would get some of them live, too.
    const {got: told} = await listen(await newPerson(backend), topic);
    await send(0);
    const [clock] = await sql<{ms: number}>(
      backend,
      `select extract(epoch from clock_timestamp())::float8 * 1000 as ms`,
    );
    for (let n = 1; n <= 4; n++) await send(n);
    await told.count(5);
    const {got} = await listen(ada, topic, {broadcast: {replay: {since: Math.ceil(clock?.ms ?? 0), limit: 3}}});
    await send(5);
    const seen = (await got.count(4)).map(({payload, meta}) => [payload['n'], meta?.replayed ?? false]);
    assert.deepEqual(seen, [
      [2, true],
      [3, true],
      [4, true],
      [5, false],
    ]);
  });

  test('a replay gives at most 25, and odd or public ones are refused', async () => {
    const ada = await newPerson(backend);
    const topic = name('rw');
    await sql(backend, `select realtime.send(jsonb_build_object('n', n), 'n', $1) from generate_series(1, 30) n`, [
      topic,
    ]);
    const socket = await RawSocket.open(backend, {key: ada.token});
    await socket.join(`realtime:${topic}`, {
      private: true,
      broadcast: {replay: {since: Date.now() - 60_000, limit: 1000}},
    });
    await socket.ask('phoenix', 'heartbeat', {});
    assert.equal(socket.frames.all.filter(frame => frame.event === 'broadcast').length, 25);
    const reason = async (settings: object) =>
      (
        (await socket.join(`realtime:${name('rw')}`, settings as Record<string, unknown>)).payload['response'] as {
          reason: string;
        }
      ).reason;
    assert.equal(
      await reason({private: true, broadcast: {replay: {since: 'yesterday'}}}),
      'UnableToReplayMessages: Replay params are not valid',
    );
    assert.equal(
      await reason({broadcast: {replay: {since: 1}}}),
      'UnableToReplayMessages: Replay is not allowed for public channels',
    );
  });
});

function batch({token}: Person, messages: unknown[]): RequestInit {
  return {
    method: 'POST',
    headers: {apikey: backend.anonKey, authorization: `Bearer ${token}`, 'content-type': 'application/json'},
    body: JSON.stringify({messages}),
  };
}

describe('broadcasts over HTTP', () => {
  test('a batch is taken with 202; private messages without the right are skipped', async () => {
    const [ada, bob] = await Promise.all([newPerson(backend), newPerson(backend)]);
    const [writable, readable] = [name('rw'), name('ro')];
    const got = new Inbox<string>();
    for (const topic of [writable, readable]) {
      await joined(bob.client.channel(topic, config()).on('broadcast', {event: '*'}, ({event}) => got.put(event)));
    }
    const answer = await fetch(
      `${backend.url}/realtime/v1/api/broadcast`,
      batch(ada, [
        {topic: readable, event: 'denied', payload: {}, private: true},
        {topic: writable, event: 'taken', payload: {}, private: true},
      ]),
    );
    assert.equal(answer.status, 202);
    await got.find();
    assert.deepEqual(got.all, ['taken']);
  });

  test('a batch with faults names them by place', async () => {
    const ada = await newPerson(backend);
    const answer = await fetch(
      `${backend.url}/realtime/v1/api/broadcast`,
      batch(ada, [
        {topic: 't', event: 'e'},
        {topic: 't', event: 'e', payload: {}},
      ]),
    );
    assert.equal(answer.status, 422);
    assert.deepEqual(await answer.json(), {errors: {messages: [{payload: ["can't be blank"]}, {}]}});
  });

  test('one message without the right is refused with 403, of another type with 415, without a key with 401', async () => {
    const ada = await newPerson(backend);
    const send = (query: string, type: string, key: string | undefined) =>
      fetch(`${backend.url}/realtime/v1/api/broadcast/${name('ro')}/events/e${query}`, {
        method: 'POST',
        headers: {'content-type': type, ...(key ? {apikey: key, authorization: `Bearer ${ada.token}`} : {})},
        body: '{}',
      }).then(answer => answer.status);
    assert.equal(await send('?private=true', 'application/json', backend.anonKey), 403);
    assert.equal(await send('', 'application/json', backend.anonKey), 202);
    assert.equal(await send('', 'application/octet-stream', backend.anonKey), 202);
    assert.equal(await send('', 'text/plain', backend.anonKey), 415);
    assert.equal(await send('', 'application/json', undefined), 401);
  });

  test('httpSend of JSON and of bytes arrives on both versions as each can take it', async () => {
    const topic = name('room');
    const sender = newClient(backend).channel(topic);
    const [v1, v2] = [new Inbox<unknown>(), new Inbox<unknown>()];
    await joined(
      newClient(backend, {vsn: '1.0.0'})
        .channel(topic)
        .on('broadcast', {event: '*'}, ({payload}) => v1.put(payload)),
    );
    await joined(
      newClient(backend)
        .channel(topic)
        .on('broadcast', {event: '*'}, ({payload}) => v2.put(payload)),
    );
    await sender.httpSend('raw', new Uint8Array([1, 2]).buffer);
    await sender.httpSend('json', {n: 1});
    await within('both', Promise.all([v1.find(), v2.count(2)]));
    assert.deepEqual(v1.all, [{n: 1}]);
    assert.deepEqual([...new Uint8Array(v2.all[0] as ArrayBuffer)], [1, 2]);
    assert.deepEqual(v2.all[1], {n: 1});
  });
});
