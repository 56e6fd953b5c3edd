// /rest/v1: checks who asks, plans the statement with the schema at hand, runs it as that role in one transaction and
// shapes the answer. The planning is in the files beside it.
import {type Client, type Database, type Identity, isConnectionError} from '../database.js';
import {type Answer, apiKey, bearer, type Exchange, header} from '../http/exchange.js';
import {type Claims, type Keys, TokenError} from '../keys.js';
import {type Preferences, readPreferences} from './preferences.js';
import {quoteTable, ReadPlan} from './read-plan.js';
import {fromPostgres, RestError, unsupported} from './rest-error.js';
import {type Arguments, argumentsSql, callSql, chooseRoutine, nearest} from './rpc-plan.js';
import type {Routine, Schema, SchemaCache, Table} from './schema-cache.js';
import {Parameters, quote} from './sql.js';
import {deleteSql, insertSql, payloadColumns, readPayload, updateSql} from './write-plan.js';

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

/** A statement ready to run, and how to read what it gives. */
interface Statement {
  sql: string;
  parameters: Parameters;
  readOnly: boolean;
  /** How the body reads: a list; a list of whose elements the only one is meant; one value as it is; nothing. */
  shape: 'list' | 'element' | 'value' | 'nothing';
  created: boolean;
  offset: number;
  writes: boolean;
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
    const statement = this.#plan(exchange, schema, preferences);
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

  #plan(exchange: Exchange, schema: Schema, preferences: Preferences): Statement {
    const [first, second, ...more] = pathParts(exchange.path);
    if (first === 'rpc' && second !== undefined && more.length === 0)
      return this.#planCall(exchange, schema, second, preferences);
    if (first === undefined) throw unsupported('the OpenAPI description at /rest/v1/');
    if (second !== undefined) throw new RestError(404, 'PGRST125', 'Invalid path specified in request URL');
    const table = schema.table(first);
    if (!table) {
      const near = nearest(first, schema.tableNames);
      throw new RestError(
        404,
        'PGRST205',
        `Could not find the table '${schema.name}.${first}' in the schema cache`,
        null,
        near === undefined ? null : `Perhaps you meant the table '${schema.name}.${near}'`,
      );
    }
    switch (exchange.method) {
      case 'GET':
      case 'HEAD':
        return this.#planRead(exchange, schema, table, preferences);
      case 'POST':
      case 'PATCH':
      case 'DELETE':
        return planWrite(exchange, schema, table, preferences);
      default:
        throw new RestError(405, 'PGRST117', `Unsupported HTTP method: ${exchange.method}`);
    }
  }

  #planRead(exchange: Exchange, schema: Schema, table: Table, preferences: Preferences): Statement {
    const plan = new ReadPlan(schema, table.name, table, exchange.query);
    applyRange(exchange, plan);
    const parameters = new Parameters();
    const from = quoteTable(schema, table);
    const rows = plan.select(from, parameters, true, this.#limits.restRows);
    const total = preferences.count ? `(select count(*) from (${plan.countable(from, parameters)}) _c)` : 'null';
    return {...reading, sql: collect('', rows, total, preferences), parameters, offset: plan.offset};
  }

  #planCall(exchange: Exchange, schema: Schema, name: string, preferences: Preferences): Statement {
    const get = exchange.method === 'GET' || exchange.method === 'HEAD';
    if (!get && exchange.method !== 'POST')
      throw new RestError(405, 'PGRST101', `Cannot use the ${exchange.method} method on RPC`);
    const query = new URLSearchParams(exchange.query);
    // Which table's rows come back is known only once the function is chosen, and that needs the arguments.
    const given: Arguments = get ? {from: 'query', pairs: bareParameters(query)} : readArguments(exchange);
    const routine = chooseRoutine(schema, name, given);
    for (const [key] of get ? bareParameters(query) : []) query.delete(key);
    const table = routine.table === null ? undefined : schema.tableByOid(routine.table);
    const plan = new ReadPlan(schema, table?.name ?? name, table, query);
    applyRange(exchange, plan);

    const parameters = new Parameters();
    const call = callSql(schema, routine, given, parameters);
    const prefix = argumentsSql(routine, given, parameters);
    const statement = {...reading, parameters, readOnly: get || !routine.volatile, offset: plan.offset};
    const head = prefix === undefined ? '' : `with ${prefix} `;
    if (routine.returns === 'void')
      return {...statement, shape: 'nothing', sql: one(head, `(select _v.v::text from (select ${call} as v) _v)`)};
    if (routine.returns === 'scalar' && !routine.set) {
      return {
        ...statement,
        shape: 'value',
        sql: one(head, `coalesce((select to_json(_v.v)::text from (select ${call} as v) _v), 'null')`),
      };
    }
    return {
      ...statement,
      shape: routine.set ? 'list' : 'element',
      sql: this.#collectCall(head, call, routine, plan, parameters, preferences),
    };
  }

  #collectCall(
    head: string,
    call: string,
    routine: Routine,
    plan: ReadPlan,
    parameters: Parameters,
    preferences: Preferences,
  ): string {
    const scalar = routine.returns === 'scalar';
    const source = `${head === '' ? 'with' : `${head.trimEnd()},`} _source as materialized (select ${scalar ? '_f as value' : '*'} from ${call} _f) `;
    const rows = plan.select('_source', parameters, true, this.#limits.restRows);
    const total = preferences.count ? `(select count(*) from (${plan.countable('_source', parameters)}) _c)` : 'null';
    return collect(source, rows, total, preferences, scalar);
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
    const role = claims.role ?? 'anon';
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

const reading: Omit<Statement, 'sql' | 'parameters'> = {
  readOnly: true,
  shape: 'list',
  created: false,
  offset: 0,
  writes: false,
};

const gucs = `nullif(current_setting('response.status', true), '') as status, nullif(current_setting('response.headers', true), '') as headers`;

/** A statement whose body is one expression. */
function one(head: string, expression: string): string {
  return `${head}select ${expression} as body, 1 as rows, null::int as total, ${gucs}`;
}

/** A statement whose body is the rows of `rows` as a JSON list. */
function collect(head: string, rows: string, total: string, preferences: Preferences, bare = false): string {
  let item = bare ? 'to_json(_row.value)' : 'row_to_json(_row)';
  if (preferences.stripNulls) item = `json_strip_nulls(${item})`;
  return `${head}select coalesce(json_agg(${item}), '[]')::text as body, count(*)::int as rows, (${total})::int as total, ${gucs} from (${rows}) _row`;
}

function planWrite(exchange: Exchange, schema: Schema, table: Table, preferences: Preferences): Statement {
  const {method, query} = exchange;
  const plan = new ReadPlan(schema, table.name, table, query);
  const parameters = new Parameters();
  const shown = preferences.return === 'representation';
  const needed = shown ? plan.needed() : [];
  const returning =
    needed === undefined
      ? `${plan.alias}.*`
      : needed.length === 0
        ? '1 as _none'
        : needed.map(name => `${plan.alias}.${quote(name)}`).join(', ');
  const statement = {...reading, readOnly: false, writes: true, parameters, created: method === 'POST'};
  let write: string;
  if (method === 'DELETE') {
    write = deleteSql(schema, table, plan, returning, parameters);
  } else {
    const payload = readPayload(exchange.body, header(exchange, 'content-type'));
    const columns = payloadColumns(payload, query.get('columns'), table);
    if (payload.rows.length === 0 || (method === 'PATCH' && columns.length === 0)) {
      return {...statement, sql: `select '[]' as body, 0 as rows, null::int as total, ${gucs}`};
    }
    write =
      method === 'POST'
        ? insertSql(schema, table, payload, columns, preferences, query.get('on_conflict'), returning, parameters)
        : updateSql(schema, table, payload, columns, plan, returning, parameters);
  }
  const total = preferences.count ? '(select count(*) from _source)' : 'null';
  const rows = shown ? plan.select('_source', parameters, false) : 'select 1 from _source';
  return {...statement, sql: collect(`with _source as (${write}) `, rows, total, preferences)};
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

function applyRange(exchange: Exchange, plan: ReadPlan): void {
  const range = /^(\d+)-(\d*)$/.exec(header(exchange, 'range') ?? '');
  if (!range || exchange.method === 'POST' || plan.limit !== undefined || plan.offset > 0) return;
  plan.range(Number(range[1]), range[2] === '' ? undefined : Number(range[2]) - Number(range[1]) + 1);
}

/** On GET, what doesn't read as a filter is an argument. */
function bareParameters(query: URLSearchParams): [string, string][] {
  const known = /^(select|columns|on_conflict|apikey|(.*\.)?(order|limit|offset)|(.*\.)?(not\.)?(and|or))$/;
  const filter =
    /^(not\.)?(eq|neq|gte?|lte?|i?like|i?match|in|is|isdistinct|(pl|ph|w)?fts|cs|cd|ov|sl|sr|nxr|nxl|adj)(\(\w+\))?\./;
  return [...query].filter(([key, value]) => !known.test(key) && !filter.test(value));
}

function readArguments(exchange: Exchange): Arguments {
  const type = (header(exchange, 'content-type') ?? 'application/json').split(';')[0]?.trim();
  if (type !== 'application/json') throw unsupported(`function arguments of type ${type}`);
  const text = exchange.body.length === 0 ? '{}' : exchange.body.toString();
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return {from: 'body', text, object: isObject ? (value as Record<string, unknown>) : undefined};
  } catch {
    throw new RestError(400, 'PGRST102', 'Empty or invalid json');
  }
}

function pathParts(path: string): string[] {
  try {
    return path.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    throw new RestError(404, 'PGRST125', 'Invalid path specified in request URL');
  }
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
