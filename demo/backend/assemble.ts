// Everything above a running Postgres: prelude and migrations, the services, one HTTP server. Loading this file loads the
// whole backend, so start-backend.ts does it while Postgres is still starting.
import {randomBytes} from 'node:crypto';
import pg from 'pg';
import {Faults} from './faults.js';
import {AuthService} from './auth/auth-service.js';
import {Sessions} from './auth/sessions.js';
import {Database} from './database.js';
import {json} from './http/exchange.js';
import {HttpServer, type Service} from './http/server.js';
import {Keys} from './keys.js';
import {defaultMigrations, runMigrations, runPrelude} from './migrations.js';
import {type BackendOptions, defaultJwtSecret, tuningOf} from './options.js';
import {Listener} from './listener.js';
import {type PostgresServer, superuser} from './postgres/server.js';
import type {Backend} from './start-backend.js';
import {Authorization} from './realtime/authorization.js';
import {ChangesFeed} from './realtime/changes/changes-feed.js';
import type {RealtimeContext} from './realtime/context.js';
import {HttpBroadcast} from './realtime/http-broadcast.js';
import {MessageFeed} from './realtime/message-feed.js';
import {Meter} from './realtime/rate.js';
import {RealtimeServer} from './realtime/realtime-server.js';
import {Rooms} from './realtime/room.js';
import {RestService} from './rest/rest-service.js';
import {SchemaCache} from './rest/schema-cache.js';
import {type Billed, Stats} from './stats.js';

/** @param undo gets what must be undone, last thing last */
export async function assemble(
  postgres: PostgresServer | undefined,
  options: BackendOptions,
  undo: (() => Promise<void>)[],
): Promise<Omit<Backend, 'close'>> {
  const tuning = tuningOf(options);
  const log = options.log ?? (line => console.error(line));
  const keys = new Keys(options.jwtSecret ?? defaultJwtSecret);
  const stats = new Stats();
  const systemUrl = options.databaseUrl ?? postgres?.url(superuser, postgres.password) ?? '';
  const {apiUrl, ownerUrl} = await prepare(systemUrl, postgres ? 'postgres' : 'trunkline_owner', options);

  const database = new Database(systemUrl, apiUrl);
  undo.push(() => database.close());
  const schemaCache = new SchemaCache(database);
  const listener = new Listener(systemUrl, () => schemaCache.drop()).on('pgrst', () => schemaCache.drop());
  const meter = (limit: number) => new Meter(limit, tuning.rateBucketMs);
  const rates = {
    joins: meter(tuning.joinsPerSecond),
    messages: meter(tuning.messagesPerSecond),
    presence: meter(tuning.presencePerSecond),
    changes: meter(tuning.messagesPerSecond),
  };
  const rooms = new Rooms(stats, rates);
  const context: RealtimeContext = {
    keys,
    tuning,
    settings: {privateOnly: options.privateOnly ?? false},
    stats,
    rooms,
    authorization: new Authorization(database, log),
    messages: new MessageFeed(database, listener, rooms, rates.messages, log),
    changes: new ChangesFeed(database, rates.changes, tuning.changesPollMs, log),
    listener,
    rates,
    log,
  };
  undo.push(() => listener.close());
  undo.push(() => context.changes.close());
  await listener.start();
  const snapshot = (): Stats & Billed => {
    const [events, presenceEvents, dbEvents] = [rates.messages.total, rates.presence.total, rates.changes.total];
    return {...stats, events, presenceEvents, dbEvents, billedMessages: events + presenceEvents + dbEvents};
  };
  const faults = options.faults ? new Faults() : undefined;
  const realtime = new RealtimeServer(
    context,
    faults ?? noFaults,
    socket => faults?.before('', socket) ?? Promise.resolve(true),
  );
  const rest = new RestService(database, keys, schemaCache, tuning);
  const auth = new AuthService(database, keys, new Sessions(keys, tuning));
  const services: Service[] = [
    {prefix: '/auth/v1', handle: auth.handle, open: /^\/(health|\.well-known\/jwks\.json)$/},
    {prefix: '/rest/v1', handle: rest.handle},
    {prefix: '/realtime/v1/api/broadcast', handle: new HttpBroadcast(context).handle},
    {prefix: '/stats', handle: async () => json(200, snapshot()), open: true},
  ];
  if (faults) services.push({prefix: '/faults', handle: faults.handle, open: true});
  const server = new HttpServer(services, keys, log, faults);
  faults?.attach({
    cut: () => realtime.cutAll(),
    disconnect: () => realtime.disconnectAll(),
    setPrivateOnly: isOn => {
      context.settings.privateOnly = isOn;
      realtime.disconnectAll();
    },
    setMaxUsers: count => {
      tuning.sockets = count;
    },
    expireTokens: () => {
      keys.expireIssued();
      realtime.checkTokens();
    },
    restartPostgres: async () => {
      if (!postgres) throw new Error('The server of --database-url is not ours to restart.');
      await postgres.restart();
    },
  });
  const url = await server.listen(options.port ?? 0);
  server.server.on('upgrade', realtime.upgrade);
  undo.push(async () => {
    realtime.close();
    await server.close();
  });
  // A day's partition must be there before its first message.
  const daily = setInterval(
    () => void database.asSystem(c => c.query('select realtime.keep_partitions()')).catch(error => log(String(error))),
    3_600_000,
  ).unref();
  undo.push(async () => clearInterval(daily));

  return {
    url,
    anonKey: keys.anonKey,
    serviceRoleKey: keys.serviceRoleKey,
    publishableKey: keys.publishableKey,
    secretKey: keys.secretKey,
    databaseUrl: ownerUrl,
    jwtSecret: keys.secret,
    stats: snapshot,
  };
}

const noFaults = {delayMs: 0, drops: () => false};

/** Prelude and migrations; afterwards the two roles we log in as have passwords nobody else knows. */
async function prepare(systemUrl: string, owner: string, options: BackendOptions) {
  const passwords = {authenticator: randomBytes(18).toString('hex'), [owner]: randomBytes(18).toString('hex')};
  const as = (role: string) => {
    const url = new URL(systemUrl);
    url.username = role;
    url.password = passwords[role] ?? '';
    return url.href;
  };
  await withClient(systemUrl, async client => {
    const {rows} = await client.query<{super: boolean}>(
      'select rolsuper as super from pg_roles where rolname = current_user',
    );
    if (!rows[0]?.super)
      throw new Error('--database-url needs a superuser, to make the roles and schemas of a Supabase project.');
    await runPrelude(client, owner, passwords);
  });
  await withClient(as(owner), client => runMigrations(client, options.migrations ?? defaultMigrations));
  return {apiUrl: as('authenticator'), ownerUrl: as(owner)};
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({connectionString: url});
  client.on('error', () => {}); // what is asked rejects
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
