// Supabase's limits and what each costs: a message, a channel or the socket. And the faults that a test may order.
import assert from 'node:assert/strict';
import {connect} from 'node:net';
import {describe, test} from 'node:test';
import type {Tuning} from '../../demo/backend/options.js';
import {PostgresServer, superuser} from '../../demo/backend/postgres/server.js';
import {
  eventually,
  isRealProject,
  joined,
  later,
  newClient,
  newPerson,
  RawSocket,
  sql,
  unwrap,
  useBackend,
  within,
} from '../support/backend.js';

const options = {skip: isRealProject};
const prompt = {joinErrorMs: 0, handshakeErrorMs: 0};

// Each test has a backend with limits of its own; one database serves them all.
const postgres = isRealProject ? undefined : await PostgresServer.start();
later(() => postgres?.stop());
const limited = (tuning: Partial<Tuning> = {}) =>
  useBackend({limits: 'hosted', tuning, databaseUrl: postgres?.url(superuser, postgres.password)});

describe('limits', options, () => {
  test('the sixth presence call in half a minute closes the channel, equal payloads included', async () => {
    const backend = await limited();
    const socket = await RawSocket.open(backend);
    await socket.join('realtime:room');
    for (let n = 0; n < 5; n++) {
      assert.equal(
        (await socket.ask('realtime:room', 'presence', {event: 'track', payload: {}}, '1')).payload['status'],
        'ok',
      );
    }
    socket.send('realtime:room', 'presence', {event: 'untrack'}, '1');
    const system = await socket.frames.find(frame => frame.event === 'system');
    assert.equal(system.payload['message'], 'Client presence rate limit exceeded');
    await socket.frames.find(frame => frame.event === 'phx_close');
    await socket.ask('phoenix', 'heartbeat', {});
    assert.equal(backend.stats().channels, 0);
  });

  test('the presence budget comes back with the next window', async () => {
    const backend = await limited({presenceWindowMs: 100});
    const socket = await RawSocket.open(backend);
    await socket.join('realtime:room');
    const started = Date.now();
    for (let calls = 0; Date.now() - started < 250; calls++) {
      if (calls % 5 === 0 && calls > 0) await new Promise(done => setTimeout(done, 101)); // the window is a clock
      assert.equal(
        (await socket.ask('realtime:room', 'presence', {event: 'track', payload: {calls}}, '1')).payload['status'],
        'ok',
      );
    }
  });

  test('one channel too many is refused, late, and the others stay', async () => {
    const backend = await limited({joinErrorMs: 50, joinsPerSecond: 1000});
    const socket = await RawSocket.open(backend);
    for (let n = 0; n < 100; n++) assert.equal((await socket.join(`realtime:${n}`)).payload['status'], 'ok');
    const asked = performance.now();
    const refused = await socket.join('realtime:one-more');
    assert.ok(performance.now() - asked > 45);
    assert.deepEqual(refused.payload, {
      status: 'error',
      response: {reason: 'ChannelRateLimitReached: Too many channels'},
    });
    assert.equal(backend.stats().channels, 100);
    await socket.ask('realtime:0', 'phx_leave', {}, '1');
    assert.equal((await socket.join('realtime:one-more')).payload['status'], 'ok');
  });

  test('too many joins a second cost the socket', async () => {
    const backend = await limited({...prompt, joinsPerSecond: 5, rateBucketMs: 50});
    const socket = await RawSocket.open(backend);
    const refused = await eventually('a refusal', async () => {
      const reply = await socket.join('realtime:room');
      return reply.payload['status'] === 'error' ? reply : undefined;
    });
    assert.deepEqual(refused.payload['response'], {reason: 'ClientJoinRateLimitReached: Too many joins per second'});
    assert.equal(await socket.closed, 1001);
  });

  test('a payload too large is dropped, and told only to who waits for an acknowledgement', async () => {
    const backend = await limited({payloadKb: 1});
    const socket = await RawSocket.open(backend);
    const large = {type: 'broadcast', event: 'e', payload: {text: 'x'.repeat(1600)}};
    await socket.join('realtime:deaf', {broadcast: {self: true}});
    await socket.join('realtime:ack', {broadcast: {self: true, ack: true}});
    socket.send('realtime:deaf', 'broadcast', large, '1');
    const reply = await socket.ask('realtime:ack', 'broadcast', large, '2');
    assert.deepEqual(reply.payload, {status: 'error', response: 'payload_size_exceeded'});
    assert.equal(socket.frames.all.length, 3);
    socket.send('realtime:ack', 'presence', {event: 'track', payload: large}, '2');
    const system = await socket.frames.find(frame => frame.event === 'system');
    assert.equal(system.payload['message'], 'Track message size exceeded');
  });

  test('one socket too many is refused at the handshake', async () => {
    const backend = await limited({...prompt, sockets: 1});
    const socket = await RawSocket.open(backend);
    await socket.join('realtime:room'); // with its first join a socket becomes a connected user
    await assert.rejects(RawSocket.open(backend), /429/);
  });

  test('a socket that was let in before another took its place is refused at its join', async () => {
    const backend = await limited({...prompt, sockets: 1});
    const [first, second] = [await RawSocket.open(backend), await RawSocket.open(backend)];
    assert.equal((await first.join('realtime:room')).payload['status'], 'ok');
    assert.deepEqual((await second.join('realtime:room')).payload, {
      status: 'error',
      response: {reason: 'ConnectionRateLimitReached: Too many connected users'},
    });
  });

  test('REST gives a thousand rows at most and ends a long statement', async () => {
    const backend = await limited({statementMs: {anon: 100, authenticated: 100}});
    await sql(
      backend,
      `create table public.many as select n from generate_series(1, 1500) n;
       create function public.slow() returns void language sql as 'select pg_sleep(10)';`,
    );
    const client = newClient(backend);
    const {data, count, status} = await client.from('many').select('n', {count: 'exact'});
    assert.deepEqual([data?.length, count, status], [1000, 1500, 206]);
    const {error} = await client.rpc('slow');
    assert.equal(error?.code, '57014');
  });
});

describe('faults', options, async () => {
  const backend = await useBackend({faults: true});
  const order = async (fault: object) => {
    const answer = await fetch(`${backend.url}/faults`, {method: 'POST', body: JSON.stringify(fault)});
    assert.equal(answer.status, 200, await answer.text());
  };

  test('cut destroys every socket and the official client comes back by itself', async () => {
    const socket = await RawSocket.open(backend);
    await order({cut: true});
    assert.equal(await socket.closed, 1006);
    const {client} = await newPerson(backend);
    const statuses: string[] = [];
    const channel = client.channel('room');
    const again = new Promise<void>(done =>
      channel.subscribe(status => {
        statuses.push(status);
        if (statuses.filter(one => one === 'SUBSCRIBED').length === 2) done();
        else if (statuses.length === 1) void order({cut: true});
      }),
    );
    await within('the second join', again);
    assert.deepEqual(statuses, ['SUBSCRIBED', 'CHANNEL_ERROR', 'SUBSCRIBED']);
  });

  test('disconnect tells every channel, then closes with 1012, and privateOnly refuses public channels from then on', async () => {
    const socket = await RawSocket.open(backend);
    await socket.join('realtime:room');
    await order({privateOnly: true});
    const told = await socket.frames.find(frame => frame.event === 'system');
    assert.deepEqual(told, {
      joinRef: null,
      ref: null,
      topic: 'realtime:room',
      event: 'system',
      payload: {extension: 'system', status: 'ok', message: 'Server requested disconnect'},
    });
    assert.equal(await socket.closed, 1012);
    const again = await RawSocket.open(backend);
    assert.deepEqual((await again.join('realtime:room')).payload['response'], {
      reason: 'PrivateOnly: This project only allows private channels',
    });
    await order({privateOnly: false});
    assert.equal(await again.closed, 1012);
    const third = await RawSocket.open(backend);
    await order({disconnect: true});
    assert.equal(await third.closed, 1012);
  });

  test('loseAnswers commits and destroys the answer, as often as asked', async () => {
    const {client} = await newPerson(backend);
    const {data} = unwrap(await client.rpc('open_chat', {chat: `lost-${crypto.randomUUID()}`, make: true}));
    const chat = (data as {id: string}).id;
    const messages = [{id: crypto.randomUUID(), chat_id: chat, body: 'stored once'}];
    await order({loseAnswers: {path: '/rest/v1/rpc/send_messages', count: 1}});
    assert.ok((await client.rpc('send_messages', {messages})).error, 'the answer is lost');
    const again = unwrap(await client.rpc('send_messages', {messages})).data as {stored: {rev: number}}[];
    assert.equal(again[0]?.stored.rev, 1);
  });

  test('expireTokens ends the tokens given out, a refreshed one works', async () => {
    const {client, token} = await newPerson(backend);
    const socket = await RawSocket.open(backend);
    await socket.join('realtime:room', {}, token);
    await order({expireTokens: true});
    const system = await socket.frames.find(frame => frame.event === 'system');
    assert.match(String(system.payload['message']), /^Token has expired/);
    assert.equal((await client.from('chats').select('id')).error?.code, 'PGRST303');
    unwrap(await client.auth.refreshSession());
    unwrap(await client.from('chats').select('id'));
    unwrap(
      await newClient(backend)
        .from('chats')
        .select('id')
        .limit(0)
        .then(answer => ({...answer, error: null})),
    );
  });

  test('restartPostgres interrupts and everything works again, database broadcasts included', async () => {
    const {client} = await newPerson(backend);
    await order({restartPostgres: true});
    const {data} = unwrap(await client.rpc('open_chat', {chat: `after-${crypto.randomUUID()}`, make: true}));
    const chat = (data as {id: string}).id;
    const channel = client.channel(`chat:${chat}`, {config: {private: true, broadcast: {replication_ready: true}}});
    const ready = new Promise(done => channel.on('system', {}, done));
    const event = new Promise(done => channel.on('broadcast', {event: 'change'}, done));
    await joined(channel);
    await within('replication', ready);
    unwrap(await client.rpc('send_messages', {messages: [{id: crypto.randomUUID(), chat_id: chat, body: 'here'}]}));
    await within('the event', event);
  });

  test('refuseSocketsForMs keeps sockets out until reset, and lets requests through', async () => {
    await order({refuseSocketsForMs: 60_000});
    await assert.rejects(RawSocket.open(backend));
    assert.equal((await fetch(`${backend.url}/auth/v1/health`)).status, 200);
    await order({reset: true});
    (await RawSocket.open(backend)).close();
  });

  test('refuseForMs and stallForMs keep requests and sockets out until reset', async () => {
    await order({refuseForMs: 60_000});
    await assert.rejects(fetch(`${backend.url}/auth/v1/health`));
    await assert.rejects(RawSocket.open(backend));
    await order({reset: true});
    const socket = await RawSocket.open(backend);
    await order({stallForMs: 60_000});
    const stalled = fetch(`${backend.url}/auth/v1/health`, {signal: AbortSignal.timeout(100)});
    await assert.rejects(stalled, {name: 'TimeoutError'});
    socket.send('phoenix', 'heartbeat', {});
    await order({reset: true});
    await socket.ask('phoenix', 'heartbeat', {});
    assert.equal(socket.frames.all.length, 1, 'what was sent into the stall is gone');
  });

  test('a handshake that a stall never answers does not keep the backend from ending', async () => {
    const other = await useBackend({
      faults: true,
      databaseUrl: postgres?.url(superuser, postgres.password) ?? '',
    });
    await fetch(`${other.url}/faults`, {method: 'POST', body: '{"stallForMs":60000}'});
    const {host, hostname, port} = new URL(other.url);
    const socket = connect(Number(port), hostname);
    const ended = new Promise(done => socket.once('close', done).on('error', () => {}));
    const path = `/realtime/v1/websocket?apikey=${other.anonKey}&vsn=2.0.0`;
    const key = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n\r\n`,
    );
    await fetch(`${other.url}/stats`); // answered after the handshake was read
    await within('the end', other.close());
    await within('the end of the handshake', ended);
  });

  test('dropEveryNth loses frames and delayMs holds them up, in order', async () => {
    const socket = await RawSocket.open(backend);
    await order({delayMs: 60});
    const asked = performance.now();
    const refs = [1, 2, 3].map(() => socket.send('phoenix', 'heartbeat', {}));
    await socket.frames.count(3);
    assert.ok(performance.now() - asked > 110);
    assert.deepEqual(
      socket.frames.all.map(frame => frame.ref),
      refs,
    );
    await order({reset: true});
    await order({dropEveryNth: 3});
    const more = Array.from({length: 9}, () => socket.send('phoenix', 'heartbeat', {}));
    await within('the last frame taken', untilCounted(12));
    await order({reset: true});
    await socket.ask('phoenix', 'heartbeat', {});
    assert.ok(socket.frames.all.length < 3 + more.length + 1);

    async function untilCounted(framesIn: number): Promise<void> {
      const before = backend.stats().framesIn;
      while (backend.stats().framesIn < Math.max(before, framesIn)) await new Promise(done => setImmediate(done));
    }
  });

  test('tooManyForMs answers REST alone with 429, and a Retry-After that a page of another origin can’t read', async () => {
    const {client} = await newPerson(backend);
    const rest = `${backend.url}/rest/v1/chats?limit=0`;
    const headers = {apikey: backend.anonKey, origin: 'https://example.com'};
    await order({tooManyForMs: 60_000, retryAfterS: 7});
    const answer = await fetch(rest, {headers});
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [429, '7']);
    assert.deepEqual(await answer.json(), {message: 'API rate limit exceeded'});
    const exposed = (answer.headers.get('access-control-expose-headers') ?? '').toLowerCase().split(', ');
    assert.ok(exposed.includes('content-range'));
    assert.ok(!exposed.includes('retry-after'), 'as on a hosted project');
    assert.equal((await fetch(rest, {method: 'OPTIONS', headers})).status, 204);
    assert.equal((await client.from('chats').select('id')).status, 429);
    unwrap(await client.auth.getUser());
    await order({tooManyForMs: 60_000});
    assert.equal((await fetch(rest, {headers})).headers.get('retry-after'), null);
    await order({reset: true});
    unwrap(await client.from('chats').select('id'));
  });

  test('an unknown fault, two at once and nonsense are refused by name', async () => {
    for (const [body, said] of [
      ['{"explode":true}', 'explode'],
      ['{"cut":true,"reset":true}', 'one fault'],
      ['nonsense', 'not JSON'],
      ['{"delayMs":"long"}', 'delayMs'],
      ['{"retryAfterS":1}', 'retryAfterS'],
      ['{"tooManyForMs":1,"retryAfterS":"soon"}', 'retryAfterS'],
    ] as const) {
      const answer = await fetch(`${backend.url}/faults`, {method: 'POST', body});
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), new RegExp(said));
    }
  });
});
