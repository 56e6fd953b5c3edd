// Ten tabs that nobody looks at: what they cost a minute.
import {BackendProcess} from '../support/backend-process.js';
import {servePage} from '../support/page-site.js';
import type {Comparison, Row} from './comparison.js';
import {countsOf, Room} from './room.js';
import type {Progress} from './table.js';
import type {} from './pages/renders.js';

const tabs = 10;
/** What hiding has to say is said by then, and the browser has tidied up once after the loading, which it does within a minute. */
const SETTLE_MS = 65_000;

/** @param minutes how long each way is watched; default 10 */
export async function benchIdle(progress: Progress, {minutes = 10}: {minutes?: number} = {}): Promise<Comparison> {
  const site = await servePage('test/bench/pages/idle-plain.html', 'test/bench/pages/idle-ours.html');
  const backend = await BackendProcess.start({limits: 'hosted'}, []);
  const values = new Map<string, number[]>();
  const keep = (name: string, value: number) => values.set(name, [...(values.get(name) ?? []), value]);
  try {
    for (const way of ['idle-plain', 'idle-ours'] as const) {
      progress(`${way}, ${minutes} min`);
      const room = await Room.open(way, site);
      try {
        const {url, anonKey} = backend.serving;
        for (let n = 0; n < tabs; n++) {
          const page = await room.openPage({url, key: anonKey});
          await page.waitForFunction(() => window.people?.() >= 1, null, {polling: 100, timeout: 60_000});
        }
        for (const page of room.pages) await page.evaluate(() => window.setHidden(true));
        await new Promise(done => setTimeout(done, SETTLE_MS));
        const workerTimers = await room.countWorkerTimers();
        for (let minute = 0; minute < minutes; minute++) {
          const before = await look(room, backend, workerTimers);
          await new Promise(done => setTimeout(done, 60_000));
          const after = await look(room, backend, workerTimers);
          for (const name of looked) keep(`${way} ${name}`, after[name] - before[name]);
        }
      } finally {
        await room.close();
      }
    }
  } finally {
    await site.close();
    await backend.stop();
  }
  const row = (name: string, unit: string, key: string, more: Partial<Row> = {}): Row => {
    const of = (way: string) => values.get(`${way} ${key}`) ?? [];
    return {name, unit, plain: of('idle-plain'), ours: of('idle-ours'), ...more};
  };
  return {
    title: 'Ten tabs that nobody looks at',
    about:
      `${minutes} min each, a chat and presence in every tab, all hidden for a minute before; each figure is a minute’s, one value a minute. Limits as of a hosted project. Hidden is played (no frames, ` +
      '`visibilityState` is `hidden`), so the browser’s own throttling of hidden pages is not in it. The worker is not hidden: ' +
      'its timers are heartbeats, presence and tips, and its work is in the processor’s time.',
    rows: [
      row('frames of the pages’ scripts', '', 'frames', {goal: '0', isOwnGoal: true}),
      row('timers of the pages that fired', '', 'timers', {goal: '0', isOwnGoal: true}),
      row('timers of the worker that fired', '', 'workerTimers'),
      row('frames on the wire, both ways', '', 'socket'),
      row('processor, the whole browser', 'ms', 'processor'),
      row('main threads of the pages', 'ms', 'main'),
    ],
  };
}

const looked = ['frames', 'timers', 'workerTimers', 'socket', 'processor', 'main'] as const;

/** What was counted so far. */
async function look(
  room: Room,
  backend: BackendProcess,
  workerTimers: () => Promise<number>,
): Promise<Record<(typeof looked)[number], number>> {
  const [processor, main] = [await room.processorMs(), await room.mainThreadMs()];
  const drawn = await Promise.all(room.pages.map(page => page.evaluate(() => ({...window.drawn}))));
  const sum = (name: 'frames' | 'timers') => drawn.reduce((total, each) => total + each[name], 0);
  const {framesIn, framesOut} = await countsOf(backend);
  return {
    ...{frames: sum('frames'), timers: sum('timers'), workerTimers: await workerTimers()},
    ...{socket: framesIn + framesOut, processor, main},
  };
}
