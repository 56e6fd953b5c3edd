// `conformance(suite, case, run)` registers a case of the official suites as a test of node:test, once for each protocol
// version it applies to. Its name must be in test/backend/conformance/cases.ts and its result what
// demo/backend/CONFORMANCE.md says; a file that leaves out a case of a suite it runs fails. `npm run conformance` sets
// TRUNKLINE_CONFORMANCE: then results go to that directory and the page is not looked at.
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, test} from 'node:test';
import {type Case, columnsOf, suites, type Vsn} from '../backend/conformance/cases.js';
import {cellKey, readTable} from '../backend/conformance/table.js';
import {isRealProject} from './backend.js';

export type {Vsn} from '../backend/conformance/cases.js';

const collectTo = process.env['TRUNKLINE_CONFORMANCE'];
const said = collectTo === undefined ? readTable() : new Map<string, string>();
const touched = new Set<string>();
const registered = new Set<Case>();
const results: Record<string, string> = {};

/** `run` gets the version its sockets shall speak; cases without a socket run once. */
export function conformance(suiteName: string, caseName: string, run: (vsn: Vsn) => unknown): void {
  const suite = suites.find(({name}) => name === suiteName);
  const found = suite?.cases.find(({name}) => name === caseName);
  if (!suite || !found) throw new Error(`cases.ts lists no “${caseName}” in ${suiteName}.`);
  if (found.notOffered !== undefined) throw new Error(`cases.ts says of “${caseName}” that it is not offered.`);
  if (registered.has(found)) throw new Error(`“${caseName}” is registered twice.`);
  touched.add(suiteName);
  registered.add(found);
  for (const column of columnsOf(suite, found)) {
    const label = column === 'result' ? '' : ` (vsn ${column})`;
    test(`${suiteName} › ${caseName}${label}`, {skip: isRealProject && suite.local}, () =>
      judge(cellKey(suiteName, caseName, column), () => run(column === 'result' ? '2.0.0' : column)),
    );
  }
}

async function judge(key: string, run: () => unknown): Promise<void> {
  results[key] = 'fail';
  await run();
  results[key] = 'pass';
  if (collectTo !== undefined) return;
  assert.equal(said.get(key), 'pass', 'CONFORMANCE.md says something else: npm run conformance writes it anew.');
}

after(() => {
  if (collectTo !== undefined) writeFileSync(join(collectTo, `${randomUUID()}.json`), JSON.stringify(results));
  const missing = suites
    .filter(({name}) => touched.has(name))
    .flatMap(({name, cases}) => cases.map(one => ({name, one})))
    .filter(({one}) => one.notOffered === undefined && !registered.has(one))
    .map(({name, one}) => `${name} › ${one.name}`);
  assert.deepEqual(missing, [], 'cases.ts lists cases that nobody registered');
});
