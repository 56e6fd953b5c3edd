// Asks Postgres about changed rows: what a table is like, what its values are as JSON, which rows a filter takes, and
// which a token may see. One question a batch, never one a row, unless a policy fails on some row of the batch.
import pg from 'pg';
import {type Database, type Identity, isConnectionError} from '../../database.js';
import {Parameters, quote} from '../../rest/sql.js';
import {type ChangeCondition, changeFilterSql} from './change-filter.js';
import type {Relation, Tuple} from './pgoutput.js';

export interface TableFacts {
  primaryKey: string[];
  rowSecurity: boolean;
  /** Type name by column, in the table's order. */
  types: Map<string, string>;
  json: Set<string>;
}

/** Places of rows in a batch. */
export interface Sight {
  seen: Set<number>;
  /** Where asking the policies failed. */
  failed: Set<number>;
}

const target = (relation: Relation) => `${quote(relation.schema)}.${quote(relation.table)}`;

export class TableReader {
  readonly #database: Database;
  readonly #log: (line: string) => void;

  constructor(database: Database, log: (line: string) => void) {
    this.#database = database;
    this.#log = log;
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
      client.query<{record: Record<string, unknown> | null}>(
        // With a star it is the row even where a column has the row's name.
        `select to_jsonb(r.*) as record from ${rowsSql(relation, '$1')} order by e.place`,
        [payload(facts, tuples)],
      ),
    );
    // The real server's bytes come from wal2json: hexadecimal without the \x that to_jsonb puts before it.
    const plain = (name: string, value: unknown) =>
      facts.types.get(name) === 'bytea' && typeof value === 'string' ? value.replace(/^\\x/, '') : value;
    return rows.map(({record}, i) =>
      Object.fromEntries(
        Object.entries(record ?? {})
          .filter(([name]) => tuples[i]?.has(name))
          .map(([name, value]) => [name, plain(name, value)]),
      ),
    );
  }

  /** Places of the tuples that the filter takes. */
  async matches(
    relation: Relation,
    facts: TableFacts,
    tuples: Tuple[],
    filter: ChangeCondition[],
  ): Promise<Set<number>> {
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

  /** What one identity's policies let it see of the rows, by their primary keys, as they stand now. */
  async sight(relation: Relation, facts: TableFacts, tuples: Tuple[], identity: Identity): Promise<Sight> {
    try {
      return {seen: await this.#seen(relation, facts, tuples, identity), failed: new Set()};
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || isConnectionError(error)) throw error;
      this.#log(`postgres_changes: a policy of ${target(relation)} failed: ${error.message}`);
      if (tuples.length <= 1) return {seen: new Set(), failed: new Set(tuples.keys())};
    }
    // A policy may fail on some of the rows only.
    const sight: Sight = {seen: new Set(), failed: new Set()};
    for (const [place, tuple] of tuples.entries()) {
      const {seen, failed} = await this.sight(relation, facts, [tuple], identity);
      if (seen.size > 0) sight.seen.add(place);
      if (failed.size > 0) sight.failed.add(place);
    }
    return sight;
  }

  async #seen(relation: Relation, facts: TableFacts, tuples: Tuple[], identity: Identity): Promise<Set<number>> {
    const same = facts.primaryKey.map(name => `t.${quote(name)} = r.${quote(name)}`).join(' and ');
    const {rows} = await this.#database.asSystem(
      client =>
        client.query<{place: number}>(
          `select e.place::int as place from ${rowsSql(relation, '$1')} where exists (select 1 from ${target(relation)} t where ${same})`,
          [payload(facts, tuples)],
        ),
      identity,
    );
    return new Set(rows.map(row => row.place - 1));
  }

  /** Columns a role may read; none when the role is gone. */
  async readable(relation: Relation, role: string): Promise<Set<string>> {
    const {rows} = await this.#database.asSystem(client =>
      client.query<{name: string}>(
        `select attname as name from pg_attribute, pg_roles where attrelid = $1 and attnum > 0 and not attisdropped and rolname = $2
           and has_column_privilege(pg_roles.oid, attrelid, attnum, 'select')`,
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
