import {expect} from '@open-wc/testing';
import {Backoff} from '../../src/hub/backoff.js';

const ALMOST_ONE = 1 - Number.EPSILON;

describe('Backoff', () => {
  it('doubles the ceiling with every wait, up to the cap', () => {
    const backoff = new Backoff({baseMs: 500, capMs: 3_000}, () => ALMOST_ONE);
    expect(Array.from({length: 5}, () => backoff.next())).to.deep.equal([499, 999, 1_999, 2_999, 2_999]);
  });

  it('waits any time from nothing to the ceiling: full jitter', () => {
    const shares = [0, 0.25, 0.5, 0.75, ALMOST_ONE];
    const waits = shares.map(share => new Backoff({baseMs: 1_000, capMs: 1_000}, () => share).next());
    expect(waits).to.deep.equal([0, 250, 500, 750, 999]);
  });

  it('starts over after a reset', () => {
    const backoff = new Backoff({baseMs: 100, capMs: 30_000}, () => ALMOST_ONE);
    backoff.next();
    backoff.next();
    expect(backoff.tries).to.equal(2);
    backoff.reset();
    expect(backoff.tries).to.equal(0);
    expect(backoff.next()).to.equal(99);
  });

  it('stays at the cap however often it is asked', () => {
    const backoff = new Backoff({baseMs: 500, capMs: 30_000}, () => ALMOST_ONE);
    for (let n = 0; n < 5_000; n++) backoff.next();
    expect(backoff.next()).to.equal(29_999);
  });
});
