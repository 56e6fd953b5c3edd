import {expect} from '@open-wc/testing';
import {pageClock} from '../../src/client/page-clock.js';

describe('pageClock, in a page in the background', () => {
  const {setTimeout} = globalThis;

  beforeEach(() => {
    Object.defineProperty(document, 'hidden', {value: true, configurable: true});
    // Held back for good.
    globalThis.setTimeout = (() => 0) as unknown as typeof setTimeout;
  });

  afterEach(() => {
    Reflect.deleteProperty(document, 'hidden');
    globalThis.setTimeout = setTimeout;
  });

  it('runs what is for the eye without a timer', () => new Promise<void>(done => pageClock.soon(80, done)));

  it('runs none that was cancelled', async () => {
    const ran: string[] = [];
    const cancel = pageClock.soon(16, () => ran.push('cancelled'));
    await new Promise<void>(done => {
      pageClock.soon(16, () => {
        ran.push('after it');
        done();
      });
      cancel();
    });
    expect(ran).to.deep.equal(['after it']);
  });

  it('leaves what can wait to the timers', async () => {
    let ran = false;
    pageClock.after(16, () => (ran = true));
    await new Promise<void>(done => pageClock.soon(80, done));
    expect(ran).to.equal(false);
  });
});
