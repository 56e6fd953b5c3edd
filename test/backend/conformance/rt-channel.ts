// What the rt_channel suites share: a backend with policies that a topic's name chooses, sockets for tokens with any
// claims, and ways to read what came. A suite's own time-outs are replaced by a heartbeat: frames of a socket keep
// their order, so what has not come before its answer does not come.
import assert from 'node:assert/strict';
import {createServer, connect, type Socket} from 'node:net';
import type {AddressInfo} from 'node:net';
import {Keys} from '../../../demo/backend/keys.js';
import {PostgresServer, superuser} from '../../../demo/backend/postgres/server.js';
import type {Backend, BackendOptions} from '../../../demo/backend/start-backend.js';
import {pushFrame, readBroadcastFrame} from '../../support/binary-frames.js';
import {isRealProject, later, RawSocket, sql, useBackend, type Wire} from '../../support/backend.js';
import type {Vsn} from './cases.js';

/** By the topic's first word: what the role `authenticated` may do there. */
const policies = `
  create policy "rt all r" on realtime.messages for select to authenticated using (split_part(realtime.topic(), ':', 1) in ('all', 'read'));
  create policy "rt all w" on realtime.messages for insert to authenticated with check (split_part(realtime.topic(), ':', 1) in ('all', 'presence-by-claim', 'presence-by-sub'));
  create policy "rt presence r" on realtime.messages for select to authenticated using (extension = 'presence' and split_part(realtime.topic(), ':', 1) in ('only-presence', 'presence-read', 'broadcast-by-claim'));
  create policy "rt presence w" on realtime.messages for insert to authenticated with check (extension = 'presence' and split_part(realtime.topic(), ':', 1) in ('only-presence', 'broadcast-by-claim'));
  create policy "rt broadcast r" on realtime.messages for select to authenticated using (extension = 'broadcast' and split_part(realtime.topic(), ':', 1) in ('presence-by-claim', 'presence-by-sub'));
  create policy "rt by claim p" on realtime.messages for select to authenticated using (extension = 'presence'
    and split_part(realtime.topic(), ':', 1) in ('presence-by-claim', 'only-presence-by-claim') and auth.jwt() ->> 'presence_read' = 'true');
  create policy "rt by claim b" on realtime.messages for select to authenticated using (extension = 'broadcast'
    and split_part(realtime.topic(), ':', 1) = 'broadcast-by-claim' and auth.jwt() ->> 'broadcast_read' = 'true');
  create policy "rt by sub p" on realtime.messages for select to authenticated using (extension = 'presence' and realtime.topic() = 'presence-by-sub:' || auth.uid());
  create policy "rt by sub" on realtime.messages for select to authenticated using (realtime.topic() = 'sub:' || auth.uid());
  create policy "rt by role" on realtime.messages for select to anon, authenticated using (realtime.topic() like 'role:%' and auth.role() = 'anon');
  create policy "rt broken" on realtime.messages for select to authenticated using (case when realtime.topic() like 'broken:%' then extension::int = 1 else false end);`;

export interface Realtime {
  backend: Backend;
  keys: Keys;
  /** A token that is good for ten minutes unless `claims` say otherwise. */
  token(claims: Record<string, unknown>): string;
  /** A socket whose key has these claims. */
  open(vsn: Vsn, claims?: Record<string, unknown>): Promise<RawSocket>;
}

export const inSeconds = (n: number) => Math.floor(Date.now() / 1000) + n;
export const newTopic = (kind = 'any') => `realtime:${kind}:${crypto.randomUUID()}`;
export const nameOf = (topic: string) => topic.slice('realtime:'.length);
export const authenticated = {role: 'authenticated'};
export const serviceRole = {role: 'service_role'};

export async function useRealtime(options: BackendOptions = {}): Promise<Realtime> {
  const backend = await useBackend(options);
  const keys = new Keys(backend.jwtSecret);
  if (!isRealProject) await sql(backend, policies);
  const token = (claims: Record<string, unknown>) =>
    keys.sign({exp: inSeconds(600), sub: crypto.randomUUID(), ...claims});
  const open = (vsn: Vsn, claims: Record<string, unknown> = {role: 'anon'}) =>
    RawSocket.open(backend, {vsn, key: token(claims)});
  return {backend, keys, token, open};
}

export const isOk = (reply: Wire) => reply.payload['status'] === 'ok';
export const reasonOf = (reply: Wire) => (reply.payload['response'] as {reason?: string}).reason;

/** Joins and sees that it was let in; the reference is what later pushes carry. */
export async function joinOk(socket: RawSocket, topic: string, config: Record<string, unknown> = {}): Promise<string> {
  const reply = await socket.join(topic, config);
  assert.ok(isOk(reply), JSON.stringify(reply.payload));
  return reply.ref ?? '';
}

export const message = {event: 'TEST', payload: {msg: 1}, type: 'broadcast'};

export const track = (payload: Record<string, unknown>) => ({type: 'presence', event: 'TRACK', payload});

/** Everything sent so far has been taken, and everything meant for these sockets has come. */
export async function settle(...sockets: RawSocket[]): Promise<void> {
  for (const socket of sockets) await socket.ask('phoenix', 'heartbeat', {});
}

export const eventsOf = (socket: RawSocket, event: string) => socket.frames.all.filter(frame => frame.event === event);

/** None of these events has come, and what is under way is no such one. */
export async function hearsNo(event: string, ...sockets: RawSocket[]): Promise<void> {
  await settle(...sockets);
  for (const socket of sockets) {
    assert.deepEqual(eventsOf(socket, event), []);
    if (event === 'broadcast') assert.equal(socket.binary.all.length, 0);
  }
}

export interface Heard {
  event: string;
  payload: unknown;
  meta: unknown;
}

/** The first broadcast, in whichever frame this version gets it: of kind 4, or JSON. */
export async function heardBroadcast(socket: RawSocket, vsn: Vsn, event: string): Promise<Heard> {
  if (vsn === '2.0.0') {
    const frame = readBroadcastFrame(await socket.binary.find(bytes => readBroadcastFrame(bytes).event === event));
    assert.equal(frame.kind, 4);
    const payload: unknown = frame.isJson ? JSON.parse(frame.payload.toString()) : frame.payload;
    return {event: frame.event, payload, meta: frame.meta};
  }
  const frame = await socket.frames.find(one => one.event === 'broadcast' && one.payload['event'] === event);
  assert.equal(frame.payload['type'], 'broadcast');
  return {event, payload: frame.payload['payload'], meta: frame.payload['meta']};
}

export {pushFrame};

export interface LosableDatabase {
  realtime: Realtime;
  superuserUrl: string;
  shut(): void;
  reopen(): void;
}

/** A backend whose database can be taken away: it is reached through a door that shuts. */
export async function useLosableDatabase(): Promise<LosableDatabase> {
  const postgres = await PostgresServer.start();
  later(() => postgres.stop());
  const through = new Set<Socket>();
  let isShut = false;
  const door = createServer(inner => {
    if (isShut) return inner.destroy();
    const outer = connect(postgres.port, '127.0.0.1');
    for (const socket of [inner, outer]) {
      through.add(socket);
      socket.on('error', () => {}).once('close', () => through.delete(socket));
    }
    inner.pipe(outer).pipe(inner);
  });
  await new Promise<void>(done => door.listen(0, '127.0.0.1', done));
  later(() => door.close());
  const url = new URL(postgres.url(superuser, postgres.password));
  url.port = String((door.address() as AddressInfo).port);
  return {
    realtime: await useRealtime({databaseUrl: url.href}),
    superuserUrl: url.href,
    shut: () => {
      isShut = true;
      for (const socket of through) socket.destroy();
    },
    reopen: () => (isShut = false),
  };
}
