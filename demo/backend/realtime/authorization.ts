// Asks the project's own policies on realtime.messages what a token may do on a private topic, the way the real server
// does: write rows that are rolled back, and see what the role sees or may insert. It caches nothing.
import {randomUUID} from 'node:crypto';
import pg from 'pg';
import {become, type Database, type Identity} from '../database.js';
import type {Claims} from '../keys.js';

export type Extension = 'broadcast' | 'presence';

export interface ReadRights {
  broadcast: boolean;
  presence: boolean;
}

export class Authorization {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async read(claims: Claims, topic: string): Promise<ReadRights> {
    if (topic.includes('\0')) return {broadcast: false, presence: false}; // Postgres has no such text
    const ids = {broadcast: randomUUID(), presence: randomUUID()};
    const row = (extension: Extension) => `('${ids[extension]}', ${pg.escapeLiteral(topic)}, '${extension}', true)`;
    return this.#database.rehearse(async client => {
      const results = (await client.query(`
        insert into realtime.messages (id, topic, extension, private) values ${row('broadcast')}, ${row('presence')};
        ${become(identity(claims, topic))}
        select id from realtime.messages where id in ('${ids.broadcast}', '${ids.presence}')`)) as unknown as pg.QueryResult<{
        id: string;
      }>[];
      const seen = new Set(results.at(-1)?.rows.map(one => one.id));
      return {broadcast: seen.has(ids.broadcast), presence: seen.has(ids.presence)};
    });
  }

  async write(claims: Claims, topic: string, extension: Extension): Promise<boolean> {
    if (topic.includes('\0')) return false;
    try {
      return await this.#database.rehearse(async client => {
        await client.query(`${become(identity(claims, topic))}
          insert into realtime.messages (topic, extension, private) values (${pg.escapeLiteral(topic)}, '${extension}', true)`);
        return true;
      });
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === '42501') return false;
      throw error;
    }
  }
}

function identity(claims: Claims, topic: string): Identity {
  return {
    role: claims.role ?? 'anon',
    settings: {
      'realtime.topic': topic,
      'request.jwt.claims': JSON.stringify(claims),
      'request.jwt.claim.sub': claims.sub ?? '',
      'request.jwt.claim.role': claims.role ?? '',
      'request.headers': '{}',
    },
  };
}
