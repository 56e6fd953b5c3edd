// `npm run chaos [-- --seed N --messages N --minutes N --json FILE]`: plays a seeded schedule of writing and faults against the
// real backend through a real browser, and judges what came of it. Prints the verdict; ends with 1 when anything is wrong.
// With `--deaths N` it plays N deaths of hubs instead (deaths/run.ts). Under `npm test` it also writes one count a check to the file TRUNKLINE_COUNTS names.
import {writeFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {untilStopped} from '../../demo/node/until-stopped.js';
import {judge, type Problem, type Report} from './checker.js';
import {checkReach} from './check-reach.js';
import {checkTabs} from './check-tabs.js';
import type {TabView} from './evidence.js';
import {FAULTS} from './faults.js';
import {runDeaths} from './deaths/run.js';
import {Player} from './play.js';
import {checks, makeVerdict, story} from './report.js';
import {makeSchedule, sendsOf} from './schedule.js';
import {Stage} from './stage.js';

const {values} = parseArgs({
  options: {
    ...{seed: {type: 'string'}, messages: {type: 'string'}, minutes: {type: 'string'}, json: {type: 'string'}},
    ...{deaths: {type: 'string'}, rung: {type: 'string'}, way: {type: 'string'}},
  },
});
const number = (text: string | undefined, otherwise: number) => (text === undefined ? otherwise : Number(text));
const seed = number(values.seed, Date.now() % 1_000_000);
const messages = number(values.messages, 1_000);
const minutes = number(values.minutes, 30);
const deaths = number(values.deaths, 0);
if (![seed, messages, deaths].every(Number.isSafeInteger) || messages < 1 || deaths < 0 || !(minutes > 0))
  throw new Error('--seed, --messages and --deaths take whole numbers, --minutes takes a number.');

const started = Date.now();
// A fault of the run's own must not leave a backend or a browser behind.
const broken = new AbortController();
process.on('uncaughtException', thrown => broken.abort(thrown));
const stopSignal = untilStopped();
const stopped = AbortSignal.any([stopSignal, broken.signal]);

if (deaths > 0) {
  const {json, rung, way} = values;
  const held = await runDeaths({deaths, seed, stopped, rung, way, json}).catch((thrown: unknown) => {
    console.error(thrown);
    process.exit(stopSignal.aborted ? 130 : 1);
  });
  writeCounts(held.map(check => [check.name, check.held]));
  process.exit(held.every(check => check.held) ? 0 : 1);
}

const kinds = Object.keys(FAULTS);
const bursting = new Set(kinds.filter(kind => FAULTS[kind]?.bursts));
const {rounds} = makeSchedule(seed, messages, {faults: kinds, bursting});
console.error(`chaos: seed ${seed}, ${messages} messages in ${rounds.length} rounds, ${kinds.length} kinds of fault`);

let stage: Stage | null = null;
try {
  stage = await Stage.build(seed, stopped);
  process.exitCode = (await play(stage)) ? 0 : 1;
} catch (thrown) {
  if (stopSignal.aborted) process.exitCode = 130;
  else {
    console.error(thrown);
    for (const {text} of stage?.journal.notes.slice(-20) ?? []) console.error(`  ${text}`);
    process.exitCode = 1;
  }
} finally {
  await stage?.close();
}
process.exit();

async function play(on: Stage): Promise<boolean> {
  const early: Problem[] = [];
  const report: Report = (wrong, about) => early.push({wrong, id: null, life: null, at: null, ...about});
  const quiets: (number | null)[] = [];
  let tabs: TabView[] = [];
  let error: string | null = null;
  try {
    const player = new Player(on, seed, stopped);
    let due = 0;
    for (const [index, round] of rounds.entries()) {
      const isLast = index === rounds.length - 1 || Date.now() - started > minutes * 60_000;
      const {quietMs, unquiet, views} = await player.round(round, (due += sendsOf(round)), isLast);
      quiets.push(quietMs);
      tabs = views;
      const quiet = quietMs === null ? `NEVER QUIET: ${unquiet}` : `quiet after ${quietMs} ms`;
      console.error(`chaos: round ${index + 1} of ${rounds.length}: ${quiet} (${seconds()})`);
      if (isLast || quietMs === null) break;
      // Tabs that die later are judged now.
      const at = Date.now();
      checkTabs({tabs, rows: await on.server.rows(on.slugs)}, (wrong, about) => report(wrong, {at, ...about}));
    }
  } catch (thrown) {
    if (stopped.aborted) throw thrown;
    error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  }
  const evidence = {...on.journal.evidence(), rows: await on.server.rows(on.slugs), tabs};
  checkReach({messages, rounds: rounds.length, kinds}, evidence, report);
  const judgement = judge(evidence, early);
  const about = {seed, messages, durationMs: Date.now() - started, error, kinds};
  const verdict = makeVerdict(about, judgement, evidence.faults, quiets);
  console.log(JSON.stringify(verdict, null, 2));
  if (!verdict.passed) for (const line of story(judgement.problems, evidence, on.journal)) console.error(line);
  if (values.json !== undefined) {
    const {problems} = judgement;
    writeFileSync(values.json, JSON.stringify({verdict, problems, ...evidence, notes: on.journal.notes}, null, 1));
  }
  writeCounts(checks(verdict));
  return verdict.passed;
}

function writeCounts(all: [name: string, held: boolean][]): void {
  const file = process.env['TRUNKLINE_COUNTS'];
  const failed = all.filter(([, held]) => !held);
  for (const [name] of failed) console.error(`✗ ${name}`);
  if (file === undefined) return;
  writeFileSync(file, JSON.stringify({passed: all.length - failed.length, failed: failed.length, skipped: 0}));
}

function seconds(): string {
  return `${((Date.now() - started) / 1000).toFixed(0)} s`;
}
