import {expect} from '@open-wc/testing';
import {MonitorTiming} from '../../components/monitor-timing.js';
import type {ClientStats} from '../../src/client/stats-source.js';
import {hubStats} from '../support/sample-stats.js';

/** What observers hear of `trunk:` while `task` runs. */
async function heard(task: () => void): Promise<[name: string, ms: number][]> {
  const told: [string, number][] = [];
  const end = 'the end of the test';
  await new Promise<void>(done => {
    const observer = new PerformanceObserver(list => {
      for (const {name, duration} of list.getEntries()) {
        if (name.startsWith('trunk:')) told.push([name, Math.round(duration)]);
        if (name === end) {
          observer.disconnect();
          done();
        }
      }
    });
    observer.observe({type: 'measure'});
    task();
    performance.measure(end);
  });
  performance.clearMeasures(end);
  return told;
}

/** Long enough after the page began for all that happened before. */
const at = Math.round(performance.timeOrigin) + 100_000;
const queuedAt = at - 100;
const send = (messageId: string, sentAt: number | null, ackedAt: number | null, echoedAt: number | null) => {
  const after = (ms: number | null) => (ms === null ? null : queuedAt + ms);
  return {
    messageId,
    chatId: 'lobby',
    queuedAt,
    sentAt: after(sentAt),
    ackedAt: after(ackedAt),
    echoedAt: after(echoedAt),
  };
};
const shown = (messageId: string, ms: number) => {
  return {messageId, chatId: 'lobby', own: true, storedAt: 0, at: queuedAt + ms};
};
const stats = (change: Partial<ClientStats>): ClientStats => {
  const here = {id: null, frames: 0, messages: 0, shown: [], heapBytes: null};
  return {...hubStats(), here, at, ...change};
};

describe('MonitorTiming', () => {
  it('tells observers of the stages of each message once it is through, in the order in which they came', async () => {
    const timing = new MonitorTiming();
    timing.add(stats({}));
    const here = {...stats({}).here, shown: [shown('a', 32), shown('b', 21)]};
    expect(await heard(() => timing.add(stats({sends: [send('a', 5, null, null)]})))).to.deep.equal([]);
    const first = [send('a', 5, 30, 41)];
    expect(await heard(() => timing.add(stats({sends: first, here})))).to.deep.equal([
      ...[['trunk:queued to sent', 5] as const, ['trunk:sent to acked', 25] as const],
      ...[['trunk:acked to shown', 2] as const, ['trunk:shown to echoed', 9] as const],
    ]);
    const sends = [...first, send('b', 4, 40, 20)];
    expect(await heard(() => timing.add(stats({sends, here})))).to.deep.equal([
      ...[['trunk:queued to sent', 4] as const, ['trunk:sent to echoed', 16] as const],
      ...[['trunk:echoed to shown', 1] as const, ['trunk:shown to acked', 19] as const],
    ]);
    expect(await heard(() => timing.add(stats({sends, here})))).to.deep.equal([]);
    expect(performance.getEntriesByType('measure')).to.deep.equal([]);
  });

  it('tells of a message that never came back when it is late', async () => {
    const timing = new MonitorTiming();
    timing.add(stats({}));
    const sends = [send('a', 5, 30, null)];
    expect(await heard(() => timing.add(stats({sends})))).to.deep.equal([]);
    expect((await heard(() => timing.add(stats({sends, at: at + 60_000})))).map(([name]) => name)).to.deep.equal([
      ...['trunk:queued to sent', 'trunk:sent to acked'],
    ]);
  });

  it('tells of each catch-up, and of nothing that was over before somebody looked, or before the page began', async () => {
    const timing = new MonitorTiming();
    const caught = (from: number) => ({chatId: 'lobby', at: from, tookMs: 12, found: 3});
    const before = {catchUps: [caught(at - 500)], sends: [send('a', 5, 30, 41)]};
    expect(await heard(() => timing.add(stats(before)))).to.deep.equal([]);
    const catchUps = [caught(at - 500), caught(performance.timeOrigin - 60_000), caught(at - 50)];
    expect(await heard(() => timing.add(stats({...before, catchUps})))).to.deep.equal([['trunk:catch-up', 12]]);
  });
});
