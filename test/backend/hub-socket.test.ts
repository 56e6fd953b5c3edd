// The hub's own socket against the backend, with the official client as the other side and as the judge: what one says the other hears,
// and of the same event both tell the same.
import assert from 'node:assert/strict';
import {describe, test} from 'node:test';
import type {RealtimeChannel as OfficialChannel} from '@supabase/supabase-js';
import {Keys} from '../../demo/backend/keys.js';
import {RealtimeSocket} from '../../src/hub/supabase/realtime-socket.js';
import type {ChannelListener, ChannelOptions} from '../../src/hub/transport.js';
import type {ChangeFilter, DatabaseChange} from '../../src/wire/topic.js';
import {Inbox, isRealProject, join, joined, later, newPerson, sql, useBackend} from '../support/backend.js';

const backend = await useBackend();

await sql(
  backend,
  `create policy "hub socket: read" on realtime.messages for select to authenticated using (realtime.topic() like 'hs:%' or realtime.topic() like 'hs-ro:%');
   create policy "hub socket: write" on realtime.messages for insert to authenticated with check (realtime.topic() like 'hs:%');
   create table public.hub_socket (id bigint primary key, who text, at timestamptz default now(), extra jsonb);
   alter table public.hub_socket enable row level security;
   create policy "all" on public.hub_socket for all to authenticated using (true) with check (true);
   grant all on public.hub_socket to authenticated;
   alter publication supabase_realtime add table public.hub_socket;`,
);

const topicOf = (prefix: string) => `${prefix}:${crypto.randomUUID()}`;

/** Real time, for the time-outs. */
const clock = {
  now: () => performance.now(),
  after: (ms: number, task: () => void) => {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  soon: (ms: number, task: () => void) => clock.after(ms, task),
};

interface Heard {
  joined: Inbox<true>;
  replicationReady: Inbox<true>;
  lost: Inbox<string>;
  broadcast: Inbox<{event: string; payload: unknown; meta: unknown}>;
  presence: Inbox<Record<string, readonly Record<string, unknown>[]>>;
  change: Inbox<{filter: number; change: DatabaseChange}>;
  changesReady: Inbox<true>;
  changesRefused: Inbox<string>;
  presenceRefused: Inbox<true>;
}

/** An open socket of the hub. */
async function openSocket(token: string) {
  const opened = new Inbox<true>();
  const down = new Inbox<string>();
  const beats = new Inbox<number>();
  const config = {url: backend.url, key: backend.anonKey, userName: '', avatarUrl: ''};
  const identity = {kind: 'anonymous' as const, name: ''};
  const socket = new RealtimeSocket(
    {...config, identity},
    token,
    {opened: () => opened.put(true), down: reason => down.put(reason), beat: ms => beats.put(ms)},
    clock,
  );
  later(() => socket.close());
  await opened.find(() => true);
  return {socket, down, beats};
}

function enter(socket: RealtimeSocket, topic: string, options: Partial<ChannelOptions> = {}) {
  const heard: Heard = {
    joined: new Inbox(),
    replicationReady: new Inbox(),
    lost: new Inbox(),
    broadcast: new Inbox(),
    presence: new Inbox(),
    change: new Inbox(),
    changesReady: new Inbox(),
    changesRefused: new Inbox(),
    presenceRefused: new Inbox(),
  };
  const listener: ChannelListener = {
    joined: () => heard.joined.put(true),
    replicationReady: () => heard.replicationReady.put(true),
    lost: reason => heard.lost.put(reason),
    broadcast: (event, payload, meta) => heard.broadcast.put({event, payload, meta}),
    presence: state => heard.presence.put(Object.fromEntries(state)),
    change: (filter, change) => heard.change.put({filter, change}),
    changesReady: () => heard.changesReady.put(true),
    changesRefused: reason => heard.changesRefused.put(reason),
    presenceRefused: () => heard.presenceRefused.put(true),
  };
  const channel = socket.join(topic, {private: false, presenceKey: null, ...options}, listener);
  return {channel, heard};
}

/** Both sides in one topic, each signed in. */
async function together(topic: string, options: Partial<ChannelOptions> = {}) {
  const [ours, theirs] = [await newPerson(backend), await newPerson(backend)];
  const line = await openSocket(ours.token);
  const {channel, heard} = enter(line.socket, topic, options);
  await heard.joined.find();
  const official = (extra: object = {}): OfficialChannel =>
    theirs.client.channel(topic, {
      config: {private: options.private ?? false, broadcast: {ack: true, self: false}, ...extra},
    });
  return {...line, ours, theirs, channel, heard, official};
}

describe('the hub’s socket', () => {
  for (const isPrivate of [false, true]) {
    test(`says and hears broadcasts on a ${isPrivate ? 'private' : 'public'} topic`, async () => {
      const {channel, heard, official} = await together(topicOf('hs'), {private: isPrivate});
      const inbox = new Inbox<Record<string, unknown>>();
      const other = official().on('broadcast', {event: '*'}, message => inbox.put(message));
      await joined(other);
      const payload = {text: 'ü 👩‍👩‍👧 שלום', deep: {list: [1, null, true]}};
      assert.equal(await channel.send('said', payload), 'ok');
      const {event, payload: told} = await inbox.find();
      assert.deepEqual({event, payload: told}, {event: 'said', payload});
      assert.equal(await other.send({type: 'broadcast', event: 'answered', payload}), 'ok');
      const answer = await heard.broadcast.find();
      assert.deepEqual({event: answer.event, payload: answer.payload}, {event: 'answered', payload});
      // What one says oneself is not told back.
      assert.deepEqual(
        heard.broadcast.all.map(({event}) => event),
        ['answered'],
      );
    });
  }

  test('hears what the database sends, with its id, once replication is known to be ready', async () => {
    const topic = topicOf('hs');
    const {heard} = await together(topic, {private: true});
    await heard.replicationReady.find();
    await sql(backend, `select realtime.send('{"n": 1}', 'change', $1, true)`, [topic]);
    const {event, payload, meta} = await heard.broadcast.find();
    assert.equal(event, 'change');
    assert.equal((payload as {n: number}).n, 1);
    assert.match((meta as {id: string}).id, /^[0-9a-f-]{36}$/);
  });

  test('is told again what the database sent since a moment', async () => {
    const topic = topicOf('hs');
    const since = Date.now() - 1_000;
    for (const n of [1, 2, 3]) await sql(backend, `select realtime.send($1, 'old', $2, true)`, [{n}, topic]);
    const {heard} = await together(topic, {private: true, replay: {since, limit: 2}});
    const told = await heard.broadcast.count(2);
    assert.deepEqual(
      told.map(({payload, meta}) => [(payload as {n: number}).n, (meta as {replayed: boolean}).replayed]),
      [
        [2, true],
        [3, true],
      ],
    );
  });

  test('learns that it may not write from the silence of the server', {timeout: 30_000}, async () => {
    const {channel} = await together(topicOf('hs-ro'), {private: true});
    assert.equal(await channel.send('said', {}), 'silence');
  });

  test('says why a join is refused', async () => {
    const {token} = await newPerson(backend);
    const {socket} = await openSocket(token);
    const {heard} = enter(socket, topicOf('nobody'), {private: true});
    assert.match(await heard.lost.find(), /^Unauthorized: You do not have permissions to read/);
    assert.deepEqual(heard.joined.all, []);
  });

  test('tells who is present as the official client does', async () => {
    const topic = topicOf('hs');
    const {channel, heard, official} = await together(topic, {presenceKey: 'ada'});
    const states = new Inbox<object>();
    const other = official({presence: {key: 'grace'}});
    other.on('presence', {event: 'sync'}, () => states.put(structuredClone(other.presenceState())));
    await joined(other);
    channel.track({at: 'desk'});
    await states.find(state => 'ada' in state);
    await other.track({at: 'train'});
    const both = (await states.find(state => 'ada' in state && 'grace' in state)) as Heard['presence']['all'][0];
    const ours = await heard.presence.find(state => 'ada' in state && 'grace' in state);
    // The server's own name for it is the hub's, too.
    const named = Object.entries(ours).map(([key, metas]) => {
      return [key, metas.map(({phx_ref: presence_ref, phx_ref_prev: _, ...said}) => ({...said, presence_ref}))];
    });
    assert.deepEqual(Object.fromEntries(named), both);
    channel.track({at: 'door'});
    const changed = await heard.presence.find(state => state['ada']?.[0]?.['at'] === 'door');
    assert.equal(changed['ada']?.length, 1);
    await other.untrack();
    await heard.presence.find(state => 'ada' in state && !('grace' in state) && state['ada']?.[0]?.['at'] === 'door');
    channel.untrack();
    await states.find(state => !('ada' in state) && !('grace' in state));
  });

  test('says that a policy refuses presence, and stays joined', async () => {
    const {id, client, token} = await newPerson(backend);
    const {data} = await client.rpc('open_chat', {chat: `room-${id.slice(0, 8)}`, make: true}).single<{id: string}>();
    const {socket} = await openSocket(token);
    // Members read it, and nobody but the database writes into it.
    const {channel, heard} = enter(socket, `chat:${data?.id}`, {private: true, presenceKey: 'ada'});
    await heard.joined.find();
    channel.track({at: 'desk'});
    await heard.presenceRefused.find();
    assert.deepEqual(heard.lost.all, []);
  });

  test('tells row changes as the official client does, each to the filter it fits', async () => {
    const who = crypto.randomUUID();
    const changes: ChangeFilter[] = [
      {event: '*', schema: 'public', table: 'hub_socket', filter: `who=eq.${who}`},
      {event: 'INSERT', schema: 'public', table: 'hub_socket', filter: `who=eq.${who}`},
      {event: '*', schema: 'public', table: 'hub_socket', filter: 'who=eq.nobody'},
    ];
    const {heard, official} = await together(topicOf('hs'), {changes});
    const theirs = new Inbox<Record<string, unknown>>();
    const ready = new Inbox<true>();
    const other = official()
      .on('postgres_changes', {event: '*', schema: 'public', table: 'hub_socket', filter: `who=eq.${who}`}, change =>
        theirs.put(change as unknown as Record<string, unknown>),
      )
      .on(
        'system',
        {},
        ({extension, status}) => extension === 'postgres_changes' && status === 'ok' && ready.put(true),
      );
    await joined(other);
    await Promise.all([ready.find(), heard.changesReady.find()]);
    const id = Math.floor(Math.random() * 2 ** 40);
    await sql(backend, `insert into hub_socket (id, who, extra) values ($1, $2, '{"a": [1.5, "x"]}')`, [id, who]);
    await sql(backend, 'update hub_socket set extra = null where id = $1', [id]);
    await theirs.count(2);
    const ours = await heard.change.count(3);
    assert.deepEqual(
      ours.filter(({filter}) => filter === 0).map(({change}) => change),
      theirs.all,
    );
    assert.deepEqual(
      ours.filter(({filter}) => filter === 1).map(({change}) => change.eventType),
      ['INSERT'],
    );
    assert.deepEqual(
      ours.filter(({filter}) => filter === 2),
      [],
    );
  });

  test('says when a filter is refused', async () => {
    const changes: ChangeFilter[] = [{event: '*', schema: 'public', table: 'hub_socket', filter: 'nothing=eq.1'}];
    const {heard} = await together(topicOf('hs'), {changes});
    assert.match(await heard.changesRefused.find(), /^Unable to subscribe|^Error parsing/);
  });

  test('joins again a topic that it has just left', async () => {
    const topic = topicOf('hs');
    const {socket, channel, heard, official} = await together(topic);
    channel.leave();
    const again = enter(socket, topic);
    await again.heard.joined.find();
    const other = await joined(official());
    await other.send({type: 'broadcast', event: 'said', payload: {}});
    await again.heard.broadcast.find();
    assert.deepEqual([heard.broadcast.all, heard.lost.all, again.heard.lost.all], [[], [], []]);
  });

  test('answers a beat asked for, one at a time, and tells how long it took', async () => {
    const {token} = await newPerson(backend);
    const {socket, beats} = await openSocket(token);
    socket.ping();
    socket.ping();
    const ms = await beats.find();
    assert.ok(ms >= 0);
    socket.ping();
    await beats.count(2);
    assert.equal(beats.all.length, 2);
  });

  test('gives a channel that is being joined the token that came meanwhile', {skip: isRealProject}, async () => {
    const keys = new Keys(backend.jwtSecret);
    const {id} = await newPerson(backend);
    const now = Math.floor(Date.now() / 1000);
    const token = (life: number) => keys.sign({sub: id, role: 'authenticated', iat: now, exp: now + life});
    const {socket} = await openSocket(token(3));
    const first = enter(socket, topicOf('hs'), {private: true});
    const second = enter(socket, topicOf('hs'), {private: true});
    socket.setToken(token(3_600));
    await Promise.all([first.heard.joined.find(), second.heard.joined.find()]);
    // The first token's end would close both.
    const third = await openSocket(token(3));
    const control = enter(third.socket, topicOf('hs'), {private: true});
    assert.match(await control.heard.lost.find(), /Token has expired/);
    assert.deepEqual([first.heard.lost.all, second.heard.lost.all], [[], []]);
  });

  test('tells its end once, and its channels nothing', async () => {
    const topic = topicOf('hs');
    const {socket, down, heard, channel, official} = await together(topic);
    socket.close();
    socket.close();
    assert.equal(await channel.send('said', {}), 'silence');
    assert.equal((await join(official())).status, 'SUBSCRIBED');
    assert.deepEqual([down.all, heard.lost.all], [[], []]);
  });
});
