// Reads PostgREST's query language: select lists, filters, logic, orders. Text in, trees out; it knows neither tables
// nor SQL. Grammar: https://docs.postgrest.org (Tables and Views, Resource Embedding).
import {parseError, RestError} from './rest-error.js';

/** `data->a->>b`: a column and steps into it. */
export interface Field {
  name: string;
  path: {key: string; asText: boolean}[];
}

export type SelectItem =
  | {kind: 'star'}
  | {kind: 'field'; field: Field; cast: string | undefined; alias: string | undefined}
  | {
      kind: 'embed';
      target: string;
      hint: string | undefined;
      inner: boolean;
      spread: boolean;
      alias: string | undefined;
      items: SelectItem[];
    };

export interface Condition {
  kind: 'condition';
  field: Field;
  negated: boolean;
  operator: string;
  quantifier: 'any' | 'all' | undefined;
  /** Text search configuration. */
  language: string | undefined;
  value: string | string[];
}

export type Filter = Condition | {kind: 'group'; join: 'and' | 'or'; negated: boolean; filters: Filter[]};

/** A filter's conditions, wherever they stand in its logic. */
export function conditionsOf(filter: Filter): Condition[] {
  return filter.kind === 'condition' ? [filter] : filter.filters.flatMap(conditionsOf);
}

export interface OrderTerm {
  /** Order by a column of this to-one embed. */
  embed: string | undefined;
  field: Field;
  descending: boolean;
  nulls: 'first' | 'last' | undefined;
}

const operators = new Set(
  'eq neq gt gte lt lte like ilike match imatch in is isdistinct fts plfts phfts wfts cs cd ov sl sr nxr nxl adj'.split(
    ' ',
  ),
);
const quantifiable = new Set('eq gt gte lt lte like ilike match imatch'.split(' '));

class Scanner {
  readonly text: string;
  readonly what: string;
  at = 0;

  constructor(text: string, what: string) {
    this.text = text;
    this.what = what;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  take(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  expect(token: string): void {
    if (!this.take(token)) throw this.error();
  }

  error(): RestError {
    const found = this.done
      ? 'unexpected end of input'
      : `unexpected ${JSON.stringify(this.text[this.at])} at column ${this.at + 1}`;
    return parseError(this.what, this.text, found);
  }

  /** `"…"` with backslash escapes. */
  quoted(): string | undefined {
    if (this.text[this.at] !== '"') return undefined;
    let out = '';
    for (this.at++; this.at < this.text.length; this.at++) {
      const c = this.text[this.at];
      if (c === '"') {
        this.at++;
        return out;
      }
      if (c === '\\') this.at++;
      out += this.text[this.at] ?? '';
    }
    throw this.error();
  }

  until(stop: RegExp): string {
    const rest = this.text.slice(this.at);
    const end = rest.search(stop);
    const found = end < 0 ? rest : rest.slice(0, end);
    this.at += found.length;
    return found;
  }

  /** What must be quoted when it has more than letters, digits, `_`, `$`, `-` and spaces in it. */
  name(stop = /[,():!.]|->/): string {
    const start = this.at;
    const quoted = this.quoted();
    if (quoted !== undefined && quoted !== '') return quoted;
    const found = this.until(stop).trim();
    if (/^[\p{L}\p{N}_$ -]+$/u.test(found)) return found;
    this.at = start;
    throw this.error();
  }

  /** A value among others: quoted, or up to the next comma or bracket. */
  value(): string {
    const start = this.at;
    if (this.text[start] === '"') {
      const quoted = this.quoted();
      if (quoted !== undefined && (this.done || /[,)]/.test(this.text[this.at] ?? ''))) return quoted;
      this.at = start;
    }
    return this.until(/[,)]/);
  }

  field(): Field {
    const name = this.name();
    const path: Field['path'] = [];
    while (this.take('->')) {
      const asText = this.take('>');
      path.push({key: this.name(/[,():.]|->/), asText});
    }
    return {name, path};
  }
}

export function parseSelect(text: string): SelectItem[] {
  const scanner = new Scanner(text, 'select parameter');
  const items = text.trim() === '' ? [] : selectList(scanner);
  if (!scanner.done && text.trim() !== '') throw scanner.error();
  return items;
}

function selectList(s: Scanner): SelectItem[] {
  const items: SelectItem[] = [];
  if (s.text[s.at] === ')') return items;
  do {
    s.until(/\S/);
    items.push(selectItem(s));
  } while (s.take(','));
  return items;
}

function selectItem(s: Scanner): SelectItem {
  if (s.take('*')) return {kind: 'star'};
  const spread = s.take('...') || s.take('..');
  let field = s.field();
  let alias: string | undefined;
  if (field.path.length === 0 && s.text[s.at] === ':' && s.text[s.at + 1] !== ':') {
    s.at++;
    alias = field.name;
    field = s.field();
  }
  if (/^\.(sum|avg|count|max|min)\(\)/.test(s.text.slice(s.at)) || (field.name === 'count' && s.take('()'))) {
    throw new RestError(400, 'PGRST123', 'Use of aggregate functions is not allowed');
  }
  let hint: string | undefined;
  let inner = false;
  while (field.path.length === 0 && s.take('!')) {
    const word = s.name();
    if (word === 'inner') inner = true;
    else if (word !== 'left') hint = word;
  }
  if (field.path.length === 0 && s.take('(')) {
    const items = selectList(s);
    s.expect(')');
    return {kind: 'embed', target: field.name, hint, inner, spread, alias, items};
  }
  if (spread || hint !== undefined || inner) throw s.error();
  const cast = s.take('::') ? s.until(/[,)]/) : undefined;
  return {kind: 'field', field, cast, alias};
}

/** The key of a filter parameter, split into the embeds it goes through and what is left. */
export function parseKey(key: string): {embeds: string[]; rest: string} {
  const s = new Scanner(key, 'filter');
  const embeds: string[] = [];
  for (;;) {
    const start = s.at;
    const name = s.name();
    if (name === 'not' && /^\.(and|or)$/.test(key.slice(s.at))) return {embeds, rest: key.slice(start)};
    if (!s.take('.')) return {embeds, rest: key.slice(start)};
    embeds.push(name);
  }
}

/** The value of a filter parameter: `not.in.(1,2)`. Undefined when it is no filter at all. */
export function parseFilter(key: string, value: string): Filter | undefined {
  const logic = /^(not\.)?(and|or)$/.exec(key);
  if (logic) {
    const s = new Scanner(value, 'logic tree');
    const filters = group(s);
    if (!s.done) throw s.error();
    return {kind: 'group', join: logic[2] as 'and' | 'or', negated: logic[1] !== undefined, filters};
  }
  const fieldScanner = new Scanner(key, 'filter');
  const field = fieldScanner.field();
  if (!fieldScanner.done) throw fieldScanner.error();
  const s = new Scanner(value, 'filter');
  const head = operation(s);
  if (!head) return undefined;
  const operand = head.operator === 'in' ? list(s) : s.text.slice(s.at);
  return {kind: 'condition', field, ...head, value: operand};
}

/** On a function's GET, what doesn't read as a filter is an argument. */
export function isFilter(value: string): boolean {
  try {
    return operation(new Scanner(value, 'filter')) !== undefined;
  } catch {
    return false;
  }
}

function operation(s: Scanner): Omit<Condition, 'kind' | 'field' | 'value'> | undefined {
  const negated = s.take('not.');
  const operator = s.until(/[.(]/);
  if (!operators.has(operator)) return undefined;
  let quantifier: 'any' | 'all' | undefined;
  let language: string | undefined;
  if (s.take('(')) {
    const word = s.until(/\)/);
    s.expect(')');
    if ((word === 'any' || word === 'all') && quantifiable.has(operator)) quantifier = word;
    else if (operator.endsWith('fts') && word !== '') language = word;
    else throw s.error();
  }
  if (!s.take('.')) return undefined;
  return {negated, operator, quantifier, language};
}

function list(s: Scanner): string[] {
  s.expect('(');
  const values: string[] = [];
  if (s.take(')')) return values;
  do values.push(s.value());
  while (s.take(','));
  s.expect(')');
  return values;
}

function group(s: Scanner): Filter[] {
  s.expect('(');
  const filters: Filter[] = [];
  do {
    s.until(/\S/);
    const nested = /^(not\.)?(and|or)(?=\()/.exec(s.text.slice(s.at));
    if (nested) {
      s.at += nested[0].length;
      filters.push({
        kind: 'group',
        join: nested[2] as 'and' | 'or',
        negated: nested[1] !== undefined,
        filters: group(s),
      });
    } else {
      const field = s.field();
      s.expect('.');
      const head = operation(s);
      if (!head) throw s.error();
      filters.push({kind: 'condition', field, ...head, value: head.operator === 'in' ? list(s) : operand(s)});
    }
  } while (s.take(','));
  s.expect(')');
  return filters;
}

/** A value inside a logic tree, where an array literal has its own commas. */
function operand(s: Scanner): string {
  if (s.text[s.at] !== '{') return s.value();
  const start = s.at;
  let inQuotes = false;
  for (; s.at < s.text.length; s.at++) {
    const c = s.text[s.at];
    if (c === '\\') s.at++;
    else if (c === '"') inQuotes = !inQuotes;
    else if (c === '}' && !inQuotes) return s.text.slice(start, ++s.at);
  }
  throw s.error();
}

export function parseOrder(text: string): OrderTerm[] {
  const s = new Scanner(text, 'order');
  const terms: OrderTerm[] = [];
  do {
    let field = s.field();
    let embed: string | undefined;
    if (s.take('(')) {
      embed = field.name;
      field = s.field();
      s.expect(')');
    }
    const descending = s.take('.desc') || (s.take('.asc'), false);
    const nulls = s.take('.nullsfirst') ? 'first' : s.take('.nullslast') ? 'last' : undefined;
    terms.push({embed, field, descending, nulls});
  } while (s.take(','));
  if (!s.done) throw s.error();
  return terms;
}
