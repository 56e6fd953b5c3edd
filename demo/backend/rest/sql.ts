// Small pieces of SQL: quoted names, numbered parameters, fields, conditions and orders. A value from a request only
// ever enters as a parameter. It knows no relationships and no requests.
import pg from 'pg';
import type {Condition, Field, Filter, OrderTerm} from './parser.js';
import {parseError} from './rest-error.js';

export const quote = pg.escapeIdentifier;

export class Parameters {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

export function fieldSql(source: string, field: Field, parameters: Parameters): string {
  const column = `${source}.${quote(field.name)}`;
  if (field.path.length === 0) return column;
  // PostgREST reads any column so, composite ones and arrays included.
  const steps = field.path.map(({key, asText}) => {
    const arrow = asText ? '->>' : '->';
    return /^-?\d+$/.test(key) ? `${arrow}${key}` : `${arrow}${parameters.add(key)}::text`;
  });
  return `to_jsonb(${column})${steps.join('')}`;
}

/** A cast in a select list names a type in PostgREST's letters: no brackets, no dots. */
export function castSql(expression: string, cast: string): string {
  if (!/^[\p{L}\p{N}_ $]+$/u.test(cast)) throw parseError('select parameter', cast);
  return `cast(${expression} as ${cast})`;
}

/** Rows that filters look at. */
export interface Source {
  alias: string;
  /** The type of a column as Postgres writes it; undefined for what is no known column. */
  typeOf(column: string): string | undefined;
  /** SQL for a condition that isn't on a column; undefined for all others. */
  instead(condition: Condition): string | undefined;
}

export function filterSql(source: Source, filter: Filter, parameters: Parameters): string {
  if (filter.kind === 'group') {
    const inner = filter.filters.map(part => filterSql(source, part, parameters)).join(` ${filter.join} `);
    return `${filter.negated ? 'not ' : ''}(${inner})`;
  }
  const instead = source.instead(filter);
  if (instead !== undefined) return instead;
  const left = fieldSql(source.alias, filter.field, parameters);
  if (searches[filter.operator] === undefined || source.typeOf(filter.field.name) === 'tsvector')
    return conditionSql(left, filter, parameters);
  const language = filter.language === undefined ? '' : `${parameters.add(filter.language)}::regconfig, `;
  return conditionSql(`to_tsvector(${language}${left})`, filter, parameters);
}

const plain: Record<string, string> = {
  eq: '=',
  neq: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  like: 'like',
  ilike: 'ilike',
  match: '~',
  imatch: '~*',
  isdistinct: 'is distinct from',
  cs: '@>',
  cd: '<@',
  ov: '&&',
  sl: '<<',
  sr: '>>',
  nxr: '&<',
  nxl: '&>',
  adj: '-|-',
};

const searches: Record<string, string> = {
  fts: 'to_tsquery',
  plfts: 'plainto_tsquery',
  phfts: 'phraseto_tsquery',
  wfts: 'websearch_to_tsquery',
};

/** @param star what `*` in a like pattern stands for: over HTTP, where `%` is awkward, it means the same */
export function conditionSql(left: string, condition: Condition, parameters: Parameters, star = '%'): string {
  const {operator, value} = condition;
  const not = condition.negated ? 'not ' : '';
  if (operator === 'in') {
    return `${not}(${left} = any(${parameters.add(arrayLiteral(value as string[]))}))`;
  }
  const text = value as string;
  if (operator === 'is') {
    const known = /^(null|not_null|true|false|unknown)$/i.exec(text)?.[0].toLowerCase();
    if (known === undefined) throw parseError('filter', `is.${text}`);
    return `${not}(${left} is ${known === 'not_null' ? 'not null' : known})`;
  }
  const search = searches[operator];
  if (search !== undefined) {
    const language = condition.language === undefined ? '' : `${parameters.add(condition.language)}::regconfig, `;
    return `${not}(${left} @@ ${search}(${language}${parameters.add(text)}))`;
  }
  const wild = operator === 'like' || operator === 'ilike' ? text.replaceAll('*', star) : text;
  const right = parameters.add(wild);
  return `${not}(${left} ${plain[operator]} ${condition.quantifier ? `${condition.quantifier}(${right})` : right})`;
}

/** `{"a","b"}`: Postgres reads the elements as the type of the other side. */
export function arrayLiteral(values: string[]): string {
  return `{${values.map(value => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`;
}

export function orderSql(expression: string, term: OrderTerm): string {
  const nulls = term.nulls === undefined ? '' : ` nulls ${term.nulls}`;
  return `${expression} ${term.descending ? 'desc' : 'asc'}${nulls}`;
}
