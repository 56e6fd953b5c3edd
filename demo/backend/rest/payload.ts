// Reads a body: JSON, CSV or a form, for a table's rows. It knows nothing of SQL, and leaves JSON as it came, so that no number
// passes through JavaScript.
import {parseCsv} from './csv.js';
import {RestError} from './rest-error.js';
import type {Table} from './schema-cache.js';

export interface Payload {
  /** JSON, as sent where JSON was sent. */
  text: string;
  isList: boolean;
  rows: Record<string, unknown>[];
}

export function mediaTypeOf(contentType: string | undefined): string {
  return (contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase() || 'application/json';
}

export function invalidBody(message: string): RestError {
  return new RestError(400, 'PGRST102', message);
}

export function readPayload(body: Buffer, contentType: string | undefined): Payload {
  const type = mediaTypeOf(contentType);
  const text = body.toString();
  if (type === 'text/csv') {
    const rows = text === '' ? undefined : parseCsv(text);
    if (!rows) throw invalidBody('All lines must have same number of fields');
    return {text: JSON.stringify(rows), isList: true, rows};
  }
  if (type === 'application/x-www-form-urlencoded') {
    const row = Object.fromEntries(new URLSearchParams(text));
    return {text: JSON.stringify(row), isList: false, rows: [row]};
  }
  if (type !== 'application/json') throw invalidBody(`Content-Type not acceptable: ${type}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidBody('Empty or invalid json');
  }
  if (typeof value !== 'object' || value === null) return {text: '[]', isList: true, rows: []}; // no rows, to PostgREST
  const rows = Array.isArray(value) ? (value as unknown[]) : [value];
  if (rows.some(row => typeof row !== 'object' || row === null || Array.isArray(row)))
    throw invalidBody('All object keys must match');
  return {text, isList: Array.isArray(value), rows: rows as Record<string, unknown>[]};
}

/** The columns to write: those the request names, or the keys of the body, which must then all be alike. */
export function payloadColumns(payload: Payload, named: string | null, table: Table): string[] {
  let columns: string[];
  if (named !== null && named !== '') {
    columns = columnList(named);
  } else {
    columns = Object.keys(payload.rows[0] ?? {});
    const wanted = [...columns].sort().join('\n');
    if (payload.rows.some(row => Object.keys(row).sort().join('\n') !== wanted))
      throw invalidBody('All object keys must match');
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

/** `a,"b"` of `columns=` and `on_conflict=`. */
export function columnList(text: string): string[] {
  return text.split(',').map(name => name.trim().replace(/^"(.*)"$/, '$1'));
}
