// postgres_changes: who asked for which changes, and each change to those who asked and may see it, as realtime.apply_rls
// decides on the real server. Reading the log is capture.ts, questions to the database are table-reader.ts.
import {createHash} from 'node:crypto';
import {type Database, type Identity, isConnectionError} from '../../database.js';
import type {Channel} from '../channel.js';
import type {Meter} from '../rate.js';
import type {RealtimeClaims} from '../tokens.js';
import {Capture} from './capture.js';
import {changeData, errorData, noPrimaryKey, oldTuple, policyFailed, recordTuple, unauthorized} from './change-data.js';
import {type ChangeCondition, filterSees} from './change-filter.js';
import type {Change, Relation, Tuple} from './pgoutput.js';
import {checkSubscription} from './subscription-check.js';
import {readSubscription, type SubscriptionParams} from './subscription-params.js';
import {type Sight, type TableFacts, TableReader} from './table-reader.js';

interface Binding extends SubscriptionParams {
  id: number;
  /** Equal ones are judged once. */
  filterKey: string;
}

interface Subscription {
  bindings: Binding[];
  claims: RealtimeClaims;
  /** Equal claims are asked about once. */
  claimsKey: string;
  /** Commits up to here were made before the subscription. */
  since: bigint;
}

interface Wanted extends Subscription {
  channel: Channel;
}

/** Changes of one table and kind, and all that is known about them. */
interface Run {
  changes: Change[];
  facts: TableFacts;
  records: Record<string, unknown>[];
  olds: Record<string, unknown>[];
  /** What a filter judges. */
  tuples: Tuple[];
  matches: Map<string, Set<number>>;
  readable: Map<string, Set<string>>;
  sights: Map<string, Sight>;
}

/** Between two tries at a database that was away. */
const retryMs = 5000;

export class ChangesFeed {
  readonly #database: Database;
  readonly #reader: TableReader;
  readonly #capture: Capture;
  readonly #meter: Meter;
  readonly #log: (line: string) => void;
  readonly #subscriptions = new Map<Channel, Subscription>();
  readonly #wanting = new Set<Channel>();

  /** @param meter counts what is told, a subscription at a time; while it is over its limit nothing is told */
  constructor(database: Database, meter: Meter, pollMs: number, log: (line: string) => void) {
    this.#database = database;
    this.#meter = meter;
    this.#log = log;
    this.#reader = new TableReader(database, log);
    this.#capture = new Capture(database.systemUrl, pollMs, changes => this.#deliver(changes), log);
  }

  /** The requests as sent, each with its id; equal requests share one. */
  bindings(requests: Record<string, unknown>[]): Record<string, unknown>[] {
    return requests.map(sent => ({...sent, id: bindingId(sent)}));
  }

  /** Begins, or goes on with another token; the channel is told by a system message either way. */
  async subscribe(channel: Channel): Promise<void> {
    this.#wanting.add(channel);
    const {claims} = channel;
    try {
      const bindings = channel.config.changes.map(sent => {
        const params = readSubscription(sent);
        return {...params, id: bindingId(sent), filterKey: JSON.stringify(params.filter)};
      });
      await this.#database.asSystem(async client => {
        for (const binding of bindings) await checkSubscription(client, binding, claims.role);
      });
      await this.#capture.start();
      const since = this.#subscriptions.get(channel)?.since ?? (await this.#position());
      if (!this.#wanting.has(channel)) return;
      this.#subscriptions.set(channel, {bindings, claims, claimsKey: JSON.stringify(claims), since});
      channel.system('postgres_changes', 'ok', 'Subscribed to PostgreSQL');
    } catch (error) {
      if (!this.#wanting.has(channel)) return;
      channel.system('postgres_changes', 'error', error instanceof Error ? error.message : String(error));
      if (isConnectionError(error)) setTimeout(() => this.#again(channel), retryMs).unref();
    }
  }

  #again(channel: Channel): void {
    if (this.#wanting.has(channel)) void this.subscribe(channel);
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

  async #position(): Promise<bigint> {
    const {rows} = await this.#database.asSystem(client =>
      client.query<{at: string}>(`select (pg_current_wal_insert_lsn() - '0/0')::text as at`),
    );
    return BigInt(rows[0]?.at ?? 0);
  }

  async #deliver(changes: Change[]): Promise<void> {
    if (this.#meter.isOver) return; // skipped without a word, as on the real server
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

  async #deliverRun(changes: Change[]): Promise<void> {
    const [first] = changes;
    if (!first) return;
    const wanted = [...this.#subscriptions].flatMap(([channel, subscription]): Wanted[] => {
      const bindings = subscription.bindings.filter(binding => fits(binding, first.relation, first.type));
      return bindings.length > 0 ? [{...subscription, channel, bindings}] : [];
    });
    if (wanted.length === 0) return;
    const run = await this.#judge(changes, first, wanted);
    if (!run) return;
    for (const place of changes.keys()) {
      for (const one of wanted) if (this.#subscriptions.has(one.channel)) this.#tell(run, place, one);
    }
  }

  /** Undefined when the table is gone. */
  async #judge(changes: Change[], {relation, type}: Change, wanted: Wanted[]): Promise<Run | undefined> {
    const facts = await this.#reader.facts(relation);
    if (!facts) return undefined;
    const tuples = changes.map(({row, old}) => row ?? old ?? new Map<string, string | null>());
    const [records, olds] = await Promise.all([
      this.#reader.asJson(relation, facts, changes.map(recordTuple)),
      this.#reader.asJson(
        relation,
        facts,
        changes.map(change => oldTuple(change, facts)),
      ),
    ]);
    const run: Run = {
      changes,
      facts,
      records,
      olds,
      tuples,
      matches: new Map(),
      readable: new Map(),
      sights: new Map(),
    };
    for (const {bindings, claims, claimsKey} of wanted) {
      for (const {filter, filterKey} of bindings) {
        if (filter.length > 0 && !run.matches.has(filterKey))
          run.matches.set(filterKey, await this.#matches(relation, run, filter));
      }
      if (!run.readable.has(claims.role))
        run.readable.set(claims.role, await this.#reader.readable(relation, claims.role));
      const isGuarded = facts.rowSecurity && type !== 'DELETE';
      if (!isGuarded || run.sights.has(claimsKey) || refusal(run, type, claims.role)) continue;
      run.sights.set(claimsKey, await this.#reader.sight(relation, facts, tuples, identityOf(claims)));
    }
    return run;
  }

  async #matches(relation: Relation, {facts, tuples}: Run, filter: ChangeCondition[]): Promise<Set<number>> {
    try {
      return await this.#reader.matches(relation, facts, tuples, filter);
    } catch (error) {
      // A pattern can be wrong in a way that shows only against a value. It then takes nothing.
      this.#log(`postgres_changes: a filter failed: ${String(error)}`);
      return new Set();
    }
  }

  #tell(run: Run, place: number, {channel, bindings, claims, claimsKey, since}: Wanted): void {
    const change = run.changes[place];
    if (!change || change.lsn < since) return;
    const refused = refusal(run, change.type, claims.role);
    if (refused !== undefined) return this.#send(channel, bindings, errorData(change, refused));
    const taken = bindings.filter(
      ({filter, filterKey}) =>
        filter.length === 0 ||
        (filterSees(filter, run.tuples[place] ?? new Map()) && run.matches.get(filterKey)?.has(place)),
    );
    if (taken.length === 0) return;
    const sight = run.sights.get(claimsKey);
    if (sight?.failed.has(place)) return this.#send(channel, taken, errorData(change, policyFailed));
    if (sight && !sight.seen.has(place)) return;
    const {facts, records, olds} = run;
    for (const group of bySelection(taken)) {
      const select = group[0]?.select;
      const shown = (name: string) =>
        run.readable.get(claims.role)?.has(name) === true &&
        (!select || select.includes(name) || facts.primaryKey.includes(name));
      this.#send(channel, group, changeData(change, facts, records[place] ?? {}, olds[place] ?? {}, shown));
    }
  }

  #send(channel: Channel, bindings: Binding[], data: Record<string, unknown>): void {
    this.#meter.add(bindings.length);
    channel.push('postgres_changes', {ids: [...new Set(bindings.map(({id}) => id))], data});
  }
}

/** Why a role gets an error in place of the row. A deletion needs no right to be told of. */
function refusal({facts, readable}: Run, type: string, role: string): string | undefined {
  if (type === 'DELETE') return undefined;
  if (facts.primaryKey.length === 0) return noPrimaryKey;
  return facts.primaryKey.every(name => readable.get(role)?.has(name)) ? undefined : unauthorized;
}

/** Bindings that chose different columns get different payloads. */
function bySelection(bindings: Binding[]): Binding[][] {
  const groups = new Map<string, Binding[]>();
  for (const binding of bindings) {
    const key = JSON.stringify(binding.select?.toSorted() ?? null);
    groups.set(key, [...(groups.get(key) ?? []), binding]);
  }
  return [...groups.values()];
}

function fits({event, schema, table}: SubscriptionParams, relation: Relation, type: string): boolean {
  return (
    (event === '*' || event === type) &&
    (schema === '*' || schema === relation.schema) &&
    (table === '*' || table === relation.table)
  );
}

/** The real server sets these two, and not the claims one by one that it sets for a private topic. */
function identityOf(claims: RealtimeClaims): Identity {
  return {role: claims.role, settings: {'request.jwt.claims': JSON.stringify(claims)}};
}

function bindingId(sent: Record<string, unknown>): number {
  const text = JSON.stringify(Object.entries(sent).sort(([a], [b]) => (a < b ? -1 : 1)));
  return (createHash('sha1').update(text).digest().readUInt32BE(0) % (2 ** 27 - 1)) + 1;
}
