// Starts the backend: Postgres first, because that takes longest, and the rest is loaded meanwhile. Importing it does
// nothing; `main.ts` is the command, tests and the demo call `startBackend` themselves.
import type {BackendOptions} from './options.js';
import {PostgresServer} from './postgres/server.js';
import type {Billed, Stats} from './stats.js';

export type {BackendOptions} from './options.js';
export type {Stats} from './stats.js';

export interface Backend {
  url: string;
  anonKey: string;
  serviceRoleKey: string;
  /** The newer kind of key for the same two roles. */
  publishableKey: string;
  secretKey: string;
  /** The database as the owner of migrations sees it: no superuser. */
  databaseUrl: string;
  jwtSecret: string;
  stats(): Stats & Billed;
  /** Ends everything that was started. A temporary database is gone afterwards. Can be called twice. */
  close(): Promise<void>;
}

export async function startBackend(options: BackendOptions = {}): Promise<Backend> {
  if (options.host !== undefined && options.host !== '127.0.0.1') {
    throw new Error(
      `The embedded backend binds 127.0.0.1 only, not ${options.host}: its keys and its secret are public.`,
    );
  }
  const undo: (() => Promise<void>)[] = [];
  const close = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    const loading = import('./assemble.js');
    // Postgres first, whatever becomes of the import (a Ctrl-C also ends what tsx loads with): what was started must be known to
    // be ended.
    loading.catch(() => {});
    const postgres = options.databaseUrl === undefined ? await PostgresServer.start(options.data) : undefined;
    if (postgres) undo.push(() => postgres.stop());
    const {assemble} = await loading;
    return {...(await assemble(postgres, options, undo)), close};
  } catch (error) {
    await close();
    throw error;
  }
}
