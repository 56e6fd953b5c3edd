// The checked-in demo/backend/CONFORMANCE.md against the list of cases: every listed case has its row, no row is
// left over, and no case is without a result. That the results are those of the run, each case's own test says.
import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {suites} from './cases.js';
import {page, readTable, renderPage} from './table.js';

const written = readFileSync(page, 'utf8');

test('CONFORMANCE.md has exactly the listed cases, each with its result', () => {
  const rendered = renderPage(readTable()).split('\n');
  const odd = written.split('\n').findIndex((line, i) => line !== rendered[i]);
  assert.equal(odd, -1, `line ${odd + 1}, where the list says “${rendered[odd]}”: npm run conformance writes it anew`);
  assert.equal(written.split('\n').length, rendered.length);
  assert.doesNotMatch(written, /\| not run \|/);
});

test('every suite with a case on offer is run by a file here', () => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const sources = readdirSync(folder)
    .filter(name => name.endsWith('.test.ts'))
    .map(name => readFileSync(folder + name, 'utf8'))
    .join('\n');
  const idle = suites.filter(({cases, name}) => cases.some(one => !one.notOffered) && !sources.includes(`'${name}'`));
  assert.deepEqual(
    idle.map(({name}) => name),
    [],
  );
});
