// Whether a subscription makes sense to the database, before it is taken: the tables are published, the role is there,
// filters and selections name columns it may read, and values fit their types. What passes here can't fail later for
// the filter's sake. As realtime.subscription_check_filters does on the real server.
import pg from 'pg';
import type {Client} from '../../database.js';
import type {ChangeCondition} from './change-filter.js';
import {describeSubscription, type SubscriptionParams} from './subscription-params.js';

/** What the real server's trigger raises by itself. */
class Refused extends Error {}

const conditionNames: Record<string, string> = {
  '22003': 'numeric_value_out_of_range',
  '22007': 'invalid_datetime_format',
  '22008': 'datetime_field_overflow',
  '22021': 'character_not_in_repertoire',
  '22023': 'invalid_parameter_value',
  '22P02': 'invalid_text_representation',
  '42704': 'undefined_object',
};

/** @throws {Error} whose message is for the client */
export async function checkSubscription(client: Client, params: SubscriptionParams, role: string): Promise<void> {
  const unable = 'Unable to subscribe to changes with given parameters.';
  try {
    const {rows} = await client.query<{oid: number}>(
      `select format('%I.%I', schemaname, tablename)::regclass::oid::int8::float8 as oid from pg_publication_tables
       where pubname = 'supabase_realtime' and $1::text in ('*', schemaname) and $2::text in ('*', tablename)`,
      [params.schema, params.table],
    );
    for (const {oid} of rows) await checkTable(client, params, role, oid);
    if (rows.length > 0) return;
  } catch (error) {
    const exception = exceptionOf(error);
    if (exception === undefined) throw error;
    throw new Error(
      `${unable} An exception happened so please check your connect parameters: ${describeSubscription(params)}. Exception: ${exception}`,
    );
  }
  throw new Error(
    `${unable} Please check Realtime is enabled for the given connect parameters: ${describeSubscription(params)}`,
  );
}

async function checkTable(client: Client, params: SubscriptionParams, role: string, oid: number): Promise<void> {
  const {rows} = await client.query<{name: string; type: string}>(
    `select attname as name, atttypid::regtype::text as type from pg_attribute
     where attrelid = $1 and attnum > 0 and not attisdropped and has_column_privilege($2::regrole::oid, attrelid, attnum, 'select')`,
    [oid, pg.escapeIdentifier(role)],
  );
  const types = new Map(rows.map(({name, type}) => [name, type]));
  for (const condition of params.filter) {
    const type = types.get(condition.column);
    if (type === undefined) throw new Refused(`invalid column for filter ${condition.column}`);
    await checkCondition(client, condition, type);
  }
  for (const name of params.select ?? []) {
    if (!types.has(name)) throw new Refused(`invalid column for select ${name}`);
  }
}

async function checkCondition(client: Client, {operator, value}: ChangeCondition, type: string): Promise<void> {
  switch (operator) {
    case 'in': {
      const sql = `select coalesce(jsonb_array_length(to_jsonb(cast($1::text as ${type}[]))), 0) as count`;
      const {rows} = await client.query<{count: number}>(sql, [value]);
      if ((rows[0]?.count ?? 0) > 100) throw new Refused('too many values for `in` filter. Maximum 100');
      return;
    }
    case 'is':
      if (!['null', 'true', 'false', 'unknown'].includes(value))
        throw new Refused('invalid value for is filter: must be null, true, false, or unknown');
      if (value !== 'null' && type !== 'boolean')
        throw new Refused(`is ${value} filter requires a boolean column, got ${type}`);
      return;
    case 'like':
    case 'ilike':
      return requireOperator(client, operator, `oprname = '~~' and oprleft = $1::regtype`, type);
    case 'match':
    case 'imatch': {
      const name = operator === 'imatch' ? '~*' : '~';
      const where = `oprname = '${name}' and oprleft = $1::regtype and oprright = $1::regtype and oprresult = 'bool'::regtype`;
      await requireOperator(client, operator, where, type);
      await client.query(`select '' ~ $1::text`, [value]).catch((error: unknown) => {
        if (!(error instanceof pg.DatabaseError)) throw error;
        throw new Refused(`invalid regular expression for ${operator} filter: ${error.message}`);
      });
      return;
    }
    default:
      await client.query(`select cast($1::text as ${type})`, [value]);
  }
}

async function requireOperator(client: Client, operator: string, where: string, type: string): Promise<void> {
  const {rows} = await client.query(`select from pg_operator where ${where} limit 1`, [type]);
  if (rows.length === 0) throw new Refused(`operator ${operator} requires a text-compatible column type, got ${type}`);
}

/** As the real server's driver puts an error of Postgres; undefined for what is none. */
function exceptionOf(error: unknown): string | undefined {
  if (error instanceof Refused) return `ERROR P0001 (raise_exception) ${error.message}`;
  if (!(error instanceof pg.DatabaseError) || error.code === undefined || /^(57|08|53)/.test(error.code))
    return undefined;
  const name = conditionNames[error.code];
  return `ERROR ${error.code}${name === undefined ? '' : ` (${name})`} ${error.message}`;
}
