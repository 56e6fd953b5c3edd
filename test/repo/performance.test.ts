// The figures that people read are those of a run, and not somebody's memory of it.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {describe, test} from 'node:test';
import {performancePage, README_BEGIN, withFigures, type Results} from '../bench/performance-page.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const results = JSON.parse(read('docs/performance.json')) as Results;

describe('the performance figures', () => {
  test('of the page are those of the last run', () => {
    assert.equal(read('docs/performance.md'), performancePage(results));
  });

  test('of the README are those of the last run', () => {
    const readme = read('README.md');
    assert.ok(readme.includes(README_BEGIN), 'README.md has no place for the figures.');
    assert.equal(readme, withFigures(readme, results));
  });

  test('were taken at least five times, and none came out empty', () => {
    for (const [name, {tables}] of Object.entries(results)) {
      for (const table of tables) {
        if ('figures' in table) continue;
        for (const {name: row, plain, ours} of table.rows) {
          const isWhole = [...plain, ...ours].every(value => Number.isFinite(value));
          assert.ok(ours.length > 0 && isWhole, `${name}: ${table.title}: ${row}`);
        }
      }
    }
  });
});
