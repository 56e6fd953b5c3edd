// The realtime cases of supabase-js's own integration test, packages/core/supabase-js/test/integration.test.ts, under
// their own names, written anew. Its project, keys and secret are those this backend has by default.
import assert from 'node:assert/strict';
import {before, describe, test} from 'node:test';
import {createClient, type SupabaseClient} from '@supabase/supabase-js';
import {Keys} from '../../demo/backend/keys.js';
import {Inbox, isRealProject, joined, later, sql, unwrap, useBackend, within} from '../support/backend.js';

const backend = await useBackend();

before(async () => {
  await sql(
    backend,
    `create policy "suite: read" on realtime.messages for select to authenticated using (realtime.topic() like '%channel%');
     create policy "suite: write" on realtime.messages for insert to authenticated with check (realtime.topic() like '%channel%');`,
  );
});

for (const vsn of ['1.0.0', '2.0.0'] as const) {
  describe(`Realtime v${vsn}`, () => {
    /** As the suite makes it: signed up anew, with hurried heartbeats, so that an empty socket closes after a second. */
    const setUp = async (): Promise<SupabaseClient> => {
      const client = createClient(backend.url, backend.anonKey, {
        auth: {persistSession: false, autoRefreshToken: false},
        realtime: {heartbeatIntervalMs: 500, vsn},
      });
      later(() => client.removeAllChannels());
      const email = `test-${crypto.randomUUID()}@example.com`;
      const {data} = unwrap(await client.auth.signUp({email, password: 'password123'}));
      await client.realtime.setAuth(data.session?.access_token ?? '');
      return client;
    };
    const name = () => `channel-${crypto.randomUUID()}`;
    const disconnected = (client: SupabaseClient) =>
      within(
        'the socket to close',
        (async () => {
          while (client.realtime.isConnected()) await new Promise(done => setTimeout(done, 10));
        })(),
      );

    test('is able to connect and broadcast', async () => {
      const client = await setUp();
      const got = new Inbox<{payload: unknown}>();
      const channel = client
        .channel(name(), {config: {broadcast: {ack: true, self: true}, private: true}})
        .on('broadcast', {event: '*'}, message => got.put(message as never));
      await joined(channel);
      assert.equal(await channel.send({type: 'broadcast', event: 'test-event', payload: {message: 'test'}}), 'ok');
      assert.deepEqual((await got.find()).payload, {message: 'test'});
    });

    test('socket stays connected when switching channels (no race condition)', async () => {
      const client = await setUp();
      const first = await joined(client.channel(name(), {config: {private: true}}));
      const second = client.channel(name(), {config: {private: true}});
      await Promise.all([client.removeChannel(first), joined(second)]);
      assert.equal(client.realtime.isConnected(), true);
      assert.equal(second.state, 'joined');
    });

    test('socket disconnects after removeChannel when no channels remain', async () => {
      const client = await setUp();
      await client.removeChannel(await joined(client.channel(name())));
      await disconnected(client);
    });

    test('socket disconnects after channel.unsubscribe() when no channels remain', async () => {
      const client = await setUp();
      await (await joined(client.channel(name()))).unsubscribe();
      await disconnected(client);
    });

    test('removeAllChannels disconnects socket immediately', async () => {
      const client = await setUp();
      await joined(client.channel(name()));
      await client.removeAllChannels();
      assert.equal(client.realtime.isConnected(), false);
    });

    for (const [what, isPrivate, payload] of [
      ['httpSend delivers JSON broadcast to a public channel', false, {message: 'hello'}],
      ['httpSend delivers JSON broadcast to a private channel', true, {message: 'hello'}],
      ['httpSend delivers a binary broadcast to a private channel', true, new Uint8Array([1, 2, 255]).buffer],
    ] as const) {
      if (payload instanceof ArrayBuffer && vsn === '1.0.0') continue;
      test(what, async () => {
        const [receiver, sender] = [await setUp(), await setUp()];
        const [topic, config] = [name(), {config: {private: isPrivate}}];
        const got = new Inbox<{payload: unknown}>();
        await joined(
          receiver.channel(topic, config).on('broadcast', {event: 'e'}, message => got.put(message as never)),
        );
        assert.deepEqual(await sender.channel(topic, config).httpSend('e', payload), {success: true});
        const {payload: arrived} = await got.find();
        if (payload instanceof ArrayBuffer)
          assert.deepEqual(new Uint8Array(arrived as ArrayBuffer), new Uint8Array(payload));
        else assert.deepEqual(arrived, payload);
      });
    }

    test('Custom JWT › Realtime › will connect with a properly signed jwt token', {skip: isRealProject}, async () => {
      const token = new Keys(backend.jwtSecret).sign({
        sub: '1234567890',
        role: 'anon',
        iss: 'supabase-demo',
        exp: Math.floor(Date.now() / 1000) + 3600,
      });
      const client = createClient(backend.url, backend.anonKey, {
        realtime: {heartbeatIntervalMs: 500, vsn},
        accessToken: () => Promise.resolve(token),
      });
      later(() => client.removeAllChannels());
      await joined(client.channel(name()));
    });
  });
}

test('the default keys are, to the letter, those of every local project', {skip: isRealProject}, () => {
  const claims = (key: string) => JSON.parse(Buffer.from(key.split('.')[1] ?? '', 'base64url').toString()) as object;
  assert.deepEqual(claims(backend.anonKey), {iss: 'supabase-demo', role: 'anon', exp: 1983812996});
  assert.match(backend.anonKey, /\.CRXP1A7WOeoJeXxjNni43kdQwgnWNReilDMblYTn_I0$/);
  assert.match(backend.serviceRoleKey, /\.EGIM96RAZx35lJzdJsyH-qQwv8Hdp7fsn3W0YpN81IU$/);
});
