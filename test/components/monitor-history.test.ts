import {expect} from '@open-wc/testing';
import {below, MonitorHistory} from '../../components/monitor-history.js';
import type {ClientStats} from '../../src/client/stats-source.js';
import {hubStats, NOW} from '../support/sample-stats.js';

const at = (seconds: number, framesIn: number, hub = 'hub-1'): ClientStats => ({
  ...hubStats({
    at: NOW + seconds * 1_000,
    hub,
    traffic: {framesIn, framesOut: 0, bytesIn: framesIn * 100, bytesOut: 0},
  }),
  here: {id: null, frames: 0, messages: 0, shown: [], heapBytes: null},
});

describe('MonitorHistory', () => {
  it('makes rates of counts, by the time that passed', () => {
    const history = new MonitorHistory();
    for (const stats of [at(0, 10), at(1, 15), at(3, 25)]) history.add(stats);
    expect(history.rates.map(({framesIn, bytesIn}) => [framesIn, bytesIn])).to.deep.equal([
      [5, 500],
      [5, 500],
    ]);
  });

  it('says nothing of a pause, or across two hubs', () => {
    const history = new MonitorHistory();
    for (const stats of [at(0, 10), at(60, 400), at(61, 3, 'hub-2'), at(61, 3, 'hub-2')]) history.add(stats);
    expect(history.rates).to.deep.equal([]);
    history.add(at(62, 5, 'hub-2'));
    expect(history.rates.map(({framesIn}) => framesIn)).to.deep.equal([2]);
  });

  it('forgets what is older than two minutes', () => {
    const history = new MonitorHistory();
    for (let second = 0; second <= 300; second++) history.add(at(second, second));
    expect(history.rates).to.have.length(120);
  });
});

describe('below', () => {
  it('tells what a share of the values stay below', () => {
    expect([below([], 0.5), below([3, 1, 2, 4], 0.5), below([3, 1, 2, 4], 0.95)]).to.deep.equal([null, 2, 4]);
  });
});
