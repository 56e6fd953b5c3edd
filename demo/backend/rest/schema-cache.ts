// A picture of the exposed schema: tables, columns, keys, foreign keys and functions. Read in one query, thrown away
// when the schema changes. It knows nothing of requests.
import type {Database} from '../database.js';
import {type NumberedKey, type PrimaryKey, type ViewRule, Views} from './view-keys.js';

export interface Column {
  name: string;
  number: number;
  type: string;
  /** SQL of the default, or null. */
  default: string | null;
}

export interface Table {
  oid: number;
  name: string;
  isView: boolean;
  columns: Column[];
  primaryKey: string[];
}

export interface ForeignKey {
  name: string;
  /** Oid of the referencing table. */
  from: number;
  to: number;
  fromColumns: string[];
  toColumns: string[];
  /** The referencing columns are unique, so there is one row at most. */
  unique: boolean;
}

export interface Argument {
  name: string;
  type: string;
  required: boolean;
  variadic: boolean;
}

export interface Routine {
  name: string;
  arguments: Argument[];
  /** The type of the only argument when that is unnamed and may get a whole body. */
  body: 'json' | 'jsonb' | 'text' | 'xml' | 'bytea' | null;
  returns: 'void' | 'scalar' | 'composite';
  set: boolean;
  /** The table whose row type is returned, if it is one. */
  table: number | null;
  /** Immutable and stable functions run read-only. */
  volatile: boolean;
}

interface Picture {
  tables: Table[];
  foreignKeys: (ForeignKey & NumberedKey)[];
  primaryKeys: PrimaryKey[];
  views: ViewRule[];
  routines: Routine[];
}

const picture = `
with exposed as (
  select c.oid, c.relname, c.relkind in ('v', 'm') as is_view from pg_class c where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'v', 'm', 'f', 'p')
), own as (
  -- Keys of tables that only views show count, too.
  select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
), names as (
  select attrelid, attnum, attname from pg_attribute where attnum > 0 and not attisdropped
)
select jsonb_build_object(
  'tables', (select coalesce(jsonb_agg(jsonb_build_object(
    'oid', t.oid::bigint, 'name', t.relname, 'isView', t.is_view,
    'columns', (select coalesce(jsonb_agg(jsonb_build_object(
        'name', a.attname, 'number', a.attnum, 'type', format_type(a.atttypid, a.atttypmod),
        'default', case
          when a.attidentity <> '' then format('nextval(%L)', pg_get_serial_sequence(t.oid::regclass::text, a.attname))
          when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid)
        end) order by a.attnum), '[]')
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped),
    'primaryKey', (select coalesce(jsonb_agg(n.attname order by k.ord), '[]')
      from pg_constraint p cross join unnest(p.conkey) with ordinality k (num, ord)
      join names n on n.attrelid = p.conrelid and n.attnum = k.num
      where p.conrelid = t.oid and p.contype = 'p')
  )), '[]') from exposed t),
  'foreignKeys', (select coalesce(jsonb_agg(jsonb_build_object(
    'name', f.conname, 'from', f.conrelid::bigint, 'to', f.confrelid::bigint,
    'fromColumns', (select jsonb_agg(n.attname order by k.ord) from unnest(f.conkey) with ordinality k (num, ord)
      join names n on n.attrelid = f.conrelid and n.attnum = k.num),
    'toColumns', (select jsonb_agg(n.attname order by k.ord) from unnest(f.confkey) with ordinality k (num, ord)
      join names n on n.attrelid = f.confrelid and n.attnum = k.num),
    'fromNumbers', f.conkey, 'toNumbers', f.confkey,
    'unique', exists (select from pg_constraint u where u.conrelid = f.conrelid and u.contype in ('p', 'u') and u.conkey <@ f.conkey)
  ) order by f.conname), '[]')
    from pg_constraint f where f.contype = 'f' and f.conparentid = 0 and f.connamespace in (select oid from own)),
  'primaryKeys', (select coalesce(jsonb_agg(jsonb_build_object('table', p.conrelid::bigint, 'numbers', p.conkey)), '[]')
    from pg_constraint p where p.contype = 'p' and p.connamespace in (select oid from own)),
  'views', (select coalesce(jsonb_agg(jsonb_build_object('oid', v.oid::bigint, 'action', r.ev_action::text)), '[]')
    from pg_class v join pg_rewrite r on r.ev_class = v.oid and r.rulename = '_RETURN'
    where v.relnamespace in (select oid from own)),
  'routines', (select coalesce(jsonb_agg(jsonb_build_object(
    'name', p.proname,
    'arguments', (select coalesce(jsonb_agg(jsonb_build_object(
        'name', coalesce(i.name, ''), 'type', format_type(i.type, null),
        'required', i.place <= p.pronargs - p.pronargdefaults, 'variadic', i.mode = 'v') order by i.place), '[]')
      from (
        select name, type, mode, row_number() over (order by ord) as place
        from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes::text[]) with ordinality
          a (type, name, mode, ord)
        where type is not null and coalesce(mode, 'i') in ('i', 'b', 'v')
      ) i),
    'body', case when p.pronargs = 1 and coalesce(p.proargnames[1], '') = ''
      and p.proargtypes[0] in ('json'::regtype, 'jsonb'::regtype, 'text'::regtype, 'xml'::regtype, 'bytea'::regtype)
      then format_type(p.proargtypes[0], null) end,
    'returns', case
      when p.prorettype = 'void'::regtype then 'void'
      when r.typtype = 'c' or coalesce(p.proargmodes::text[] && '{t,b,o}', false) or p.prorettype = 'record'::regtype then 'composite'
      else 'scalar' end,
    'set', p.proretset,
    'table', (select e.oid::bigint from exposed e where e.oid = r.typrelid),
    'volatile', p.provolatile = 'v'
  )), '[]')
    from pg_proc p join pg_type r on r.oid = p.prorettype
    where p.pronamespace = $1::regnamespace and p.prokind = 'f' and p.prorettype <> 'trigger'::regtype
      and not exists (select from pg_depend e where e.objid = p.oid and e.deptype = 'e'))
) as picture`;

export class Schema {
  readonly name: string;
  readonly #tables = new Map<string, Table>();
  readonly #byOid = new Map<number, Table>();
  readonly #routines = new Map<string, Routine[]>();
  readonly foreignKeys: ForeignKey[];

  constructor(name: string, read: Picture) {
    this.name = name;
    const views = new Views(read.views);
    for (const table of read.tables) {
      if (table.isView) table.primaryKey = views.primaryKey(table, read.primaryKeys);
      this.#tables.set(table.name, table);
      this.#byOid.set(table.oid, table);
    }
    for (const routine of read.routines)
      this.#routines.set(routine.name, [...(this.#routines.get(routine.name) ?? []), routine]);
    this.foreignKeys = read.foreignKeys.flatMap(key => [key, ...views.keys(key, read.tables)]);
  }

  table(name: string): Table | undefined {
    return this.#tables.get(name);
  }

  tableByOid(oid: number): Table | undefined {
    return this.#byOid.get(oid);
  }

  routines(name: string): Routine[] {
    return this.#routines.get(name) ?? [];
  }

  get tableNames(): string[] {
    return [...this.#tables.keys()];
  }

  get routineNames(): string[] {
    return [...this.#routines.keys()];
  }
}

export class SchemaCache {
  readonly #database: Database;
  readonly #name: string;
  #current: Promise<Schema> | undefined;

  constructor(database: Database, name = 'public') {
    this.#database = database;
    this.#name = name;
  }

  /** Forgets the picture; the next request reads a new one. */
  drop(): void {
    this.#current = undefined;
  }

  get(): Promise<Schema> {
    if (!this.#current) {
      const reading = this.#read();
      this.#current = reading;
      reading.catch(() => {
        if (this.#current === reading) this.#current = undefined;
      });
    }
    return this.#current;
  }

  async #read(): Promise<Schema> {
    const read = await this.#database.asSystem(async client => {
      // With an empty path every type is written with its schema.
      await client.query(`set local search_path = ''; set local jit = off`);
      const {rows} = await client.query<{picture: Picture}>(picture, [this.#name]);
      return rows[0]?.picture ?? {tables: [], foreignKeys: [], primaryKeys: [], views: [], routines: []};
    });
    return new Schema(this.#name, read);
  }
}
