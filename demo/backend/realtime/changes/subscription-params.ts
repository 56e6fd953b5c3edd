// What one postgres_changes request asks for, read as strictly as the real server reads it after the join, with its
// words for what it can't take. It asks no database.
import {type ChangeCondition, parseChangeFilter} from './change-filter.js';
import {inspect, inspectTuple} from './elixir.js';

export interface SubscriptionParams {
  event: string;
  schema: string;
  table: string;
  filter: ChangeCondition[];
  select: string[] | undefined;
}

/** @throws {Error} whose message is for the client */
export function readSubscription(sent: Record<string, unknown>): SubscriptionParams {
  const select = readSelect(sent['select']);
  const {schema = 'public', table = '*'} = sent;
  const isNamed = 'schema' in sent || 'table' in sent;
  const isFiltered = 'filter' in sent;
  const filter = sent['filter'];
  const isWhole = !isFiltered || (typeof filter === 'string' && 'schema' in sent && 'table' in sent);
  if (!isNamed || !isWhole || typeof schema !== 'string' || typeof table !== 'string') {
    const what = 'user_token' in sent || 'auth_token' in sent ? '<redacted>' : inspect(sent);
    throw new Error(
      `No subscription params provided. Please provide at least a \`schema\` or \`table\` to subscribe to: ${what}`,
    );
  }
  const conditions = typeof filter === 'string' ? parseChangeFilter(filter) : [];
  if (select && (schema === '*' || table === '*')) {
    throw new Error(
      'Column selection is not supported for wildcard subscriptions. Provide an explicit schema and table name.',
    );
  }
  return {event: readEvent(sent['event']), schema, table, filter: conditions, select};
}

function readEvent(sent: unknown): string {
  const event = typeof sent === 'string' ? sent.toUpperCase() : '';
  return ['INSERT', 'UPDATE', 'DELETE'].includes(event) ? event : '*';
}

function readSelect(sent: unknown): string[] | undefined {
  if (typeof sent === 'string') {
    const example = 'select: ["col1", "col2"]';
    throw new Error(`Error parsing \`select\` params: expected a list of column name strings, e.g. ${example}`);
  }
  const names = Array.isArray(sent) ? sent.filter((name): name is string => typeof name === 'string') : [];
  return names.length > 0 ? names : undefined;
}

/** As the server's sentences have it. */
export function describeSubscription({event, schema, table, filter, select}: SubscriptionParams): string {
  const filters = filter.map(({column, operator, value, negated}) => inspectTuple([column, operator, value, negated]));
  return `[event: ${event}, schema: ${schema}, table: ${table}, filters: [${filters.join(', ')}], select: ${inspect(select)}]`;
}
