// Turns a parsed read (select, filters, orders, limits, embeds) into SQL over a table, a function's rows or what a
// write returned. Embeds are lateral joins along foreign keys. It runs nothing.
import {
  type Condition,
  conditionsOf,
  type OrderTerm,
  parseFilter,
  parseKey,
  parseOrder,
  parseSelect,
  type Filter,
  type SelectItem,
} from './parser.js';
import {parseCount, type Range} from './ranges.js';
import {type Relationship, relate} from './relationships.js';
import {RestError, parseError} from './rest-error.js';
import type {Schema, Table} from './schema-cache.js';
import {castSql, fieldSql, filterSql, orderSql, Parameters, quote, type Source} from './sql.js';

type Embed = Extract<SelectItem, {kind: 'embed'}>;

interface Child {
  item: Embed;
  name: string;
  relationship: Relationship;
  node: Node;
}

interface Node {
  /** Undefined for rows that are no table's. */
  table: Table | undefined;
  items: SelectItem[];
  children: Child[];
  filters: Filter[];
  orders: OrderTerm[];
  limit: number | undefined;
  offset: number | undefined;
}

const reserved = new Set(['select', 'columns', 'on_conflict', 'apikey']);

export class ReadPlan {
  readonly #schema: Schema;
  readonly #root: Node;
  readonly #rootName: string;
  /** What the root is called in SQL: its own name, so that Postgres's errors speak of it. */
  readonly alias: string;

  /** @param limits false for writes, to which limits and offsets are nothing */
  constructor(schema: Schema, rootName: string, table: Table | undefined, query: URLSearchParams, limits = true) {
    this.#schema = schema;
    this.#rootName = rootName;
    this.alias = quote(rootName);
    this.#root = this.#node(table, rootName, parseSelect(query.get('select') ?? '*'));
    for (const [key, value] of query) {
      const last = /(?:^|\.)(order|limit|offset)$/.exec(key)?.[1];
      if (last === 'order' || (last !== undefined && limits)) this.#modify(key, last, value);
      else if (last !== undefined) continue;
      else if (!reserved.has(key)) this.#filter(key, value);
    }
  }

  get limit(): number | undefined {
    return this.#root.limit;
  }

  get offset(): number | undefined {
    return this.#root.offset;
  }

  get isFiltered(): boolean {
    return this.#root.filters.length > 0;
  }

  range({offset, limit}: Range): void {
    this.#root.offset = offset;
    this.#root.limit = limit;
  }

  /** The root's filters when they are conditions on columns, all of them; for a PUT, that names its row so. */
  get conditions(): Condition[] | undefined {
    const {filters} = this.#root;
    return filters.every(filter => filter.kind === 'condition') ? filters : undefined;
  }

  /** Columns of the root that the answer needs; undefined for all. */
  needed(): string[] | undefined {
    const names = new Set<string>();
    for (const item of this.#root.items) {
      if (item.kind === 'star') return undefined;
      if (item.kind === 'field') names.add(item.field.name);
    }
    for (const {relationship} of this.#root.children) for (const {parent} of relationship.pairs) names.add(parent);
    for (const order of this.#root.orders) if (order.embed === undefined) names.add(order.field.name);
    return [...names];
  }

  /** The root's own filters, for the WHERE of an update or delete. */
  where(parameters: Parameters, alias = this.alias): string {
    const source = {...this.#source(this.#root, alias, new Map()), instead: () => undefined};
    return this.#root.filters.map(filter => filterSql(source, filter, parameters)).join(' and ');
  }

  /** @param from what follows FROM, without an alias. @param filtered false when a write has filtered already. */
  select(from: string, parameters: Parameters, filtered = true, maxRows = Infinity): string {
    return this.#select(this.#root, from, this.alias, parameters, {filtered, condition: '', maxRows, rowsOnly: false});
  }

  /** The same rows without limit and columns, to be counted. */
  countable(from: string, parameters: Parameters, filtered = true): string {
    return this.#select(this.#root, from, this.alias, parameters, {
      filtered,
      condition: '',
      maxRows: Infinity,
      rowsOnly: true,
    });
  }

  #node(table: Table | undefined, name: string, items: SelectItem[]): Node {
    const node: Node = {
      table,
      items,
      children: [],
      filters: [],
      orders: [],
      limit: undefined,
      offset: undefined,
    };
    for (const item of items) {
      if (item.kind !== 'embed') continue;
      const {relationship, target} = relate(this.#schema, table, name, item.target, item.hint);
      const child = this.#node(target, item.target, item.items);
      // It would aggregate, which hosted projects don't allow unless they are told to.
      if (item.spread && !relationship.toOne)
        throw new RestError(400, 'PGRST123', 'Use of aggregate functions is not allowed');
      node.children.push({item, name: item.alias ?? item.target, relationship, node: child});
    }
    return node;
  }

  #walk(embeds: string[]): Node {
    let node = this.#root;
    for (const name of embeds) {
      const child = node.children.find(one => one.name === name) ?? node.children.find(one => one.item.target === name);
      if (!child) {
        throw new RestError(
          400,
          'PGRST108',
          `'${name}' is not an embedded resource in this request`,
          null,
          `Verify that '${name}' is included in the 'select' query parameter.`,
        );
      }
      node = child.node;
    }
    return node;
  }

  #modify(key: string, what: string, value: string): void {
    const node = this.#walk(key === what ? [] : parseKey(key).embeds);
    if (what === 'order') node.orders = parseOrder(value);
    else if (what === 'limit') node.limit = parseCount(value);
    else node.offset = parseCount(value);
  }

  #filter(key: string, value: string): void {
    const {embeds, rest} = parseKey(key);
    const filter = parseFilter(rest, value);
    if (!filter) throw parseError('filter', value);
    this.#walk(embeds).filters.push(filter);
  }

  #select(
    node: Node,
    from: string,
    alias: string,
    parameters: Parameters,
    how: {filtered: boolean; condition: string; maxRows: number; rowsOnly: boolean; path?: string},
  ): string {
    const path = how.path ?? '';
    const joins: string[] = [];
    const where: string[] = how.condition ? [how.condition] : [];
    const columns: string[] = [];
    const byChild = new Map<Embed, string>();
    const conditions = how.filtered ? node.filters.flatMap(conditionsOf) : [];
    const asked = new Set(conditions.filter(one => one.field.path.length === 0).map(one => one.field.name));

    node.children.forEach((child, index) => {
      // Postgres cuts names at 63 bytes; the number must survive.
      const stem = `${child.item.target.slice(0, 15)}_${path}${index}`;
      const name = quote(stem);
      const inside = quote(`${stem}_`);
      const {relationship} = child;
      const inner = child.item.inner;
      if (how.rowsOnly && !inner && !asked.has(child.name)) return;
      byChild.set(child.item, name);
      const join = `${inner ? 'inner' : 'left'} join lateral`;
      const body = this.#select(child.node, quoteTable(this.#schema, relationship.target), inside, parameters, {
        filtered: true,
        condition: relationship.condition(alias, inside, this.#schema.name),
        maxRows: Infinity,
        rowsOnly: false,
        path: `${path}${index}_`,
      });
      if (relationship.toOne) {
        joins.push(`${join} (select row_to_json(_o) as "_one", _o.* from (${body}) _o) ${name} on true`);
      } else {
        joins.push(`${join} (select json_agg(_o) as "_list" from (${body}) _o) ${name} on true`);
        if (inner) where.push(`${name}."_list" is not null`);
      }
    });

    for (const item of how.rowsOnly ? [] : node.items)
      columns.push(...this.#column(node, item, alias, byChild, parameters));
    const source = this.#source(node, alias, byChild);
    if (how.filtered) for (const filter of node.filters) where.push(filterSql(source, filter, parameters));
    const parts = [`select ${how.rowsOnly ? '1' : columns.join(', ')} from ${from} ${alias}`, ...joins];
    if (where.length > 0) parts.push(`where ${where.join(' and ')}`);
    if (!how.rowsOnly) {
      const orders = node.orders.map(term => orderSql(this.#orderBy(node, term, alias, parameters), term));
      if (orders.length > 0) parts.push(`order by ${orders.join(', ')}`);
      const limit = Math.min(node.limit ?? Infinity, how.maxRows);
      if (limit !== Infinity) parts.push(`limit ${limit}`);
      if (node.offset) parts.push(`offset ${node.offset}`);
    }
    return parts.join(' ');
  }

  #column(node: Node, item: SelectItem, alias: string, byChild: Map<Embed, string>, parameters: Parameters): string[] {
    if (item.kind === 'star') return [`${alias}.*`];
    if (item.kind === 'field') {
      const expression = fieldSql(alias, item.field, parameters);
      const {path} = item.field;
      const name = item.alias ?? path.findLast(step => !/^-?\d+$/.test(step.key))?.key ?? item.field.name;
      return [`${item.cast === undefined ? expression : castSql(expression, item.cast)} as ${quote(name)}`];
    }
    const child = node.children.find(one => one.item === item);
    const source = byChild.get(item);
    if (!child || source === undefined || isHollow(item)) return [];
    if (!child.relationship.toOne) return [`coalesce(${source}."_list", '[]') as ${quote(child.name)}`];
    if (item.spread) return spreadNames(child.node).map(name => `${source}.${quote(name)}`);
    return [`${source}."_one" as ${quote(child.name)}`];
  }

  /** @param byChild what the embeds' joins are called */
  #source(node: Node, alias: string, byChild: Map<Embed, string>): Source {
    return {
      alias,
      typeOf: name => node.table?.columns.find(column => column.name === name)?.type,
      instead: ({field, operator, negated, value}) => {
        const child = field.path.length === 0 ? node.children.find(one => one.name === field.name) : undefined;
        if (!child) return undefined;
        if (operator !== 'is' || !/^(not_)?null$/i.test(String(value))) {
          throw new RestError(
            400,
            'PGRST120',
            `Bad operator on the '${child.name}' embedded resource`,
            'Only is null or not is null filters are allowed on embedded resources',
          );
        }
        const isThere = negated !== /^not_/i.test(String(value));
        const column = child.relationship.toOne ? '_one' : '_list';
        return `${byChild.get(child.item)}."${column}" is ${isThere ? 'not null' : 'null'}`;
      },
    };
  }

  #orderBy(node: Node, term: OrderTerm, alias: string, parameters: Parameters): string {
    if (term.embed === undefined) return fieldSql(alias, term.field, parameters);
    const child = node.children.find(one => one.name === term.embed || one.item.target === term.embed);
    if (!child) {
      throw new RestError(
        400,
        'PGRST108',
        `'${term.embed}' is not an embedded resource in this request`,
        null,
        `Verify that '${term.embed}' is included in the 'select' query parameter.`,
      );
    }
    if (!child.relationship.toOne) {
      throw new RestError(
        400,
        'PGRST118',
        `A related order on '${term.embed}' is not possible`,
        `'${this.#rootName}' and '${term.embed}' do not form a many-to-one or one-to-one relationship`,
      );
    }
    const column = fieldSql('_s', term.field, parameters);
    return `(select ${column} from ${quoteTable(this.#schema, child.relationship.target)} _s where ${child.relationship.condition(alias, '_s', this.#schema.name)})`;
  }
}

export function quoteTable(schema: Schema, table: Table): string {
  return `${quote(schema.name)}.${quote(table.name)}`;
}

/** `author()` filters and shows nothing; neither does an embed of nothing but such. */
function isHollow(item: Embed): boolean {
  return item.items.every(one => one.kind === 'embed' && isHollow(one));
}

/** The columns a spread brings up, by name; nested embeds come up as they are named. */
function spreadNames(node: Node): string[] {
  return node.items.flatMap(item => {
    if (item.kind === 'star') return node.table?.columns.map(column => column.name) ?? [];
    if (item.kind === 'field')
      return [item.alias ?? item.field.path.findLast(step => !/^-?\d+$/.test(step.key))?.key ?? item.field.name];
    if (isHollow(item)) return [];
    const child = node.children.find(one => one.item === item);
    return item.spread && child ? spreadNames(child.node) : [item.alias ?? item.target];
  });
}
