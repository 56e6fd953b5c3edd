// How many broadcasts a second come through to one tab and to each of ten, with nothing lost: over an application's own topic, from one
// sender that writes as fast as its socket takes it.
import {chromium, type Page} from 'playwright';
import WebSocket from 'ws';
import {BROWSER_ARGS, ensureBrowser} from '../browser.js';
import {BackendProcess} from '../support/backend-process.js';
import type {PageSite} from '../support/page-site.js';
import type {Comparison, Row} from './comparison.js';
import type {Stream} from './pages/stream.js';
import {serveTabs} from './room.js';
import type {Progress} from './table.js';

const cases = [
  {tabs: 1, count: 150_000, goal: '≥ 10,000'},
  {tabs: 10, count: 50_000, goal: '≥ 1,000'},
];
/** No news for this long: the rest is lost, in ms. */
const SILENCE_MS = 3_000;

declare const window: {stream: Stream};

export async function benchThroughput(progress: Progress, {runs = 5}: {runs?: number} = {}): Promise<Comparison[]> {
  const site = await serveTabs();
  const backend = await BackendProcess.start({limits: 'off'}, []);
  const rows: Row[] = [];
  try {
    for (const {tabs, count, goal} of cases) {
      const rate: Record<'plain' | 'ours', number[]> = {plain: [], ours: []};
      const lost: Record<'plain' | 'ours', number[]> = {plain: [], ours: []};
      const lasted: Record<'plain' | 'ours', number[]> = {plain: [], ours: []};
      for (let run = 0; run < runs; run++) {
        for (const way of ['plain', 'ours'] as const) {
          progress(`${tabs} tabs, run ${run + 1} of ${runs}, ${way}`);
          const result = await stream(way, tabs, count, site, backend);
          rate[way].push(result.perSecond);
          lost[way].push(result.lost);
          lasted[way].push(result.seconds);
        }
      }
      const into = tabs === 1 ? 'into one tab' : `into each of ${tabs} tabs`;
      rows.push({name: `${into}: lost, doubled or misplaced of ${count.toLocaleString('en-US')}`, unit: '', ...lost});
      rows.push({name: into, unit: 'messages/s', ...rate, goal, isOwnGoal: true});
      rows.push({name: `${into}: kept up for`, unit: 's', ...lasted});
    }
  } finally {
    await site.close();
    await backend.stop();
  }
  return [
    {
      title: 'Throughput',
      about:
        'Broadcasts over an application’s own topic, from one sender that writes as fast as its socket takes it, counted in the page; from the first to the last. What the outbox sends and a catch-up reads a second is under “Away and back”.',
      rows,
    },
  ];
}

async function stream(way: 'plain' | 'ours', tabs: number, count: number, site: PageSite, backend: BackendProcess) {
  const {url, anonKey} = backend.serving;
  const browser = await chromium.launch({executablePath: ensureBrowser(console.error), args: [...BROWSER_ARGS]});
  try {
    const context = await browser.newContext();
    const topic = `stream-${Math.random().toString(36).slice(2)}`;
    const address = new URL(site.url.replace(/[^/]+$/, 'stream.html'));
    for (const [name, value] of Object.entries({url, key: anonKey, topic})) address.searchParams.set(name, value);
    if (way === 'plain') address.searchParams.set('plain', '');
    const pages: Page[] = [];
    for (let n = 0; n < tabs; n++) {
      const page = await context.newPage();
      await page.goto(address.href);
      await page.waitForFunction(() => window.stream?.isLive(), null, {polling: 20});
      pages.push(page);
    }
    await say(url, anonKey, topic, count);
    let total = -1;
    for (let came = 0; came < count * tabs && came !== total;) {
      total = came;
      await new Promise(done => setTimeout(done, SILENCE_MS));
      const counts = await Promise.all(pages.map(page => page.evaluate(() => window.stream.came().count)));
      came = counts.reduce((sum, each) => sum + each, 0);
    }
    const each = await Promise.all(pages.map(page => page.evaluate(() => window.stream.came())));
    const seconds = Math.max(...each.map(({firstAt, lastAt}) => lastAt - firstAt)) / 1_000;
    const least = Math.min(...each.map(came => came.count));
    const misplaced = each.reduce((sum, came) => sum + came.misplaced, 0);
    return {perSecond: least / seconds, seconds, lost: count - least + misplaced};
  } finally {
    await browser.close();
  }
}

/** Joins the topic and broadcasts so many numbered messages. */
async function say(url: string, key: string, topic: string, count: number): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${key}&vsn=2.0.0`);
  await new Promise((done, fail) => socket.once('open', done).once('error', fail));
  const name = `realtime:${topic}`;
  const config = {broadcast: {ack: false, self: false}, presence: {key: '', enabled: false}, private: false};
  const joined = new Promise(done => socket.once('message', done));
  socket.send(JSON.stringify(['1', '1', name, 'phx_join', {config}]));
  await joined;
  for (let n = 0; n < count; n++) {
    const payload = {
      type: 'broadcast',
      event: 'said',
      payload: {n, text: 'a message of a usual length, about nothing'},
    };
    socket.send(JSON.stringify(['1', String(n + 2), name, 'broadcast', payload]));
    // The socket's own buffer is the only brake.
    if (socket.bufferedAmount > 1 << 20) await new Promise(done => setImmediate(done));
  }
  while (socket.bufferedAmount > 0) await new Promise(done => setTimeout(done, 5));
  // Closed only once all was taken: the answer to a heartbeat comes after it.
  const answered = new Promise(done => socket.on('message', data => String(data).includes('"beat"') && done(null)));
  socket.send(JSON.stringify([null, 'beat', 'phoenix', 'heartbeat', {}]));
  await answered;
  socket.close();
}
