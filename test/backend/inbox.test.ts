// A person's list of chats in the database: what is unread, how far they have read, and who is told of it. Through the official client.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
  Inbox,
  join,
  joined,
  newClient,
  newPerson,
  type Person,
  RawSocket,
  sql,
  unwrap,
  useBackend,
} from '../support/backend.js';

const backend = await useBackend();

interface Listed {
  id: string;
  title: string;
  last_rev: number;
  last_read_rev: number;
  active_at: string;
  last_message: {body: string; seq: number; sender_id: string | null; attachments: unknown[]} | null;
  unread: number;
  other_id: string | null;
}
interface Heard {
  event: string;
  payload: Record<string, unknown>;
}

async function chat(kind: 'direct' | 'group' | 'room', ...people: Person[]): Promise<string> {
  const [made] = await sql<{id: string}>(backend, 'insert into public.chats (kind) values ($1) returning id', [kind]);
  for (const person of people) await add(made?.id ?? '', person.id);
  return made?.id ?? '';
}

async function add(chatId: string, userId: string): Promise<void> {
  await sql(backend, 'insert into public.chat_members (chat_id, user_id) values ($1, $2)', [chatId, userId]);
}

async function remove(chatId: string, userId: string): Promise<void> {
  await sql(backend, 'delete from public.chat_members where chat_id = $1 and user_id = $2', [chatId, userId]);
}

/** Writes one batch; the ids of its messages. */
async function say({client}: Person, chatId: string, ...bodies: string[]): Promise<string[]> {
  const messages = bodies.map(body => ({id: crypto.randomUUID(), chat_id: chatId, body}));
  unwrap(await client.rpc('send_messages', {messages}));
  return messages.map(({id}) => id);
}

async function list({client}: Person, args: Record<string, unknown> = {}): Promise<Listed[]> {
  return unwrap(await client.rpc('my_chats', args)).data as Listed[];
}

async function unread(person: Person, chatId: string): Promise<number | undefined> {
  return (await list(person, {ids: [chatId]}))[0]?.unread;
}

async function markRead({client}: Person, chatId: string, rev: number) {
  const [row] = unwrap(await client.rpc('mark_read', {chat_id: chatId, rev})).data as Record<string, number>[];
  return [row?.['last_read_rev'], row?.['last_rev'], row?.['unread']];
}

/** Everything that comes to a person's own inbox from now on. */
async function listen({client, id}: Person): Promise<Inbox<Heard>> {
  const heard = new Inbox<Heard>();
  const channel = client.channel(`inbox:${id}`, {config: {private: true}});
  const ready = new Inbox<string>();
  channel.on('system', {}, (message: {message: string}) => ready.put(message.message));
  await joined(
    channel.on('broadcast', {event: '*'}, ({event, payload}: {event: string; payload: Record<string, unknown>}) =>
      heard.put({event, payload}),
    ),
  );
  return heard;
}

const people = (count: number) => Promise.all(Array.from({length: count}, () => newPerson(backend)));

test('messages of others after the last one read are unread; own and deleted ones, edits and history are not', async () => {
  const [ada, bob] = (await people(2)) as [Person, Person];
  const id = await chat('group', ada);
  await say(ada, id, 'before Bob was here');
  await add(id, bob.id);
  assert.equal(await unread(bob, id), 0);
  const [first, second] = await say(ada, id, 'one', 'two', 'three');
  await say(bob, id, 'mine');
  assert.equal(await unread(bob, id), 3);
  unwrap(
    await ada.client
      .from('messages')
      .update({body: 'ONE'})
      .eq('id', first as string),
  );
  unwrap(
    await ada.client
      .from('messages')
      .update({deleted_at: new Date().toISOString()})
      .eq('id', second as string),
  );
  assert.equal(await unread(bob, id), 2);
  assert.equal(await unread(ada, id), 1);
});

test('a hundred unread stand for a hundred or more', async () => {
  const [ada, bob] = (await people(2)) as [Person, Person];
  const id = await chat('group', ada, bob);
  const lines = Array.from({length: 40}, (_, n) => `line ${n}`);
  for (let batch = 0; batch < 3; batch++) await say(ada, id, ...lines);
  assert.equal(await unread(bob, id), 100);
});

test('reading moves forward only, and never beyond what there is', async () => {
  const [ada, bob] = (await people(2)) as [Person, Person];
  const id = await chat('group', ada, bob);
  await say(ada, id, 'one', 'two', 'three', 'four');
  assert.deepEqual(await markRead(bob, id, 3), [3, 4, 1]);
  assert.deepEqual(await markRead(bob, id, 1), [3, 4, 1]);
  assert.deepEqual(await markRead(bob, id, 999), [4, 4, 0]);
  await say(ada, id, 'five');
  assert.equal(await unread(bob, id), 1);
  const [row] = await sql(backend, 'select last_read_rev from public.chat_members where user_id = $1', [ada.id]);
  assert.equal(Number(row?.['last_read_rev']), 0, 'nobody else’s moved');
});

test('many browsers that mark at once leave the furthest mark', async () => {
  const [ada, bob] = (await people(2)) as [Person, Person];
  const id = await chat('group', ada, bob);
  await say(ada, id, ...Array.from({length: 30}, (_, n) => `line ${n}`));
  const marks = Array.from({length: 30}, (_, n) => n + 1).sort(() => Math.random() - 0.5);
  const answers = await Promise.all(marks.map(rev => markRead(bob, id, rev)));
  for (const [n, [read]] of answers.entries()) assert.ok((read ?? 0) >= (marks[n] ?? 0));
  assert.deepEqual(
    (await list(bob)).map(row => [row.last_read_rev, row.unread]),
    [[30, 0]],
  );
});

test('marking while others write holds nobody up and loses no revision', async () => {
  const [ada, bob] = (await people(2)) as [Person, Person];
  const id = await chat('group', ada, bob);
  const writes = Array.from({length: 20}, (_, n) => say(ada, id, `line ${n}`));
  const marks = Array.from({length: 20}, (_, n) => markRead(bob, id, n));
  await Promise.all([...writes, ...marks]);
  const [row] = await list(bob);
  assert.deepEqual([row?.last_rev, row?.unread], [20, 20 - (row?.last_read_rev ?? 0)]);
});

test('a chat that isn’t the caller’s can’t be marked, and says no more than one that isn’t there', async () => {
  const [ada, eve] = (await people(2)) as [Person, Person];
  const id = await chat('group', ada);
  await say(ada, id, 'secret');
  const answers = await Promise.all(
    [id, crypto.randomUUID()].map(chat_id => eve.client.rpc('mark_read', {chat_id, rev: 1})),
  );
  assert.deepEqual(answers[0]?.error, answers[1]?.error);
  assert.equal(answers[0]?.error?.code, 'PT404');
  const visitor = newClient(backend);
  assert.equal((await visitor.rpc('mark_read', {chat_id: id, rev: 1})).status, 401);
  assert.equal((await visitor.rpc('my_chats')).status, 401);
  assert.equal((await visitor.rpc('touch_last_seen')).status, 401);
});

test('a list holds the caller’s chats alone, the one with the newest message first', async () => {
  const [ada, bob, eve] = (await people(3)) as [Person, Person, Person];
  const [first, second, empty] = [
    await chat('group', ada, bob),
    await chat('direct', ada, bob),
    await chat('room', ada),
  ];
  await chat('group', eve);
  const room = await chat('room', eve); // open to all, but not joined
  await say(eve, room, 'come in');
  await say(ada, second, 'in the second');
  await say(bob, first, 'x'.repeat(4000));
  const rows = await list(ada);
  assert.deepEqual(
    rows.map(({id, last_message, unread, other_id}) => [id, last_message?.body.length ?? null, unread, other_id]),
    [
      [first, 200, 1, null],
      [second, 13, 0, bob.id],
      [empty, null, 0, null],
    ],
  );
  assert.deepEqual(await list(ada, {ids: [room, second, crypto.randomUUID()]}), [rows[1]]);
});

test('pages of a list join without a hole or a repeat', async () => {
  const ada = await newPerson(backend);
  const made: string[] = [];
  for (let n = 0; n < 7; n++) made.push(await chat('group', ada));
  for (const id of made.slice(0, 4)) await say(ada, id, 'hello');
  const seen: string[] = [];
  for (let last: Listed | undefined; ;) {
    const page = await list(ada, {limit: 2, ...(last ? {before: last.active_at, before_id: last.id} : {})});
    seen.push(...page.map(({id}) => id));
    last = page.at(-1);
    if (page.length < 2) break;
  }
  assert.deepEqual(
    seen,
    (await list(ada)).map(({id}) => id),
  );
  assert.equal(new Set(seen).size, 7);
});

test('every member’s inbox is told of a change; nobody else hears or writes it', async () => {
  const [ada, bob, eve] = (await people(3)) as [Person, Person, Person];
  const id = await chat('group', ada, bob);
  const [adas, bobs, eves] = (await Promise.all([ada, bob, eve].map(listen))) as [
    Inbox<Heard>,
    Inbox<Heard>,
    Inbox<Heard>,
  ];
  const [message] = await say(ada, id, `${'long '.repeat(100)}`);
  for (const heard of [adas, bobs]) {
    const {event, payload} = await heard.find();
    assert.equal(event, 'change');
    assert.deepEqual([payload['chatId'], payload['rev']], [id, 1]);
    const {id: of, body} = payload['message'] as {id: string; body: string};
    assert.deepEqual([of, body.length], [message, 200]);
  }
  assert.equal((await join(eve.client.channel(`inbox:${ada.id}`, {config: {private: true}}))).status, 'CHANNEL_ERROR');

  // A member of the same chat, on their own inbox and with their own token: nothing arrives.
  const socket = await RawSocket.open(backend);
  const own = {private: true, broadcast: {self: true, ack: true}};
  await socket.join(`realtime:inbox:${bob.id}`, own, bob.token);
  socket.send(`realtime:inbox:${bob.id}`, 'broadcast', {type: 'broadcast', event: 'change', payload: {forged: true}});
  const forged = await bob.client.from('messages').select('id').eq('chat_id', id); // a round trip behind it
  assert.equal(forged.error, null);
  const over = await fetch(`${backend.url}/realtime/v1/api/broadcast/inbox:${ada.id}/events/change?private=true`, {
    method: 'POST',
    headers: {apikey: backend.anonKey, authorization: `Bearer ${bob.token}`, 'content-type': 'application/json'},
    body: '{"forged":true}',
  });
  assert.equal(over.status, 403);
  await say(ada, id, 'after');
  await bobs.find(({payload}) => payload['rev'] === 2);
  for (const heard of [adas, bobs, eves]) assert.ok(heard.all.every(({payload}) => !payload['forged']));
  assert.deepEqual(eves.all, []);
});

test('a batch is one event a member, of its last change', async () => {
  const [ada, bob] = (await people(2)) as [Person, Person];
  const id = await chat('group', ada, bob);
  const heard = await listen(bob);
  await say(ada, id, ...Array.from({length: 50}, (_, n) => `line ${n}`));
  await say(ada, id, 'after');
  await heard.find(({payload}) => payload['rev'] === 51);
  assert.deepEqual(
    heard.all.map(({payload}) => payload['rev']),
    [50, 51],
  );
});

test('a chat of more than a hundred tells nobody’s inbox, and its revision still shows', async () => {
  const [ada, bob] = (await people(2)) as [Person, Person];
  const [big, small] = [await chat('room', ada, bob), await chat('group', ada, bob)];
  await sql(
    backend,
    `with made as (insert into auth.users (id) select gen_random_uuid() from generate_series(1, 99) returning id)
     insert into public.chat_members (chat_id, user_id) select $1, id from made`,
    [big],
  );
  const heard = await listen(bob);
  await say(ada, big, 'to a crowd');
  await say(ada, small, 'to one');
  await heard.find(({payload}) => payload['chatId'] === small);
  assert.deepEqual(
    heard.all.map(({payload}) => payload['chatId']),
    [small],
  );
  assert.deepEqual(unwrap(await bob.client.rpc('chat_tips', {ids: [big]})).data, [{id: big, last_rev: 1}]);
  assert.equal(await unread(bob, big), 1);
});

test('the inbox tells of coming, of another name, of what was read elsewhere and of going, in that order', async () => {
  const [ada, bob] = (await people(2)) as [Person, Person];
  const id = await chat('group', ada);
  await say(ada, id, 'one');
  const heard = await listen(bob);
  await add(id, bob.id);
  await say(ada, id, 'two', 'three');
  await markRead(bob, id, 2);
  await markRead(bob, id, 2); // moves nothing, tells nothing
  await sql(backend, `update public.chats set title = 'Engine' where id = $1`, [id]);
  await remove(id, bob.id);
  await heard.find(({event}) => event === 'left');
  assert.deepEqual(
    heard.all.map(({event, payload: {id: _, message: __, ...payload}}) => [event, payload]),
    [
      ['joined', {chatId: id}],
      ['change', {chatId: id, rev: 3}],
      ['read', {chatId: id, lastReadRev: 2, rev: 3, unread: 1}],
      ['chat', {chatId: id}],
      ['left', {chatId: id}],
    ],
  );
  assert.deepEqual(await list(bob), []);
  assert.deepEqual(unwrap(await bob.client.rpc('chat_tips', {ids: [id]})).data, []);
});

test('an event is told only of what is committed', async () => {
  const [ada, bob] = (await people(2)) as [Person, Person];
  const id = await chat('group', ada, bob);
  const heard = await listen(bob);
  await sql(
    backend,
    `begin; insert into public.messages (id, chat_id, body) values (gen_random_uuid(), '${id}', 'never'); rollback`,
  );
  await say(ada, id, 'said');
  // That they joined may still be on its way when they begin to listen.
  const {payload} = await heard.find(({event}) => event === 'change');
  assert.equal((payload['message'] as {body: string}).body, 'said');
});

test('“last seen” moves by one’s own call alone, forward, and not more often than it says', async () => {
  const [ada, bob] = (await people(2)) as [Person, Person];
  for (const {client, id} of [ada, bob]) unwrap(await client.from('profiles').insert({id, display_name: 'N'}));
  const seen = async ({client}: Person) => unwrap(await client.rpc('touch_last_seen')).data as string;
  const first = await seen(ada);
  assert.ok(Math.abs(Date.parse(first) - Date.now()) < 60_000);
  assert.equal(await seen(ada), first, 'within ten seconds it stays');
  const future = new Date(Date.now() + 3_600_000).toISOString();
  await sql(backend, 'update public.profiles set last_seen_at = $1 where id = $2', [future, ada.id]);
  assert.equal(Date.parse(await seen(ada)), Date.parse(future), 'never back');
  const {data} = await ada.client.from('profiles').select('last_seen_at').eq('id', bob.id).single();
  assert.equal((data as {last_seen_at: unknown}).last_seen_at, null);
  const {error} = await ada.client.from('profiles').update({last_seen_at: future}).eq('id', ada.id);
  assert.equal(error?.code, '42501');
  assert.equal(await seen(await newPerson(backend)), null, 'no profile, nothing to move');
});
