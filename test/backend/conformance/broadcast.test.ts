// rt_channel/broadcast_test.exs: broadcasts from sockets, from triggers and functions of the database, and replays,
// as frames.
import assert from 'node:assert/strict';
import {before} from 'node:test';
import {isRealProject, sql} from '../../support/backend.js';
import {readBroadcastFrame} from '../../support/binary-frames.js';
import {conformance, type Vsn} from '../../support/conformance.js';
import {
  authenticated,
  eventsOf,
  heardBroadcast,
  hearsNo,
  joinOk,
  message,
  nameOf,
  newTopic,
  pushFrame,
  reasonOf,
  serviceRole,
  settle,
  useLosableDatabase,
  useRealtime,
} from './rt-channel.js';

const suite = 'rt_channel/broadcast';
const realtime = await useRealtime();
const {backend} = realtime;
const losable = isRealProject ? undefined : await useLosableDatabase();
const toAll = {broadcast: {self: true}, private: true};

before(() =>
  sql(
    backend,
    `create table public.told (id serial primary key, details text, topic text);
     create function public.tell() returns trigger language plpgsql as $$ begin
       perform realtime.broadcast_changes(coalesce(new.topic, old.topic), tg_op, tg_op, tg_table_name, tg_table_schema, new, old, tg_level);
       return null; end $$;
     create trigger tell after insert or update or delete on public.told for each row execute function public.tell();`,
  ),
);

conformance(suite, 'public broadcast', async vsn => {
  const socket = await realtime.open(vsn);
  const topic = newTopic();
  await joinOk(socket, topic, {broadcast: {self: true}, private: false});
  socket.send(topic, 'broadcast', message, '1');
  const frame = await socket.frames.find(({event}) => event === 'broadcast');
  assert.deepEqual(frame, {joinRef: null, ref: null, topic, event: 'broadcast', payload: message});
});

conformance(suite, 'lack of connection to database error does not impact public channels', async vsn => {
  assert.ok(losable);
  const topic = newTopic();
  const [reader, sender] = [
    await losable.realtime.open(vsn, authenticated),
    await losable.realtime.open(vsn, serviceRole),
  ];
  for (const socket of [reader, sender]) await joinOk(socket, topic, {private: false});
  losable.shut();
  sender.send(topic, 'broadcast', message, '1');
  assert.deepEqual((await reader.frames.find(({event}) => event === 'broadcast')).payload, message);
  losable.reopen();
});

conformance(suite, 'private broadcast with valid channel with permissions sends message', async vsn => {
  const socket = await realtime.open(vsn, authenticated);
  const topic = newTopic('all');
  await joinOk(socket, topic, toAll);
  socket.send(topic, 'broadcast', message, '1');
  assert.deepEqual((await socket.frames.find(({event}) => event === 'broadcast')).payload, message);
});

conformance(
  suite,
  'private broadcast with binary payload and ack returns reply and delivers self-broadcast',
  async vsn => {
    const socket = await realtime.open(vsn, authenticated);
    const topic = newTopic('all');
    await joinOk(socket, topic, {broadcast: {self: true, ack: true}, private: true});
    const bytes = Buffer.from([0xca, 0xfe, 0xba, 0xbe, 0, 0x11, 0x22, 0x33]);
    socket.bytes(pushFrame('1', '77', topic, 'my-binary-event', bytes, false));
    const reply = await socket.frames.find(({ref}) => ref === '77');
    assert.deepEqual(reply.payload, {status: 'ok', response: {}});
    assert.deepEqual((await heardBroadcast(socket, vsn, 'my-binary-event')).payload, bytes);
  },
);

conformance(
  suite,
  "private broadcast with valid channel a colon character sends message and won't intercept in public channels",
  async vsn => {
    const [anon, member] = [await realtime.open(vsn), await realtime.open(vsn, authenticated)];
    const topic = newTopic('all');
    await joinOk(member, topic, toAll);
    await joinOk(anon, `realtime:private:${nameOf(topic)}`, {broadcast: {self: true}, private: false});
    member.send(topic, 'broadcast', message, '1');
    assert.deepEqual((await member.frames.find(({event}) => event === 'broadcast')).payload, message);
    await hearsNo('broadcast', anon);
  },
);

conformance(
  suite,
  "private broadcast with valid channel no write permissions won't send message but will receive message",
  async vsn => {
    const topic = newTopic('read');
    const [service, reader] = [await realtime.open(vsn, serviceRole), await realtime.open(vsn, authenticated)];
    for (const socket of [service, reader]) await joinOk(socket, topic, toAll);
    reader.send(topic, 'broadcast', message, '1');
    await hearsNo('broadcast', reader, service);
    service.send(topic, 'broadcast', message, '1');
    for (const socket of [service, reader]) {
      assert.deepEqual((await socket.frames.find(({event}) => event === 'broadcast')).payload, message);
    }
  },
);

conformance(suite, "private broadcast with valid channel and no read permissions won't join", async vsn => {
  const topic = newTopic('nobody');
  const socket = await realtime.open(vsn, authenticated);
  const reason = `Unauthorized: You do not have permissions to read from this Channel topic: ${nameOf(topic)}`;
  assert.equal(reasonOf(await socket.join(topic, {private: true})), reason);
  await settle(socket);
  assert.equal(eventsOf(socket, 'phx_reply').length, 2);
});

conformance(suite, 'handles lack of connection to database error on private channels', async vsn => {
  assert.ok(losable);
  const topic = newTopic('all');
  const [reader, sender] = [
    await losable.realtime.open(vsn, authenticated),
    await losable.realtime.open(vsn, serviceRole),
  ];
  for (const socket of [reader, sender]) await joinOk(socket, topic, {private: true});
  losable.shut();
  sender.send(topic, 'broadcast', message, '1');
  await settle(sender);
  await hearsNo('broadcast', reader);
  assert.deepEqual(eventsOf(sender, 'phx_close'), []);
  losable.reopen();
});

/** JSON comes as text with the join's reference, bytes as frames of kind 4. */
async function replay(vsn: Vsn, statements: string) {
  const topic = newTopic('all');
  const since = Date.now() - 60_000;
  for (const statement of statements.split(';')) await sql(backend, statement, [nameOf(topic)]);
  const socket = await realtime.open(vsn, authenticated);
  const order: string[] = [];
  const put = {text: socket.frames.put, bytes: socket.binary.put};
  Object.assign(socket.frames, {
    put: (frame: Parameters<typeof put.text>[0]) => {
      if (frame.event === 'broadcast') order.push(String(frame.payload['event']));
      put.text(frame);
    },
  });
  Object.assign(socket.binary, {
    put: (bytes: Buffer) => {
      order.push(readBroadcastFrame(bytes).event);
      put.bytes(bytes);
    },
  });
  await joinOk(socket, topic, {private: true, broadcast: {replay: {since, limit: 25}}});
  await settle(socket);
  return {socket, order};
}

conformance(suite, 'replays binary messages as binary frames', async vsn => {
  const {socket} = await replay(vsn, `select realtime.send_binary('\\x00ff', 'raw', $1)`);
  const frame = await heardBroadcast(socket, vsn, 'raw');
  assert.deepEqual(frame.payload, Buffer.from([0, 255]));
  assert.equal((frame.meta as {replayed: boolean}).replayed, true);
});

conformance(suite, 'replays binary and json messages in insertion order', async vsn => {
  const {order} = await replay(
    vsn,
    `select realtime.send_binary('\\x01', 'b1', $1);select realtime.send('{"n":1}', 'j1', $1);select realtime.send_binary('\\x02', 'b2', $1);select realtime.send('{"n":2}', 'j2', $1)`,
  );
  assert.deepEqual(order, ['b1', 'j1', 'b2', 'j2']);
});

conformance(suite, 'binary messages are skipped on V1 sockets', async vsn => {
  const {order} = await replay(
    vsn,
    `select realtime.send_binary('\\x01', 'b1', $1);select realtime.send('{"n":1}', 'j1', $1)`,
  );
  assert.deepEqual(order, vsn === '1.0.0' ? ['j1'] : ['b1', 'j1']);
});

for (const [operation, what] of [
  ['INSERT', 'broadcast insert event changes on insert in table with trigger'],
  ['UPDATE', 'broadcast update event changes on update in table with trigger'],
  ['DELETE', 'broadcast delete event changes on delete in table with trigger'],
] as const) {
  conformance(suite, what, async vsn => {
    const socket = await realtime.open(vsn, authenticated);
    const topic = newTopic('all');
    await joinOk(socket, topic, toAll);
    const name = nameOf(topic);
    const [row] = await sql<{id: number}>(
      backend,
      `insert into public.told (details, topic) values ('old', $1) returning id`,
      [name],
    );
    if (operation === 'UPDATE')
      await sql(backend, `update public.told set details = 'new' where topic = $1 and details = 'old'`, [name]);
    if (operation === 'DELETE') await sql(backend, 'delete from public.told where topic = $1', [name]);
    const {payload, meta} = await heardBroadcast(socket, vsn, operation);
    const record = (details: string) => ({id: row?.id, details, topic: name});
    assert.deepEqual(payload, {
      id: (meta as {id: string}).id,
      old_record: operation === 'INSERT' ? null : record('old'),
      operation,
      record: operation === 'DELETE' ? null : record(operation === 'INSERT' ? 'old' : 'new'),
      schema: 'public',
      table: 'told',
    });
  });
}

for (const [isPrivate, what] of [
  [true, "broadcast event when function 'send' is called with private topic"],
  [false, "broadcast event when function 'send' is called with public topic"],
] as const) {
  conformance(suite, what, async vsn => {
    const socket = await realtime.open(vsn, authenticated);
    const topic = newTopic('all');
    await joinOk(socket, topic, {broadcast: {self: true}, private: isPrivate});
    await sql(backend, 'select realtime.send($1, $2, $3, $4)', [{value: 'v'}, 'ev', nameOf(topic), isPrivate]);
    const {payload, meta} = await heardBroadcast(socket, vsn, 'ev');
    assert.deepEqual(payload, {value: 'v', id: (meta as {id: string}).id});
  });
}

conformance(suite, "broadcast event when function 'send_binary' is called", async vsn => {
  const socket = await realtime.open(vsn, authenticated);
  const topic = newTopic('all');
  await joinOk(socket, topic, toAll);
  await sql(backend, `select realtime.send_binary('\\xdeadbeef00ff0102', 'raw', $1)`, [nameOf(topic)]);
  await sql(backend, 'select realtime.send($1, $2, $3)', [{}, 'after', nameOf(topic)]);
  await heardBroadcast(socket, vsn, 'after');
  if (vsn === '1.0.0') return assert.equal(eventsOf(socket, 'broadcast').length, 1, 'version 1 carries no bytes');
  const {payload} = await heardBroadcast(socket, vsn, 'raw');
  assert.deepEqual(payload, Buffer.from('deadbeef00ff0102', 'hex'));
});
