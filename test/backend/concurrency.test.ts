// Twenty people, an anonymous visitor and the service key do everything at once, and every answer says whom the database
// took it for. TRUNKLINE_CONCURRENCY sets how many requests; the whole run is 10,000.
import assert from 'node:assert/strict';
import {before, test} from 'node:test';
import {later, type Person, newPerson, RawSocket, sql, unwrap, useBackend, within} from '../support/backend.js';

const total = Number(process.env['TRUNKLINE_CONCURRENCY'] ?? 1200);
const backend = await useBackend();

interface Actor extends Person {
  /** A chat of this person alone, and the one message in it. */
  chat: string;
  secret: string;
  socket: RawSocket;
  /** What this person broadcast on the own chat's live topic, in order. */
  sent: string[];
}

const actors: Actor[] = [];

before(async () => {
  // It waits a moment inside its transaction, so that those of others begin and end meanwhile.
  await sql(
    backend,
    `create function public.who_am_i(nonce text) returns jsonb language plpgsql volatile as $$
     begin
       perform pg_sleep(random() * 0.004);
       return jsonb_build_object('nonce', nonce, 'uid', auth.uid(), 'role', auth.role(), 'user', current_user,
         'claims', auth.jwt() ->> 'sub', 'header', current_setting('request.headers', true)::jsonb ->> 'x-nonce',
         'topic', realtime.topic());
     end $$`,
  );
  later(() => sql(backend, 'drop function public.who_am_i(text)'));
  for (let n = 0; n < 20; n++) actors.push(await newActor());
});

async function newActor(): Promise<Actor> {
  const person = await newPerson(backend);
  const [made] = await sql<{id: string}>(backend, `insert into public.chats (kind) values ('group') returning id`);
  const chat = made?.id ?? '';
  await sql(backend, 'insert into public.chat_members (chat_id, user_id) values ($1, $2)', [chat, person.id]);
  const secret = `secret of ${person.id}`;
  unwrap(await person.client.from('messages').insert({id: crypto.randomUUID(), chat_id: chat, body: secret}));
  const socket = await RawSocket.open(backend);
  const own = {private: true, broadcast: {self: true, ack: true}};
  const reply = await socket.join(`realtime:chat:${chat}:live`, own, person.token);
  assert.equal(reply.payload['status'], 'ok');
  return {...person, chat, secret, socket, sent: []};
}

interface Said {
  status: number;
  body: unknown;
}

async function ask(token: string, path: string, method = 'GET', body?: unknown, nonce = ''): Promise<Said> {
  const headers: Record<string, string> = {
    apikey: backend.anonKey,
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    prefer: 'return=representation',
    'x-nonce': nonce,
  };
  const sent = {method, headers, ...(body === undefined ? {} : {body: JSON.stringify(body)})};
  const answer = await fetch(`${backend.url}${path}`, sent);
  const text = await answer.text();
  return {status: answer.status, body: text === '' ? undefined : (JSON.parse(text) as unknown)};
}

async function whoAmI(token: string, expected: {uid: string | null; role: string}): Promise<void> {
  const nonce = crypto.randomUUID();
  const {body} = await ask(token, '/rest/v1/rpc/who_am_i', 'POST', {nonce}, nonce);
  const {uid, role} = expected;
  assert.deepEqual(body, {nonce, uid, role, user: role, claims: uid, header: nonce, topic: null});
}

const bodies = (said: Said) => (said.body as {body: string}[]).map(row => row.body);

/** One of every kind of request; each holds its answer to who asked. */
const kinds: Record<string, (me: Actor, other: Actor) => Promise<void>> = {
  'a person calls a function': me => whoAmI(me.token, {uid: me.id, role: 'authenticated'}),
  'a visitor calls a function': () => whoAmI(backend.anonKey, {uid: null, role: 'anon'}),
  'the service key calls a function': () => whoAmI(backend.serviceRoleKey, {uid: null, role: 'service_role'}),
  'a person reads every message they may see': async me => {
    assert.deepEqual(bodies(await ask(me.token, '/rest/v1/messages?select=body&body=like.secret*')), [me.secret]);
  },
  'a person reads another’s chat': async (me, other) => {
    assert.deepEqual(await ask(me.token, `/rest/v1/messages?chat_id=eq.${other.chat}`), {status: 200, body: []});
  },
  'a visitor reads messages': async () => {
    assert.equal((await ask(backend.anonKey, '/rest/v1/messages')).status, 401);
  },
  'the service key reads all messages': async () => {
    const seen = bodies(await ask(backend.serviceRoleKey, '/rest/v1/messages?select=body&body=like.secret*'));
    assert.deepEqual(seen.sort(), actors.map(one => one.secret).sort());
  },
  'a person writes in their own name': async me => {
    const message = {id: crypto.randomUUID(), chat_id: me.chat, body: 'mine'};
    const {status, body} = await ask(me.token, '/rest/v1/messages', 'POST', message);
    assert.deepEqual([status, (body as {sender_id: string}[])[0]?.sender_id], [201, me.id]);
  },
  'a person writes into another’s chat': async (me, other) => {
    const message = {id: crypto.randomUUID(), chat_id: other.chat, body: 'not mine'};
    const {status, body} = await ask(me.token, '/rest/v1/messages', 'POST', message);
    assert.deepEqual([status, (body as {code: string}).code], [403, '42501']);
  },
  'a person edits every message there is': async me => {
    const {body} = await ask(me.token, '/rest/v1/messages?body=eq.mine', 'PATCH', {body: 'edited'});
    for (const row of body as {sender_id: string}[]) assert.equal(row.sender_id, me.id);
  },
  'a statement fails': async me => {
    assert.equal((await ask(me.token, '/rest/v1/messages?id=eq.nonsense')).status, 400);
  },
  'a person asks who they are': async me => {
    assert.equal(((await ask(me.token, '/auth/v1/user')).body as {id: string}).id, me.id);
  },
  'a person joins and leaves their own inbox': async me => {
    const socket = await RawSocket.open(backend);
    const reply = await socket.join(`realtime:inbox:${me.id}`, {private: true}, me.token);
    assert.equal(reply.payload['status'], 'ok');
    await socket.ask(`realtime:inbox:${me.id}`, 'phx_leave', {}, reply.ref);
    socket.close();
  },
  'a person joins another’s inbox': async (me, other) => {
    const socket = await RawSocket.open(backend);
    const reply = await socket.join(`realtime:inbox:${other.id}`, {private: true}, me.token);
    assert.equal(reply.payload['status'], 'error');
    socket.close();
  },
  'a person broadcasts to their own chat': async me => {
    const nonce = `${me.id} ${crypto.randomUUID()}`;
    me.sent.push(nonce);
    const payload = {type: 'broadcast', event: 'ev', payload: {nonce}};
    const reply = await me.socket.ask(`realtime:chat:${me.chat}:live`, 'broadcast', payload, '1');
    assert.equal(reply.payload['status'], 'ok');
  },
  'a person broadcasts into another’s chat over HTTP': async (me, other) => {
    const path = `/realtime/v1/api/broadcast/chat:${other.chat}:live/events/ev?private=true`;
    assert.equal((await ask(me.token, path, 'POST', {nonce: 'forged'})).status, 403);
  },
};

test(`${total} requests of every kind at once: none ever sees another’s role, claims, rows or topic`, async () => {
  const names = Object.keys(kinds);
  let next = 0;
  // Three lanes a person: each person's requests overlap with their own and everybody's.
  const lanes = actors
    .flatMap(me => [me, me, me])
    .map(async (me, lane) => {
      while (next < total) {
        const turn = next++;
        const name = names[(turn + lane) % names.length] ?? '';
        const other = actors[(actors.indexOf(me) + 1 + (turn % (actors.length - 1))) % actors.length] as Actor;
        await within(name, kinds[name]?.(me, other) ?? Promise.reject(new Error(name))).catch(error => {
          throw new Error(`request ${turn}, ${name}: ${String(error)}`, {cause: error});
        });
      }
    });
  await Promise.all(lanes);

  for (const {socket, sent} of actors) {
    const heard = socket.frames.all.filter(frame => frame.event === 'broadcast');
    assert.deepEqual(
      heard.map(frame => (frame.payload['payload'] as {nonce: string}).nonce),
      sent,
      'a live topic carries its member’s broadcasts in order, and nobody else’s',
    );
  }
  assert.deepEqual(
    await sql(backend, `select body from public.messages where body = 'not mine'`),
    [],
    'what was refused left nothing',
  );
});
