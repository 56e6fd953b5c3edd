// `npm run demo`: the embedded backend and the built demo in one process, until Ctrl-C; with `-- --dev`, the sources by Vite's
// development server, which reloads what changed and has no service worker. Leaves nothing behind: the backend removes its
// database, the build is in a temporary folder.
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {createServer as createTcpServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build, createServer, preview, type Plugin, type PreviewServer, type ViteDevServer} from 'vite';
import {startBackend} from './backend/start-backend.js';
import {untilStopped} from './node/until-stopped.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const isDev = process.argv.includes('--dev');
// Not the same: a browser that has been at the built demo gets it from its service worker, whatever is served there now.
const port = isDev ? 5173 : 5470;

const stop = untilStopped();
const outDir = mkdtempSync(join(tmpdir(), 'trunkline-demo-'));
try {
  // While the backend starts.
  const built = isDev ? undefined : buildSite();
  built?.catch(() => {}); // awaited below, once there is somebody to tidy up after the backend
  // A project of its own at every start: a browser that has been here must not come with the token of an account that is gone.
  const backend = await startBackend({port: await freePort(54321), jwtSecret: randomBytes(32).toString('hex')});
  try {
    await built;
    const common = {configFile: `${root}vite.config.ts`, root, logLevel: 'warn', clearScreen: false} as const;
    const address = {host: '127.0.0.1', port: await freePort(port), strictPort: true};
    const plugins = [siteConfig({url: backend.url, key: backend.anonKey})];
    const server = await withoutExit(async () =>
      isDev
        ? (await createServer({...common, plugins, server: address})).listen()
        : // Not `spa`: what isn't there has to be missing, not to be a page.
          preview({...common, plugins, mode: 'site', appType: 'mpa', build: {outDir}, preview: address}),
    );
    try {
      console.log(`Demo: ${server.resolvedUrls?.local[0]}`);
      console.log(`Backend: ${backend.url}`);
      if (!stop.aborted) await once(stop, 'abort');
    } finally {
      await server.close();
    }
  } finally {
    await backend.close();
  }
} finally {
  rmSync(outDir, {recursive: true, force: true});
}

async function buildSite(): Promise<void> {
  await build({
    configFile: `${root}vite.config.ts`,
    root,
    mode: 'site',
    logLevel: 'warn',
    build: {outDir, emptyOutDir: true},
  });
}

/** Vite's servers end the process by themselves, on SIGTERM and when the input ends: before anything here is tidied up. */
async function withoutExit<T>(start: () => Promise<T>): Promise<T> {
  const sources: [NodeJS.EventEmitter, string][] = [
    [process, 'SIGTERM'],
    [process.stdin, 'end'],
  ];
  const before = sources.map(([source, event]) => source.listeners(event));
  const server = await start();
  sources.forEach(([source, event], i) => {
    const added = source.listeners(event).filter(listener => !before[i]?.includes(listener));
    for (const listener of added) source.off(event, listener as () => void);
  });
  return server;
}

/** Where the pages find the backend; see site-config.ts. */
function siteConfig(config: {url: string; key: string}): Plugin {
  const serve = ({middlewares}: ViteDevServer | PreviewServer): void => {
    middlewares.use('/config.json', (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.setHeader('cache-control', 'no-store');
      response.end(JSON.stringify(config));
    });
  };
  return {name: 'trunkline-site-config', configureServer: serve, configurePreviewServer: serve};
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
