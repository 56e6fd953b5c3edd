// What a call gives its function: parameters of the query on GET, the body on POST. It doesn't know the function.
import {type Exchange, header} from '../http/exchange.js';
import {isFilter} from './parser.js';
import {invalidBody, mediaTypeOf} from './payload.js';

export type Arguments =
  | {from: 'text'; pairs: [string, string][]}
  /** `object` is undefined when the body is JSON of another kind. */
  | {from: 'json'; text: string; object: Record<string, unknown> | undefined}
  /** All of the body, for a function of one unnamed argument of this type. */
  | {from: 'raw'; type: 'text' | 'xml' | 'bytea'; body: Buffer};

const rawTypes: Record<string, 'text' | 'xml' | 'bytea'> = {
  'text/plain': 'text',
  'text/xml': 'xml',
  'application/octet-stream': 'bytea',
};

/** @param query the request's; on GET, what in it doesn't read as a filter is an argument */
export function readArguments(exchange: Exchange, query: URLSearchParams): Arguments {
  if (exchange.method !== 'POST') return {from: 'text', pairs: bareParameters(query)};
  const type = mediaTypeOf(header(exchange, 'content-type'));
  const raw = rawTypes[type];
  if (raw) return {from: 'raw', type: raw, body: exchange.body};
  if (type === 'application/x-www-form-urlencoded')
    return {from: 'text', pairs: [...new URLSearchParams(exchange.body.toString())]};
  if (type !== 'application/json') throw invalidBody(`Content-Type not acceptable: ${type}`);
  const text = exchange.body.length === 0 ? '{}' : exchange.body.toString();
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return {from: 'json', text, object: isObject ? (value as Record<string, unknown>) : undefined};
  } catch {
    throw invalidBody('Empty or invalid json');
  }
}

export function bareParameters(query: URLSearchParams): [string, string][] {
  const known = /^(select|columns|on_conflict|apikey|(.*\.)?(order|limit|offset)|(.*\.)?(not\.)?(and|or))$/;
  return [...query].filter(([key, value]) => !known.test(key) && !isFilter(value));
}
