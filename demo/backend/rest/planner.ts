// Chooses what a request means (a table's rows, a write, a function's call) and plans the one statement that does it.
// Runs nothing; how the answer's body reads is part of the plan.
import {type Exchange, header} from '../http/exchange.js';
import {bareParameters, readArguments} from './arguments.js';
import {csvSql} from './csv.js';
import {payloadColumns, readPayload} from './payload.js';
import type {Action, Preferences} from './preferences.js';
import {topRange} from './ranges.js';
import {quoteTable, ReadPlan} from './read-plan.js';
import {RestError, unsupported} from './rest-error.js';
import {argumentsSql, callSql, chooseRoutine, nearest} from './rpc-plan.js';
import type {Schema, Table} from './schema-cache.js';
import {Parameters, quote} from './sql.js';
import {conflictOf, deleteSql, insertedCount, insertSql, updateSql} from './write-plan.js';

/** A statement ready to run, and how to read what it gives. */
export interface Statement {
  sql: string;
  parameters: Parameters;
  readOnly: boolean;
  action: Action;
  /** The table or function, as the path names it. */
  name: string;
  /** How the body reads: a list; a list of whose elements the only one is meant; one value as it is; nothing. */
  shape: 'list' | 'element' | 'value' | 'nothing';
  offset: number;
  /** What is preferred and heeded. */
  preferences: Preferences;
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
        return planWrite(exchange, schema, table, preferences, 'insert');
      case 'PUT':
        return planWrite(exchange, schema, table, preferences, 'upsert');
      case 'PATCH':
        return planWrite(exchange, schema, table, preferences, 'update');
      case 'DELETE':
        return planWrite(exchange, schema, table, preferences, 'delete');
      default:
        throw new RestError(405, 'PGRST117', `Unsupported HTTP method: ${exchange.method}`);
    }
  }

  #read(exchange: Exchange, table: Table, preferences: Preferences): Statement {
    const schema = this.#schema;
    const plan = new ReadPlan(schema, table.name, table, exchange.query);
    const range = topRange(exchange, plan.limit, plan.offset);
    plan.range(range);
    const parameters = new Parameters();
    const from = quoteTable(schema, table);
    const rows = plan.select(from, parameters, true, this.#maxRows);
    const total = preferences.count ? `(select count(*) from (${plan.countable(from, parameters)}) _c)` : 'null';
    const sql = collect('', rows, {total, preferences});
    return {...reading, sql, parameters, name: table.name, offset: range.offset, preferences};
  }

  #call(exchange: Exchange, name: string, preferences: Preferences): Statement {
    const get = exchange.method === 'GET' || exchange.method === 'HEAD';
    if (!get && exchange.method !== 'POST')
      throw new RestError(405, 'PGRST101', `Cannot use the ${exchange.method} method on RPC`);
    const schema = this.#schema;
    const query = new URLSearchParams(exchange.query);
    // Which table's rows come back is known only once the function is chosen, and that needs the arguments.
    const given = readArguments(exchange, query);
    const routine = chooseRoutine(schema, name, given);
    for (const [key] of get ? bareParameters(query) : []) query.delete(key);
    if (preferences.maxAffected !== undefined && !routine.set) {
      throw new RestError(
        400,
        'PGRST128',
        'Function must return SETOF or TABLE when max-affected preference is used with handling=strict',
      );
    }
    const table = routine.table === null ? undefined : schema.tableByOid(routine.table);
    const plan = new ReadPlan(schema, table?.name ?? name, table, query);
    const range = topRange(exchange, plan.limit, plan.offset);
    plan.range(range);

    const parameters = new Parameters();
    const call = callSql(schema, routine, given, parameters);
    const prefix = argumentsSql(routine, given, parameters);
    const readOnly = get || !routine.volatile;
    const statement = {
      ...reading,
      action: 'call' as const,
      parameters,
      name,
      readOnly,
      offset: range.offset,
      preferences,
    };
    const head = prefix === undefined ? '' : `with ${prefix} `;
    const {csv} = preferences.media;
    if (routine.returns === 'void')
      return {...statement, shape: 'nothing', sql: one(head, `(select _v.v::text from (select ${call} as v) _v)`)};
    if (routine.returns === 'scalar' && !routine.set) {
      if (csv) return {...statement, sql: collect(head, `select ${call} as pgrst_scalar`, {preferences})};
      return {
        ...statement,
        shape: 'value',
        sql: one(head, `coalesce((select to_json(_v.v)::text from (select ${call} as v) _v), 'null')`),
      };
    }
    const bare = routine.returns === 'scalar';
    const source = `${head === '' ? 'with' : `${head.trimEnd()},`} _source as materialized (select ${bare ? '_f as pgrst_scalar' : '*'} from ${call} _f) `;
    const rows = plan.select('_source', parameters, true, this.#maxRows);
    const total = preferences.count ? `(select count(*) from (${plan.countable('_source', parameters)}) _c)` : 'null';
    const sql = collect(source, rows, {total, preferences, bare});
    return {...statement, shape: routine.set || csv ? 'list' : 'element', sql};
  }
}

const reading: Pick<Statement, 'readOnly' | 'action' | 'shape' | 'offset'> = {
  readOnly: true,
  action: 'read',
  shape: 'list',
  offset: 0,
};

const gucs = `nullif(current_setting('response.status', true), '') as status, nullif(current_setting('response.headers', true), '') as headers, ${insertedCount}::int as inserted`;

/** A statement whose body is one expression. */
function one(head: string, expression: string): string {
  return `${head}select ${expression} as body, 1 as rows, null::int as total, null::json as location, ${gucs}`;
}

interface Collected {
  preferences: Preferences;
  /** SQL for the count of all there are. */
  total?: string;
  /** SQL for the key of the only new row. */
  location?: string;
  /** The rows are values of a function. */
  bare?: boolean;
}

/** A statement whose body is the rows of `rows` as a JSON list, or as CSV. */
function collect(
  head: string,
  rows: string,
  {preferences, total = 'null', location = 'null', bare}: Collected,
): string {
  const {csv, stripNulls} = preferences.media;
  const item = bare ? 'to_json(_row.pgrst_scalar)' : 'row_to_json(_row)';
  const list = `coalesce(json_agg(${stripNulls ? `json_strip_nulls(${item})` : item}), '[]')::text`;
  return `${head}select ${csv ? csvSql('_row') : list} as body, count(*)::int as rows, (${total})::int as total, (${location})::json as location, ${gucs} from (${rows}) _row`;
}

function planWrite(
  exchange: Exchange,
  schema: Schema,
  table: Table,
  given: Preferences,
  action: 'insert' | 'update' | 'upsert' | 'delete',
): Statement {
  const {query} = exchange;
  const plan = new ReadPlan(schema, table.name, table, query, false);
  if (action === 'upsert') checkUpsert(query, table, plan);
  const onConflict = query.get('on_conflict');
  const keyed = table.primaryKey.length > 0 || onConflict !== null;
  const preferences = keyed ? given : {...given, resolution: undefined};
  const parameters = new Parameters();
  const shown = preferences.return === 'representation';
  const located = action === 'insert' && preferences.return === 'headers-only' && table.primaryKey.length > 0;
  const returning = returningSql(plan, shown ? plan.needed() : located ? table.primaryKey : []);
  const statement = {...reading, action, readOnly: false, parameters, name: table.name, preferences};
  const missingDefault = preferences.missing === 'default';
  let write: string;
  if (action === 'delete') {
    write = deleteSql(schema, table, plan, returning, parameters);
  } else {
    const payload = readPayload(exchange.body, header(exchange, 'content-type'));
    const columns = payloadColumns(payload, action === 'upsert' ? null : query.get('columns'), table);
    if (payload.rows.length === 0 || (action !== 'insert' && columns.length === 0)) {
      return {...statement, sql: one('', `'${preferences.media.csv ? '\n' : '[]'}'`).replace('1 as rows', '0 as rows')};
    }
    if (action === 'update') {
      write = updateSql(schema, table, payload, columns, missingDefault, plan, returning, parameters);
    } else {
      const how =
        action === 'insert'
          ? {missingDefault, conflict: conflictOf(table, preferences, onConflict)}
          : {
              missingDefault: false,
              conflict: {resolution: 'merge-duplicates' as const, columns: table.primaryKey},
              condition: plan.where(parameters, '_b'),
            };
      write = insertSql(schema, table, payload, columns, how, returning, parameters);
    }
  }
  const counts = preferences.count === 'exact' || preferences.count === 'estimated'; // nobody plans a write's count
  return {
    ...statement,
    sql: collect(
      `with _source as (${write}) `,
      shown ? plan.select('_source', parameters, false) : 'select 1 from _source',
      {
        preferences,
        total: counts ? '(select count(*) from _source)' : 'null',
        ...(located ? {location: locationSql(table, parameters)} : {}),
      },
    ),
  };
}

/** The key of the one row there is in `_source`. */
function locationSql(table: Table, parameters: Parameters): string {
  const names = table.primaryKey.map(name => parameters.add(name)).join(', ');
  const pairs = `select json_agg(json_build_array(_k.key, _k.value)) from _source, json_each_text(row_to_json(_source)) _k where _k.key in (${names})`;
  return `case when (select count(*) from _source) = 1 then (${pairs}) end`;
}

/** @param names undefined for all columns */
function returningSql(plan: ReadPlan, names: string[] | undefined): string {
  if (names === undefined) return `${plan.alias}.*`;
  return names.length === 0 ? '1 as _none' : names.map(name => `${plan.alias}.${quote(name)}`).join(', ');
}

/** PUT names one row by its whole key and nothing else. */
function checkUpsert(query: URLSearchParams, table: Table, plan: ReadPlan): void {
  if (query.has('limit') || query.has('offset'))
    throw new RestError(400, 'PGRST114', 'limit/offset querystring parameters are not allowed for PUT');
  const names = new Set(plan.conditions?.map(one => one.field.name));
  const areEqual = plan.conditions?.every(
    one => one.operator === 'eq' && !one.negated && one.quantifier === undefined && one.field.path.length === 0,
  );
  const isKey = names.size === table.primaryKey.length && table.primaryKey.every(name => names.has(name));
  if (!areEqual || !isKey || names.size === 0) {
    throw new RestError(405, 'PGRST105', "Filters must include all and only primary key columns with 'eq' operators");
  }
}

function pathParts(path: string): string[] {
  try {
    return path.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    throw new RestError(404, 'PGRST125', 'Invalid path specified in request URL');
  }
}
