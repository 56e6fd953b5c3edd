// `npm run check`: the whole gate. Format and sizes here; types, arrows, manifest and all other tests in `npm test`, which runs
// last because it takes longest. Everything runs even when something before it failed.
import {spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {measure, report} from './size.js';

const root = fileURLToPath(new URL('..', import.meta.url));
let failures = 0;

function step(name: string, words: string[]): void {
  console.log(`— ${name}`);
  if (spawnSync(process.execPath, words, {cwd: root, stdio: 'inherit'}).status !== 0) failures++;
}

step('format', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']);
console.log('— sizes');
if (!report(await measure())) failures++;
step('types and tests', ['--import', 'tsx', 'test/run.ts']);

if (failures > 0) console.error(`${failures} of 3 steps failed.`);
process.exitCode = failures > 0 ? 1 : 0;
