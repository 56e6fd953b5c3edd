// A thousand people on one scope, a hundred changes a second: what a page pays that shows them all, seen and hidden.
import {BackendProcess} from '../support/backend-process.js';
import {servePage} from '../support/page-site.js';
import type {Comparison, Row} from './comparison.js';
import {Crowd} from './crowd.js';
import {Room} from './room.js';
import type {Progress} from './table.js';
import type {} from './pages/renders.js';

const people = 1_000;
const perSecond = 100;
const seconds = 6;

export async function benchPresence(progress: Progress, {runs = 5}: {runs?: number} = {}): Promise<Comparison> {
  const site = await servePage('test/bench/pages/people-plain.html', 'test/bench/pages/people-ours.html');
  const backend = await BackendProcess.start({limits: 'hosted'}, []);
  const crowd = await Crowd.before(backend.serving.url, people);
  const values = new Map<string, number[]>();
  const keep = (name: string, value: number) => values.set(name, [...(values.get(name) ?? []), value]);
  try {
    for (let run = 0; run < runs; run++) {
      for (const way of ['people-plain', 'people-ours'] as const) {
        progress(`run ${run + 1} of ${runs}, ${way}`);
        const room = await Room.open(way, site);
        try {
          const page = await room.openPage({url: crowd.url, key: backend.serving.anonKey});
          await page.waitForFunction(count => window.people?.() >= count, people, {polling: 100, timeout: 60_000});
          await crowd.change(2 * perSecond, perSecond); // warm
          for (const isHidden of [false, true]) {
            await page.evaluate(hidden => window.setHidden(hidden), isHidden);
            await new Promise(done => setTimeout(done, 1_000));
            const before = await page.evaluate(() => ({...window.drawn}));
            const [main, all] = [await room.mainThreadMs(), await room.processorMs()];
            await crowd.change(seconds * perSecond, perSecond);
            const after = await page.evaluate(() => ({...window.drawn}));
            const what = `${way} ${isHidden ? 'hidden' : 'seen'}`;
            const changes = seconds * perSecond;
            if (!isHidden && after.renders - before.renders < changes / 2)
              throw new Error(`${way} shows too few of the changes.`);
            keep(`${what} main`, ((await room.mainThreadMs()) - main) / changes);
            keep(`${what} processor`, ((await room.processorMs()) - all) / changes);
            keep(`${what} renders`, (after.renders - before.renders) / seconds);
            keep(`${what} paints`, (after.paints - before.paints) / seconds);
          }
        } finally {
          await room.close();
        }
      }
    }
  } finally {
    crowd.close();
    await site.close();
    await backend.stop();
  }
  const row = (name: string, unit: string, key: string, more: Partial<Row> = {}): Row => {
    const of = (way: string) => values.get(`${way} ${key}`) ?? [];
    return {name, unit, plain: of('people-plain'), ours: of('people-ours'), ...more};
  };
  return {
    title: 'A thousand people present',
    about:
      `${runs} runs, ${people} people on one scope, each shown, ${perSecond} changes/s for ${seconds} s. The people are told by a proxy in front of the ` +
      'backend, whose limits are those of a hosted project. supabase-js reads `presenceState()` at each sync and writes the rows that differ. The processor is that of all the browser’s ' +
      'processes, the worker’s among them. A hidden page is played: no frames, `visibilityState` is `hidden`.',
    rows: [
      row('main thread per change, seen', 'ms', 'seen main'),
      row('main thread per change, hidden', 'ms', 'hidden main'),
      row('processor per change, seen', 'ms', 'seen processor'),
      row('processor per change, hidden', 'ms', 'hidden processor'),
      row('elements drawn anew, seen', '/s', 'seen renders'),
      row('elements drawn anew, hidden', '/s', 'hidden renders', {goal: '0', isOwnGoal: true}),
      row('frames with something drawn anew, seen', '/s', 'seen paints', {goal: '≤ 60', isOwnGoal: true}),
    ],
  };
}
