// Turns a body into an INSERT, UPDATE or DELETE that hands back the columns the answer needs. Postgres reads the JSON
// itself, so that no number or date passes through JavaScript. It runs nothing.
import type {Preferences} from './preferences.js';
import {quoteTable, type ReadPlan} from './read-plan.js';
import {RestError} from './rest-error.js';
import type {Schema, Table} from './schema-cache.js';
import {type Parameters, quote} from './sql.js';

export interface Payload {
  /** The JSON as sent. */
  text: string;
  isList: boolean;
  rows: Record<string, unknown>[];
}

export function readPayload(body: Buffer, contentType: string | undefined): Payload {
  const type = (contentType ?? 'application/json').split(';')[0]?.trim();
  if (type !== 'application/json') {
    throw new RestError(
      415,
      'PGRST102',
      `Content-Type not acceptable: ${type}`,
      'The embedded backend reads JSON only.',
    );
  }
  const text = body.toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new RestError(400, 'PGRST102', 'Empty or invalid json');
  }
  const rows = Array.isArray(value) ? (value as unknown[]) : [value];
  if (rows.some(row => typeof row !== 'object' || row === null || Array.isArray(row))) {
    throw new RestError(400, 'PGRST102', 'Empty or invalid json');
  }
  return {text, isList: Array.isArray(value), rows: rows as Record<string, unknown>[]};
}

/** The columns to write: those the request names, or the keys of the body, which must then all be alike. */
export function payloadColumns(payload: Payload, named: string | null, table: Table): string[] {
  let columns: string[];
  if (named !== null && named !== '') {
    columns = named.split(',').map(name => name.trim().replace(/^"(.*)"$/, '$1'));
  } else {
    columns = Object.keys(payload.rows[0] ?? {});
    const wanted = [...columns].sort().join('\n');
    if (payload.rows.some(row => Object.keys(row).sort().join('\n') !== wanted)) {
      throw new RestError(400, 'PGRST102', 'All object keys must match');
    }
  }
  for (const name of columns) {
    if (!table.columns.some(column => column.name === name)) {
      throw new RestError(
        400,
        'PGRST204',
        `Could not find the '${name}' column of '${table.name}' in the schema cache`,
      );
    }
  }
  return columns;
}

export function insertSql(
  schema: Schema,
  table: Table,
  payload: Payload,
  columns: string[],
  preferences: Preferences,
  onConflict: string | null,
  returning: string,
  parameters: Parameters,
): string {
  const target = `insert into ${quoteTable(schema, table)} as ${quote(table.name)}`;
  const list = columns.map(quote).join(', ');
  const source =
    columns.length === 0
      ? 'default values'
      : `(${list}) select ${list} from ${rowsSql(schema, table, payload, columns, preferences.missingDefault, parameters)}${
          preferences.resolution === 'merge-duplicates' ? ` where ${counting(1)}` : ''
        }`;
  return `${target} ${source} ${conflictSql(table, columns, preferences, onConflict)} returning ${returning}`;
}

function conflictSql(table: Table, columns: string[], preferences: Preferences, onConflict: string | null): string {
  if (preferences.resolution === undefined) return '';
  const target =
    onConflict === null ? table.primaryKey : onConflict.split(',').map(name => name.trim().replace(/^"(.*)"$/, '$1'));
  if (target.length === 0) return preferences.resolution === 'ignore-duplicates' ? 'on conflict do nothing' : '';
  const names = target.map(quote).join(', ');
  if (preferences.resolution === 'ignore-duplicates' || columns.length === 0)
    return `on conflict (${names}) do nothing`;
  return `on conflict (${names}) do update set ${columns.map(name => `${quote(name)} = excluded.${quote(name)}`).join(', ')} where ${counting(-1)}`;
}

/** Rows that a merging insert made: counted when tried, discounted when it found one. Always true. */
export const insertedCount = `nullif(current_setting('trunkline.inserted', true), '')`;
const counting = (n: 1 | -1) =>
  `set_config('trunkline.inserted', (coalesce(${insertedCount}, '0')::int + (${n}))::text, true) is not null`;

function rowsSql(
  schema: Schema,
  table: Table,
  payload: Payload,
  columns: string[],
  missingDefault: boolean,
  parameters: Parameters,
): string {
  const text = payload.isList ? payload.text : `[${payload.text}]`;
  const row = `null::${quoteTable(schema, table)}`;
  if (!missingDefault) return `json_populate_recordset(${row}, ${parameters.add(text)}::json) _b`;
  const defaults = table.columns
    .filter(column => columns.includes(column.name) && column.default !== null)
    .map(column => `${parameters.add(column.name)}::text, ${column.default}`);
  return `(select _p.* from jsonb_array_elements(${parameters.add(text)}::jsonb) with ordinality _e (value, place),
    lateral jsonb_populate_record(${row}, jsonb_build_object(${defaults.join(', ')}) || _e.value) _p order by _e.place) _b`;
}

export function updateSql(
  schema: Schema,
  table: Table,
  payload: Payload,
  columns: string[],
  plan: ReadPlan,
  returning: string,
  parameters: Parameters,
): string {
  const where = needWhere(plan, 'UPDATE', parameters);
  const row = `${parameters.add(payload.text)}::json${payload.isList ? ' -> 0' : ''}`;
  const set = columns.map(name => `${quote(name)} = _b.${quote(name)}`).join(', ');
  return `update ${quoteTable(schema, table)} as ${plan.alias} set ${set}
    from json_populate_record(null::${quoteTable(schema, table)}, ${row}) _b where ${where} returning ${returning}`;
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
