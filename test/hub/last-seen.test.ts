import {expect} from '@open-wc/testing';
import {LastSeen} from '../../src/hub/last-seen.js';
import {FakeClock, settle} from '../support/fake-clock.js';

function given() {
  const clock = new FakeClock();
  const touched: number[] = [];
  const fault = {error: null as Error | null};
  const start = clock.now();
  const lastSeen = new LastSeen(clock, async () => {
    if (fault.error) throw fault.error;
    touched.push((clock.now() - start) / 1000);
  });
  const tab = (visible: boolean, lastActive = clock.now()) => [{visible, lastActive, currentChatId: null}];
  return {clock, touched, fault, lastSeen, tab};
}

describe('LastSeen', () => {
  it('calls once a minute while the person is active', async () => {
    const {clock, touched, lastSeen, tab} = given();
    for (let n = 0; n < 30; n++) {
      lastSeen.update(tab(true));
      await clock.pass(10_000);
    }
    expect(touched).to.deep.equal([0, 60, 120, 180, 240]);
  });

  it('calls for nothing but the person’s own doing', async () => {
    const {clock, touched, lastSeen, tab} = given();
    const still = tab(true);
    for (let n = 0; n < 30; n++) {
      lastSeen.update(still);
      await clock.pass(30_000);
    }
    expect(touched).to.deep.equal([0]);
  });

  it('calls when they hide the last tab or close it, unless the database would not take it', async () => {
    const {clock, touched, lastSeen, tab} = given();
    lastSeen.update(tab(true));
    await clock.pass(20_000);
    lastSeen.update(tab(false));
    await clock.pass(5_000);
    lastSeen.update([]);
    await clock.pass(5_000);
    lastSeen.update([]);
    expect(touched).to.deep.equal([0, 20, 30]);
  });

  it('calls again with the next sign of life when it could not be said', async () => {
    const {clock, touched, fault, lastSeen, tab} = given();
    fault.error = new Error('no network');
    lastSeen.update(tab(true));
    await settle();
    fault.error = null;
    await clock.pass(10_000);
    lastSeen.update(tab(true));
    expect(touched).to.deep.equal([10]);
  });
});
