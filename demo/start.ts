// `npm run demo`: the embedded backend and the demo pages in one process, until Ctrl-C. Leaves nothing behind: the backend
// removes its database, and Vite's cache is inside node_modules.
import {once} from 'node:events';
import {createServer as createTcpServer} from 'node:net';
import {fileURLToPath} from 'node:url';
import {createServer} from 'vite';
import {startBackend} from './backend/start-backend.js';
import {untilStopped} from './node/until-stopped.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const stop = untilStopped();
const backend = await startBackend({port: await freePort(54321)});
try {
  // Vite hands variables of this prefix to the pages.
  process.env['VITE_SUPABASE_URL'] = backend.url;
  process.env['VITE_SUPABASE_ANON_KEY'] = backend.anonKey;
  const vite = await createServer({
    configFile: `${root}vite.config.ts`,
    root,
    server: {host: '127.0.0.1', port: await freePort(5173), strictPort: true},
    logLevel: 'warn',
    clearScreen: false,
  });
  try {
    await vite.listen();
    console.log(`Demo: ${vite.resolvedUrls?.local[0]}`);
    console.log(`Backend: ${backend.url}`);
    if (!stop.aborted) await once(stop, 'abort');
  } finally {
    await vite.close();
  }
} finally {
  await backend.close();
}

/** `wanted` when nobody listens there, else 0: any free port. */
async function freePort(wanted: number): Promise<number> {
  const server = createTcpServer();
  try {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    return wanted;
  } catch {
    return 0;
  } finally {
    server.close();
  }
}
