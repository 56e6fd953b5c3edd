// A long chat on the page: first paint, what it holds, and what one more message costs; beside a list that shows every message.
import {chromium} from 'playwright';
import {BROWSER_ARGS, ensureBrowser} from '../browser.js';
import {BackendProcess} from '../support/backend-process.js';
import type {PageSite} from '../support/page-site.js';
import type {Comparison} from './comparison.js';
import {OtherPerson} from './other-person.js';
import type {ThreadPage} from './pages/thread-page.js';
import {serveTabs} from './room.js';
import type {Progress} from './table.js';

const lengths = [100, 1_000, 10_000];
/** Appended while it is measured, and how fast. */
const appended = {count: 300, perSecond: 100};

declare const window: {thread: ThreadPage};

type Measures = Record<'painted' | 'nodes' | 'heap' | 'append' | 'shift', number>;

export async function benchThread(progress: Progress, {runs = 5}: {runs?: number} = {}): Promise<Comparison[]> {
  const site = await serveTabs();
  const backend = await BackendProcess.start({limits: 'off'}, []);
  const person = await OtherPerson.signIn(backend);
  await person.warmUp();
  const all: {length: number; way: 'plain' | 'ours'; measures: Measures}[] = [];
  try {
    for (const length of lengths) {
      for (let run = length === lengths[0] ? -1 : 0; run < runs; run++) {
        progress(run < 0 ? 'warming up' : `${length} messages, run ${run + 1} of ${runs}`);
        for (const way of ['plain', 'ours'] as const) {
          const measures = await measure(way, length, {site, backend, person});
          if (run >= 0) all.push({length, way, measures});
        }
      }
    }
  } finally {
    await person.end();
    await site.close();
    await backend.stop();
  }
  const of = (length: number, name: keyof Measures) => {
    const values = (wanted: 'plain' | 'ours') =>
      all.filter(each => each.length === length && each.way === wanted).map(({measures}) => measures[name]);
    return {plain: values('plain'), ours: values('ours')};
  };
  return [
    {
      title: 'Thread',
      about: `\`<trunk-chat-thread>\` beside a list of bare rows by supabase-js, which reads the newest 50 messages, older ones when somebody scrolls up, and appends what comes: the least that can be drawn, without times, names, days or acts on a message, so only what is in sight and how far it moves has a goal. First paint: from navigation, signing in as somebody new, until the newest message is on the screen. An append: main thread, of ${appended.count} at ${appended.perSecond}/s. What is in sight: by how much at most, in eight times scrolling to the top, first through what the page has, then to what it must ask for.`,
      rows: lengths.flatMap(length => {
        const many = `${length.toLocaleString('en-US')} messages`;
        return [
          {name: `${many}: DOM nodes`, unit: '', ...of(length, 'nodes')},
          {name: `${many}: JS heap`, unit: 'MB', ...of(length, 'heap')},
          {
            ...{
              name: `${many}: what is in sight moves when older ones come, at most`,
              unit: 'px',
              ...of(length, 'shift'),
            },
            ...{goal: '≤ 1', isOwnGoal: true},
          },
          {name: `${many}: first paint`, unit: 'ms', ...of(length, 'painted')},
          {name: `${many}: an append`, unit: 'ms', ...of(length, 'append')},
        ];
      }),
    },
  ];
}

interface World {
  site: PageSite;
  backend: BackendProcess;
  person: OtherPerson;
}

async function measure(way: 'plain' | 'ours', length: number, {site, backend, person}: World): Promise<Measures> {
  const {url, anonKey} = backend.serving;
  const chat = await person.makeRoom(length);
  const browser = await chromium.launch({executablePath: ensureBrowser(console.error), args: [...BROWSER_ARGS]});
  try {
    const page = await browser.newPage();
    const address = new URL(site.url.replace(/[^/]+$/, way === 'plain' ? 'thread-plain.html' : 'thread.html'));
    const newest = `Message ${length}, of a usual length, about nothing in particular.`;
    for (const [name, value] of Object.entries({url, key: anonKey, chat: chat.slug, newest}))
      address.searchParams.set(name, value);
    await page.goto(address.href);
    await page.waitForFunction(() => window.thread?.paintedMs() != null, null, {polling: 50, timeout: 60_000});
    const painted = (await page.evaluate(() => window.thread.paintedMs())) ?? NaN;
    const nodes = await page.evaluate(() => window.thread.nodes());
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    const {usedSize} = await session.send('Runtime.getHeapUsage');
    await session.send('Performance.enable', {timeDomain: 'threadTicks'});
    const busy = async () => {
      const {metrics} = await session.send('Performance.getMetrics');
      return (metrics.find(({name}) => name === 'TaskDuration')?.value ?? 0) * 1_000;
    };
    const text = (n: number) => `#${n} a message of a usual length, about nothing in particular.`;
    // Until the page has joined, nothing comes.
    let n = 0;
    for (const end = Date.now() + 30_000; ; n++) {
      await person.write(chat, n);
      await new Promise(done => setTimeout(done, 200));
      if (await page.evaluate(wanted => window.thread.shows(wanted), text(n))) break;
      if (Date.now() > end) throw new Error(`${way}: no news came in half a minute.`);
    }
    const before = await busy();
    await person.writeAtRate(chat, {from: n + 1, ...appended});
    await page.waitForFunction(wanted => window.thread.shows(wanted), text(n + appended.count), {polling: 50});
    const append = ((await busy()) - before) / appended.count;
    const shift = await page.evaluate(() => window.thread.prepend());
    return {painted, nodes, heap: usedSize / 1e6, append, shift};
  } finally {
    await browser.close();
  }
}
