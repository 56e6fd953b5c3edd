// Asks Postgres about changed rows: what a table is like, what its values are as JSON, which rows a filter takes, and
// which a token may see. One question a batch, never one a row.
import pg from 'pg';
import type {Database, Identity} from '../../database.js';
import {Parameters, quote} from '../../rest/sql.js';
import {type ChangeFilter, changeFilterSql} from './change-filter.js';
import type {Relation, Tuple} from './pgoutput.js';

export interface TableFacts {
  primaryKey: string[];
  rowSecurity: boolean;
  /** Type name by column, in the table's order. */
  types: Map<string, string>;
  json: Set<string>;
}

export interface Sight {
  /** Places of the rows the identity may see. */
  seen: Set<number>;
  /** Columns its role may read; none when it may read nothing. */
  columns: Set<string>;
}

const target = (relation: Relation) => `${quote(relation.schema)}.${quote(relation.table)}`;

export class TableReader {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Undefined when the table is gone. */
  async facts(relation: Relation): Promise<TableFacts | undefined> {
    const {rows} = await this.#database.asSystem(client =>
      client.query<{row_security: boolean; pk: string[]; columns: {name: string; type: string}[] | null}>(
        `select c.relrowsecurity as row_security,
           array(select a.attname::text from pg_constraint p join pg_attribute a on a.attrelid = c.oid and a.attnum = any (p.conkey)
             where p.conrelid = c.oid and p.contype = 'p') as pk,
           (select jsonb_agg(jsonb_build_object('name', a.attname, 'type', t.typname) order by a.attnum)
             from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
         from pg_class c where c.oid = $1`,
        [relation.oid],
      ),
    );
    const [row] = rows;
    if (!row) return undefined;
    const types = new Map((row.columns ?? []).map(({name, type}) => [name, type]));
    const json = new Set([...types].filter(([, type]) => type === 'json' || type === 'jsonb').map(([name]) => name));
    return {primaryKey: row.pk, rowSecurity: row.row_security, types, json};
  }

  /** Each tuple as the JSON Postgres makes of such a row. */
  async asJson(relation: Relation, facts: TableFacts, tuples: Tuple[]): Promise<Record<string, unknown>[]> {
    const {rows} = await this.#database.asSystem(client =>
      client.query<{record: Record<string, unknown>}>(
        `select to_jsonb(r) as record from ${rowsSql(relation, '$1')} order by e.place`,
        [payload(facts, tuples)],
      ),
    );
    // The real server's bytes come from wal2json: hexadecimal without the \x that to_jsonb puts before it.
    const plain = (name: string, value: unknown) =>
      facts.types.get(name) === 'bytea' && typeof value === 'string' ? value.replace(/^\\x/, '') : value;
    return rows.map(({record}, i) =>
      Object.fromEntries(
        Object.entries(record)
          .filter(([name]) => tuples[i]?.has(name))
          .map(([name, value]) => [name, plain(name, value)]),
      ),
    );
  }

  /** Places of the tuples that the filter takes. */
  async matches(relation: Relation, facts: TableFacts, tuples: Tuple[], filter: ChangeFilter): Promise<Set<number>> {
    const parameters = new Parameters();
    const from = rowsSql(relation, parameters.add(payload(facts, tuples)));
    const {rows} = await this.#database.asSystem(client =>
      client.query<{place: number}>(
        `select e.place::int as place from ${from} where ${changeFilterSql('r', filter, parameters)}`,
        parameters.values,
      ),
    );
    return new Set(rows.map(row => row.place - 1));
  }

  /** What one identity may see of the rows, by their primary keys, as they stand now. */
  async sight(relation: Relation, facts: TableFacts, tuples: Tuple[], identity: Identity): Promise<Sight> {
    const columns = await this.#readable(relation, identity.role);
    const nothing = new Set<number>();
    if (columns.size === 0) return {seen: nothing, columns};
    if (!facts.rowSecurity) return {seen: new Set(tuples.keys()), columns};
    if (facts.primaryKey.length === 0) return {seen: nothing, columns};
    const same = facts.primaryKey.map(name => `t.${quote(name)} = r.${quote(name)}`).join(' and ');
    try {
      const {rows} = await this.#database.asSystem(
        client =>
          client.query<{place: number}>(
            `select e.place::int as place from ${rowsSql(relation, '$1')} where exists (select 1 from ${target(relation)} t where ${same})`,
            [payload(facts, tuples)],
          ),
        identity,
      );
      return {seen: new Set(rows.map(row => row.place - 1)), columns};
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === '42501') return {seen: nothing, columns: new Set()};
      throw error;
    }
  }

  async #readable(relation: Relation, role: string): Promise<Set<string>> {
    const {rows} = await this.#database.asSystem(client =>
      client.query<{name: string}>(
        `select attname as name from pg_attribute where attrelid = $1 and attnum > 0 and not attisdropped
           and has_column_privilege($2, attrelid, attnum, 'select')`,
        [relation.oid, role],
      ),
    );
    return new Set(rows.map(row => row.name));
  }
}

function rowsSql(relation: Relation, parameter: string): string {
  return `jsonb_array_elements(${parameter}::jsonb) with ordinality e (value, place), lateral jsonb_populate_record(null::${target(relation)}, e.value) r`;
}

/** Text goes through each type's own reader, so every value is a JSON string, but JSON itself, which is JSON already. */
function payload(facts: TableFacts, tuples: Tuple[]): string {
  const rows = tuples.map(tuple => {
    const fields = [...tuple]
      .filter(([name]) => facts.types.has(name))
      .map(
        ([name, value]) =>
          `${JSON.stringify(name)}:${value === null ? 'null' : facts.json.has(name) ? value : JSON.stringify(value)}`,
      );
    return `{${fields.join(',')}}`;
  });
  return `[${rows.join(',')}]`;
}
