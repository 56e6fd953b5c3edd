// Turns a body into an INSERT, UPDATE or DELETE that hands back the columns the answer needs. Postgres reads the JSON
// itself, so that no number or date passes through JavaScript. It runs nothing.
import {columnList, type Payload} from './payload.js';
import type {Preferences} from './preferences.js';
import {quoteTable, type ReadPlan} from './read-plan.js';
import {RestError} from './rest-error.js';
import type {Schema, Table} from './schema-cache.js';
import {type Parameters, quote} from './sql.js';

/** What an insert does with a row that is there already, as `on conflict` says it. */
export interface Conflict {
  resolution: 'merge-duplicates' | 'ignore-duplicates';
  columns: string[];
}

/** Undefined when nothing is preferred, or when there is no key by which rows could be the same. */
export function conflictOf(table: Table, preferences: Preferences, onConflict: string | null): Conflict | undefined {
  const columns = onConflict === null ? table.primaryKey : columnList(onConflict);
  if (preferences.resolution === undefined || columns.length === 0) return undefined;
  return {resolution: preferences.resolution, columns};
}

/** @param condition SQL over the body's rows, `_b`; rows that fail it are left out */
export function insertSql(
  schema: Schema,
  table: Table,
  payload: Payload,
  columns: string[],
  how: {missingDefault: boolean; conflict: Conflict | undefined; condition?: string},
  returning: string,
  parameters: Parameters,
): string {
  const {conflict, condition, missingDefault} = how;
  const list = columns.map(quote).join(', ');
  const merges = conflict?.resolution === 'merge-duplicates';
  const where = [...(condition === undefined ? [] : [condition]), ...(merges ? [counting(1)] : [])].join(' and ');
  const source =
    columns.length === 0
      ? `select from json_array_elements(${parameters.add(listText(payload))}::json) _b`
      : `(${list}) select ${list} from ${rowsSql(schema, table, payload, columns, missingDefault, parameters)}`;
  const into = `insert into ${quoteTable(schema, table)} as ${quote(table.name)}`;
  return `${into} ${source}${where === '' ? '' : ` where ${where}`} ${conflictSql(conflict, columns)} returning ${returning}`;
}

function conflictSql(conflict: Conflict | undefined, columns: string[]): string {
  if (!conflict) return '';
  const names = conflict.columns.map(quote).join(', ');
  if (conflict.resolution === 'ignore-duplicates' || columns.length === 0) return `on conflict (${names}) do nothing`;
  return `on conflict (${names}) do update set ${columns.map(name => `${quote(name)} = excluded.${quote(name)}`).join(', ')} where ${counting(-1)}`;
}

/** Rows that a merging insert made: counted when tried, discounted when it found one. Always true. */
export const insertedCount = `nullif(current_setting('trunkline.inserted', true), '')`;
const counting = (n: 1 | -1) =>
  `set_config('trunkline.inserted', (coalesce(${insertedCount}, '0')::int + (${n}))::text, true) is not null`;

const listText = (payload: Payload) => (payload.isList ? payload.text : `[${payload.text}]`);

/** The body's rows as `_b`, a missing key being null or the column's default. */
function rowsSql(
  schema: Schema,
  table: Table,
  payload: Payload,
  columns: string[],
  missingDefault: boolean,
  parameters: Parameters,
): string {
  const text = parameters.add(listText(payload));
  const row = `null::${quoteTable(schema, table)}`;
  if (!missingDefault) return `json_populate_recordset(${row}, ${text}::json) _b`;
  const defaults = table.columns
    .filter(column => columns.includes(column.name) && column.default !== null)
    .map(column => `${parameters.add(column.name)}::text, ${column.default}`);
  return `(select _p.* from jsonb_array_elements(${text}::jsonb) with ordinality _e (value, place),
    lateral jsonb_populate_record(${row}, jsonb_build_object(${defaults.join(', ')}) || _e.value) _p order by _e.place) _b`;
}

export function updateSql(
  schema: Schema,
  table: Table,
  payload: Payload,
  columns: string[],
  missingDefault: boolean,
  plan: ReadPlan,
  returning: string,
  parameters: Parameters,
): string {
  const where = needWhere(plan, 'UPDATE', parameters);
  const rows = rowsSql(schema, table, payload, columns, missingDefault, parameters);
  const set = columns.map(name => `${quote(name)} = _b.${quote(name)}`).join(', ');
  return `update ${quoteTable(schema, table)} as ${plan.alias} set ${set}
    from (select * from ${rows} limit 1) _b where ${where} returning ${returning}`;
}

export function deleteSql(
  schema: Schema,
  table: Table,
  plan: ReadPlan,
  returning: string,
  parameters: Parameters,
): string {
  return `delete from ${quoteTable(schema, table)} as ${plan.alias} where ${needWhere(plan, 'DELETE', parameters)} returning ${returning}`;
}

/** Hosted projects load `safeupdate` for API roles. */
function needWhere(plan: ReadPlan, verb: string, parameters: Parameters): string {
  if (!plan.isFiltered) throw new RestError(400, '21000', `${verb} requires a WHERE clause`);
  return plan.where(parameters);
}
