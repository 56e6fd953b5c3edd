// /rest/v1: checks who asks, plans the statement with the schema at hand, runs it as that role in one transaction and
// shapes the answer. What a request means is planner.ts's business.
import {type Client, type Database, type Identity, isConnectionError} from '../database.js';
import {type Answer, apiKey, bearer, type Exchange, header} from '../http/exchange.js';
import {type Claims, type Keys, roleOf} from '../keys.js';
import {readClaims} from './claims.js';
import {Planner, type Statement} from './planner.js';
import {appliedPreferences, type Preferences, readPreferences} from './preferences.js';
import {checkRange, contentRange} from './ranges.js';
import {fromPostgres, isHeader, RestError} from './rest-error.js';
import type {SchemaCache} from './schema-cache.js';

interface Limits {
  restRows: number;
  statementMs: {anon: number; authenticated: number};
}

interface Row {
  body: string | null;
  rows: number;
  total: number | null;
  /** Key and value of the one new row. */
  location: [string, string | null][] | null;
  status: string | null;
  headers: string | null;
  /** Rows that a merging insert made; null for any other statement. */
  inserted: number | null;
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
      const claims = readClaims(bearer(exchange) ?? apiKey(exchange) ?? '', this.#keys);
      refuseNul(exchange);
      signedIn = claims.role !== undefined && claims.role !== 'anon';
      checkProfile(exchange);
      const preferences = readPreferences(exchange);
      const identity = this.#identity(exchange, claims, preferences);
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
        check(result, statement); // inside, so that a refusal undoes the write
        return result;
      })
      .catch(async error => {
        if (isConnectionError(error)) this.#cache.drop();
        throw error;
      });
    return answer(row, statement, exchange);
  }

  #identity(exchange: Exchange, claims: Claims, {timezone}: Preferences): Identity {
    const role = roleOf(claims) ?? 'anon';
    const settings: Record<string, string> = {
      search_path: '"public", "extensions"',
      'request.jwt.claims': JSON.stringify({...claims, role}),
      'request.method': exchange.method,
      'request.path': exchange.path, // the gateway takes the prefix away
      'request.headers': JSON.stringify(exchange.headers),
      'request.cookies': '{}',
    };
    const limit =
      role === 'anon'
        ? this.#limits.statementMs.anon
        : role === 'authenticated'
          ? this.#limits.statementMs.authenticated
          : 0;
    if (timezone !== undefined) settings['timezone'] = timezone;
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

function check(row: Row, {action, shape, offset, preferences}: Statement): void {
  const {maxAffected} = preferences;
  if (maxAffected !== undefined && ['update', 'delete', 'call'].includes(action) && row.rows > maxAffected) {
    throw new RestError(
      400,
      'PGRST124',
      'Query result exceeds max-affected preference constraint',
      `The query affects ${row.rows} rows`,
    );
  }
  if (preferences.media.single && shape === 'list' && row.rows !== 1) {
    throw new RestError(
      406,
      'PGRST116',
      'Cannot coerce the result to a single JSON object',
      `The result contains ${row.rows} rows`,
    );
  }
  if (action === 'upsert' && row.rows !== 1)
    throw new RestError(400, 'PGRST115', 'Payload values do not match URL in primary key column(s)');
  if (action === 'read' || action === 'call') checkRange(offset, row.total);
}

function answer(row: Row, statement: Statement, exchange: Exchange): Answer {
  const {action, preferences, shape} = statement;
  const headers: Record<string, string> = {};
  const applied = appliedPreferences(preferences, action);
  if (applied !== '') headers['preference-applied'] = applied;
  const range = rangeOf(row, statement);
  if (range !== undefined) headers['content-range'] = range;
  if (action === 'read') headers['content-location'] = readLocation(statement.name, exchange.query);
  if (row.location)
    headers['location'] =
      `/${encodeURIComponent(statement.name)}?${encode(row.location.map(([k, v]) => [k, v === null ? 'is.null' : `eq.${v}`]))}`;
  Object.assign(headers, headersOf(row.headers));
  const writes = action !== 'read' && action !== 'call';
  const silent = shape === 'nothing' || (writes && preferences.return !== 'representation');
  const status = row.status === null ? usualStatus(row, statement, silent) : statusOf(row.status);
  if (silent) return {status, headers};
  headers['content-type'] = preferences.media.contentType;
  const body = row.body ?? '[]';
  const isElement = shape === 'element' || (shape === 'list' && preferences.media.single);
  return {status, headers, body: isElement ? onlyElement(body) : body};
}

/** What a function set: `[{"name": "value"}, …]`. */
function headersOf(set: string | null): Record<string, string> {
  if (set === null) return {};
  let list: unknown;
  try {
    list = JSON.parse(set);
  } catch {
    // refused below
  }
  const entries = Array.isArray(list) ? list.map(one => Object.entries((one ?? {}) as object)) : [[]];
  if (entries.some(one => one.length !== 1 || !one.every(isHeader))) {
    throw new RestError(
      500,
      'PGRST111',
      'response.headers guc must be a JSON array composed of objects with a single key and a string value',
    );
  }
  return Object.fromEntries(entries.flat());
}

function statusOf(set: string): number {
  if (/^[1-9]\d\d$/.test(set)) return Number(set);
  throw new RestError(500, 'PGRST112', 'response.status guc must be a valid status code');
}

function rangeOf(row: Row, {action, offset}: Statement): string | undefined {
  switch (action) {
    case 'upsert':
      return undefined;
    case 'insert':
    case 'delete':
      return contentRange(1, 0, row.total);
    case 'update':
      return contentRange(0, row.rows - 1, row.total);
    default:
      return contentRange(offset, offset + row.rows - 1, row.total);
  }
}

function usualStatus(row: Row, {action, preferences}: Statement, silent: boolean): number {
  switch (action) {
    case 'insert': // a merge that made no row is no creation
      return preferences.resolution === 'merge-duplicates' && (row.inserted ?? row.rows) === 0 ? 200 : 201;
    case 'upsert':
      return silent ? 204 : row.inserted === 0 ? 200 : 201;
    case 'read':
    case 'call':
      return silent ? 204 : row.total !== null && row.rows < row.total ? 206 : 200;
    default:
      return silent ? 204 : 200;
  }
}

/** What was read, its parameters sorted by name. */
function readLocation(name: string, query: URLSearchParams): string {
  const pairs = [...query].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `/${encodeURIComponent(name)}${pairs.length === 0 ? '' : `?${encode(pairs)}`}`;
}

function encode(pairs: [string, string][]): string {
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&');
}

/** The one element of a JSON list as Postgres writes it, untouched. */
function onlyElement(list: string): string {
  return list === '[]' ? 'null' : list.slice(1, -1);
}

/** Postgres has no text with a zero byte; as a name one would even cut the statement short. */
function refuseNul(exchange: Exchange): void {
  if (!/%00/.test(exchange.path) && ![...exchange.query].flat().some(text => text.includes('\0'))) return;
  throw new RestError(400, '22021', 'invalid byte sequence for encoding "UTF8": 0x00');
}

function checkProfile(exchange: Exchange): void {
  const reads = exchange.method === 'GET' || exchange.method === 'HEAD';
  const profile = header(exchange, reads ? 'accept-profile' : 'content-profile') ?? 'public';
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
