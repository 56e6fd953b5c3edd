// Reads what a join asks for. The real server is lenient: what can't be read keeps its default and the join goes on.

export interface ChangesRequest {
  /** As the client sent it: the reply must echo it. */
  sent: Record<string, unknown>;
  event: string;
  schema: string;
  table: string;
  filter: string | undefined;
  select: string[] | undefined;
}

export interface JoinConfig {
  ack: boolean;
  self: boolean;
  replicationReady: boolean;
  replay: {since: unknown; limit: unknown} | undefined;
  presenceKey: string | undefined;
  presenceEnabled: boolean;
  isPrivate: boolean;
  changes: ChangesRequest[];
  accessToken: string | undefined;
}

const object = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
const text = (value: unknown) => (typeof value === 'string' ? value : '');
const flag = (value: unknown) => value === true || (typeof value === 'string' && value.toLowerCase() === 'true');

export function readJoin(payload: unknown): JoinConfig {
  const top = object(payload);
  const config = object(top['config']);
  const broadcast = object(config['broadcast']);
  const presence = object(config['presence']);
  const key = presence['key'];
  const token = top['access_token'] ?? top['user_token'];
  const list = Array.isArray(config['postgres_changes']) ? (config['postgres_changes'] as unknown[]) : [];
  return {
    ack: flag(broadcast['ack']),
    self: flag(broadcast['self']),
    replicationReady: flag(broadcast['replication_ready']),
    replay:
      typeof broadcast['replay'] !== 'object' || broadcast['replay'] === null
        ? undefined
        : {since: object(broadcast['replay'])['since'], limit: object(broadcast['replay'])['limit']},
    presenceKey: key !== '' && ['string', 'number', 'boolean'].includes(typeof key) ? String(key) : undefined,
    presenceEnabled: flag(presence['enabled']),
    isPrivate: flag(config['private']),
    changes: list.filter(item => item !== null).map(item => readChanges(object(item))),
    accessToken: typeof token === 'string' ? token : undefined,
  };
}

function readChanges(sent: Record<string, unknown>): ChangesRequest {
  const event = text(sent['event']).toUpperCase();
  const select = sent['select'];
  return {
    sent,
    event: ['INSERT', 'UPDATE', 'DELETE'].includes(event) ? event : '*',
    schema: typeof sent['schema'] === 'string' ? sent['schema'] : '*',
    table: typeof sent['table'] === 'string' ? sent['table'] : '*',
    filter: typeof sent['filter'] === 'string' && sent['filter'] !== '' ? sent['filter'] : undefined,
    select: Array.isArray(select)
      ? select.map(text)
      : typeof select === 'string' && select !== ''
        ? select.split(',').map(name => name.trim())
        : undefined,
  };
}
