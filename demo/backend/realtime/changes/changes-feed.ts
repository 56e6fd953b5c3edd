// postgres_changes: who asked for which changes, and each change to those who asked and may see it. Reading the log is
// capture.ts, questions to the database are table-reader.ts.
import {createHash} from 'node:crypto';
import type {Database, Identity} from '../../database.js';
import type {Stats} from '../../stats.js';
import type {Channel} from '../channel.js';
import type {ChangesRequest} from '../join-config.js';
import type {RealtimeClaims} from '../tokens.js';
import {Capture} from './capture.js';
import {type ChangeFilter, changeFilterSql, filterSees, parseChangeFilter} from './change-filter.js';
import type {Change, Relation, Tuple} from './pgoutput.js';
import {type Sight, type TableFacts, TableReader} from './table-reader.js';
import {Parameters, quote} from '../../rest/sql.js';

interface Binding {
  id: number;
  request: ChangesRequest;
  filter: ChangeFilter | undefined;
}

interface Subscription {
  bindings: Binding[];
  /** Commits up to here were made before the subscription. */
  since: bigint;
}

/** Over this a payload keeps only its small values. */
const maxPayloadBytes = 1_048_576;
const smallValueBytes = 64;

export class ChangesFeed {
  readonly #database: Database;
  readonly #reader: TableReader;
  readonly #capture: Capture;
  readonly #stats: Stats;
  readonly #log: (line: string) => void;
  readonly #subscriptions = new Map<Channel, Subscription>();
  readonly #wanting = new Set<Channel>();

  constructor(database: Database, stats: Stats, pollMs: number, log: (line: string) => void) {
    this.#database = database;
    this.#stats = stats;
    this.#log = log;
    this.#reader = new TableReader(database);
    this.#capture = new Capture(database.systemUrl, pollMs, changes => this.#deliver(changes), log);
  }

  /** The requests as sent, each with its id; equal requests share one. */
  bindings(requests: ChangesRequest[]): Record<string, unknown>[] {
    return requests.map(({sent}) => ({id: bindingId(sent), ...sent}));
  }

  /** Begins, or goes on with another token; the channel is told by a system message either way. */
  async subscribe(channel: Channel): Promise<void> {
    this.#wanting.add(channel);
    const {changes} = channel.config;
    try {
      const bindings = changes.map(request => ({
        id: bindingId(request.sent),
        request,
        filter: request.filter === undefined ? undefined : parseChangeFilter(request.filter),
      }));
      for (const binding of bindings) await this.#check(binding);
      await this.#capture.start();
      const since = await this.#position();
      if (!this.#wanting.has(channel)) return;
      const before = this.#subscriptions.get(channel);
      this.#subscriptions.set(channel, {bindings, since: before?.since ?? since});
      channel.system('postgres_changes', 'ok', 'Subscribed to PostgreSQL');
    } catch (error) {
      if (!this.#wanting.has(channel)) return;
      const said = error instanceof Error ? error.message : String(error);
      channel.system(
        'postgres_changes',
        'error',
        said.startsWith('Error parsing') || said.startsWith('Unable') ? said : unable(changes, said),
      );
    }
  }

  unsubscribe(channel: Channel): void {
    this.#wanting.delete(channel);
    this.#subscriptions.delete(channel);
    if (this.#wanting.size === 0) void this.#capture.stop();
  }

  close(): Promise<void> {
    this.#wanting.clear();
    return this.#capture.stop();
  }

  /** A table must be published, and a filter must make sense to it. */
  async #check({request, filter}: Binding): Promise<void> {
    const {rows} = await this.#database.asSystem(client =>
      client.query<{schema: string; table: string}>(
        `select schemaname as schema, tablename as table from pg_publication_tables
         where pubname = 'supabase_realtime' and $1::text in ('*', schemaname) and $2::text in ('*', tablename)`,
        [request.schema, request.table],
      ),
    );
    if (rows.length === 0) throw new Error(unable([request]));
    for (const {schema, table} of filter ? rows : []) {
      const parameters = new Parameters();
      const where = changeFilterSql('r', filter as ChangeFilter, parameters);
      await this.#database.asSystem(client =>
        client.query(
          `select from (select * from ${quote(schema)}.${quote(table)} limit 0) r where ${where}`,
          parameters.values,
        ),
      );
    }
  }

  async #position(): Promise<bigint> {
    const {rows} = await this.#database.asSystem(client =>
      client.query<{at: string}>(`select (pg_current_wal_insert_lsn() - '0/0')::text as at`),
    );
    return BigInt(rows[0]?.at ?? 0);
  }

  async #deliver(changes: Change[]): Promise<void> {
    // Changes of one table and kind that follow each other are judged together; their order is kept.
    let run: Change[] = [];
    for (const change of changes) {
      const [first] = run;
      if (first && (first.relation !== change.relation || first.type !== change.type)) {
        await this.#tryRun(run);
        run = [];
      }
      run.push(change);
    }
    await this.#tryRun(run);
  }

  /** What goes wrong with one table's changes must not cost another's. */
  async #tryRun(changes: Change[]): Promise<void> {
    await this.#deliverRun(changes).catch(error => this.#log(`postgres_changes: ${String(error)}`));
  }

  async #matches(relation: Relation, facts: TableFacts, tuples: Tuple[], filter: ChangeFilter): Promise<Set<number>> {
    try {
      return await this.#reader.matches(relation, facts, tuples, filter);
    } catch (error) {
      // A pattern can be wrong in a way that shows only against a value. It then takes nothing.
      this.#log(`postgres_changes: filter ${filter.text}: ${String(error)}`);
      return new Set();
    }
  }

  async #deliverRun(changes: Change[]): Promise<void> {
    const [first] = changes;
    if (!first) return;
    const {relation, type} = first;
    const wanted = [...this.#subscriptions].flatMap(([channel, {bindings, since}]) => {
      const fitting = bindings.filter(({request}) => fits(request, relation, type));
      return fitting.length > 0 ? [{channel, since, bindings: fitting}] : [];
    });
    if (wanted.length === 0) return;
    const facts = await this.#reader.facts(relation);
    if (!facts) return;
    const tuples = changes.map(change => change.row ?? change.old ?? new Map<string, string | null>());
    const records = await this.#reader.asJson(relation, facts, tuples);
    const olds = await this.#reader.asJson(
      relation,
      facts,
      changes.map(change => oldTuple(change, facts)),
    );
    const matches = new Map<string, Set<number>>();
    const sights = new Map<string, Sight>();
    for (const {channel, bindings} of wanted) {
      const key = JSON.stringify(channel.claims);
      if (!sights.has(key))
        sights.set(key, await this.#reader.sight(relation, facts, tuples, identityOf(channel.claims)));
      for (const {filter} of bindings) {
        if (filter && !matches.has(filter.text))
          matches.set(filter.text, await this.#matches(relation, facts, tuples, filter));
      }
    }
    changes.forEach((change, place) => {
      for (const {channel, since, bindings} of wanted) {
        if (!this.#subscriptions.has(channel) || change.lsn < since) continue;
        const sight = sights.get(JSON.stringify(channel.claims));
        if (!sight) continue;
        const taken = bindings.filter(
          ({filter}) =>
            !filter || (filterSees(filter, tuples[place] ?? new Map()) && matches.get(filter.text)?.has(place)),
        );
        this.#push(channel, change, taken, facts, sight, place, records[place] ?? {}, olds[place] ?? {});
      }
    });
  }

  #push(
    channel: Channel,
    change: Change,
    bindings: Binding[],
    facts: TableFacts,
    sight: Sight,
    place: number,
    record: Record<string, unknown>,
    old: Record<string, unknown>,
  ): void {
    const {relation, type} = change;
    // Bindings that chose different columns get different payloads.
    const bySelect = new Map<string, Binding[]>();
    for (const binding of bindings) {
      const select = binding.request.select?.join(',') ?? '';
      bySelect.set(select, [...(bySelect.get(select) ?? []), binding]);
    }
    for (const group of bySelect.values()) {
      const ids = [...new Set(group.map(({id}) => id))];
      const head = {schema: relation.schema, table: relation.table, type, commit_timestamp: change.committedAt};
      const refusal =
        sight.columns.size === 0
          ? 'Error 401: Unauthorized'
          : facts.rowSecurity && facts.primaryKey.length === 0 && type !== 'DELETE'
            ? 'Error 400: Bad Request, no primary key'
            : undefined;
      this.#stats.billedMessages += ids.length;
      if (refusal !== undefined) {
        channel.push('postgres_changes', {ids, data: {...head, columns: [], record: {}, errors: [refusal]}});
        continue;
      }
      // Nobody can say who might have seen a row that is gone, so a deletion is told to all, with no more than its key.
      if (type !== 'DELETE' && !sight.seen.has(place)) continue;
      const select = group[0]?.request.select;
      const shown = (name: string) =>
        sight.columns.has(name) && (!select || select.includes(name) || facts.primaryKey.includes(name));
      const pick = (values: Record<string, unknown>, also: (name: string) => boolean = () => true) =>
        Object.fromEntries(Object.entries(values).filter(([name]) => shown(name) && also(name)));
      const data: Record<string, unknown> = {
        ...head,
        columns: [...facts.types].filter(([name]) => shown(name)).map(([name, typeName]) => ({name, type: typeName})),
        errors: null,
      };
      if (type !== 'DELETE') data['record'] = pick(record);
      if (type !== 'INSERT') {
        data['old_record'] = pick(
          old,
          name => type !== 'DELETE' || !facts.rowSecurity || facts.primaryKey.includes(name),
        );
      }
      channel.push('postgres_changes', {ids, data: shrink(data)});
    }
  }
}

function fits(request: ChangesRequest, relation: Relation, type: string): boolean {
  return (
    (request.event === '*' || request.event === type) &&
    (request.schema === '*' || request.schema === relation.schema) &&
    (request.table === '*' || request.table === relation.table)
  );
}

/** The log says nothing of an old row whose key stayed: then it is the key. */
function oldTuple(change: Change, facts: TableFacts): Map<string, string | null> {
  if (change.old) return change.old;
  return new Map(
    [...(change.row ?? [])].filter(([name]) => change.type === 'UPDATE' && facts.primaryKey.includes(name)),
  );
}

/** The real server sets these two, and not the claims one by one that it sets for a private topic. */
function identityOf(claims: RealtimeClaims): Identity {
  return {role: claims.role, settings: {'request.jwt.claims': JSON.stringify(claims)}};
}

function shrink(data: Record<string, unknown>): Record<string, unknown> {
  if (JSON.stringify(data).length <= maxPayloadBytes) return data;
  const small = (values: unknown) =>
    Object.fromEntries(
      Object.entries((values ?? {}) as object).filter(
        ([, value]) => Buffer.byteLength(JSON.stringify(value) ?? '') <= smallValueBytes,
      ),
    );
  const cut: Record<string, unknown> = {...data, errors: ['Error 413: Payload Too Large']};
  for (const key of ['record', 'old_record']) if (key in data) cut[key] = small(data[key]);
  return cut;
}

function unable(requests: ChangesRequest[], exception?: string): string {
  const list = requests
    .map(
      ({event, schema, table, filter, select}) =>
        `[event: ${event}, schema: ${schema}, table: ${table}, filters: [${filter ?? ''}], select: ${select?.join(',') ?? 'nil'}]`,
    )
    .join(', ');
  return exception === undefined
    ? `Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect parameters: ${list}`
    : `Unable to subscribe to changes with given parameters. An exception happened so please check your connect parameters: ${list}. Exception: ${exception}`;
}

function bindingId(sent: Record<string, unknown>): number {
  const text = JSON.stringify(Object.entries(sent).sort(([a], [b]) => (a < b ? -1 : 1)));
  return (createHash('sha1').update(text).digest().readUInt32BE(0) % (2 ** 27 - 1)) + 1;
}
