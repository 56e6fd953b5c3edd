// Terser over what Rolldown wrote, and Rolldown's minifier over that, remembered by content: one run of all tests builds the same files
// a dozen times. `npm ci` takes the folder away, so what another version made is never found. Knows nothing of builds.
import {createHash, randomUUID} from 'node:crypto';
import {mkdir, readFile, rename, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {minify as terser, type MinifyOptions} from 'terser';
import {minify} from 'vite';

/** Names are left to the other, which shortens private ones too, each class from the same first letter. */
const TERSER: MinifyOptions = {
  module: true,
  ecma: 2020,
  // No getter here does anything but tell.
  compress: {passes: 3, pure_getters: true},
  mangle: false,
};
const ROLLDOWN = {
  module: true,
  compress: {target: 'es2022'},
  mangle: {toplevel: true},
  codegen: {removeWhitespace: true, legalComments: 'inline'},
} satisfies Parameters<typeof minify>[2];
const folder = fileURLToPath(new URL('node_modules/.cache/trunkline-terser', import.meta.url));

/** The same module, 2 % shorter. */
export async function shorten(code: string): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([TERSER, ROLLDOWN]))
    .update(code)
    .digest('hex');
  const kept = join(folder, `${key}.js`);
  try {
    return await readFile(kept, 'utf8');
  } catch {
    const {code: shorter = code} = await terser(code, TERSER);
    const {code: shortest} = await minify('module.js', shorter, ROLLDOWN);
    // Where nothing may be written, each build does the work again.
    await keep(kept, shortest).catch(() => {});
    return shortest;
  }
}

/** Whole or not at all: two builds may run at once. */
async function keep(path: string, code: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  await mkdir(folder, {recursive: true});
  await writeFile(draft, code);
  await rename(draft, path);
}
