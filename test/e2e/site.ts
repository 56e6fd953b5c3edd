// Serves the built demo from memory. The first folder of a path chooses how the site is set up, so that one build can also be
// a site with a wrong key or without its worker: `/good/`, `/no-key/`, `/bad-key/`, `/no-worker/`.
import {once} from 'node:events';
import {readFileSync, readdirSync, statSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {extname, join} from 'node:path';
import {KEY_PLACEHOLDER, URL_PLACEHOLDER} from './serve.js';

export type Setup = 'good' | 'no-key' | 'bad-key' | 'no-worker';

export interface Site {
  /** The address of the site under this set-up, ending in a slash. */
  url(setup: Setup): string;
  close(): Promise<void>;
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

export async function serveSite(folder: string, project: {url: string; anonKey: string}): Promise<Site> {
  const files = new Map(
    readdirSync(folder, {recursive: true, encoding: 'utf8'})
      .filter(path => statSync(join(folder, path)).isFile())
      .map(path => [path.replaceAll('\\', '/'), readFileSync(join(folder, path))]),
  );
  const keys: Record<Setup, string> = {
    good: project.anonKey,
    'no-key': '',
    // Of the right form, but signed by nobody.
    'bad-key': `${project.anonKey.split('.').slice(0, 2).join('.')}.c2lnbmVkLWJ5LW5vYm9keQ`,
    'no-worker': project.anonKey,
  };

  const server = createServer((request, response) => {
    const [, setup = '', ...rest] = new URL(request.url ?? '/', 'http://localhost').pathname.split('/');
    const path = rest.join('/') || 'index.html';
    const file = files.get(path);
    const key = keys[setup as Setup];
    if (!file || key === undefined || (setup === 'no-worker' && /shared.*\.js$/.test(path))) {
      response.writeHead(404, {'content-type': 'text/plain'}).end('Not here.');
      return;
    }
    const type = TYPES[extname(path)];
    const isText = type !== undefined;
    response.writeHead(200, {'content-type': type ?? 'application/octet-stream', 'cache-control': 'no-store'});
    response.end(
      isText ? file.toString('utf8').replaceAll(URL_PLACEHOLDER, project.url).replaceAll(KEY_PLACEHOLDER, key) : file,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  return {
    url: setup => `http://127.0.0.1:${port}/${setup}/`,
    async close() {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };
}
