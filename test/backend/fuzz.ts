// `npm run fuzz [-- --seed N --frames N --requests N]`: the whole fuzz run, and what it found. Ends with 1 when anything
// was wrong. The same seed sends the same frames and requests.
import {parseArgs} from 'node:util';
import {BackendProcess} from '../support/backend-process.js';
import {fuzz} from './fuzz/run.js';

const {values} = parseArgs({
  options: {seed: {type: 'string'}, frames: {type: 'string'}, requests: {type: 'string'}},
});
const number = (text: string | undefined, otherwise: number) => (text === undefined ? otherwise : Number(text));
const seed = number(values.seed, Date.now() % 1_000_000);
const [frames, requests] = [number(values.frames, 100_000), number(values.requests, 20_000)];
if (![seed, frames, requests].every(Number.isSafeInteger))
  throw new Error('--seed, --frames and --requests take whole numbers.');

console.log(`seed ${seed}: ${frames} frames, ${requests} requests`);
const started = performance.now();
const backend = await BackendProcess.start({
  limits: 'off',
  tuning: {payloadKb: 256, channelsPerSocket: 100, restRows: 1000, statementMs: {anon: 3000, authenticated: 8000}},
});
try {
  const report = await fuzz(backend, {seed, frames, requests, progress: console.log});
  const mb = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
  console.log(
    `sent ${report.frames} frames and ${report.requests} requests in ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
  console.log(`Postgres had a say in ${report.reached} (${((100 * report.reached) / report.requests).toFixed(0)} %)`);
  console.log(`statuses ${JSON.stringify(report.statuses)}, closes ${JSON.stringify(report.closes)}`);
  console.log(
    `heap ${mb(report.warm.heapUsed)} warm, ${mb(report.end.heapUsed)} at the end; RSS ${mb(report.warm.rss)}, ${mb(report.end.rss)}`,
  );
  console.log(`transactions left open: ${report.stuckTransactions}; complaints: ${report.complaints.length}`);
  for (const line of report.complaints) console.log(`✗ ${line}`);
  if (report.complaints.length > 0 || report.stuckTransactions > 0) process.exitCode = 1;
} finally {
  await backend.stop();
}
