import {expect} from '@open-wc/testing';
import {SignalMap} from '../../src/client/signal-map.js';

describe('SignalMap', () => {
  it('tells who follows one entry of that entry alone', () => {
    const map = new SignalMap<number>(undefined);
    const heard: Record<string, (number | undefined)[]> = {a: [], b: []};
    for (const key of ['a', 'b']) map.at(key).subscribe(value => heard[key]?.push(value));
    map.change([['a', 1]]);
    map.change(
      [
        ['a', 2],
        ['c', 3],
      ],
      ['b'],
    );
    map.change([], ['a']);
    expect(heard).to.deep.equal({a: [undefined, 1, 2, undefined], b: [undefined]});
  });

  it('tells who follows the map of every change once, and leaves the maps before as they were', () => {
    const map = new SignalMap<number>(undefined);
    const heard: ReadonlyMap<string, number>[] = [];
    map.subscribe(value => heard.push(value));
    map.change([
      ['a', 1],
      ['b', 2],
    ]);
    map.change([], ['a']);
    expect(heard.map(each => [...each.keys()].join())).to.deep.equal(['', 'a,b', 'b']);
  });

  it('tells every entry what it is while it is missing', () => {
    const map = new SignalMap<number, null | undefined>(undefined);
    const heard: unknown[] = [];
    map.at('a').subscribe(value => heard.push(value));
    map.replace([['b', 1]], null);
    map.replace([['a', 2]], null);
    map.replace([], undefined);
    expect(heard).to.deep.equal([undefined, null, 2, undefined]);
    expect(map.at('b').current).to.equal(undefined);
  });
});
