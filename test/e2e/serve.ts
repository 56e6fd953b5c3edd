// Once for the whole run: builds the demo as static pages into a temporary directory, and beside it (in embed/) what a plain page
// gets from dist/ with such a page, and (in next/) the demo of the next version of the protocol, in which placeholders stand for the project's URL and key. Each worker serves both with its
// own backend's (stage.ts).
import {cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'vite';

export const URL_PLACEHOLDER = 'http://trunkline-url.invalid';
export const KEY_PLACEHOLDER = 'trunkline-key-placeholder';

/** The README's example: a page that knows nothing of bundlers. */
const PLAIN_PAGE = `<!doctype html>
<html lang="en">
  <title>A plain page</title>
  <script type="module" src="trunkline.js"></script>
  <trunk-provider url="${URL_PLACEHOLDER}" key="${KEY_PLACEHOLDER}" user-name="Ada" service-worker-url="trunkline-sw.js">
    <trunk-connection-status detail></trunk-connection-status>
    <trunk-chat-thread chat="plain-page" make style="height: 30rem"></trunk-chat-thread>
  </trunk-provider>
</html>
`;

/** A site's service worker that takes ours in, as the README says. */
const OWN_SERVICE_WORKER = `importScripts('trunkline-sw.js');
addEventListener('activate', event => event.waitUntil(clients.claim()));
`;

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The demo of a deploy to come, whose tabs and hubs speak the next version of the protocol. */
async function buildNext(outDir: string): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), 'trunkline-next-'));
  try {
    for (const path of ['src', 'components', 'worker', 'demo', 'types', 'index.html', 'tabs.html', 'package.json'])
      cpSync(join(root, path), join(copy, path), {recursive: true});
    for (const path of ['vite.config.ts', 'vite.lean.ts', 'vite.shorten.ts', 'tsconfig.json'])
      cpSync(join(root, path), join(copy, path));
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
    const protocol = join(copy, 'src/wire/protocol.ts');
    const raised = readFileSync(protocol, 'utf8').replace(
      /(PROTOCOL_VERSION = )(\d+)/,
      (_, is: string, version: string) => is + (Number(version) + 1),
    );
    writeFileSync(protocol, raised);
    const configFile = join(copy, 'vite.config.ts');
    await build({root: copy, configFile, mode: 'site', logLevel: 'error', build: {outDir, emptyOutDir: true}});
  } finally {
    rmSync(copy, {recursive: true, force: true});
  }
}

// Playwright wants a default export; what it returns is run at the end.
export default async function serve(): Promise<() => void> {
  const outDir = mkdtempSync(join(tmpdir(), 'trunkline-site-'));
  process.env['TRUNKLINE_SITE'] = outDir;
  const tidy = () => rmSync(outDir, {recursive: true, force: true});
  try {
    await build({mode: 'site', logLevel: 'warn', build: {outDir, emptyOutDir: true}});
    await build({mode: 'embed', logLevel: 'error', build: {outDir: join(outDir, 'embed')}});
    await buildNext(join(outDir, 'next'));
    writeFileSync(join(outDir, 'embed', 'page.html'), PLAIN_PAGE);
    writeFileSync(join(outDir, 'embed', 'own-sw.js'), OWN_SERVICE_WORKER);
  } catch (error) {
    tidy();
    throw error;
  }
  return tidy;
}
