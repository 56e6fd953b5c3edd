// Builds pages of the tests with the demo's own settings, so that they have the workers that a site has, and serves them from memory on
// an origin of their own.
import {once} from 'node:events';
import {mkdtempSync, readFileSync, readdirSync, rmSync, statSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {extname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));
const TYPES: Record<string, string> = {'.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8'};

export interface PageSite {
  /** Of the first page. */
  url: string;
  /** What was asked for since this was last read: each script, as often as it was served. */
  served(): Buffer[];
  close(): Promise<void>;
}

/** @param pages their paths in the repository, which are also their paths on the site */
export async function servePage(...pages: string[]): Promise<PageSite> {
  const files = await buildPages(pages);
  const served: Buffer[] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1);
    const file = files.get(path);
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    if (file && extname(path) === '.js') served.push(file);
    if (file) response.writeHead(200, {'content-type': type, 'cache-control': 'no-store'}).end(file);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${pages[0]}`,
    served: () => served.splice(0),
    async close() {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };
}

async function buildPages(pages: readonly string[]): Promise<Map<string, Buffer>> {
  const outDir = mkdtempSync(join(tmpdir(), 'trunkline-page-'));
  try {
    await build({
      configFile: join(root, 'vite.config.ts'),
      root,
      mode: 'site',
      logLevel: 'error',
      build: {outDir, emptyOutDir: true, rolldownOptions: {input: pages.map(page => join(root, page))}},
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
