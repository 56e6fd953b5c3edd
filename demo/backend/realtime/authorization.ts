// Asks the project's own policies on realtime.messages what a token may do on a private topic, the way the real server
// does: write rows that are rolled back, and see what the role sees or may insert. It caches nothing.
import {randomUUID} from 'node:crypto';
import pg from 'pg';
import {become, type Database, type Identity, isConnectionError} from '../database.js';
import type {RealtimeClaims} from './tokens.js';

export type Extension = 'broadcast' | 'presence';

export interface ReadRights {
  broadcast: boolean;
  presence: boolean;
}

/** Claims that Postgres can't be asked about. The real server, too, fails before it asks. */
export class UnreadableClaims extends Error {}

export class Authorization {
  readonly #database: Database;
  readonly #log: (line: string) => void;

  constructor(database: Database, log: (line: string) => void) {
    this.#database = database;
    this.#log = log;
  }

  /** @throws {UnreadableClaims} */
  async read(claims: RealtimeClaims, topic: string): Promise<ReadRights> {
    const who = identity(claims, topic);
    if (topic.includes('\0')) return {broadcast: false, presence: false}; // Postgres has no such text
    const ids = {broadcast: randomUUID(), presence: randomUUID()};
    const row = (extension: Extension) => `('${ids[extension]}', ${pg.escapeLiteral(topic)}, '${extension}', true)`;
    const rehearsal = this.#database.rehearse(async client => {
      const results = (await client.query(`
        insert into realtime.messages (id, topic, extension, private) values ${row('broadcast')}, ${row('presence')};
        ${become(who)}
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

  async write(claims: RealtimeClaims, topic: string, extension: Extension): Promise<boolean> {
    try {
      return await this.tryWrite(claims, topic, extension);
    } catch (error) {
      if (!(error instanceof UnreadableClaims)) this.#policyFailed(error);
      return false;
    }
  }

  /** Like `write`, for who wants to know of a failure. @throws {UnreadableClaims} and what Postgres threw, but a refusal */
  async tryWrite(claims: RealtimeClaims, topic: string, extension: Extension): Promise<boolean> {
    const who = identity(claims, topic);
    if (topic.includes('\0')) return false;
    try {
      return await this.#database.rehearse(async client => {
        await client.query(`${become(who)}
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

function identity(claims: RealtimeClaims, topic: string): Identity {
  const {role} = claims;
  const sub = claims.sub ?? '';
  if (typeof sub !== 'string') throw new UnreadableClaims('the claim `sub` is no text');
  return {
    role,
    settings: {
      'realtime.topic': topic,
      'request.jwt.claims': JSON.stringify(claims),
      'request.jwt.claim.sub': sub,
      'request.jwt.claim.role': role,
      'request.headers': '{}',
    },
  };
}
