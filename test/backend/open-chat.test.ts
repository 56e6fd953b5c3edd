// What asking for a chat by its name tells: names are shared by rooms and private chats, so that nobody can put a room where
// people look for a private chat.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {newPerson, sql, unwrap, useBackend} from '../support/backend.js';

const backend = await useBackend();
const slug = `board-${crypto.randomUUID()}`;
const [{id} = {id: ''}] = await sql<{id: string}>(
  backend,
  'insert into public.chats (slug, kind) values ($1, $2) returning id',
  [slug, 'group'],
);

test('a private chat’s name can’t become a room’s, whoever makes it', async () => {
  const {client} = await newPerson(backend);
  const {error} = await client.rpc('open_chat', {chat: slug, make: true});
  assert.equal(error?.code, 'PT404');
  const rows = await sql(backend, 'select id, kind from public.chats where slug = $1', [slug]);
  assert.deepEqual(rows, [{id, kind: 'group'}]);
});

test('asking without `make` tells nothing about a name', async () => {
  const {client} = await newPerson(backend);
  const free = `free-${crypto.randomUUID()}`;
  const [taken, none] = await Promise.all(
    [slug, free].map(async chat => {
      const {error, status} = await client.rpc('open_chat', {chat});
      return {...error, message: error?.message.replace(chat, ''), status};
    }),
  );
  assert.deepEqual(taken, none);
});

test('a private chat’s members find it by its id and by its name', async () => {
  const {client, id: person} = await newPerson(backend);
  await sql(backend, 'insert into public.chat_members (chat_id, user_id) values ($1, $2)', [id, person]);
  assert.equal((unwrap(await client.rpc('open_chat', {chat: id})).data as {id: string}).id, id);
  assert.equal((unwrap(await client.rpc('open_chat', {chat: slug})).data as {id: string}).id, id);
});
