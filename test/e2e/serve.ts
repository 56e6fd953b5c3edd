// Once for the whole run: builds the demo as static pages into a temporary directory, with placeholders where the project's URL
// and key go. Each worker serves it with its own backend's (stage.ts).
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {build} from 'vite';

export const URL_PLACEHOLDER = 'http://trunkline-url.invalid';
export const KEY_PLACEHOLDER = 'trunkline-key-placeholder';

// Playwright wants a default export; what it returns is run at the end.
export default async function serve(): Promise<() => void> {
  const outDir = mkdtempSync(join(tmpdir(), 'trunkline-site-'));
  process.env['VITE_SUPABASE_URL'] = URL_PLACEHOLDER;
  process.env['VITE_SUPABASE_ANON_KEY'] = KEY_PLACEHOLDER;
  process.env['TRUNKLINE_SITE'] = outDir;
  const tidy = () => rmSync(outDir, {recursive: true, force: true});
  try {
    await build({mode: 'site', logLevel: 'warn', build: {outDir, emptyOutDir: true}});
  } catch (error) {
    tidy();
    throw error;
  }
  return tidy;
}
