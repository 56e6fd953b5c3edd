// A backend as a process of its own, forked by backend-process.ts: says when it serves, what its log says and how much
// memory it holds. With `--expose-gc` memory is measured after a collection.
import {PostgresServer, superuser} from '../../demo/backend/postgres/server.js';
import {type BackendOptions, startBackend} from '../../demo/backend/start-backend.js';

export type FromBackend =
  | {kind: 'serving'; url: string; anonKey: string; serviceRoleKey: string; jwtSecret: string; systemUrl: string}
  | {kind: 'log'; line: string}
  | {kind: 'memory'; heapUsed: number; rss: number}
  | {kind: 'failed'; reason: string};

/** Nobody listens any more once the parent is gone, and saying something then would end us before our time. */
const say = (message: FromBackend) => {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
};
const options = JSON.parse(process.argv[2] ?? '{}') as BackendOptions;

try {
  const postgres = await PostgresServer.start();
  const systemUrl = postgres.url(superuser, postgres.password);
  const backend = await startBackend({...options, databaseUrl: systemUrl, log: line => say({kind: 'log', line})});
  process.on('message', question => {
    if (question !== 'memory') return;
    globalThis.gc?.();
    const {heapUsed, rss} = process.memoryUsage();
    say({kind: 'memory', heapUsed, rss});
  });
  // The parent's end of the pipe goes when the parent goes, however it goes.
  process.once('disconnect', () => {
    void backend
      .close()
      .then(() => postgres.stop())
      .then(() => process.exit(0));
  });
  const {url, anonKey, serviceRoleKey, jwtSecret} = backend;
  say({kind: 'serving', url, anonKey, serviceRoleKey, jwtSecret, systemUrl});
} catch (error) {
  say({kind: 'failed', reason: error instanceof Error ? (error.stack ?? error.message) : String(error)});
  process.exit(1);
}
