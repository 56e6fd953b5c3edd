// The command `npm run backend`: reads flags, starts the backend, prints one line of JSON when it serves, and ends it on a
// signal, or when npm is gone. All else is in start-backend.ts.
import {once} from 'node:events';
import {parseArgs} from 'node:util';
import {untilStopped} from '../node/until-stopped.js';
import {type BackendOptions, startBackend} from './start-backend.js';

const usage = `npm run backend -- [flags]
  --port N               TCP port on 127.0.0.1; 0, the default, takes any free one
  --data DIR             keep the database here between runs
  --memory               forget the database at the end (default)
  --migrations DIR       *.sql files to apply (default supabase/migrations)
  --database-url URL     use this Postgres, as a superuser, instead of the embedded one
  --limits hosted|off    Supabase's limits (default), or none
  --jwt-secret S         signs tokens (default: the secret of every local Supabase project)
  --private-only         refuse public channels, as a project's settings may
  --faults               open POST /faults`;

function readFlags(): BackendOptions {
  const {values} = parseArgs({
    options: {
      port: {type: 'string'},
      host: {type: 'string'},
      data: {type: 'string'},
      memory: {type: 'boolean'},
      migrations: {type: 'string'},
      'database-url': {type: 'string'},
      limits: {type: 'string'},
      'jwt-secret': {type: 'string'},
      'private-only': {type: 'boolean'},
      faults: {type: 'boolean'},
      help: {type: 'boolean'},
    },
  });
  if (values.help) {
    console.error(usage);
    process.exit(0);
  }
  const port = values.port === undefined ? 0 : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new Error(`--port takes a number from 0 to 65535, not ${values.port}.`);
  const {limits} = values;
  if (limits !== undefined && limits !== 'hosted' && limits !== 'off')
    throw new Error(`--limits takes hosted or off, not ${limits}.`);
  if (values.memory && values.data !== undefined) throw new Error('--memory and --data exclude each other.');
  if (values['database-url'] !== undefined && values.data !== undefined)
    throw new Error('--database-url and --data exclude each other.');
  return {
    port,
    host: values.host,
    data: values.data,
    migrations: values.migrations,
    databaseUrl: values['database-url'],
    limits,
    jwtSecret: values['jwt-secret'],
    privateOnly: values['private-only'],
    faults: values.faults,
  };
}

// Before the start: a signal in the middle of it must find somebody who ends what was begun.
const stop = untilStopped();
try {
  const flags = readFlags();
  const backend = await startBackend(flags);
  if (!stop.aborted) {
    const {url, anonKey, serviceRoleKey, publishableKey, secretKey, databaseUrl} = backend;
    console.log(JSON.stringify({url, anonKey, serviceRoleKey, publishableKey, secretKey, databaseUrl}));
    if (!stop.aborted) await once(stop, 'abort');
  }
  await backend.close();
  process.exit(stop.reason === 'SIGINT' ? 130 : 0);
} catch (error) {
  if (stop.aborted) process.exit(130); // whatever failed, failed for that
  console.error(error instanceof Error ? error.message : String(error));
  if (error instanceof TypeError) console.error(usage);
  process.exit(1);
}
