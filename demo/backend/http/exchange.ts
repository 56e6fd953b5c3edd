// What a handler gets and gives. The body is complete before any handler runs: a request that dribbles in must not
// hold a transaction open, let alone see another request's role.
import type {IncomingHttpHeaders} from 'node:http';

export interface Exchange {
  method: string;
  /** Without the service's prefix, decoded by whoever needs it. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** The server's own address, for links and token issuers. */
  origin: string;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

export type Handler = (exchange: Exchange) => Promise<Answer>;

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: {'content-type': 'application/json; charset=utf-8', ...headers},
    body: JSON.stringify(value),
  };
}

/** The text of one header, or undefined; a repeated one is joined as HTTP says. */
export function header(exchange: Exchange, name: string): string | undefined {
  const value = exchange.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The token of `Authorization: Bearer …`. */
export function bearer(exchange: Exchange): string | undefined {
  return /^bearer\s+(\S+)/i.exec(header(exchange, 'authorization') ?? '')?.[1];
}

export function apiKey(exchange: Exchange): string | undefined {
  return header(exchange, 'apikey') ?? exchange.query.get('apikey') ?? undefined;
}
