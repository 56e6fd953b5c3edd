// Asks the project's own policies on realtime.messages what a token may do on a private topic, the way the real server
// does: write rows that are rolled back, and see what the role sees or may insert. It caches nothing.
import {randomUUID} from 'node:crypto';
import pg from 'pg';
import {become, type Database, type Identity, isConnectionError} from '../database.js';
import type {Claims} from '../keys.js';

export type Extension = 'broadcast' | 'presence';

export interface ReadRights {
  broadcast: boolean;
  presence: boolean;
}

export class Authorization {
  readonly #database: Database;
  readonly #log: (line: string) => void;

  constructor(database: Database, log: (line: string) => void) {
    this.#database = database;
    this.#log = log;
  }

  async read(claims: Claims, topic: string): Promise<ReadRights> {
    if (topic.includes('\0')) return {broadcast: false, presence: false}; // Postgres has no such text
    const ids = {broadcast: randomUUID(), presence: randomUUID()};
    const row = (extension: Extension) => `('${ids[extension]}', ${pg.escapeLiteral(topic)}, '${extension}', true)`;
    const rehearsal = this.#database.rehearse(async client => {
      const results = (await client.query(`
        insert into realtime.messages (id, topic, extension, private) values ${row('broadcast')}, ${row('presence')};
        ${become(identity(claims, topic))}
        select id from realtime.messages where id in ('${ids.broadcast}', '${ids.presence}')`)) as unknown as pg.QueryResult<{
        id: string;
      }>[];
      const seen = new Set(results.at(-1)?.rows.map(one => one.id));
      return {broadcast: seen.has(ids.broadcast), presence: seen.has(ids.presence)};
    });
    return rehearsal.catch(error => {
      this.#policyFailed(error);
      return {broadcast: false, presence: false};
    });
  }

  async write(claims: Claims, topic: string, extension: Extension): Promise<boolean> {
    try {
      return await this.tryWrite(claims, topic, extension);
    } catch (error) {
      this.#policyFailed(error);
      return false;
    }
  }

  /** Like `write`, for who wants to know of a failure. @throws what Postgres threw, but a refusal */
  async tryWrite(claims: Claims, topic: string, extension: Extension): Promise<boolean> {
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

  /** A policy that fails on a token's claims allows nothing, as on the real server; a database that is away is no policy. */
  #policyFailed(error: unknown): void {
    if (!(error instanceof pg.DatabaseError) || isConnectionError(error)) throw error;
    this.#log(`RlsPolicyError: ${error.message}`);
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
