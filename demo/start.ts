// `npm run demo`: the embedded backend and the built demo in one process, until Ctrl-C; with `-- --dev`, the sources by Vite's
// development server, which reloads what changed and has no service worker. Under /embed/ are the built trunkline.js and the pages of
// other sites that use it (node/embed-pages.ts). Leaves nothing behind: the backend removes its
// database, the build is in a temporary folder.
import {randomBytes} from 'node:crypto';
import {once} from 'node:events';
import {existsSync, mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {createServer as createTcpServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build, createServer, preview, type Plugin, type PreviewServer, type ViteDevServer} from 'vite';
import {startBackend} from './backend/start-backend.js';
import {answerEmbed} from './node/embed-pages.js';
import {untilStopped} from './node/until-stopped.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const isDev = process.argv.includes('--dev');
// Not the same: a browser that has been at the built demo gets it from its service worker, whatever is served there now.
const port = isDev ? 5173 : 5470;

const stop = untilStopped();
const outDir = mkdtempSync(join(tmpdir(), 'trunkline-demo-'));
try {
  // While the backend starts.
  const built = buildAll();
  built.catch(() => {}); // awaited below, once there is somebody to tidy up after the backend
  // A project of its own at every start: a browser that has been here must not come with the token of an account that is gone.
  const backend = await startBackend({port: await freePort(54321), jwtSecret: randomBytes(32).toString('hex')});
  try {
    await built;
    const common = {configFile: `${root}vite.config.ts`, root, logLevel: 'warn', clearScreen: false} as const;
    const address = {host: '127.0.0.1', port: await freePort(port), strictPort: true};
    const project = {url: backend.url, key: backend.anonKey};
    const plugins = [siteConfig(project), embedPages(project)];
    const server = await withoutExit(async () =>
      isDev
        ? (await createServer({...common, plugins, server: address})).listen()
        : // Not `spa`: what isn't there has to be missing, not to be a page.
          preview({...common, plugins, mode: 'site', appType: 'mpa', build: {outDir}, preview: address}),
    );
    try {
      const [demo = ''] = server.resolvedUrls?.local ?? [];
      console.log(`Demo: ${demo}`);
      console.log(`Backend: ${backend.url}`);
      console.log(`On other people’s sites: ${demo}embed/`);
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

/** The demo, unless the sources are served, and what a plain page loads. */
async function buildAll(): Promise<void> {
  const common = {configFile: `${root}vite.config.ts`, root} as const;
  if (!isDev) await build({...common, mode: 'site', logLevel: 'warn', build: {outDir, emptyOutDir: true}});
  await build({...common, mode: 'embed', logLevel: 'error', build: {outDir: join(outDir, 'embed')}});
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

/** Other people's sites, and beside them what they load from us. */
function embedPages(project: {url: string; key: string}): Plugin {
  const built = (path: string) => {
    const file = join(outDir, 'embed', path);
    return existsSync(file) && statSync(file).isFile() ? readFileSync(file) : undefined;
  };
  const serve = ({middlewares}: ViteDevServer | PreviewServer): void => {
    middlewares.use('/embed/', (request, response, next) => {
      const {host = ''} = request.headers;
      const {pathname, searchParams: query} = new URL(request.url ?? '/', 'http://localhost');
      const folder = new URL(`http://${host}/embed/`);
      const answer = answerEmbed({path: pathname.slice(1), query, folder, project, built});
      if (answer) response.writeHead(200, answer.headers).end(answer.body);
      else next();
    });
  };
  return {name: 'trunkline-embed-pages', configureServer: serve, configurePreviewServer: serve};
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
