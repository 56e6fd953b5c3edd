// Somebody else, who writes into a chat: rows put into the table as the database sees them, each with its number and its time.
import {randomUUID} from 'node:crypto';
import pg from 'pg';
import type {BackendProcess} from '../support/backend-process.js';

const now = () => performance.timeOrigin + performance.now();

export interface Room {
  id: string;
  slug: string;
}

/** As many as the backend keeps. */
const CONNECTIONS = 12;

export class OtherPerson {
  readonly #database: pg.Client;
  readonly #userId: string;
  readonly token: string;
  readonly #ask: (path: string, body?: object) => Promise<unknown>;

  private constructor(database: pg.Client, userId: string, token: string, {url, anonKey}: BackendProcess['serving']) {
    this.#database = database;
    this.#userId = userId;
    this.token = token;
    const headers = {apikey: anonKey, authorization: `Bearer ${token}`, 'content-type': 'application/json'};
    this.#ask = async (path, body) => {
      const options = body && {method: 'POST', body: JSON.stringify(body)};
      return (await fetch(`${url}/rest/v1/${path}`, {headers, ...options})).text();
    };
  }

  static async signIn({serving}: BackendProcess): Promise<OtherPerson> {
    const {url, anonKey, systemUrl} = serving;
    const database = new pg.Client({connectionString: systemUrl});
    await database.connect();
    const response = await fetch(`${url}/auth/v1/signup`, {method: 'POST', headers: {apikey: anonKey}, body: '{}'});
    const {access_token: token, user} = (await response.json()) as {access_token: string; user: {id: string}};
    return new OtherPerson(database, user.id, token, serving);
  }

  /**
   * Asks all that a page of either kind asks, over every connection to the database: one that has met a function before answers ten times
   * as soon, and those of a project in use have.
   */
  async warmUp(): Promise<void> {
    const {id, slug} = await this.makeRoom(50);
    const requests: [path: string, body?: object][] = [
      [`messages?select=id,body,seq&chat_id=eq.${id}&order=seq.desc&limit=50`],
      [`profiles?select=*&id=in.(${this.#userId})`],
      ['rpc/open_chat', {chat: slug, make: true}],
      ['rpc/messages_before', {chat_id: id, limit: 200}],
      ['rpc/changes_since', {chat_id: id, rev: 0, limit: 500}],
      ['rpc/chat_tips', {ids: [id]}],
      ['rpc/my_chats', {limit: 50}],
      ['rpc/mark_read', {chat_id: id, rev: 1}],
      ['rpc/touch_last_seen', {}],
    ];
    for (const request of requests) await Promise.all(Array.from({length: CONNECTIONS}, () => this.#ask(...request)));
  }

  /** A room with so many messages in it. */
  async makeRoom(messages: number): Promise<Room> {
    const room = {id: randomUUID(), slug: `bench-${randomUUID().slice(0, 8)}`};
    await this.#database.query("insert into chats (id, slug, title, kind) values ($1, $2, 'Bench', 'room')", [
      room.id,
      room.slug,
    ]);
    await this.#database.query('insert into chat_members (chat_id, user_id) values ($1, $2)', [room.id, this.#userId]);
    if (messages > 0)
      await this.#database.query(
        `insert into messages (id, chat_id, sender_id, body)
         select gen_random_uuid(), $1, $2, 'Message ' || n || ', of a usual length, about nothing in particular.'
         from generate_series(1, $3::int) n order by n`,
        [room.id, this.#userId, messages],
      );
    return room;
  }

  /** Writes message number `n`. Resolves with when it was sent, in ms since 1970. */
  async write({id}: Room, n: number): Promise<number> {
    const at = now();
    await this.#database.query('insert into messages (id, chat_id, sender_id, body) values ($1, $2, $3, $4)', [
      ...[randomUUID(), id, this.#userId],
      `#${n} a message of a usual length, about nothing in particular.`,
    ]);
    return at;
  }

  /** Writes so many messages, so many a second. Resolves with when each was sent. */
  async writeAtRate(room: Room, {from, count, perSecond}: {from: number; count: number; perSecond: number}) {
    const sentAt = new Map<number, number>();
    const start = now();
    for (let n = 0; n < count; n++) {
      const wait = start + (n * 1000) / perSecond - now();
      if (wait > 0) await new Promise(done => setTimeout(done, wait));
      sentAt.set(from + n, await this.write(room, from + n));
    }
    return sentAt;
  }

  async end(): Promise<void> {
    await this.#database.end();
  }
}
