// The `filter` of a postgres_changes request: `column=op.value`, several joined by commas that mean AND. Parsed here as
// the real server parses it, judged by Postgres with the column's own type.
import {type Parameters, quote} from '../../rest/sql.js';
import {inspect} from './elixir.js';

export interface ChangeCondition {
  column: string;
  operator: string;
  /** For `in` an array as Postgres writes one. */
  value: string;
  negated: boolean;
}

const symbols: Record<string, string> = {
  eq: '=',
  neq: '<>',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
  like: '~~',
  ilike: '~~*',
  match: '~',
  imatch: '~*',
  isdistinct: 'is distinct from',
  in: '= any',
  is: 'is',
};

/** @throws {Error} whose message says what can't be read */
export function parseChangeFilter(text: string): ChangeCondition[] {
  const trimmed = text.trim();
  return trimmed === '' ? [] : split(trimmed).map(read);
}

function read(segment: string): ChangeCondition {
  const trimmed = segment.trim();
  if (trimmed === '') throw fault('filter must not contain empty segments (check for extra commas)');
  const [column = '', rest] = halves(trimmed, '=');
  if (rest === undefined) throw fault(inspect([column]));
  const negated = rest.startsWith('not.');
  const [operator = '', value] = halves(negated ? rest.slice(4) : rest, '.');
  if (value === undefined) throw fault(inspect([operator]));
  if (!Object.hasOwn(symbols, operator)) throw fault(inspect([operator, value]));
  return {column, operator, value: operator === 'in' ? arrayOf(value) : unquote(value), negated};
}

function arrayOf(value: string): string {
  if (!/^\(.*\)$/s.test(value)) throw fault('`in` filter value must be wrapped by parentheses');
  return `{${value.slice(1, -1)}}`;
}

/** Before and after the first of this sign. */
function halves(text: string, sign: string): string[] {
  const at = text.indexOf(sign);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + sign.length)];
}

/** `eq."a,b"`: quotes guard commas. Quotes that don't go around the whole value are part of it. */
function unquote(value: string): string {
  const whole = /^"((?:\\.|[^"\\])*)"$/s.exec(value);
  return whole?.[1] === undefined ? value : whole[1].replace(/\\(.)/gs, '$1');
}

/** At commas outside quotes and parentheses. A quote opens only where a value begins. */
function split(text: string): string[] {
  const parts: string[] = [];
  let [depth, inQuotes, start] = [0, false, 0];
  for (let i = 0; i < text.length; i++) {
    const c = text[i] ?? '';
    if (inQuotes && c === '\\') i++;
    else if (inQuotes) inQuotes = c !== '"';
    else if (c === '"' && '.(,'.includes(text[i - 1] ?? ' ')) inQuotes = true;
    else if (c === '(') depth++;
    else if (c === ')') depth = Math.max(0, depth - 1);
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}

const fault = (what: string) => new Error(`Error parsing \`filter\` params: ${what}`);

function keyword(value: string): string {
  if (!/^(null|true|false|unknown)$/.test(value)) throw new Error(`is.${value}`);
  return value;
}

/** A row whose filtered columns were not sent never matches: nobody knows what they were. */
export function filterSees(filter: ChangeCondition[], known: ReadonlyMap<string, unknown>): boolean {
  return filter.every(({column}) => known.has(column));
}

export function changeFilterSql(source: string, filter: ChangeCondition[], parameters: Parameters): string {
  return filter
    .map(({column, operator, value, negated}) => {
      // `is` takes a word, which was checked when the subscription was made, not a value.
      const right = operator === 'is' ? keyword(value) : `(${parameters.add(value)})`;
      return `(${negated ? 'not ' : ''}(${source}.${quote(column)} ${symbols[operator]} ${right}))`;
    })
    .join(' and ');
}
