// Chooses what a request means (a table's rows, a write, a function's call) and plans the one statement that does it.
// Runs nothing; how the answer's body reads is part of the plan.
import {type Exchange, header} from '../http/exchange.js';
import {isFilter} from './parser.js';
import type {Preferences} from './preferences.js';
import {quoteTable, ReadPlan} from './read-plan.js';
import {RestError, unsupported} from './rest-error.js';
import {type Arguments, argumentsSql, callSql, chooseRoutine, nearest} from './rpc-plan.js';
import type {Routine, Schema, Table} from './schema-cache.js';
import {Parameters, quote} from './sql.js';
import {deleteSql, insertedCount, insertSql, payloadColumns, readPayload, updateSql} from './write-plan.js';

/** A statement ready to run, and how to read what it gives. */
export interface Statement {
  sql: string;
  parameters: Parameters;
  readOnly: boolean;
  /** How the body reads: a list; a list of whose elements the only one is meant; one value as it is; nothing. */
  shape: 'list' | 'element' | 'value' | 'nothing';
  created: boolean;
  offset: number;
  writes: boolean;
}

export class Planner {
  readonly #schema: Schema;
  readonly #maxRows: number;

  /** @param maxRows most rows a read may give */
  constructor(schema: Schema, maxRows: number) {
    this.#schema = schema;
    this.#maxRows = maxRows;
  }

  plan(exchange: Exchange, preferences: Preferences): Statement {
    const schema = this.#schema;
    const [first, second, ...more] = pathParts(exchange.path);
    if (first === 'rpc' && second !== undefined && more.length === 0) return this.#call(exchange, second, preferences);
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
        return this.#read(exchange, table, preferences);
      case 'POST':
      case 'PATCH':
      case 'DELETE':
        return planWrite(exchange, schema, table, preferences);
      default:
        throw new RestError(405, 'PGRST117', `Unsupported HTTP method: ${exchange.method}`);
    }
  }

  #read(exchange: Exchange, table: Table, preferences: Preferences): Statement {
    const schema = this.#schema;
    const plan = new ReadPlan(schema, table.name, table, exchange.query);
    applyRange(exchange, plan);
    const parameters = new Parameters();
    const from = quoteTable(schema, table);
    const rows = plan.select(from, parameters, true, this.#maxRows);
    const total = preferences.count ? `(select count(*) from (${plan.countable(from, parameters)}) _c)` : 'null';
    return {...reading, sql: collect('', rows, total, preferences), parameters, offset: plan.offset};
  }

  #call(exchange: Exchange, name: string, preferences: Preferences): Statement {
    const get = exchange.method === 'GET' || exchange.method === 'HEAD';
    if (!get && exchange.method !== 'POST')
      throw new RestError(405, 'PGRST101', `Cannot use the ${exchange.method} method on RPC`);
    const schema = this.#schema;
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
      sql: this.#callRows(head, call, routine, plan, parameters, preferences),
    };
  }

  #callRows(
    head: string,
    call: string,
    routine: Routine,
    plan: ReadPlan,
    parameters: Parameters,
    preferences: Preferences,
  ): string {
    const scalar = routine.returns === 'scalar';
    const source = `${head === '' ? 'with' : `${head.trimEnd()},`} _source as materialized (select ${scalar ? '_f as value' : '*'} from ${call} _f) `;
    const rows = plan.select('_source', parameters, true, this.#maxRows);
    const total = preferences.count ? `(select count(*) from (${plan.countable('_source', parameters)}) _c)` : 'null';
    return collect(source, rows, total, preferences, scalar);
  }
}

const reading: Omit<Statement, 'sql' | 'parameters'> = {
  readOnly: true,
  shape: 'list',
  created: false,
  offset: 0,
  writes: false,
};

// A merging insert that made no row is no creation.
const gucs = `coalesce(nullif(current_setting('response.status', true), ''), case ${insertedCount} when '0' then '200' end) as status, nullif(current_setting('response.headers', true), '') as headers`;

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

function applyRange(exchange: Exchange, plan: ReadPlan): void {
  const range = /^(\d+)-(\d*)$/.exec(header(exchange, 'range') ?? '');
  if (!range || exchange.method === 'POST' || plan.limit !== undefined || plan.offset > 0) return;
  plan.range(Number(range[1]), range[2] === '' ? undefined : Number(range[2]) - Number(range[1]) + 1);
}

/** On GET, what doesn't read as a filter is an argument. */
function bareParameters(query: URLSearchParams): [string, string][] {
  const known = /^(select|columns|on_conflict|apikey|(.*\.)?(order|limit|offset)|(.*\.)?(not\.)?(and|or))$/;
  return [...query].filter(([key, value]) => !known.test(key) && !isFilter(value));
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
