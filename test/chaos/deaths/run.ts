// `npm run chaos -- --deaths N [--seed N --rung NAME --way NAME --json FILE]`: ends N hubs and leading tabs in every way and on every rung that tabs share,
// while the other tabs write. Prints how long it took until all was well again, and ends with 1 when a message was lost or doubled.
import {writeFileSync} from 'node:fs';
import {chromium} from 'playwright';
import {Random} from '../../backend/fuzz/random.js';
import {percentile} from '../../bench/table.js';
import {BROWSER_ARGS, ensureBrowser} from '../../browser.js';
import {servePage} from '../../support/page-site.js';
import {WRONGS} from '../checker.js';
import {story} from '../report.js';
import {Server} from '../server.js';
import {playRung, type Outcome, type RungResult} from './rung.js';
import {RUNGS, type Way} from './ways.js';

export interface DeathsOptions {
  deaths: number;
  seed: number;
  stopped: AbortSignal;
  /** Only this rung. */
  rung?: string | undefined;
  /** Only in this way. */
  way?: string | undefined;
  json?: string | undefined;
}

export async function runDeaths(options: DeathsOptions): Promise<{name: string; held: boolean}[]> {
  const {seed, stopped} = options;
  const say = (line: string) => console.error(`deaths: ${line}`);
  const undo: (() => Promise<unknown>)[] = [];
  const results: RungResult[] = [];
  let error: string | null = null;
  try {
    const server = await Server.start({isDurable: false});
    undo.push(() => server.close());
    stopped.throwIfAborted();
    const site = await servePage('test/chaos/page.html');
    undo.push(() => site.close());
    const browser = await chromium.launch({
      executablePath: ensureBrowser(console.error),
      args: [...BROWSER_ARGS],
      // What people's browsers do.
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
      ...{handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false},
    });
    undo.push(() => browser.close());
    const cdp = await browser.newBrowserCDPSession();
    const rungs = RUNGS.filter(
      ({name, ways}) =>
        (options.rung === undefined || name === options.rung) &&
        (options.way === undefined || (ways as string[]).includes(options.way)),
    );
    for (const [index, rung] of rungs.entries()) {
      stopped.throwIfAborted();
      const share = Math.floor((options.deaths * (index + 1)) / rungs.length);
      const chosen = rung.ways.filter(way => options.way === undefined || way === options.way);
      const ways = deal(chosen, share - Math.floor((options.deaths * index) / rungs.length), seed + index);
      results.push(await playRung(rung, ways, seed, {browser, cdp, server, pageUrl: site.url, stopped, say}));
    }
  } catch (thrown) {
    if (stopped.aborted) throw thrown;
    error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  } finally {
    for (const step of undo.reverse()) await step().catch(() => {});
  }
  return report(options, results, error);
}

/** So many deaths have a p95 worth the name. */
const MANY = 100;
/** A figure with a goal has at least this share of all deaths behind it. */
const LEAST_SHARE = 0.05;
/** Two sockets at a time, longer than a hub that is told of its end takes to let go, are two hubs. In ms. */
const CROWDED_MS = 5_000;

/** So many, each way as often as any other, in an order of chance. */
function deal(ways: readonly Way[], count: number, seed: number): Way[] {
  const random = new Random(seed, 5_000_000);
  const deck = Array.from({length: count}, (_, index) => ways[(index + seed) % ways.length] as Way);
  return deck
    .map(way => ({way, at: random.next()}))
    .sort((a, b) => a.at - b.at)
    .map(({way}) => way);
}

function report({deaths, seed, json}: DeathsOptions, results: readonly RungResult[], error: string | null) {
  const outcomes = results.flatMap(result => result.outcomes);
  const problems = results.flatMap(result => result.problems);
  const count = (...wrongs: string[]) => problems.filter(({wrong}) => wrongs.includes(wrong)).length;
  const sent = results.reduce((sum, result) => sum + result.sent, 0);
  const lines = [
    `## ${outcomes.length} of ${deaths} deaths, seed ${seed}`,
    '',
    'In ms from the moment the order to die was given, to the slowest of the tabs that stay.',
    '',
    '| | n | p50 | p95 | worst | goal |',
    '|---|---|---|---|---|---|',
  ];
  const missed: string[] = [];
  const row = (name: string, values: (number | null)[], goal: {p95?: number; worst?: number} = {}) => {
    const all = values.filter(value => value !== null);
    const isJudged = Object.keys(goal).length > 0;
    if (isJudged && all.length < LEAST_SHARE * outcomes.length) missed.push(`${name}: ${all.length} values`);
    if (all.length === 0) return;
    const [p50, p95, worst] = [0.5, 0.95, 1].map(share => percentile(all, share));
    const goals = Object.entries(goal).map(([what, most]) => {
      const isHeld = Number(what === 'p95' ? p95 : worst) <= most;
      if (!isHeld) missed.push(name);
      return `${what} ≤ ${most}${isHeld ? '' : ' **missed**'}`;
    });
    lines.push(`| ${name} | ${all.length} | ${p50} | ${p95} | ${worst} | ${goals.join(', ')} |`);
  };
  // A frozen tab gives no sign, so that its death has to be suspected first.
  const [died, frozen] = [outcomes.filter(({way}) => way !== 'frozen'), outcomes.filter(({way}) => way === 'frozen')];
  row('a new hub', pick(died, 'newHubMs'), {p95: 500, worst: 5_000});
  row('connected again', pick(died, 'lineMs'));
  row('what was written then is stored', pick(died, 'storedMs'));
  row('a new hub, leader frozen', pick(frozen, 'newHubMs'), {worst: 5_000});
  row('a dead tab’s presence is gone', pick(died, 'presenceMs'), {worst: 1_000});
  row('a dead tab’s references are gone', pick(died, 'referencesMs'), {worst: 1_000});
  for (const {name, ways} of RUNGS) {
    for (const way of ways) {
      const own = outcomes.filter(outcome => outcome.rung === name && outcome.way === way);
      row(`${name}, ${way}: a new hub`, pick(own, 'newHubMs'));
      const lived = own.filter(({newHubMs}) => newHubMs === null).length;
      if (lived > 0) lines.push(`| ${name}, ${way}: the hub lived on | ${lived} | | | | |`);
    }
  }
  const [lost, doubled] = [count('lost', 'notShown', 'unsent'), count('duplicated', 'shownTwice')];
  const crowdedMs = Math.max(0, ...results.map(result => result.crowdedMs));
  lines.push(
    '',
    `${sent} messages: ${lost} lost, ${doubled} doubled, ${problems.length - lost - doubled} otherwise wrong.`,
  );
  lines.push(`Two sockets at a time for ${crowdedMs} ms at most.`);
  console.log(lines.join('\n'));
  if (error !== null) console.error(error);
  for (const {problems: own, evidence, journal} of results)
    if (own.length > 0) for (const line of story(own, evidence, journal)) console.error(line);
  if (json !== undefined) {
    const notes = results.flatMap(({journal}) => journal.notes);
    writeFileSync(json, JSON.stringify({seed, deaths, outcomes, problems, error, sent, crowdedMs, notes}, null, 1));
  }
  return [
    ...WRONGS.map(wrong => ({name: wrong as string, held: count(wrong) === 0})),
    // A few deaths say whether it works; how fast is a question to many, on a machine that does nothing else.
    ...(deaths < MANY ? [] : [{name: 'goals of time', held: missed.length === 0}]),
    {name: 'one socket at a time', held: crowdedMs <= CROWDED_MS},
    {name: 'ended', held: error === null && outcomes.length === deaths},
    {name: 'messages were written', held: sent > 0},
    // A leader's death without another hub is a run that ended nobody.
    {name: 'hubs died', held: outcomes.some(({newHubMs}) => newHubMs !== null)},
  ];
}

function pick(outcomes: readonly Outcome[], key: 'newHubMs' | 'lineMs' | 'storedMs' | 'presenceMs' | 'referencesMs') {
  return outcomes.map(outcome => outcome[key]);
}
