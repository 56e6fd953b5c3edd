// Discarding what a request may have stored: whichever comes first, the request or the discard, nobody reads the message.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import pg from 'pg';
import {isRealProject, newPerson, type Person, sql, unwrap, useBackend} from '../support/backend.js';

const backend = await useBackend();

interface Stored {
  id: string;
  rev: number;
  body: string;
  deleted_at: string | null;
}

async function room(...people: Person[]): Promise<string> {
  const slug = `room-${crypto.randomUUID()}`;
  let id = '';
  for (const {client} of people)
    id = (unwrap(await client.rpc('open_chat', {chat: slug, make: true})).data as {id: string}).id;
  return id;
}

const draft = (chat_id: string, body = 'hello') => ({id: crypto.randomUUID(), chat_id, body});
const send = async ({client}: Person, ...messages: unknown[]) =>
  unwrap(await client.rpc('send_messages', {messages})).data as {stored: Stored | null; code: string | null}[];
const discard = async ({client}: Person, chat_id: string, ...ids: string[]) =>
  unwrap(await client.rpc('discard_messages', {chat_id, ids})).data as Stored[];
const lastRev = async (chat: string) =>
  Number(
    (await sql<{last_rev: string}>(backend, 'select last_rev from public.chats where id = $1', [chat]))[0]?.last_rev,
  );
const rows = (chat: string) =>
  sql<{body: string}>(backend, 'select body from public.messages where chat_id = $1 order by seq', [chat]);

test('what is stored is deleted, once, and answered', async () => {
  const ada = await newPerson(backend);
  const chat = await room(ada);
  const [one, two] = [draft(chat, 'one'), draft(chat, 'two')];
  await send(ada, one, two);
  const gone = await discard(ada, chat, one.id);
  assert.deepEqual(
    gone.map(({id, body, deleted_at}) => [id, body, deleted_at !== null]),
    [[one.id, '', true]],
  );
  const rev = await lastRev(chat);
  assert.deepEqual(
    (await discard(ada, chat, one.id)).map(({id}) => id),
    [one.id],
  );
  assert.equal(await lastRev(chat), rev, 'a repeat takes no revision');
  assert.deepEqual(
    (await rows(chat)).map(({body}) => body),
    ['', 'two'],
  );
});

test('what is not stored never will be: no row, no revision, and the rest of its batch is stored', async () => {
  const ada = await newPerson(backend);
  const chat = await room(ada);
  const late = draft(chat, 'late');
  assert.deepEqual(await discard(ada, chat, late.id), []);
  assert.deepEqual(await discard(ada, chat, late.id), []);
  const rev = await lastRev(chat);
  const answers = await send(ada, late, draft(chat, 'next'));
  assert.deepEqual(
    answers.map(({code, stored}) => code ?? stored?.body),
    ['23D01', 'next'],
  );
  assert.equal(await lastRev(chat), rev + 1);
  assert.deepEqual(
    (await rows(chat)).map(({body}) => body),
    ['next'],
  );
});

test(
  'a request that hangs and commits later than the discard stores nothing that stays',
  {skip: isRealProject},
  async () => {
    const ada = await newPerson(backend);
    const chat = await room(ada);
    const message = draft(chat, 'hung');
    const connection = new pg.Client({connectionString: backend.databaseUrl});
    await connection.connect();
    // The request has begun, and its transaction stays open.
    await connection.query('begin');
    await connection.query('set local role authenticated');
    await connection.query(`select set_config('request.jwt.claims', $1, true)`, [
      JSON.stringify({sub: ada.id, role: 'authenticated'}),
    ]);
    await connection.query('select * from public.send_messages($1)', [JSON.stringify([message])]);
    let isDone = false;
    const discarded = discard(ada, chat, message.id).finally(() => (isDone = true));
    try {
      for (let waiting = 0; waiting === 0;) {
        assert.equal(isDone, false, 'the discard waits for whoever is storing');
        const [row] = await sql<{waiting: string}>(
          backend,
          'select count(*) as waiting from pg_locks where not granted',
        );
        waiting = Number(row?.waiting);
      }
      await connection.query('commit');
    } finally {
      await connection.end();
    }
    assert.deepEqual(
      (await discarded).map(({id, body}) => [id, body]),
      [[message.id, '']],
    );
    assert.deepEqual(
      (await rows(chat)).map(({body}) => body),
      [''],
    );
  },
);

test('a hundred messages sent and discarded at once: each is deleted or never stored', async () => {
  const ada = await newPerson(backend);
  const chat = await room(ada);
  const messages = Array.from({length: 100}, (_, n) => draft(chat, `m${n}`));
  await Promise.all(
    messages.flatMap((message, n) => {
      const acts = [send(ada, message), discard(ada, chat, message.id)];
      return n % 2 ? acts.reverse() : acts;
    }),
  );
  assert.deepEqual(
    (await rows(chat)).filter(({body}) => body !== ''),
    [],
  );
  const revs = await sql<{rev: string}>(backend, 'select rev from public.messages where chat_id = $1', [chat]);
  assert.equal(new Set(revs.map(({rev}) => rev)).size, revs.length);
});

test('nobody discards what another wrote, or keeps an id from them', async () => {
  const [ada, grace] = await Promise.all([newPerson(backend), newPerson(backend)]);
  const chat = await room(ada, grace);
  const [one, two] = [draft(chat, 'one'), draft(chat, 'two')];
  await send(ada, one);
  assert.deepEqual(await discard(grace, chat, one.id, two.id), []);
  assert.equal((await send(ada, two))[0]?.stored?.body, 'two');
  assert.deepEqual(
    (await rows(chat)).map(({body}) => body),
    ['one', 'two'],
  );
});

test('a stranger to the chat changes nothing in it and learns nothing of it', async () => {
  const [ada, eve] = await Promise.all([newPerson(backend), newPerson(backend)]);
  const [made] = await sql<{id: string}>(backend, `insert into public.chats (kind) values ('group') returning id`);
  const chat = made?.id ?? '';
  await sql(backend, 'insert into public.chat_members (chat_id, user_id) values ($1, $2)', [chat, ada.id]);
  const message = draft(chat);
  await send(ada, message);
  assert.deepEqual(await discard(eve, chat, message.id), []);
  assert.deepEqual(await discard(eve, crypto.randomUUID(), message.id), []);
  assert.deepEqual(
    (await rows(chat)).map(({body}) => body),
    ['hello'],
  );
});

test('takes 1 to 50 ids, of a person who is signed in, and shows nobody what was discarded', async () => {
  const ada = await newPerson(backend);
  const chat = await room(ada);
  for (const count of [0, 51]) {
    const ids = Array.from({length: count}, () => crypto.randomUUID());
    const {error} = await ada.client.rpc('discard_messages', {chat_id: chat, ids});
    assert.match(error?.message ?? '', /1 to 50/);
  }
  const {error} = await ada.client.schema('trunkline').from('discarded_messages').select();
  assert.notEqual(error, null);
  const [row] = await sql<{may: boolean}>(
    backend,
    `select has_table_privilege('authenticated', 'trunkline.discarded_messages', 'select, insert, update, delete') as may`,
  );
  assert.equal(row?.may, false);
});
