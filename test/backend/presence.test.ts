// What a member with a client of their own can do to the presence that others see: the official client chooses its key as it likes.
import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import {joined, newPerson, type Person, sql, useBackend, within} from '../support/backend.js';
import type {Source} from '../../src/client/source.js';
import {newBrowser} from '../support/node-hub.js';

const backend = await useBackend({limits: 'hosted'});
let ada: Person;
let grace: Person;
let eve: Person;

before(async () => {
  await sql(
    backend,
    `create policy "read rooms" on realtime.messages for select to authenticated using (realtime.topic() like 'room:%');
     create policy "write rooms" on realtime.messages for insert to authenticated with check (realtime.topic() like 'room:%');`,
  );
  [ada, grace, eve] = await Promise.all([newPerson(backend), newPerson(backend), newPerson(backend)]);
  const profile =
    'insert into profiles (id, display_name) values ($1, $2) on conflict (id) do update set display_name = $2';
  await sql(backend, profile, [grace.id, 'Grace']);
});

/** Resolves once the value is right. */
function until<T>(what: string, source: Source<T>, isRight: (value: T) => boolean): Promise<void> {
  const settled = new Promise<void>(resolve => {
    const stop = source.subscribe(value => {
      if (!isRight(value)) return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
  return within(what, settled);
}

/** Somebody is present under a key of their choice, by the official client. */
async function bePresent(topic: string, key: string): Promise<void> {
  const channel = eve.client.channel(topic, {config: {private: true, presence: {key}}});
  channel.on('presence', {event: 'sync'}, () => {});
  await joined(channel);
  assert.equal(await channel.track({status: 'online', lastSeen: 1}), 'ok');
}

test('a key that is nobody’s id keeps no name from being known', async () => {
  const scope = crypto.randomUUID();
  await bePresent(`presence:${scope}`, 'not a uuid');
  await until('both', newBrowser(backend, grace).tab().presence(scope), people => people.size === 2);
  // Somebody who finds both looks them up together.
  const tab = newBrowser(backend, ada).tab();
  tab.presence(scope);
  await until('a name', tab.people, people => people.get(grace.id)?.name === 'Grace');
});

for (const key of ['constructor', '__proto__']) {
  test(`${key} is a key like any other`, async () => {
    const topic = `room:${crypto.randomUUID()}`;
    const early = newBrowser(backend, grace).tab().channel(topic, {private: true, presence: {}});
    early.track({n: 1});
    await until('herself', early.present, present => Object.keys(present).length === 1);
    await bePresent(topic, key);
    const late = newBrowser(backend, ada).tab().channel(topic, {private: true, presence: {}});
    for (const {present} of [early, late]) {
      await until('both', present, all => Object.keys(all).length === 2);
      assert.deepEqual(Object.keys(present.current).sort(), [key, grace.id].sort());
    }
    late.track({n: 2});
    await until('all three', early.present, all => Object.keys(all).length === 3);
  });
}
