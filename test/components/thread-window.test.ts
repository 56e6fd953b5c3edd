import {expect} from '@open-wc/testing';
import {MAX_ROWS, ThreadWindow} from '../../components/thread-window.js';

const range = (from: number, to: number) => Array.from({length: to - from}, (_, i) => ({id: String(from + i)}));
const ends = (items: readonly {id: string}[]) => [items[0]?.id, items.at(-1)?.id];

describe('ThreadWindow', () => {
  it('begins with the newest messages, and few of them', () => {
    const window = new ThreadWindow();
    const shown = window.slice(range(0, 10_000), false);
    expect(shown.length).to.be.below(MAX_ROWS);
    expect(shown.at(-1)?.id).to.equal('9999');
  });

  it('never holds more than its most, however far the reader goes, and meets every message', () => {
    const window = new ThreadWindow();
    const all = range(0, 1000);
    const met = new Set<string>();
    let largest = 0;
    const look = () => {
      const shown = window.slice(all, true);
      largest = Math.max(largest, shown.length);
      for (const {id} of shown) met.add(id);
    };
    look();
    while (window.extendUp(all)) look();
    expect(met.size).to.equal(1000);
    met.clear();
    look();
    while (window.extendDown(all)) look();
    expect(met.size).to.equal(1000);
    expect(largest).to.be.at.most(MAX_ROWS);
    expect(window.isAtEnd).to.equal(true);
  });

  it('keeps its first row when older ones are loaded in front', () => {
    const window = new ThreadWindow();
    const before = window.slice(range(500, 550), true);
    const after = window.slice(range(400, 550), true);
    expect(ends(after)).to.deep.equal(ends(before));
  });

  it('drops the oldest rows for new ones while the reader is at the end', () => {
    const window = new ThreadWindow();
    window.slice(range(0, 60), false);
    for (let n = 61; n < 400; n++) expect(window.slice(range(0, n), false).at(-1)?.id).to.equal(String(n - 1));
    expect(window.slice(range(0, 400), false).length).to.be.at.most(MAX_ROWS);
  });

  it('leaves new ones out rather than what the reader looks at', () => {
    const window = new ThreadWindow();
    const [first] = ends(window.slice(range(0, 60), false));
    for (let n = 61; n < 400; n++) expect(window.slice(range(0, n), true)[0]?.id).to.equal(first);
    expect(window.isAtEnd).to.equal(false);
    window.toEnd();
    expect(window.slice(range(0, 400), true).at(-1)?.id).to.equal('399');
  });

  it('finds its way when the rows at its edges are gone', () => {
    const window = new ThreadWindow();
    window.slice(range(0, 300), true);
    window.extendUp(range(0, 300));
    expect(window.slice(range(1000, 1010), true)).to.have.length(10);
    expect(window.slice([], true)).to.have.length(0);
  });
});
