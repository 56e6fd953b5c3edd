// Connections. `api` logs in as PostgREST does, as `authenticator`, and can only become an API role; `system` is the
// backend itself. Every piece of work is one transaction, whose role and claims end with it, so nothing of one request
// can reach the next one on the same connection.
import pg from 'pg';

/** Whom a transaction acts for, and what Postgres may know of the request. */
export interface Identity {
  role: string;
  /** Transaction-local settings, such as `request.jwt.claims`. */
  settings: Record<string, string>;
}

export interface Rights {
  identity?: Identity;
  readOnly?: boolean;
}

export type Client = Pick<pg.Client, 'query'>;

/** Thrown out of a transaction to undo it and still hand back a value. */
class Undo<T> {
  readonly value: T;
  constructor(value: T) {
    this.value = value;
  }
}

export class Database {
  readonly systemUrl: string;
  readonly #api: pg.Pool;
  readonly #system: pg.Pool;

  constructor(systemUrl: string, apiUrl: string) {
    this.systemUrl = systemUrl;
    this.#api = pool(apiUrl, 12);
    this.#system = pool(systemUrl, 8);
  }

  /** A transaction as an API role: what a client may do, and no more. */
  asApi<T>(identity: Identity, readOnly: boolean, work: (client: Client) => Promise<T>): Promise<T> {
    return transaction(this.#api, {identity, readOnly}, work);
  }

  /** A transaction of the backend's own. */
  asSystem<T>(work: (client: Client) => Promise<T>, identity?: Identity): Promise<T> {
    return transaction(this.#system, identity ? {identity} : {}, work);
  }

  /** Like `asSystem`, but nothing of it stays. */
  async rehearse<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      await transaction(this.#system, {}, async client => {
        throw new Undo(await work(client));
      });
    } catch (error) {
      if (error instanceof Undo) return error.value as T;
      throw error;
    }
    throw new Error('unreachable');
  }

  async close(): Promise<void> {
    await Promise.all([this.#api.end(), this.#system.end()]);
  }
}

function pool(connectionString: string, max: number): pg.Pool {
  const made = new pg.Pool({
    connectionString,
    max,
    // A project in use has connections that have met its functions: the first call on a new one takes ten times as long.
    idleTimeoutMillis: 600_000,
    application_name: 'trunkline',
    allowExitOnIdle: true,
  });
  made.on('error', () => {}); // an idle connection died; the pool replaces it
  // One that dies while it passes from the pool to who asked for it has no other listener, and would end the process.
  made.on('connect', client => client.on('error', () => {}));
  return made;
}

async function transaction<T>(
  from: pg.Pool,
  {identity, readOnly}: Rights,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await from.connect();
  let broken: Error | undefined;
  const remember = (error: Error) => (broken = error);
  client.on('error', remember); // without a listener a connection that dies in mid-work ends the process
  try {
    await client.query(`begin${readOnly ? ' read only' : ''}; ${identity ? become(identity) : ''}`);
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch(remember);
    throw error;
  } finally {
    client.off('error', remember);
    client.release(broken);
  }
}

/** SQL that makes the rest of the transaction act as `identity`. The role goes last: it may not be allowed the rest. */
export function become(identity: Identity): string {
  const settings = [...Object.entries(identity.settings), ['role', identity.role] as const];
  if (settings.some(([, value]) => value.includes('\0'))) {
    // It would cut the statement short, and Postgres would hang up.
    throw Object.assign(new pg.DatabaseError('invalid byte sequence for encoding "UTF8": 0x00', 0, 'error'), {
      code: '22021',
    });
  }
  return `select ${settings.map(([name, value]) => `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`).join(', ')};`;
}

/** True when the database could not be reached or went away, rather than refused. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return (
    /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|57P0|0800)/.test(code) ||
    /Connection terminated|not queryable|connection error|end on the pool/i.test(error.message)
  );
}
