// Frames in, frames out, for both protocol versions: what Phoenix and Realtime answer, to the letter.
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import {pushFrame as push, readBroadcastFrame as read} from '../support/binary-frames.js';
import {newPerson, RawSocket, sql, useBackend, isRealProject} from '../support/backend.js';

const backend = await useBackend();
const topic = () => `realtime:protocol-${crypto.randomUUID()}`;

for (const vsn of ['1.0.0', '2.0.0'] as const) {
  describe(`vsn ${vsn}`, () => {
    const open = () => RawSocket.open(backend, {vsn});
    /** Version 1 has no join refs from the server. */
    const ref = (value: string | null) => (vsn === '2.0.0' ? value : null);

    test('a heartbeat is answered', async () => {
      const socket = await open();
      const reply = await socket.ask('phoenix', 'heartbeat', {});
      assert.deepEqual(reply.payload, {status: 'ok', response: {}});
      assert.equal(reply.topic, 'phoenix');
    });

    test('a join is answered with an empty list of changes, and nothing follows it', async () => {
      const socket = await open();
      const to = topic();
      const reply = await socket.join(to);
      assert.deepEqual(reply, {
        joinRef: ref('1'),
        ref: '1',
        topic: to,
        event: 'phx_reply',
        payload: {status: 'ok', response: {postgres_changes: []}},
      });
      await socket.ask('phoenix', 'heartbeat', {});
      assert.equal(socket.frames.all.length, 2);
    });

    test('presence_state follows the join when presence is on, even when nobody is there', async () => {
      const socket = await open();
      const to = topic();
      await socket.join(to, {presence: {key: 'a', enabled: true}});
      const state = await socket.frames.find(frame => frame.event === 'presence_state');
      assert.deepEqual(state, {joinRef: ref('1'), ref: null, topic: to, event: 'presence_state', payload: {}});
    });

    test('a leave is answered, then closed with the join’s reference', async () => {
      const socket = await open();
      const to = topic();
      await socket.join(to);
      const reply = await socket.ask(to, 'phx_leave', {}, '1');
      assert.deepEqual(reply.payload, {status: 'ok', response: {}});
      const close = await socket.frames.find(frame => frame.event === 'phx_close');
      assert.deepEqual(close, {joinRef: ref('1'), ref: '1', topic: to, event: 'phx_close', payload: {}});
      const after = await socket.ask(to, 'access_token', {access_token: 'x'}, '1');
      assert.deepEqual(after.payload, {status: 'error', response: {reason: 'unmatched topic'}});
    });

    test('a leave that means an earlier join of the topic is ignored', async () => {
      const socket = await open();
      const to = topic();
      await socket.join(to);
      const reply = await socket.join(to);
      socket.send(to, 'phx_leave', {}, '1');
      const stale = socket.frames.all.length;
      await socket.ask('phoenix', 'heartbeat', {});
      assert.deepEqual(
        socket.frames.all.slice(stale).map(({topic: of}) => of),
        ['phoenix'],
      );
      assert.equal((await socket.ask(to, 'phx_leave', {}, reply.ref)).payload['status'], 'ok');
      await socket.frames.find(({event, ref: of}) => event === 'phx_close' && of === reply.ref);
    });

    test('an empty access token is a token, and no good one', async () => {
      const socket = await open();
      assert.deepEqual((await socket.join(topic(), {}, '')).payload, {
        status: 'error',
        response: {reason: 'MalformedJWT: The token provided is not a valid JWT'},
      });
      const both = await socket.ask(topic(), 'phx_join', {config: {}, access_token: backend.anonKey, user_token: ''});
      assert.equal(both.payload['status'], 'error', 'the older name goes first');
    });

    test('a track and an untrack are answered before anybody is told of them', async () => {
      const socket = await open();
      const to = topic();
      await socket.join(to, {presence: {enabled: true}});
      await socket.frames.find(frame => frame.event === 'presence_state');
      const told = socket.frames.all.length;
      await socket.ask(to, 'presence', {event: 'track', payload: {}}, '1');
      await socket.ask(to, 'presence', {event: 'untrack'}, '1');
      await socket.ask('phoenix', 'heartbeat', {});
      assert.deepEqual(
        socket.frames.all.slice(told).map(({event}) => event),
        ['phx_reply', 'presence_diff', 'phx_reply', 'presence_diff', 'phx_reply'],
      );
    });

    test('leaving a topic never joined is fine', async () => {
      const socket = await open();
      assert.deepEqual((await socket.ask(topic(), 'phx_leave', {})).payload, {status: 'ok', response: {}});
    });

    test('a push to a topic not joined, and a join without the prefix, are unmatched', async () => {
      const socket = await open();
      for (const [to, event] of [
        [topic(), 'presence'],
        ['lobby', 'phx_join'],
      ] as const) {
        assert.deepEqual((await socket.ask(to, event, {})).payload, {
          status: 'error',
          response: {reason: 'unmatched topic'},
        });
      }
    });

    test('a second join of a topic answers first, then closes the old channel under its own reference', async () => {
      const socket = await open();
      const to = topic();
      await socket.join(to, {presence: {key: 'old', enabled: true}});
      await socket.ask(to, 'presence', {type: 'presence', event: 'track', payload: {n: 1}}, '1');
      const reply = await socket.join(to, {presence: {key: 'new', enabled: true}});
      assert.equal((reply.payload as {status: string}).status, 'ok');
      const close = await socket.frames.find(frame => frame.event === 'phx_close');
      assert.equal(close.ref, '1');
      const at = (fits: (frame: (typeof socket.frames.all)[number]) => boolean) => socket.frames.all.findIndex(fits);
      assert.ok(
        at(frame => frame.event === 'phx_reply' && frame.ref === reply.ref) < at(frame => frame.event === 'phx_close'),
      );
      const states = socket.frames.all.filter(frame => frame.event === 'presence_state');
      assert.deepEqual(states.at(-1)?.payload, {}, 'the old channel’s presence is gone');
      assert.deepEqual((await socket.ask(to, 'phx_leave', {}, reply.ref)).payload, {status: 'ok', response: {}});
    });

    test('frames that make no sense are dropped and the socket lives on', async () => {
      const socket = await open();
      for (const text of ['', 'nonsense', '[]', '[1,2]', '{}', 'null', '7', '{"topic":1}']) socket.text(text);
      socket.bytes(Buffer.from([9, 9, 9]));
      socket.bytes(Buffer.from([3, 255, 255, 255, 255, 0, 1]));
      assert.equal((await socket.ask('phoenix', 'heartbeat', {})).payload['status'], 'ok');
    });

    test('an odd join payload is forgiven', async () => {
      const socket = await open();
      for (const payload of [
        {},
        {
          config: {
            broadcast: {self: 'True', ack: 'false'},
            presence: {key: 7},
            postgres_changes: null,
            private: 'false',
          },
        },
        {config: {postgres_changes: [null]}},
        {config: 'nonsense'},
      ]) {
        const reply = await socket.ask(topic(), 'phx_join', payload);
        assert.deepEqual(reply.payload, {status: 'ok', response: {postgres_changes: []}});
      }
    });

    test('a topic without a name is refused in the server’s words', async () => {
      const reply = await (await open()).join('realtime:');
      assert.deepEqual(reply.payload, {
        status: 'error',
        response: {reason: 'TopicNameRequired: You must provide a topic name'},
      });
    });

    test('a text broadcast reaches the others as text, the sender only on wish', async () => {
      const [sender, reader, echo] = [await open(), await open(), await open()];
      const to = topic();
      await sender.join(to, {broadcast: {ack: true}});
      await reader.join(to);
      await echo.join(to, {broadcast: {self: true, ack: true}});
      const payload = {type: 'broadcast', event: 'e', payload: {x: 'é'}};
      assert.deepEqual((await sender.ask(to, 'broadcast', payload, '1')).payload, {status: 'ok', response: {}});
      const got = await reader.frames.find(frame => frame.event === 'broadcast');
      assert.deepEqual(got, {joinRef: null, ref: null, topic: to, event: 'broadcast', payload});
      await echo.ask(to, 'broadcast', {...payload, event: 'own'}, '1');
      await echo.frames.find(frame => frame.event === 'broadcast' && frame.payload['event'] === 'own');
      await sender.frames.find(frame => frame.event === 'broadcast' && frame.payload['event'] === 'own');
      assert.ok(!sender.frames.all.some(frame => frame.payload['event'] === 'e'));
    });
  });
}

test('a kind 3 frame comes out as kind 4 on version 2 and as JSON on version 1', async () => {
  const [sender, v2, v1] = [
    await RawSocket.open(backend),
    await RawSocket.open(backend),
    await RawSocket.open(backend, {vsn: '1.0.0'}),
  ];
  const to = topic();
  await sender.join(to, {broadcast: {ack: true}});
  await v2.join(to);
  await v1.join(to);
  sender.bytes(push('1', '9', to, 'ev', Buffer.from('{"x":"é"}'), true));
  assert.deepEqual((await sender.frames.find(frame => frame.ref === '9')).payload, {status: 'ok', response: {}});
  const {payload, ...head} = read(await v2.binary.find());
  assert.deepEqual(head, {kind: 4, topic: to, event: 'ev', meta: undefined, isJson: true});
  assert.equal(payload.toString(), '{"x":"é"}');
  const text = await v1.frames.find(frame => frame.event === 'broadcast');
  assert.deepEqual(text.payload, {type: 'broadcast', event: 'ev', payload: {x: 'é'}});
});

test('bytes travel between version 2 sockets and are skipped on version 1', async () => {
  const [sender, v2, v1] = [
    await RawSocket.open(backend),
    await RawSocket.open(backend),
    await RawSocket.open(backend, {vsn: '1.0.0'}),
  ];
  const to = topic();
  for (const socket of [sender, v2, v1]) await socket.join(to);
  sender.bytes(push('1', '2', to, 'raw', Buffer.from([0, 255, 7]), false));
  sender.bytes(push('1', '3', to, 'after', Buffer.from('{}'), true));
  const first = read(await v2.binary.find());
  assert.deepEqual([...first.payload], [0, 255, 7]);
  assert.equal(first.isJson, false);
  await v1.frames.find(frame => frame.payload['event'] === 'after');
  assert.equal(v1.frames.all.filter(frame => frame.event === 'broadcast').length, 1);
});

test('frames of one socket are taken in order, whatever each costs', async () => {
  const {token} = await newPerson(backend);
  const socket = await RawSocket.open(backend, {key: token});
  const reader = await RawSocket.open(backend, {key: token});
  const to = `realtime:presence:${crypto.randomUUID()}`;
  await reader.join(to, {private: true});
  // The join and the first push ask the database, the rest do not.
  socket.send(to, 'phx_join', {config: {private: true, broadcast: {ack: true}}});
  for (let n = 0; n < 20; n++) socket.send(to, 'broadcast', {type: 'broadcast', event: 'n', payload: {n}}, '1');
  socket.send(to, 'phx_leave', {}, '1');
  await socket.frames.find(frame => frame.event === 'phx_close');
  await reader.frames.count(21);
  const numbers = reader.frames.all
    .filter(frame => frame.event === 'broadcast')
    .map(frame => (frame.payload['payload'] as {n: number}).n);
  assert.deepEqual(
    numbers,
    Array.from({length: 20}, (_, n) => n),
  );
});

test(
  'a handshake without a key, with a bad one or an expired one is refused over HTTP',
  {skip: isRealProject},
  async () => {
    const {Keys} = await import('../../demo/backend/keys.js');
    const keys = new Keys(backend.jwtSecret);
    const refusal = async (query: string) => {
      const {status, body} = await handshake(`${backend.url}/realtime/v1/websocket?vsn=2.0.0${query}`);
      return [status, (JSON.parse(body) as {error: string}).error];
    };
    assert.deepEqual(await refusal(''), [401, 'API key is missing']);
    assert.deepEqual(await refusal('&apikey=nonsense'), [401, 'The token provided is not a valid JWT']);
    assert.deepEqual(await refusal(`&apikey=${keys.sign({role: 'anon', exp: 1})}`), [401, 'Token has expired']);
    assert.deepEqual(await refusal(`&apikey=${keys.sign({role: 'anon'})}`), [
      401,
      'Fields `role` and `exp` are required in JWT',
    ]);
    assert.deepEqual(await refusal(`&apikey=${new Keys('x'.repeat(40)).anonKey}`), [
      401,
      'Failed to validate JWT signature',
    ]);
  },
);

async function handshake(url: string): Promise<{status: number; body: string}> {
  const {request} = await import('node:http');
  return new Promise((done, fail) => {
    const asked = request(url, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    });
    asked.once('response', response => {
      let body = '';
      response.on('data', chunk => (body += String(chunk)));
      response.once('end', () => done({status: response.statusCode ?? 0, body}));
    });
    asked.once('error', fail).end();
  });
}

test('a socket that says nothing is closed', {skip: isRealProject}, async () => {
  const impatient = await useBackend({tuning: {idleMs: 50}});
  const socket = await RawSocket.open(impatient);
  await socket.closed;
});

test('the counters count sockets, channels, joins, frames and broadcasts', {skip: isRealProject}, async () => {
  const own = await useBackend();
  const [one, two] = [await RawSocket.open(own), await RawSocket.open(own)];
  await one.join('realtime:a', {broadcast: {ack: true}});
  await two.join('realtime:a', {presence: {enabled: true}});
  await one.ask('phoenix', 'heartbeat', {});
  await one.ask('realtime:a', 'broadcast', {type: 'broadcast', event: 'e', payload: {}}, '1');
  await two.frames.find(frame => frame.event === 'broadcast');
  await two.ask('realtime:a', 'presence', {event: 'track', payload: {}}, '1');
  await two.frames.find(frame => frame.event === 'presence_diff');
  two.close();
  await two.closed;
  await one.ask('phoenix', 'heartbeat', {});
  await sql(own, 'select 1');
  const {sockets, socketsOpened, channels, joins, heartbeats, framesIn, framesOut, broadcasts, presenceCalls} =
    own.stats();
  assert.deepEqual(
    {sockets, socketsOpened, channels, joins, heartbeats, framesIn, framesOut, broadcasts, presenceCalls},
    {
      sockets: 1,
      socketsOpened: 2,
      channels: 1,
      joins: 2,
      heartbeats: 2,
      framesIn: 6,
      framesOut: 9,
      broadcasts: 1,
      presenceCalls: 1,
    },
  );
});
