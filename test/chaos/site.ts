// Builds the page of a run and serves it from memory, on one origin for everybody.
import {once} from 'node:events';
import {mkdtempSync, readFileSync, readdirSync, rmSync, statSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {extname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = 'test/chaos/page.html';
const TYPES: Record<string, string> = {'.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8'};

export interface Site {
  /** Of the page. */
  url: string;
  close(): Promise<void>;
}

export async function serveChaosPage(): Promise<Site> {
  const files = await buildPage();
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1);
    const file = files.get(path);
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    if (file) response.writeHead(200, {'content-type': type, 'cache-control': 'no-store'}).end(file);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${PAGE}`,
    async close() {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };
}

/** With the demo's own settings, so that the page has the workers that a site has. */
async function buildPage(): Promise<Map<string, Buffer>> {
  const outDir = mkdtempSync(join(tmpdir(), 'trunkline-chaos-page-'));
  try {
    await build({
      configFile: join(root, 'vite.config.ts'),
      root,
      mode: 'site',
      logLevel: 'error',
      build: {outDir, emptyOutDir: true, rolldownOptions: {input: [join(root, PAGE)]}},
    });
    return new Map(
      readdirSync(outDir, {recursive: true, encoding: 'utf8'})
        .filter(path => statSync(join(outDir, path)).isFile())
        .map(path => [path.replaceAll('\\', '/'), readFileSync(join(outDir, path))]),
    );
  } finally {
    rmSync(outDir, {recursive: true, force: true});
  }
}
