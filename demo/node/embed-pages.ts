// The pages of demo/embed: sites that are not ours, with Trunkline on them. Each comes with the headers its site would send, and with the
// project, the name and the chat of the request put in. `npm run demo` and the end-to-end tests serve the same pages, beside the built
// trunkline.js; the other origin, from which some of them load it, is the same server by its other name.
import {existsSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {extname, join} from 'node:path';

export interface EmbedRequest {
  /** As the browser asked, below the folder. */
  path: string;
  query: URLSearchParams;
  /** The folder of the pages and of the built files, as the browser sees it; ends in a slash. */
  folder: URL;
  project: {url: string; key: string};
  /** A built file by its path, such as trunkline.js. */
  built(path: string): Buffer | undefined;
}

export interface EmbedAnswer {
  headers: Record<string, string>;
  body: Buffer | string;
}

const root = join(import.meta.dirname, '../embed');
const {resolve} = createRequire(import.meta.url);

/** What lies elsewhere: the style sheets of others, of which host-css.html takes one by name, and our mark. */
const ELSEWHERE: Record<string, string> = {
  'icon.svg': join(root, '../icon.svg'),
  'css/bootstrap5.css': resolve('bootstrap/dist/css/bootstrap.css'),
  'css/bootstrap3.css': resolve('bootstrap3/dist/css/bootstrap.css'),
  'css/tailwind.css': resolve('tailwindcss/preflight.css'),
};

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** What this request is answered; null: nothing of that name is here. */
export function answerEmbed({path: asked, query, folder, project, built}: EmbedRequest): EmbedAnswer | null {
  const path = asked || 'index.html';
  const elsewhere = new URL(folder);
  elsewhere.hostname = folder.hostname === 'localhost' ? '127.0.0.1' : 'localhost';
  const from = query.get('from') === 'cdn' ? elsewhere : folder;
  const policy = policyOf(query.get('csp') ?? '', project.url, from === folder ? '' : ` ${from.origin}`);
  const headers = {
    'content-type': TYPES[extname(path)] ?? 'text/plain',
    'cache-control': 'no-store',
    // As a CDN does.
    'access-control-allow-origin': '*',
    ...(path === 'strict.html' && {'content-security-policy': `${policy}; report-uri csp-report`}),
    // A site that has a policy sends it with its worker, too.
    ...(path === 'trunkline-worker.js' && {'content-security-policy': policyOf('', project.url, '')}),
  };
  if (path === 'csp-report') return {headers, body: ''};
  const file = built(path);
  if (file) return {headers, body: file};
  const source = ELSEWHERE[path] ?? join(root, path);
  if (path.includes('..') || !(extname(path) in TYPES) || !existsSync(source)) return null;
  const text = readFileSync(source, 'utf8');
  if (path in ELSEWHERE) return {headers, body: text};
  const values: Record<string, string> = {
    ...project,
    cdn: elsewhere.href,
    script: `${from}trunkline.js`,
    worker: query.get('worker') ?? '',
    user: query.get('user') ?? 'Ada',
    chat: query.get('chat') ?? 'embedded',
    css: query.get('css') ?? 'none',
    policy: policy.replaceAll('; ', ';\n'),
  };
  return {headers, body: text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => escape(values[name] ?? ''))};
}

/** The Content-Security-Policy of strict.html; `which` takes something away, `cdn` adds an origin that scripts may come from. */
function policyOf(which: string, project: string, cdn: string): string {
  const workers = {'no-worker': "'none'", 'no-blob': "'self'"}[which] ?? "'self' blob:";
  const names = {named: '; trusted-types trunkline lit-html', refused: '; trusted-types lit-html'}[which] ?? '';
  return (
    `default-src 'self'; script-src 'self'${cdn}; style-src 'self'; connect-src ${project} ${project.replace(/^http/, 'ws')}; ` +
    `worker-src ${workers}; require-trusted-types-for 'script'${names}`
  );
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
}
