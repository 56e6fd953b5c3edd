// Terser over what Rolldown wrote, remembered by content: one run of all tests builds the same files a dozen times. `npm ci` takes the
// folder away, so what another Terser made is never found. Knows nothing of builds.
import {createHash, randomUUID} from 'node:crypto';
import {mkdir, readFile, rename, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {minify, type MinifyOptions} from 'terser';

const OPTIONS: MinifyOptions = {module: true, ecma: 2020, compress: {passes: 2}};
const folder = fileURLToPath(new URL('node_modules/.cache/trunkline-terser', import.meta.url));

/** The same module, 1 % shorter. */
export async function shorten(code: string): Promise<string> {
  const key = createHash('sha256').update(JSON.stringify(OPTIONS)).update(code).digest('hex');
  const kept = join(folder, `${key}.js`);
  try {
    return await readFile(kept, 'utf8');
  } catch {
    const {code: short = code} = await minify(code, OPTIONS);
    // Where nothing may be written, each build does the work again.
    await keep(kept, short).catch(() => {});
    return short;
  }
}

/** Whole or not at all: two builds may run at once. */
async function keep(path: string, code: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  await mkdir(folder, {recursive: true});
  await writeFile(draft, code);
  await rename(draft, path);
}
