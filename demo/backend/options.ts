// What a caller may ask of the backend, the defaults, and the figures Supabase limits by. Knows nothing of servers:
// every part takes its numbers from the `Settings` made here.

/** Times and ceilings. Rates are averages over a minute, as on the real server, so bursts pass. */
export interface Tuning {
  /** Channels one socket may hold. */
  channelsPerSocket: number;
  /** Sockets at once. */
  sockets: number;
  joinsPerSecond: number;
  messagesPerSecond: number;
  presencePerSecond: number;
  /** Rates are looked at once in so long. */
  rateBucketMs: number;
  /** `track` and `untrack` calls one channel may make in `presenceWindowMs`. */
  presenceCalls: number;
  presenceWindowMs: number;
  /** A broadcast or track payload, in units of 1,000 bytes. */
  payloadKb: number;
  /** Rows one REST answer may hold. */
  restRows: number;
  /** How long an API role's statement may run; 0 is for ever. */
  statementMs: {anon: number; authenticated: number};
  /** Wait before a refused join is answered. */
  joinErrorMs: number;
  /** Wait before a refused handshake is answered. */
  handshakeErrorMs: number;
  /** A socket that says nothing for so long is closed. */
  idleMs: number;
  /** A socket without channels is closed at the next sweep. */
  emptySocketSweepMs: number;
  /** Longest time between two looks at a channel's token. */
  tokenCheckMs: number;
  /** Life of an access token. */
  accessTokenMs: number;
  /** A refresh token used again within so long gets the current one instead of ending the session. */
  refreshReuseMs: number;
  /** Pause between two reads of changed rows for postgres_changes. */
  changesPollMs: number;
}

/** The free plan, as the docs and the server's defaults give it. */
const hosted: Tuning = {
  channelsPerSocket: 100,
  sockets: 200,
  joinsPerSecond: 100,
  messagesPerSecond: 100,
  presencePerSecond: 20,
  rateBucketMs: 5000,
  presenceCalls: 5,
  presenceWindowMs: 30_000,
  payloadKb: 256,
  restRows: 1000,
  statementMs: {anon: 3000, authenticated: 8000},
  joinErrorMs: 5000,
  handshakeErrorMs: 2000,
  idleMs: 60_000,
  emptySocketSweepMs: 600_000,
  tokenCheckMs: 300_000,
  accessTokenMs: 3_600_000,
  refreshReuseMs: 10_000,
  changesPollMs: 100,
};

const unlimited: Tuning = {
  ...hosted,
  channelsPerSocket: Infinity,
  sockets: Infinity,
  joinsPerSecond: Infinity,
  messagesPerSecond: Infinity,
  presencePerSecond: Infinity,
  presenceCalls: Infinity,
  payloadKb: Infinity,
  restRows: Infinity,
  statementMs: {anon: 0, authenticated: 0},
  joinErrorMs: 0,
  handshakeErrorMs: 0,
  emptySocketSweepMs: Infinity,
};

export interface BackendOptions {
  /** TCP port on 127.0.0.1; 0, the default, takes any free one. */
  port?: number | undefined;
  /** Anything but 127.0.0.1 is refused: keys and secret are public. */
  host?: string | undefined;
  /** Directory that keeps the database between runs. Without it everything is gone at the end. */
  data?: string | undefined;
  /** Directory of `*.sql` files; default `supabase/migrations` of this checkout. */
  migrations?: string | undefined;
  /** Use this server, as a superuser, instead of the embedded one. */
  databaseUrl?: string | undefined;
  /** Default `hosted`. */
  limits?: 'hosted' | 'off' | undefined;
  jwtSecret?: string | undefined;
  /** Only private channels may be joined, as a project's settings may say. Default false. */
  privateOnly?: boolean | undefined;
  /** Opens `POST /faults`. Default false. */
  faults?: boolean | undefined;
  /** Single figures other than `limits` says, for tests. */
  tuning?: Partial<Tuning> | undefined;
  /** Where warnings go; default standard error. */
  log?: ((line: string) => void) | undefined;
}

export const defaultJwtSecret = 'super-secret-jwt-token-with-at-least-32-characters-long';

export function tuningOf(options: BackendOptions): Tuning {
  return {...(options.limits === 'off' ? unlimited : hosted), ...options.tuning};
}
