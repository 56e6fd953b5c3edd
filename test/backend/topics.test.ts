// An application's own topics through the hub, beside the official client: the same events, and what they cost.
import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import type {ChannelHandle, ChannelOptions} from '../../src/client/channel-handle.js';
import type {HubClient} from '../../src/client/hub-client.js';
import {
  Inbox,
  isRealProject,
  joined,
  newPerson,
  type Person,
  sql,
  unwrap,
  useBackend,
  within,
} from '../support/backend.js';
import {newBrowser} from '../support/node-hub.js';

const backend = await useBackend({limits: 'hosted', tuning: {changesPollMs: 20}});
let ada: Person;
let grace: Person;

before(async () => {
  await sql(
    backend,
    `create table public.topic_items (id int primary key, list int not null, n int not null default 0);
     alter table public.topic_items enable row level security;
     create policy "authenticated do all" on public.topic_items for all to authenticated using (true);
     alter publication supabase_realtime add table public.topic_items;
     create policy "read rooms" on realtime.messages for select to authenticated using (realtime.topic() like 'room:%');
     create policy "write open rooms" on realtime.messages for insert to authenticated with check (realtime.topic() like 'room:open%');`,
  );
  [ada, grace] = await Promise.all([newPerson(backend), newPerson(backend)]);
});

const topic = (kind = 'open') => `room:${kind}:${crypto.randomUUID()}`;

/** A handle that is joined, and live if it asked for changes. */
async function open(client: HubClient, name: string, options: ChannelOptions = {}): Promise<ChannelHandle> {
  const handle = client.channel(name, options);
  await until(handle, ({state, live}) => state === 'joined' && live);
  return handle;
}

function until(handle: ChannelHandle, fits: (status: ChannelHandle['status']['current']) => boolean): Promise<void> {
  const settled = new Promise<void>(resolve => {
    const stop = handle.status.subscribe(status => {
      if (!fits(status)) return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
  return within(`a status of a handle, now ${JSON.stringify(handle.status.current)}`, settled);
}

test('both clients hear the same broadcasts, in the same order, from either side', async () => {
  const name = topic();
  const heard = {official: new Inbox<unknown>(), tab: new Inbox<unknown>(), sibling: new Inbox<unknown>()};
  const browser = newBrowser(backend, ada);
  const official = await joined(
    grace.client
      .channel(name, {config: {private: true, broadcast: {ack: true, self: true}}})
      .on('broadcast', {event: '*'}, ({event, payload}) => heard.official.put([event, payload])),
  );
  const options: ChannelOptions = {private: true, broadcast: {ack: true, self: true}};
  const [tab, sibling] = await Promise.all([open(browser.tab(), name, options), open(browser.tab(), name, options)]);
  tab.on('broadcast', {event: '*'}, ({event, payload}) => heard.tab.put([event, payload]));
  sibling.on('broadcast', {event: '*'}, ({event, payload}) => heard.sibling.put([event, payload]));
  for (let n = 0; n < 10; n++) {
    if (n % 2) await official.send({type: 'broadcast', event: 'say', payload: {n, text: 'é 🎈'}});
    else await (n % 4 ? sibling : tab).send('say', {n, text: 'é 🎈'});
    await Promise.all(
      Object.values(heard).map(inbox => inbox.find(item => (item as [string, {n: number}])[1].n === n)),
    );
  }
  const expected = Array.from({length: 10}, (_, n) => ['say', {n, text: 'é 🎈'}]);
  for (const [who, {all}] of Object.entries(heard)) assert.deepEqual(all, expected, who);
});

test('both clients see the same presence: join, update as join and leave, leave', async () => {
  const name = topic();
  const [official, ours] = [new Inbox<string>(), new Inbox<string>()];
  const line = (kind: string, key: string, entries: Record<string, unknown>[]) =>
    `${kind} ${key === ada.id ? 'ada' : 'grace'} ${entries.map(entry => String(entry['n'])).join()}`;
  const watched = grace.client.channel(name, {config: {private: true, presence: {key: grace.id}}});
  watched
    .on('presence', {event: 'join'}, ({key, newPresences}) => official.put(line('join', key, newPresences)))
    .on('presence', {event: 'leave'}, ({key, leftPresences}) => official.put(line('leave', key, leftPresences)));
  await joined(watched);
  const handle = newBrowser(backend, ada).tab().channel(name, {private: true, presence: {}});
  handle.on('presence', {event: 'join'}, ({key, newPresences}) => ours.put(line('join', key, newPresences)));
  handle.on('presence', {event: 'leave'}, ({key, leftPresences}) => ours.put(line('leave', key, leftPresences)));
  await until(handle, ({state}) => state === 'joined');
  const both = (text: string) => Promise.all([official.find(one => one === text), ours.find(one => one === text)]);
  handle.track({n: 1});
  await both('join ada 1');
  await watched.track({n: 2});
  await both('join grace 2');
  handle.track({n: 3});
  await both('leave ada 1');
  assert.deepEqual(
    Object.fromEntries(Object.entries(handle.present.current).map(([key, entries]) => [key, entries.map(({n}) => n)])),
    Object.fromEntries(
      Object.entries(watched.presenceState<{n: number}>()).map(([key, entries]) => [key, entries.map(({n}) => n)]),
    ),
  );
  handle.untrack();
  await both('leave ada 3');
  assert.deepEqual(ours.all, official.all);
});

test('both clients hear the same changes of rows, word for word', async () => {
  const [official, ours] = [new Inbox<unknown>(), new Inbox<unknown>()];
  const filter = {event: '*', schema: 'public', table: 'topic_items', filter: 'list=eq.9000'} as const;
  const ready = new Inbox<{extension: string}>();
  await joined(
    grace.client
      .channel(topic())
      .on('postgres_changes', filter, change => official.put(change))
      .on('system', {}, said => ready.put(said)),
  );
  await ready.find(({extension}) => extension === 'postgres_changes');
  const handle = await open(newBrowser(backend, ada).tab(), topic(), {postgresChanges: [filter]});
  handle.on('postgres_changes', {}, change => ours.put(change));
  const items = grace.client.from('topic_items');
  unwrap(await items.insert({id: 9000, list: 9000}));
  unwrap(await items.update({n: 1}).eq('id', 9000));
  unwrap(await items.insert({id: 9001, list: 9001}));
  unwrap(await items.insert({id: 9002, list: 9000}));
  const isLast = (change: unknown) => (change as {new: {id?: number}}).new.id === 9002;
  await Promise.all([official.find(isLast), ours.find(isLast)]);
  assert.equal(ours.all.length, 3);
  assert.deepEqual(ours.all, official.all);
});

test(
  '300 filters of 10 tabs are a few joins; every change comes once to who asked for it',
  {skip: isRealProject},
  async t => {
    const browser = newBrowser(backend, ada);
    const lists = Array.from({length: 300}, (_, list) => list);
    const before = backend.stats();
    const heard = new Map(lists.map(list => [list, [] as number[]]));
    const strays: string[] = [];
    const all = new Inbox<number>();
    const tabs = Array.from({length: 10}, () => browser.tab());
    const handles = await Promise.all(
      tabs.map(async (tab, at) => {
        const mine = lists.filter(list => list % 10 === at);
        const postgresChanges = mine.map(list => ({
          event: 'INSERT' as const,
          schema: 'public',
          table: 'topic_items',
          filter: `list=eq.${list}`,
        }));
        const handle = await open(tab, topic(), {postgresChanges});
        handle.on('postgres_changes', {}, change => {
          const {list, id} = change.new as {list: number; id: number};
          if (mine.includes(list)) heard.get(list)?.push(id);
          else strays.push(`list ${list} at tab ${at}`);
          all.put(id);
        });
        return handle;
      }),
    );
    const insert = async (from: number) => {
      await sql(backend, `insert into topic_items (id, list) select ${from} + l, l from generate_series(0, 299) l`);
      await Promise.all(lists.map(list => all.find(id => id === from + list)));
    };
    await insert(10_000);
    const {joins, channels} = backend.stats();
    t.diagnostic(`300 filters from 10 tabs: ${joins - before.joins} joins, ${channels - before.channels} channels`);
    assert.ok(joins - before.joins <= 10);
    // One more, which makes a pack be joined anew, while changes go on: none is lost or doubled.
    const late = open(tabs[0] as HubClient, topic(), {
      postgresChanges: [{event: 'UPDATE', schema: 'public', table: 'topic_items', filter: 'list=eq.1'}],
    });
    await insert(20_000);
    await late;
    await insert(30_000);
    for (const list of lists) assert.deepEqual(heard.get(list), [10_000 + list, 20_000 + list, 30_000 + list]);
    assert.deepEqual(strays, []);
    for (const handle of handles) handle.release();
  },
);

test('a bad filter costs nobody but who asked for it, in the server’s words', async () => {
  const tab = newBrowser(backend, ada).tab();
  const good = tab.channel(topic(), {postgresChanges: [{event: '*', schema: 'public', table: 'topic_items'}]});
  const bad = tab.channel(topic(), {
    postgresChanges: [{event: '*', schema: 'public', table: 'topic_items', filter: 'nothing=eq.1'}],
  });
  await Promise.all([until(good, ({live}) => live), until(bad, ({state}) => state === 'failed')]);
  const {error} = bad.status.current;
  assert.equal(error?.code, 'rejected');
  assert.match(error?.message ?? '', /nothing/);
});

test('who may not write hears it by code with `ack`, and no sibling hears what was never sent', async () => {
  const name = topic('closed');
  const browser = newBrowser(backend, ada);
  const tab = await open(browser.tab(), name, {private: true, broadcast: {ack: true}});
  const sibling = await open(browser.tab(), name, {private: true});
  let heard = 0;
  sibling.on('broadcast', {event: '*'}, () => heard++);
  await assert.rejects(tab.send('say', {n: 1}), {code: 'not-confirmed'});
  assert.equal(heard, 0);
});

test('who may not read is told so', async () => {
  const handle = newBrowser(backend, ada).tab().channel('secret:room', {private: true});
  await until(handle, ({error}) => error?.code === 'forbidden');
  assert.equal(handle.status.current.state, 'joining');
});

test('a replay brings what the database sent before, once, also to a tab that comes later', async () => {
  const name = topic();
  const since = Date.now() - 60_000;
  for (const n of [1, 2]) {
    await sql(backend, `select realtime.send(jsonb_build_object('n', ${n}), 'told', $1, true)`, [name]);
  }
  const browser = newBrowser(backend, ada);
  const options: ChannelOptions = {private: true, broadcast: {replay: {since, limit: 10}}};
  for (const tab of [browser.tab(), browser.tab()]) {
    const heard = new Inbox<[unknown, boolean | undefined]>();
    tab
      .channel(name, options)
      .on('broadcast', {event: 'told'}, ({payload, meta}) => heard.put([payload['n'], meta?.replayed]));
    await heard.find(([n]) => n === 2);
    assert.deepEqual(heard.all, [
      [1, true],
      [2, true],
    ]);
  }
});
