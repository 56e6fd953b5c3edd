// The chat's database rules, through the official client: who may read and write, and what concurrent writers get.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
  admin,
  Inbox,
  join,
  joined,
  newClient,
  newPerson,
  type Person,
  sql,
  unwrap,
  useBackend,
} from '../support/backend.js';

const backend = await useBackend();

interface Stored {
  id: string;
  seq: number;
  rev: number;
  body: string;
  sender_id: string;
  deleted_at: string | null;
}
interface Answer {
  id: string;
  stored: Stored | null;
  code: string | null;
  reason: string | null;
}

async function room(...people: Person[]): Promise<string> {
  const slug = `room-${crypto.randomUUID()}`;
  let id = '';
  for (const {client} of people)
    id = (unwrap(await client.rpc('open_chat', {chat: slug, make: true})).data as {id: string}).id;
  return id;
}

/** A chat that can't be joined by asking. */
async function closedChat(...people: Person[]): Promise<string> {
  const [chat] = await sql<{id: string}>(
    backend,
    `insert into public.chats (kind, title) values ('group', 'Closed') returning id`,
  );
  for (const {id} of people)
    await sql(backend, 'insert into public.chat_members (chat_id, user_id) values ($1, $2)', [chat?.id, id]);
  return chat?.id ?? '';
}

const draft = (chat_id: string, body = 'hello') => ({id: crypto.randomUUID(), chat_id, body});

async function send({client}: Person, messages: unknown[]): Promise<Answer[]> {
  return unwrap(await client.rpc('send_messages', {messages})).data as Answer[];
}

test('a repeated send is a success, takes no revision and changes nothing', async () => {
  const ada = await newPerson(backend);
  const chat = await room(ada);
  const message = draft(chat);
  const [first] = await send(ada, [message]);
  const [again] = await send(ada, [{...message, body: 'other words'}]);
  assert.deepEqual(again, first);
  const {data} = unwrap(await ada.client.rpc('chat_tips', {ids: [chat]}));
  assert.deepEqual(data, [{id: chat, last_rev: 1}]);
});

test('one bad message is answered with its reason and does not stop the rest', async () => {
  const ada = await newPerson(backend);
  const chat = await room(ada);
  const [good, empty, long, foreign, last] = [
    draft(chat),
    draft(chat, ' '),
    draft(chat, 'x'.repeat(4001)),
    draft(await closedChat()),
    draft(chat),
  ];
  const answers = await send(ada, [good, empty, long, foreign, last]);
  assert.deepEqual(
    answers.map(({id, stored, code}) => [id, stored?.rev ?? null, code]),
    [
      [good?.id, 1, null],
      [empty?.id, null, '23514'],
      [long?.id, null, '23514'],
      [foreign?.id, null, '42501'],
      [last?.id, 2, null],
    ],
  );
});

test('a message that is malformed does not stop the rest either', async () => {
  const ada = await newPerson(backend);
  const chat = await room(ada);
  const answers = await send(ada, [
    {...draft(chat), chat_id: 'nonsense'},
    {...draft(chat), id: 'nonsense'},
    draft(chat),
  ]);
  assert.deepEqual(
    answers.map(({code, stored}) => [code, stored?.rev ?? null]),
    [
      ['22P02', null],
      ['22P02', null],
      [null, 1],
    ],
  );
});

test('an account that goes leaves its messages without a sender, and readers are told', async () => {
  const [ada, bob] = await Promise.all([newPerson(backend), newPerson(backend)]);
  const chat = await room(ada, bob);
  const message = draft(chat);
  await send(bob, [message]);
  const events = new Inbox<{rev: number; op: string; message: Stored}>();
  await joined(
    ada.client
      .channel(`chat:${chat}`, {config: {private: true}})
      .on('broadcast', {event: 'change'}, event => events.put(event['payload'] as never)),
  );
  unwrap(await admin(backend).auth.admin.deleteUser(bob.id));
  const {rev, op, message: left} = await events.find();
  assert.deepEqual([rev, op, left.body, left.sender_id], [2, 'update', 'hello', null]);
});

test('a batch of no or too many messages is refused as a whole', async () => {
  const ada = await newPerson(backend);
  for (const messages of [[], Array.from({length: 51}, () => draft(crypto.randomUUID())), {}]) {
    const {error, status} = await ada.client.rpc('send_messages', {messages});
    assert.equal(status, 400);
    assert.equal(error?.code, 'PT400');
  }
});

test('fifty writers of one chat at once give revisions without hole or repeat, and events in that order', async () => {
  const people = await Promise.all(Array.from({length: 10}, () => newPerson(backend)));
  const [reader] = people as [Person];
  const chat = await room(...people);
  const events = new Inbox<number>();
  await joined(
    reader.client.channel(`chat:${chat}`, {config: {private: true}}).on('broadcast', {event: 'change'}, message => {
      events.put((message as unknown as {payload: {rev: number}}).payload.rev);
    }),
  );
  const writes = Array.from({length: 50}, (_, i) =>
    send(people[i % people.length] as Person, [draft(chat), draft(chat)]),
  );
  const revisions = (await Promise.all(writes)).flat().map(answer => answer.stored?.rev ?? 0);
  const all = Array.from({length: 100}, (_, i) => i + 1);
  assert.deepEqual(
    [...revisions].sort((a, b) => a - b),
    all,
  );
  assert.deepEqual(await events.count(100), all);
});

test('two batches over the same chats in opposite order do not deadlock', async () => {
  const [ada, bob] = await Promise.all([newPerson(backend), newPerson(backend)]);
  const chats = [await room(ada, bob), await room(ada, bob)];
  const batch = (order: string[]) => order.map(chat => draft(chat));
  const rounds = Array.from({length: 10}, () => [
    send(ada, batch(chats)),
    send(bob, batch([...chats].reverse())),
  ]).flat();
  for (const answers of await Promise.all(rounds)) assert.ok(answers.every(answer => answer.stored));
});

test('one id sent twice at the same moment is stored once and both senders are told', async () => {
  const ada = await newPerson(backend);
  const chat = await room(ada);
  const message = draft(chat);
  const answers = await Promise.all(Array.from({length: 8}, () => send(ada, [message])));
  assert.ok(
    answers.every(([answer]) => answer?.stored?.rev === 1),
    JSON.stringify(answers),
  );
  assert.deepEqual(unwrap(await ada.client.rpc('chat_tips', {ids: [chat]})).data, [{id: chat, last_rev: 1}]);
});

test('the id of somebody else’s message is refused and tells nothing of it', async () => {
  const [ada, bob] = await Promise.all([newPerson(backend), newPerson(backend)]);
  const message = draft(await room(ada), 'a secret');
  await send(ada, [message]);
  const [answer] = await send(bob, [{...message, chat_id: await room(bob)}]);
  assert.equal(answer?.stored, null);
  assert.ok(answer?.code);
  assert.doesNotMatch(JSON.stringify(answer), /secret/);
});

test('a stranger can neither read nor write a closed chat, nor learn that it exists', async () => {
  const [ada, eve] = await Promise.all([newPerson(backend), newPerson(backend)]);
  const chat = await closedChat(ada);
  await send(ada, [draft(chat)]);
  for (const table of ['messages', 'chat_members']) {
    assert.deepEqual(unwrap(await eve.client.from(table).select('*').eq('chat_id', chat)).data, []);
  }
  assert.deepEqual(unwrap(await eve.client.from('chats').select('*').eq('id', chat)).data, []);
  assert.deepEqual(unwrap(await eve.client.rpc('changes_since', {chat_id: chat, rev: 0})).data, []);
  assert.deepEqual(unwrap(await eve.client.rpc('messages_before', {chat_id: chat})).data, []);
  assert.deepEqual(unwrap(await eve.client.rpc('chat_tips', {ids: [chat]})).data, []);
  const [answer] = await send(eve, [draft(chat)]);
  assert.equal(answer?.code, '42501');
  const [there, nowhere] = await Promise.all(
    [chat, crypto.randomUUID()].map(async id => (await eve.client.rpc('open_chat', {chat: id})).error),
  );
  assert.equal(there?.code, 'PT404');
  assert.equal(there?.message.replace(chat, ''), nowhere?.message.replace(/[0-9a-f-]{36}/, ''));
});

test('a send into a chat that is not there is answered like one into a chat of others', async () => {
  const eve = await newPerson(backend);
  const [there, nowhere] = await send(eve, [draft(await closedChat()), draft(crypto.randomUUID())]);
  assert.deepEqual([nowhere?.code, nowhere?.reason], [there?.code, there?.reason]);
});

test('attachments have a shape and a size, whatever a client sends', async () => {
  const ada = await newPerson(backend);
  const chat = await room(ada);
  const file = {url: 'https://example.org/a.png', name: 'a.png', type: 'image/png', size: 9};
  const [good] = await send(ada, [{...draft(chat), body: '', attachments: [file]}]);
  assert.equal(good?.code, null);
  for (const attachments of [
    [1],
    [{...file, url: 'javascript:alert(1)'}],
    [{...file, size: '9'}],
    [{...file, name: 'x'.repeat(20_000)}],
    Array(11).fill(file),
    {},
  ]) {
    const [answer] = await send(ada, [{...draft(chat), attachments}]);
    assert.equal(answer?.code, '23514', JSON.stringify(attachments).slice(0, 80));
  }
});

test('a reply points into its own chat, and tells nothing of others', async () => {
  const [ada, bob] = await Promise.all([newPerson(backend), newPerson(backend)]);
  const [chat, other] = [await room(ada), await room(bob)];
  const [asked, secret] = [draft(chat), draft(other)];
  await send(ada, [asked]);
  await send(bob, [secret]);
  const answers = await send(
    ada,
    [asked.id, secret.id, crypto.randomUUID()].map(reply_to => ({...draft(chat), reply_to})),
  );
  assert.deepEqual(
    answers.map(({code}) => code),
    [null, '23503', '23503'],
  );
});

test('nobody forges a sender, a place, a revision or a time', async () => {
  const [ada, bob] = await Promise.all([newPerson(backend), newPerson(backend)]);
  const chat = await room(ada, bob);
  for (const forged of [{sender_id: bob.id}, {seq: 7}, {rev: 7}, {created_at: '2000-01-01'}]) {
    const {error, status} = await ada.client.from('messages').insert({...draft(chat), ...forged});
    assert.equal(error?.code, '42501', JSON.stringify(forged));
    assert.equal(status, 403);
  }
  const [answer] = await send(ada, [{...draft(chat), sender_id: bob.id, rev: 7}]);
  assert.equal(answer?.stored?.sender_id, ada.id);
  assert.equal(answer?.stored?.rev, 1);
});

test('a sender edits and deletes their own message, and nobody else’s', async () => {
  const [ada, bob] = await Promise.all([newPerson(backend), newPerson(backend)]);
  const chat = await room(ada, bob);
  const message = draft(chat);
  await send(ada, [message]);
  const by = (who: Person, change: object) =>
    who.client.from('messages').update(change).eq('id', message.id).select('body,rev,seq,deleted_at');
  assert.deepEqual(unwrap(await by(bob, {body: 'bob was here'})).data, []);
  assert.deepEqual(unwrap(await by(ada, {body: 'edited'})).data, [{body: 'edited', rev: 2, seq: 1, deleted_at: null}]);
  assert.deepEqual(
    unwrap(await by(ada, {body: 'edited'})).data,
    [{body: 'edited', rev: 2, seq: 1, deleted_at: null}],
    'no change, no revision',
  );
  const [gone] = unwrap(await by(ada, {deleted_at: '2000-01-01'})).data ?? [];
  assert.equal(gone?.body, '');
  assert.equal(gone?.rev, 3);
  assert.ok(Date.parse(String(gone?.deleted_at)) > Date.now() - 60_000);
  unwrap(await by(ada, {body: 'back again', deleted_at: null}));
  assert.deepEqual(unwrap(await by(ada, {body: 'x'})).data?.[0]?.body, '', 'deleted stays deleted');
  assert.equal((await ada.client.from('messages').delete().eq('id', message.id)).status, 403);
});

test('without signing in nothing can be read, written or opened', async () => {
  const client = newClient(backend);
  assert.equal((await client.from('messages').select('id')).status, 401);
  assert.equal((await client.from('profiles').select('id')).status, 401);
  assert.equal((await client.rpc('open_chat', {chat: 'lobby', make: true})).status, 401);
});

test('every change reaches members as an event, after the commit, and strangers hear none of it', async () => {
  const [ada, bob, eve] = await Promise.all([newPerson(backend), newPerson(backend), newPerson(backend)]);
  const chat = await closedChat(ada, bob);
  const events = new Inbox<{rev: number; op: string; message: Stored}>();
  await joined(
    bob.client
      .channel(`chat:${chat}`, {config: {private: true}})
      .on('broadcast', {event: 'change'}, message =>
        events.put((message as unknown as {payload: {rev: number; op: string; message: Stored}}).payload),
      ),
  );
  const refused = await join(eve.client.channel(`chat:${chat}`, {config: {private: true}}));
  assert.deepEqual(refused, {
    status: 'CHANNEL_ERROR',
    error: `Unauthorized: You do not have permissions to read from this Channel topic: chat:${chat}`,
  });
  const message = draft(chat, 'é'.repeat(4000)); // more than a notification could carry
  await send(ada, [message]);
  unwrap(await ada.client.from('messages').update({body: 'short'}).eq('id', message.id));
  unwrap(await ada.client.from('messages').update({deleted_at: 'now'}).eq('id', message.id));
  const seen = await events.count(3);
  assert.deepEqual(
    seen.map(({rev, op, message: {body}}) => [rev, op, body.length]),
    [
      [1, 'insert', 4000],
      [2, 'update', 5],
      [3, 'delete', 0],
    ],
  );
});

test('a transaction that fails makes no event and leaves no hole', async () => {
  const ada = await newPerson(backend);
  const chat = await room(ada);
  const revisions = new Inbox<number>();
  await joined(
    ada.client
      .channel(`chat:${chat}`, {config: {private: true}})
      .on('broadcast', {event: 'change'}, message =>
        revisions.put((message as unknown as {payload: {rev: number}}).payload.rev),
      ),
  );
  const insert = `insert into public.messages (id, chat_id, sender_id, body) values (gen_random_uuid(), '${chat}', '${ada.id}', 'x')`;
  await assert.rejects(sql(backend, `begin; ${insert}; select 1 / 0; commit`));
  await sql(backend, `begin; ${insert}; rollback`);
  await send(ada, [draft(chat)]);
  assert.deepEqual(await revisions.count(1), [1]);
});

test('nobody but the database writes into chat:<id> and inbox:<user>, not even a member', async () => {
  const [ada, bob] = await Promise.all([newPerson(backend), newPerson(backend)]);
  const chat = await room(ada, bob);
  const events = new Inbox<string>();
  const topic = `chat:${chat}`;
  await joined(
    bob.client.channel(topic, {config: {private: true}}).on('broadcast', {event: 'change'}, message => {
      events.put(String((message as unknown as {payload: {op: string}}).payload.op));
    }),
  );
  const forged = {op: 'forged', rev: 1};
  const mine = await joined(ada.client.channel(topic, {config: {private: true}}));
  await mine.send({type: 'broadcast', event: 'change', payload: forged});
  const http = await ada.client
    .channel(`${topic}`, {config: {private: true}})
    .httpSend('change', forged)
    .catch(String);
  assert.match(JSON.stringify(http), /Unauthorized/);
  const direct = await ada.client.rpc('send', {payload: forged, event: 'change', topic, private: true});
  assert.equal(direct.error?.code, 'PGRST202', 'realtime.send is not exposed');
  await joined(ada.client.channel(`inbox:${ada.id}`, {config: {private: true}}));
  assert.equal((await join(ada.client.channel(`inbox:${bob.id}`, {config: {private: true}}))).status, 'CHANNEL_ERROR');
  await send(ada, [draft(chat)]);
  assert.deepEqual(await events.count(1), ['insert']);
});

test('history comes newest first and changes oldest first, a page at a time', async () => {
  const ada = await newPerson(backend);
  const chat = await room(ada);
  await send(
    ada,
    Array.from({length: 9}, (_, i) => draft(chat, `m${i + 1}`)),
  );
  const page = async (seq: number | null) =>
    (unwrap(await ada.client.rpc('messages_before', {chat_id: chat, seq, limit: 4})).data as Stored[]).map(
      row => row.seq,
    );
  assert.deepEqual([await page(null), await page(6), await page(2)], [[9, 8, 7, 6], [5, 4, 3, 2], [1]]);
  const changes = unwrap(await ada.client.rpc('changes_since', {chat_id: chat, rev: 6, limit: 2}, {get: true}))
    .data as Stored[];
  assert.deepEqual(
    changes.map(row => row.rev),
    [7, 8],
  );
});
