// Small applications with the packed package, each in a real browser against the backend: a message is sent, over the shared worker.
// Those that need packages of the registry run with `npm run test:packages`.
import assert from 'node:assert/strict';
import {before, describe, it} from 'node:test';
import {chromium, type Browser} from 'playwright';
import {build, createServer, preview} from 'vite';
import type {Backend} from '../../demo/backend/start-backend.js';
import {BROWSER_ARGS, ensureBrowser} from '../browser.js';
import {later, useBackend} from '../support/backend.js';
import {app, runNode, tsc} from './packed.js';

const REGISTRY = process.env['TRUNKLINE_REGISTRY']
  ? {timeout: 300_000}
  : {skip: 'installs packages: npm run test:packages'};

const quiet = {configFile: false, logLevel: 'error'} as const;
const local = {host: '127.0.0.1', port: 0};

describe('an application', () => {
  let backend: Backend;
  let browser: Browser;
  before(async () => {
    backend = await useBackend();
    browser = await chromium.launch({executablePath: ensureBrowser(console.error), args: [...BROWSER_ARGS]});
    later(() => browser.close());
  });

  /** A person opens it and writes. Fails on any error of the page. */
  async function chats(address: string, text: string): Promise<void> {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const errors: string[] = [];
      page.on('pageerror', error => errors.push(String(error)));
      const query = new URLSearchParams({url: backend.url, key: backend.anonKey, chat: `packages-${text}`});
      await page.goto(`${address}?${query}`);
      const thread = page.locator('trunk-chat-thread');
      const field = thread.getByRole('textbox', {name: /^Write to/});
      await field.fill(text);
      await field.press('Enter');
      const row = thread.locator('[part~="message"]').filter({hasText: text});
      await row.getByTitle('Sent', {exact: true}).waitFor();
      const host = await page.evaluate(() => document.querySelector('trunk-provider')?.client?.status.current.host);
      assert.equal(host, 'shared-worker');
      assert.deepEqual(errors, []);
      // Said by the application, which heard the element's event.
      assert.equal(await page.locator('output').textContent(), text);
    } finally {
      await context.close();
    }
  }

  /** Serves a folder as it is. */
  async function serve(root: string, outDir: string): Promise<string> {
    const server = await preview({...quiet, root, build: {outDir}, preview: local});
    later(() => server.close());
    return server.resolvedUrls?.local[0] ?? '';
  }

  it('on Vite’s development server', async () => {
    const root = await app('vite');
    const server = await createServer({...quiet, root, server: {...local, hmr: false}});
    later(() => server.close());
    await server.listen();
    await chats(server.resolvedUrls?.local[0] ?? '', 'vite-serve');
  });

  it('built by Vite', async () => {
    const root = await app('vite');
    await build({...quiet, root});
    await chats(await serve(root, 'dist'), 'vite-build');
  });

  it('that is a plain page with a script tag', async () => {
    const root = await app('plain');
    await chats(await serve(root, '.'), 'plain');
  });

  it('built by Vite 7, as it comes', REGISTRY, async () => {
    const root = await app('vite', ['vite@7.3.8']);
    runNode(root, 'node_modules/vite/bin/vite.js', 'build', '--logLevel', 'error');
    await chats(await serve(root, 'dist'), 'vite-7');
  });

  it('built by webpack 5, as it comes, for development and for production', REGISTRY, async () => {
    const root = await app('webpack', ['webpack@5.112.2', 'webpack-cli@6.0.1']);
    for (const mode of ['development', 'production']) {
      const said = runNode(root, 'node_modules/webpack/bin/webpack.js', '--mode', mode, '--devtool', 'false');
      assert.doesNotMatch(said, /WARNING in \.\/node_modules/);
      await chats(await serve(root, '.'), `webpack-${mode}`);
    }
  });

  it('in React 19, typed, rendered on a server and in the browser', REGISTRY, async () => {
    const packages = ['react@19.3.1', 'react-dom@19.3.1', '@types/react@19.3.0', '@types/react-dom@19.3.0'];
    const root = await app('react', packages);
    tsc('-p', root);
    await build({...quiet, root, build: {ssr: 'server.tsx', outDir: 'server', emptyOutDir: true}});
    const html = runNode(root, 'server/server.js');
    assert.match(html, /<trunk-provider[^>]* url="https:\/\/project\.example"[^>]*>.*<trunk-chat-thread chat="lobby"/s);
    await build({...quiet, root, oxc: {jsx: {runtime: 'automatic'}}});
    await chats(await serve(root, 'dist'), 'react');
  });

  it('in Vue 3', REGISTRY, async () => {
    const root = await app('vue', ['vue@3.5.45', '@vitejs/plugin-vue@6.0.11', 'vite@8.3.8']);
    runNode(root, 'node_modules/vite/bin/vite.js', 'build', '--logLevel', 'error');
    await chats(await serve(root, 'dist'), 'vue');
  });
});
