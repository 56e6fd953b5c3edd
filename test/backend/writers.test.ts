// Fifty writers of one chat at once: sends, repeats, edits, deletions and batches over several chats. Revisions have no
// hole, events come in their order, and nobody waits for each other in a ring.
import assert from 'node:assert/strict';
import {test} from 'node:test';
import {type Person, newPerson, RawSocket, sql, unwrap, useBackend} from '../support/backend.js';

const writers = 50;
const rounds = Number(process.env['TRUNKLINE_WRITER_ROUNDS'] ?? 2);
const backend = await useBackend();

interface Stored {
  id: string;
  chat_id: string;
  seq: number;
  rev: number;
}

async function open({client}: Person, slug: string): Promise<string> {
  return (unwrap(await client.rpc('open_chat', {chat: slug, make: true})).data as {id: string}).id;
}

async function send({client}: Person, messages: unknown[]): Promise<Stored[]> {
  const answers = unwrap(await client.rpc('send_messages', {messages})).data as {stored: Stored | null}[];
  return answers.map(({stored}) => stored ?? assert.fail(`a message was refused: ${JSON.stringify(answers)}`));
}

/** One writer's turn; returns how many revisions it must have taken of `chat`. */
async function write(me: Person, n: number, chat: string, sides: string[]): Promise<number> {
  const draft = (to: string) => ({id: crypto.randomUUID(), chat_id: to, body: `from ${n}`});
  const [first, second] = [draft(chat), draft(chat)];
  const before = await send(me, [first]);

  // The same id three times at once, with another among them: only the other is new.
  const again = await Promise.all([
    send(me, [first]),
    send(me, [first, second]),
    send(me, [{...first, body: 'other'}]),
  ]);
  for (const [stored] of again) assert.deepEqual(stored, before[0], 'a repeat gives what is stored');

  const [left = '', right = ''] = n % 2 === 0 ? sides : [...sides].reverse();
  const batch = [draft(left), {...draft(chat), reply_to: first.id}, draft(right), draft(chat)];
  const stored = await send(me, n % 3 === 0 ? batch.reverse() : batch);
  const [seqA = 0, seqB = 0] = stored.filter(one => one.chat_id === chat).map(one => one.seq);
  assert.ok(seqA < seqB, 'a batch keeps its order');

  const edit = (id: string, change: Record<string, string>) =>
    me.client.from('messages').update(change).eq('id', id).select('rev').single();
  const edits = await Promise.all([
    edit(first.id, {body: `edited by ${n}`}),
    edit(second.id, {deleted_at: new Date().toISOString()}),
    send(me, [first]),
  ]);
  for (const answer of edits.slice(0, 2)) unwrap(answer as {error: unknown});
  const {data: dead} = unwrap(await edit(second.id, {body: 'too late'}));
  assert.equal(dead?.rev, (edits[1] as {data: {rev: number}}).data.rev, 'a deleted message takes no revision');
  return 6; // two sends, two in the batch, one edit, one deletion
}

test('fifty writers: revisions 1…N once each, events in their order, repeats free, no deadlock', async () => {
  const people = await Promise.all(Array.from({length: writers}, () => newPerson(backend)));
  const slugs = ['main', 'left', 'right'].map(name => `writers-${name}-${crypto.randomUUID()}`);
  const chats = await Promise.all(slugs.map(slug => open(people[0] as Person, slug)));
  for (const slug of slugs) await Promise.all(people.map(person => open(person, slug)));
  const [chat = '', ...sides] = chats;

  const listener = await RawSocket.open(backend, {vsn: '1.0.0'});
  const reply = await listener.join(`realtime:chat:${chat}`, {private: true}, people[1]?.token);
  assert.equal(reply.payload['status'], 'ok');
  const deadlocks = async () =>
    (
      await sql<{deadlocks: string}>(
        backend,
        'select deadlocks from pg_stat_database where datname = current_database()',
      )
    )[0]?.deadlocks;
  const deadlocksBefore = await deadlocks();

  let expected = 0;
  for (let round = 0; round < rounds; round++) {
    const taken = await Promise.all(people.map((person, n) => write(person, n, chat, sides)));
    expected += taken.reduce((sum, one) => sum + one, 0);
  }

  const {data: tips} = unwrap(await (people[0] as Person).client.rpc('chat_tips', {ids: [chat]}));
  assert.deepEqual(tips, [{id: chat, last_rev: expected}], 'as many revisions as changes');
  const isEvent = (frame: {event: string}) => frame.event === 'broadcast';
  await listener.frames.find(frame => isEvent(frame) && revOf(frame.payload) === expected);
  const revisions = listener.frames.all.filter(isEvent).map(frame => revOf(frame.payload));
  assert.deepEqual(
    revisions,
    Array.from({length: expected}, (_, i) => i + 1),
    'commit order is revision order',
  );

  const rows = await sql<Stored>(backend, 'select seq::int, rev::int from public.messages where chat_id = $1', [chat]);
  assert.equal(new Set(rows.map(row => row.seq)).size, rows.length);
  assert.equal(new Set(rows.map(row => row.rev)).size, rows.length);
  assert.equal(rows.length, writers * rounds * 4);
  assert.equal(await deadlocks(), deadlocksBefore);
});

function revOf(payload: Record<string, unknown>): number {
  return (payload['payload'] as {rev: number}).rev;
}
