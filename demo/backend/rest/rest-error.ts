// An answer /rest/v1 gives on purpose, in PostgREST's shape, and the HTTP status each Postgres error gets there.
import pg from 'pg';
import {type Answer, json} from '../http/exchange.js';
import {isConnectionError} from '../database.js';

export class RestError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: unknown;
  readonly hint: string | null;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: unknown = null,
    hint: string | null = null,
    headers: Record<string, string> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.hint = hint;
    this.headers = headers;
  }

  get answer(): Answer {
    const {code, details, hint, message} = this;
    return json(
      this.status,
      {code, details, hint, message},
      {...(/^[\x21-\x7e]+$/.test(code) ? {'proxy-status': `PostgREST; error=${code}`} : {}), ...this.headers},
    );
  }
}

export function unsupported(what: string): RestError {
  return new RestError(501, 'unsupported', `The embedded backend does not do ${what}.`, null, 'A real project does.');
}

export function parseError(what: string, text: string, details = 'unexpected input'): RestError {
  return new RestError(400, 'PGRST100', `"failed to parse ${what} (${text})"`, details);
}

/** @param signedIn whether the role is another than anon's: "not allowed" differs from "sign in first" */
export function fromPostgres(error: unknown, signedIn: boolean): RestError | undefined {
  if (error instanceof RestError) return error;
  if (isConnectionError(error)) {
    return new RestError(503, 'PGRST001', 'Database client error. Retrying the connection.', String(error));
  }
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return undefined;
  const {code, message} = error;
  if (code === 'PGRST') return fromRaise(message, error.detail);
  const status = /^PT\d{3}$/.test(code) ? Number(code.slice(2)) : statusOf(code, message, signedIn);
  return new RestError(
    status,
    code,
    message,
    error.detail ?? null,
    error.hint ?? null,
    status === 401 ? {'www-authenticate': 'Bearer'} : {},
  );
}

/** `raise sqlstate 'PGRST'` carries the whole answer as JSON in message and detail. */
function fromRaise(message: string, detail: string | undefined): RestError {
  try {
    const said = JSON.parse(message) as {code: string; message: string; details?: unknown; hint?: string};
    const how = JSON.parse(detail ?? '') as {status: number; headers?: Record<string, string>};
    const isStatus = Number.isInteger(how.status) && how.status >= 100 && how.status <= 999;
    if (typeof said.code === 'string' && typeof said.message === 'string' && isStatus) {
      if (!Array.isArray(how.headers) && Object.entries(how.headers ?? {}).every(isHeader))
        return new RestError(how.status, said.code, said.message, said.details ?? null, said.hint ?? null, how.headers);
    }
  } catch {
    // said below
  }
  return new RestError(500, 'PGRST121', "The message and detail field of RAISE 'PGRST' error expects JSON", null);
}

/** Whether HTTP can carry this name and value. */
export function isHeader([name, value]: [string, unknown]): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name) && typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

function statusOf(code: string, message: string, signedIn: boolean): number {
  const exact: Record<string, number> = {
    '23503': 409,
    '23505': 409,
    '25006': 405,
    '42883': 404,
    '42P01': 404,
    '42P17': 500,
    '53400': 500,
    '57P01': 503,
    P0001: 400,
    '22023': /^role .* does not exist$/.test(message) ? 401 : 400, // the role a token names
    '42501': signedIn ? 403 : 401,
    '21000': message.endsWith('requires a WHERE clause') ? 400 : 500,
  };
  const byClass: Record<string, number> = {
    '08': 503,
    '09': 500,
    '0L': 403,
    '0P': 403,
    '25': 500,
    '28': 403,
    '2D': 500,
    '38': 500,
    '39': 500,
    '3B': 500,
    '40': 500,
    '53': 503,
    '54': 500,
    '55': 500,
    '57': 500,
    '58': 500,
    F0: 500,
    HV: 500,
    P0: 500,
    XX: 500,
  };
  return exact[code] ?? byClass[code.slice(0, 2)] ?? 400;
}
