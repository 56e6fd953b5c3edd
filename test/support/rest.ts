// A backend with the tables of rest-tables.ts, and plain HTTP to ask it. The official client would hide status lines and
// headers.
import {sql, useBackend} from './backend.js';
import {restTables} from './rest-tables.js';

export interface Said {
  status: number;
  text: string;
  /** The body read as JSON; undefined when it is none. */
  json: unknown;
  headers: Headers;
  code: string | undefined;
}

export interface Question {
  method?: string;
  headers?: Record<string, string>;
  /** Text goes as it is, anything else as JSON. */
  body?: unknown;
  token?: string;
}

/** @returns how to ask it over HTTP, as the service role unless a token is given, and the backend itself */
export async function useRest(more = '') {
  const backend = await useBackend();
  await sql(backend, restTables + more);
  const ask = async (path: string, {method = 'GET', headers = {}, body, token}: Question = {}): Promise<Said> => {
    const isText = typeof body === 'string';
    const answer = await fetch(`${backend.url}/rest/v1/${path}`, {
      method,
      headers: {
        apikey: backend.anonKey,
        authorization: `Bearer ${token ?? backend.serviceRoleKey}`,
        ...(body === undefined ? {} : {'content-type': 'application/json'}),
        ...headers,
      },
      ...(body === undefined ? {} : {body: isText ? body : JSON.stringify(body)}),
    });
    const text = await answer.text();
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      // not JSON, then
    }
    const code = (json as {code?: string} | null | undefined)?.code;
    return {status: answer.status, text, json, headers: answer.headers, code};
  };
  const rows = (text: string) => sql<Record<string, unknown>>(backend, text);
  return {backend, ask, rows};
}
