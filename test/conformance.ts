// `npm run conformance`: runs the cases of the official suites and writes what came out to
// demo/backend/CONFORMANCE.md. Fails when a case failed or did not run.
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {page, renderPage} from './backend/conformance/table.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = 'test/backend/conformance';
const files = readdirSync(join(root, folder))
  .filter(name => name.endsWith('.test.ts') && name !== 'table.test.ts')
  .map(name => `${folder}/${name}`);
const collected = mkdtempSync(join(tmpdir(), 'trunkline-conformance-'));
try {
  const run = [...['--import', 'tsx', '--test', '--test-concurrency=2', '--test-reporter=dot'], ...files];
  const {status} = spawnSync(process.execPath, run, {
    cwd: root,
    env: {...process.env, TRUNKLINE_CONFORMANCE: collected},
    stdio: 'inherit',
  });
  const results = new Map(
    readdirSync(collected).flatMap(name =>
      Object.entries(JSON.parse(readFileSync(join(collected, name), 'utf8')) as Record<string, string>),
    ),
  );
  const text = renderPage(results);
  writeFileSync(page, text);
  const notRun = text.match(/\| not run \|/g)?.length ?? 0;
  const failed = [...results].filter(([, result]) => result === 'fail').map(([key]) => key.replaceAll('\t', ' › '));
  console.log([`${results.size} results, ${failed.length} failed, ${notRun} not run`, ...failed].join('\n'));
  process.exitCode = status === 0 && notRun === 0 ? 0 : 1;
} finally {
  rmSync(collected, {recursive: true, force: true});
}
