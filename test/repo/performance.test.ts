// The figures that people read are those of a run, and not somebody's memory of it; and what they don't live up to is said.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {describe, test} from 'node:test';
import {compared, type Row} from '../bench/comparison.js';
import {verdict} from '../bench/goal.js';
import {
  missesIn,
  performancePage,
  QUOTED,
  README_BEGIN,
  README_END,
  withFigures,
  type Results,
} from '../bench/performance-page.js';
import {ENOUGH, toMarkdown, type Figure} from '../bench/table.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const results = JSON.parse(read('docs/performance.json')) as Results;

/** One long run, of which these are single figures; the page says n = 1, and `many` says how long it takes. */
const SINGLE: Readonly<Record<string, readonly string[]>> = {
  many: [
    'channels joined, at most',
    'joins a second, at most',
    'until all chats are open',
    'the chat looked at, asked for last, until it is open',
    'a message into it, until it is stored',
    'chats that show something else than the table holds',
    'burst: a message until it is shown, p50',
    'burst: the last one',
  ],
};

describe('the performance figures', () => {
  test('of the page are those of the last run', () => {
    assert.equal(read('docs/performance.md'), performancePage(results));
  });

  test('of the README are those of the last run', () => {
    const readme = read('README.md');
    for (const mark of [README_BEGIN, README_END])
      assert.equal(readme.split(mark).length, 2, `README.md needs “${mark}”, once.`);
    assert.equal(readme, withFigures(readme, results));
  });

  test('that the README quotes are all there', () => {
    const tables = Object.values(results).flatMap(({tables}) => tables);
    for (const [title, name] of QUOTED) {
      const table = tables.find(each => each.title === title);
      assert.ok(
        table && 'rows' in table && table.rows.some(row => row.name === name),
        `${title}: there is no row “${name}”.`,
      );
    }
  });

  test('were taken at least five times, and none came out empty', () => {
    for (const [bench, {commit, tables}] of Object.entries(results)) {
      assert.match(commit, /^[0-9a-f]+$/, `${bench}: it is of a commit with changes, or of none that is known.`);
      for (const table of tables) {
        const rows: (Row | Figure)[] = 'figures' in table ? table.figures : table.rows;
        assert.ok(rows.length > 0, `${bench}: ${table.title} is empty.`);
        for (const row of rows) {
          const few = SINGLE[bench]?.includes(row.name) ? 1 : ENOUGH;
          for (const values of 'values' in row
            ? [row.values]
            : [row.ours, row.plain, ...(row.bare ? [row.bare] : [])]) {
            assert.ok(values.length >= few, `${bench}: ${table.title}: ${row.name}: ${values.length} values`);
            assert.ok(values.every(Number.isFinite), `${bench}: ${table.title}: ${row.name}: ${values.join(', ')}`);
          }
        }
      }
    }
  });

  test('that miss their goal are explained on the page', () => {
    const page = read('docs/performance.md');
    for (const {title, name, reason} of missesIn(results)) {
      assert.ok(reason !== null, `test/bench/misses.ts says nothing of “${title}: ${name}”.`);
      assert.ok(page.includes(`**${title}: ${name}**`), `docs/performance.md does not name “${title}: ${name}”.`);
      assert.doesNotMatch(reason, /NaN|undefined/);
    }
  });

  test('of supabase-js in the README are of the version that is compared with', () => {
    const {devDependencies} = JSON.parse(read('package.json')) as {devDependencies: Record<string, string>};
    const [major, minor] = (devDependencies['@supabase/supabase-js'] ?? '').split('.');
    assert.ok(
      read('README.md').includes(`supabase-js ${major}.${minor} alone`),
      'README.md names another supabase-js.',
    );
  });
});

describe('a goal', () => {
  test('is held against the figure as it is printed', () => {
    assert.equal(verdict('≤ 0.1', 0.10004, []), 'met');
    assert.equal(verdict('≤ 0.1', 0.101, []), 'missed');
    assert.equal(verdict('≥ 1,000', 999.4, []), 'missed');
    assert.equal(verdict('100', 99, []), 'missed');
    assert.equal(verdict('0', 0, []), 'met');
    assert.equal(verdict('max ≤ 26', 25, [25, 25, 27]), 'missed');
    assert.equal(verdict('≤ 0.5', null, []), 'missed');
    assert.throws(() => verdict('fast', 1, [1]), /no goal/);
  });

  test('that is missed says so in its row, and few values say how many', () => {
    const row = {unit: 'ms', plain: [10, 10, 10, 10, 10], ours: [6, 6, 6]};
    const page = compared({
      title: 'T',
      about: '',
      rows: [
        {name: 'share', goal: '≤ 0.5', ...row},
        {name: 'own', goal: '≤ 6', isOwnGoal: true, ...row},
      ],
    });
    assert.match(page, /\| share, ms \| 10 \| 6 \(n = 3\) \| 0\.6 × \| ≤ 0\.5 × \*\*missed\*\* \|/);
    assert.match(page, /\| own, ms \| .* \| ≤ 6 ms \|/);
    const figures = [{name: 'figure', unit: 's', values: [3], goal: '≤ 2'}];
    assert.match(toMarkdown({title: 'T', about: '', figures}), /\| 3 s \(n = 1\) \| 3 \| 3 \| ≤ 2 \*\*missed\*\* \|/);
  });
});
