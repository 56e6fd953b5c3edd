// Lets views be embedded as the tables they show: a view whose columns are those of a key has that key, too. PostgREST reads
// the same from Postgres's rewrite rules; it knows views of views, and tables outside the exposed schema.
import type {ForeignKey, Table} from './schema-cache.js';

/** A view's rule as Postgres stores it. */
export interface ViewRule {
  oid: number;
  /** `pg_rewrite.ev_action` as text. */
  action: string;
}

/** A key by column numbers, which is how rules speak of columns. */
export interface NumberedKey {
  fromNumbers: number[];
  toNumbers: number[];
}

export interface PrimaryKey {
  table: number;
  numbers: number[];
}

interface Origin {
  table: number;
  number: number;
}

/** Where a view's columns come from: by column number, those that show a column as it is. */
type Lineage = Map<number, Origin>;

export class Views {
  readonly #lineages: Map<number, Lineage>;

  constructor(rules: ViewRule[]) {
    this.#lineages = new Map(rules.map(rule => [rule.oid, lineageOf(rule.action)]));
  }

  /** The view's columns that show `numbers` of `table`, in their order; undefined unless it shows them all. */
  #columns(view: Table, table: number, numbers: number[]): string[] | undefined {
    const names = numbers.map(
      number =>
        view.columns.find(column => {
          const origin = this.#origin({table: view.oid, number: column.number});
          return origin.table === table && origin.number === number;
        })?.name,
    );
    return names.every(name => name !== undefined) ? names : undefined;
  }

  /** Through views of views, down to a table. */
  #origin(start: Origin): Origin {
    let at = start;
    for (let depth = 0; depth < 20; depth++) {
      const next = this.#lineages.get(at.table)?.get(at.number);
      if (!next) return at;
      at = next;
    }
    return at;
  }

  primaryKey(view: Table, keys: PrimaryKey[]): string[] {
    for (const {table, numbers} of keys) {
      const columns = this.#columns(view, table, numbers);
      if (columns) return columns;
    }
    return [];
  }

  /** The keys that views among `tables` have because of `key`. */
  keys(key: ForeignKey & NumberedKey, tables: Table[]): ForeignKey[] {
    const sides = (table: number, numbers: number[], columns: string[]) => [
      {oid: table, columns},
      ...tables
        .filter(({isView}) => isView)
        .flatMap(view => {
          const shown = this.#columns(view, table, numbers);
          return shown ? [{oid: view.oid, columns: shown}] : [];
        }),
    ];
    const froms = sides(key.from, key.fromNumbers, key.fromColumns);
    const tos = sides(key.to, key.toNumbers, key.toColumns);
    return froms
      .flatMap(from =>
        tos.map(to => ({...key, from: from.oid, fromColumns: from.columns, to: to.oid, toColumns: to.columns})),
      )
      .slice(1); // the first is the key itself
  }
}

/** Reads the rule's own target list, which stands two braces deep; subqueries have theirs further down. */
function lineageOf(action: string): Lineage {
  let own = '';
  let depth = 0;
  for (let at = 0; at < action.length; at++) {
    const c = action[at];
    if (c === '\\') at++;
    else if (c === '{') depth++;
    else if (c === '}') depth--;
    else if (depth === 2) own += c;
  }
  const entry = /:resno (\d+) :resname .*? :ressortgroupref \d+ :resorigtbl (\d+) :resorigcol (\d+) :resjunk false/g;
  const columns = [...own.matchAll(entry)].map(([, view, table, number]) => [view, table, number].map(Number));
  return new Map(
    columns.filter(([, table]) => table !== 0).map(([view = 0, table = 0, number = 0]) => [view, {table, number}]),
  );
}
