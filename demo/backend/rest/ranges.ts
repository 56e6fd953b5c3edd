// Which rows of how many: what `limit`, `offset` and the Range header ask for together, and how an answer tells what it
// gave. After PostgREST's RangeQuery.hs and getRanges.
import {type Exchange, header} from '../http/exchange.js';
import {RestError} from './rest-error.js';

export interface Range {
  offset: number;
  /** Undefined: all that follow. */
  limit: number | undefined;
}

/** Undefined when it is no number: PostgREST then takes it as not said. */
export function parseCount(text: string): number | undefined {
  return /^\s*-?\d+\s*$/.test(text) ? Number(text) : undefined;
}

/** @param limit `?limit=` @param offset `?offset=` of the request's own table or function */
export function topRange(exchange: Exchange, limit: number | undefined, offset: number | undefined): Range {
  if (limit === 0) return {offset: 0, limit: 0}; // asks for the count alone
  if (limit !== undefined && limit < 0) throw unsatisfiable('Limit should be greater than or equal to zero.');
  let from = Math.max(0, offset ?? 0);
  let to = limit === undefined ? Infinity : from + limit - 1;
  const asked = exchange.method === 'GET' ? /^(\d+)-(\d*)$/.exec(header(exchange, 'range') ?? '') : null;
  if (asked) {
    const [low, high] = [Number(asked[1]), asked[2] === '' ? Infinity : Number(asked[2])];
    if (low > high) {
      throw unsatisfiable('The lower boundary must be lower than or equal to the upper boundary in the Range header.');
    }
    from = Math.max(from, low);
    to = Math.min(to, high);
    if (from > to) throw unsatisfiable('Limit should be greater than or equal to zero.');
  }
  return {offset: from, limit: to === Infinity ? undefined : to - from + 1};
}

/** @throws when a counted answer begins behind its last row */
export function checkRange(offset: number, total: number | null): void {
  if (total === null || offset <= total) return;
  throw unsatisfiable(`An offset of ${offset} was requested, but there are only ${total} rows.`, {
    'content-range': `*/${total}`,
  });
}

export function contentRange(first: number, last: number, total: number | null): string {
  return `${first <= last && total !== 0 ? `${first}-${last}` : '*'}/${total ?? '*'}`;
}

function unsatisfiable(details: string, headers: Record<string, string> = {}): RestError {
  return new RestError(416, 'PGRST103', 'Requested range not satisfiable', details, null, headers);
}
