// /rest/v1: checks who asks, plans the statement with the schema at hand, runs it as that role in one transaction and
// shapes the answer. What a request means is planner.ts's business.
import {type Client, type Database, type Identity, isConnectionError} from '../database.js';
import {type Answer, apiKey, bearer, type Exchange, header} from '../http/exchange.js';
import {type Claims, type Keys, roleOf, TokenError} from '../keys.js';
import {Planner, type Statement} from './planner.js';
import {type Preferences, readPreferences} from './preferences.js';
import {fromPostgres, RestError} from './rest-error.js';
import type {SchemaCache} from './schema-cache.js';

interface Limits {
  restRows: number;
  statementMs: {anon: number; authenticated: number};
}

interface Row {
  body: string | null;
  rows: number;
  total: number | null;
  status: string | null;
  headers: string | null;
}

const stale = new Set(['PGRST200', 'PGRST202', 'PGRST204', 'PGRST205']);

export class RestService {
  readonly #database: Database;
  readonly #keys: Keys;
  readonly #cache: SchemaCache;
  readonly #limits: Limits;

  constructor(database: Database, keys: Keys, cache: SchemaCache, limits: Limits) {
    this.#database = database;
    this.#keys = keys;
    this.#cache = cache;
    this.#limits = limits;
  }

  handle = async (exchange: Exchange): Promise<Answer> => {
    let signedIn = false;
    try {
      const claims = this.#claims(exchange);
      refuseNul(exchange);
      signedIn = claims.role !== undefined && claims.role !== 'anon';
      checkProfile(exchange);
      const preferences = readPreferences(exchange);
      const identity = this.#identity(exchange, claims);
      try {
        return await this.#run(exchange, identity, preferences);
      } catch (error) {
        // The schema may have changed a moment ago; look again before saying that something isn't there.
        if (!(error instanceof RestError) || !stale.has(error.code)) throw error;
        this.#cache.drop();
        return await this.#run(exchange, identity, preferences);
      }
    } catch (error) {
      const known = fromPostgres(error, signedIn);
      if (known) return known.answer;
      throw error;
    }
  };

  async #run(exchange: Exchange, identity: Identity, preferences: Preferences): Promise<Answer> {
    const schema = await this.#cache.get();
    const statement = new Planner(schema, this.#limits.restRows).plan(exchange, preferences);
    const row = await this.#database
      .asApi(identity, statement.readOnly, async client => {
        const result = await execute(client, statement);
        check(result, statement, preferences); // inside, so that a refusal undoes the write
        return result;
      })
      .catch(async error => {
        if (isConnectionError(error)) this.#cache.drop();
        throw error;
      });
    return answer(row, statement, preferences);
  }

  #claims(exchange: Exchange): Claims {
    const token = bearer(exchange) ?? apiKey(exchange) ?? '';
    try {
      return this.#keys.verify(token);
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      const say = (code: string, message: string, details: string | null = null) =>
        new RestError(401, code, message, details, null, {
          'www-authenticate': `Bearer error="invalid_token", error_description="${message}"`,
        });
      if (error.fault === 'expired') throw say('PGRST303', 'JWT expired');
      if (error.fault === 'signature')
        throw say('PGRST301', 'No suitable key or wrong key type', 'None of the keys was able to decode the JWT');
      throw say('PGRST301', 'Expected 3 parts in JWT; got 1');
    }
  }

  #identity(exchange: Exchange, claims: Claims): Identity {
    const role = roleOf(claims) ?? 'anon';
    const settings: Record<string, string> = {
      search_path: '"public", "extensions"',
      'request.jwt.claims': JSON.stringify(claims),
      'request.method': exchange.method,
      'request.path': `/rest/v1${exchange.path}`,
      'request.headers': JSON.stringify(exchange.headers),
      'request.cookies': '{}',
    };
    const limit =
      role === 'anon'
        ? this.#limits.statementMs.anon
        : role === 'authenticated'
          ? this.#limits.statementMs.authenticated
          : 0;
    if (limit > 0) settings['statement_timeout'] = String(limit);
    return {role, settings};
  }
}

async function execute(client: Client, statement: Statement): Promise<Row> {
  const {rows} = await client.query<Row>(statement.sql, statement.parameters.values);
  const [row] = rows;
  if (!row) throw new Error('a statement gave no row');
  return row;
}

function check(row: Row, statement: Statement, preferences: Preferences): void {
  if (preferences.maxAffected !== undefined && statement.writes && row.rows > preferences.maxAffected) {
    throw new RestError(
      400,
      'PGRST124',
      'Query result exceeds max-affected preference constraint',
      `The query affects ${row.rows} rows`,
    );
  }
  const wanted = statement.shape === 'list' && (!statement.writes || preferences.return === 'representation');
  if (preferences.single && wanted && row.rows !== 1) {
    throw new RestError(
      406,
      'PGRST116',
      'Cannot coerce the result to a single JSON object',
      `The result contains ${row.rows} rows`,
    );
  }
  if (!statement.writes && row.total !== null && statement.offset > 0 && statement.offset >= row.total) {
    const details = `An offset of ${statement.offset} was requested, but there are only ${row.total} rows.`;
    throw new RestError(416, 'PGRST103', 'Requested range not satisfiable', details, null, {
      'content-range': `*/${row.total}`,
    });
  }
}

function answer(row: Row, statement: Statement, preferences: Preferences): Answer {
  const headers: Record<string, string> = {};
  for (const entry of row.headers === null ? [] : (JSON.parse(row.headers) as Record<string, string>[]))
    Object.assign(headers, entry);
  if (preferences.applied.length > 0) headers['preference-applied'] = preferences.applied.join(', ');
  const total = row.total === null ? '*' : String(row.total);
  if (statement.writes) headers['content-range'] = `*/${total}`;
  else
    headers['content-range'] =
      row.rows === 0 ? `*/${total}` : `${statement.offset}-${statement.offset + row.rows - 1}/${total}`;

  const silent = statement.shape === 'nothing' || (statement.writes && preferences.return === 'minimal');
  const partial = !statement.writes && row.total !== null && row.rows > 0 && row.rows < row.total;
  const usual = statement.created ? 201 : silent ? 204 : partial ? 206 : 200;
  const status = row.status === null ? usual : Number(row.status);
  if (silent) return {status, headers};
  headers['content-type'] = preferences.contentType;
  const body = row.body ?? '[]';
  const isElement = statement.shape === 'element' || (statement.shape === 'list' && preferences.single);
  return {status, headers, body: isElement ? onlyElement(body) : body};
}

/** The one element of a JSON list as Postgres writes it, untouched. */
function onlyElement(list: string): string {
  return list.slice(1, -1);
}

/** Postgres has no text with a zero byte; as a name one would even cut the statement short. */
function refuseNul(exchange: Exchange): void {
  if (!/%00/.test(exchange.path) && ![...exchange.query].flat().some(text => text.includes('\0'))) return;
  throw new RestError(400, '22021', 'invalid byte sequence for encoding "UTF8": 0x00');
}

function checkProfile(exchange: Exchange): void {
  const profile = header(exchange, 'accept-profile') ?? header(exchange, 'content-profile') ?? 'public';
  if (profile !== 'public') {
    throw new RestError(
      406,
      'PGRST106',
      `Invalid schema: ${profile}`,
      null,
      'Only the following schemas are exposed: public',
    );
  }
}
