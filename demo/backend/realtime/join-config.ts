// Reads what a join asks for. The real server is lenient: what can't be read keeps its default and the join goes on.

export interface JoinConfig {
  ack: boolean;
  self: boolean;
  replicationReady: boolean;
  replay: {since: unknown; limit: unknown} | undefined;
  presenceKey: string | undefined;
  presenceEnabled: boolean;
  isPrivate: boolean;
  /** As sent: the reply echoes them, and what they mean is said only after the join. */
  changes: Record<string, unknown>[];
  /** No `sb_` key: those count as none. */
  accessToken: string | undefined;
}

const object = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
const flag = (value: unknown) => value === true || (typeof value === 'string' && value.toLowerCase() === 'true');

export function readJoin(payload: unknown): JoinConfig {
  const top = object(payload);
  const config = object(top['config']);
  const broadcast = object(config['broadcast']);
  const presence = object(config['presence']);
  const key = presence['key'];
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
    changes: list.filter(item => item !== null).map(object),
    accessToken: readToken(top),
  };
}

/** Undefined: the handshake's key counts. An empty text is a token, and a bad one. */
function readToken({access_token: accessToken, user_token: userToken}: Record<string, unknown>): string | undefined {
  const first = accessToken === undefined || accessToken === null || accessToken === false ? userToken : accessToken;
  if (typeof first === 'string' && first.startsWith('sb_')) return undefined;
  if (typeof userToken === 'string') return userToken;
  return typeof accessToken === 'string' ? accessToken : undefined;
}
