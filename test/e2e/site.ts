// Serves the built demo from memory. The first folder of a path chooses how the site is set up, so that one build can also be
// a site with a wrong key or without its workers: `/good/`, `/no-key/`, `/bad-key/`, `/no-worker/`, `/no-service-worker/`, without
// the header that lets other origins load it: `/no-cors/`, or one of which a new version comes out: `/changing/`. Beside the good
// one's files for other people's sites lie the pages of demo/embed.
import {once} from 'node:events';
import {readFileSync, readdirSync, statSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {extname, join} from 'node:path';
import {answerEmbed} from '../../demo/node/embed-pages.js';
import {KEY_PLACEHOLDER, URL_PLACEHOLDER} from './serve.js';

export type Setup =
  'good' | 'no-key' | 'bad-key' | 'no-worker' | 'no-service-worker' | 'no-cors' | 'changing' | 'mixed';

interface Project {
  url: string;
  anonKey: string;
}

export interface Site {
  /** The address of the site under this set-up, ending in a slash. */
  url(setup: Setup): string;
  /** The backend that config.json of `changing` names from now on. */
  moveTo(project: Project): void;
  /** Puts a new version of `changing` in place of the old one; its pages carry the version, from 1 on, as `data-version`. */
  release(): void;
  /** The paths asked for so far, below the folder of the set-up. */
  requests(): readonly string[];
  close(): Promise<void>;
}

/** The worker's file, as the build calls it. */
const WORKER = /shared-[^/]*\.js$/;

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

export async function serveSite(folder: string, project: Project): Promise<Site> {
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
    'no-service-worker': project.anonKey,
    'no-cors': project.anonKey,
    changing: project.anonKey,
    mixed: project.anonKey,
  };
  const missing: Partial<Record<Setup, RegExp>> = {
    'no-worker': /shared.*\.js$/,
    'no-service-worker': /^trunkline-sw\.js$/,
  };
  let version = 1;
  let moved = project;
  const requests: string[] = [];

  /** In `mixed` the worker's file is of the next deploy already. */
  const fileOf = (path: string, setup: Setup): Buffer | undefined => {
    const isWorker = setup === 'mixed' && WORKER.test(path);
    const next = isWorker && [...files.keys()].find(name => name.startsWith('next/') && WORKER.test(name));
    return files.get(next || path) ?? (setup === 'mixed' ? files.get(`next/${path}`) : undefined);
  };

  /** A text of the site as this set-up has it. */
  const textOf = (path: string, setup: Setup, text: string): string => {
    if (setup === 'changing') {
      if (path === 'index.html') text = text.replace('<html', `<html data-version="${version}"`);
      // What the build would put there if the page had changed.
      if (path === 'trunkline-sw.js') text = text.replace(/(index\.html\W+revision\W+)\w+/, `$1version${version}`);
    }
    return text.replaceAll(URL_PLACEHOLDER, project.url).replaceAll(KEY_PLACEHOLDER, keys[setup]);
  };

  /** Other people's sites, and beside them the files of dist/ they load. */
  const embed = (address: URL, path: string) =>
    answerEmbed({
      path,
      query: address.searchParams,
      folder: new URL('/good/embed/', address),
      project: {url: project.url, key: project.anonKey},
      // The README's page has placeholders of its own.
      built: name => (name.endsWith('.html') ? undefined : files.get(`embed/${name}`)),
    });

  const server = createServer((request, response) => {
    const address = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const [, folder = '', ...rest] = address.pathname.split('/');
    const setup = folder as Setup;
    const path = rest.join('/') || 'index.html';
    requests.push(path);
    // A worker file as a site may have it, of a CDN that doesn't let it.
    if (address.pathname === '/good/embed/no-cors-worker.js') {
      response.writeHead(200, {'content-type': 'text/javascript'});
      response.end(`import 'http://localhost:${address.port}/no-cors/embed/trunkline-worker.js';`);
      return;
    }
    const embedded = setup === 'good' && rest[0] === 'embed' && embed(address, rest.slice(1).join('/'));
    if (embedded) {
      response.writeHead(200, embedded.headers).end(embedded.body);
      return;
    }
    const config = setup === 'changing' ? {url: moved.url, key: moved.anonKey} : {url: project.url, key: keys[setup]};
    const file = /^(next\/)?config\.json$/.test(path) ? Buffer.from(JSON.stringify(config)) : fileOf(path, setup);
    if (!file || keys[setup] === undefined || missing[setup]?.test(path)) {
      response.writeHead(404, {'content-type': 'text/plain'}).end('Not here.');
      return;
    }
    const type = TYPES[extname(path)];
    response.writeHead(200, {
      'content-type': type ?? 'application/octet-stream',
      // Not `no-store`, which keeps a page out of the back/forward cache.
      'cache-control': 'no-cache',
      // As a CDN does.
      ...(setup !== 'no-cors' && {'access-control-allow-origin': '*'}),
    });
    response.end(type === undefined ? file : textOf(path, setup, file.toString('utf8')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as AddressInfo;
  return {
    url: setup => `http://127.0.0.1:${port}/${setup}/`,
    moveTo: to => void (moved = to),
    release: () => void version++,
    requests: () => requests,
    async close() {
      server.closeAllConnections();
      await new Promise(done => server.close(done));
    },
  };
}
