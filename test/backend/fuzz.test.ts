// A short fuzz run with a fixed seed. `npm run fuzz` is the long one; a failure here names the item, which the same
// seed makes again.
import assert from 'node:assert/strict';
import {after, test} from 'node:test';
import {isRealProject} from '../support/backend.js';
import {BackendProcess} from '../support/backend-process.js';
import {fuzz} from './fuzz/run.js';

test('broken frames and requests get answers in the right shape and harm nobody', {skip: isRealProject}, async () => {
  const backend = await BackendProcess.start({limits: 'off', tuning: {payloadKb: 256, restRows: 1000}});
  after(() => backend.stop());
  const report = await fuzz(backend, {seed: 20261123, frames: 2000, requests: 700});
  assert.deepEqual(report.complaints, []);
  assert.equal(report.stuckTransactions, 0);
  assert.equal(report.frames, 2000);
  assert.equal(report.requests, 700);
  assert.ok(report.reached > 0.3 * report.requests, `only ${report.reached} requests reached Postgres`);
  assert.ok(report.end.heapUsed < report.warm.heapUsed + 16 * 2 ** 20, `heap grew: ${JSON.stringify(report)}`);
});
