import {expect, fixture, html} from '@open-wc/testing';
import {LitElement} from 'lit';
import {LatePart} from '../../components/late-part.js';
import '../../components/error-event.js';
import {TrunkError} from '../../src/wire/error.js';
import {FakeClock} from '../support/fake-clock.js';
import {fakeTimers} from '../support/fake-timers.js';

class Host extends LitElement {
  updates = 0;
  /** Whether the chunk can be fetched. */
  isOnline = true;
  fetched = 0;
  readonly late: LatePart<string> = new LatePart(this, async () => {
    this.fetched++;
    if (!this.isOnline) throw new TrunkError('load-failed', 'no network');
    return 'the part';
  });
  protected override updated(): void {
    this.updates++;
  }
}
customElements.define('late-part-host', Host);

describe('a part that is loaded late', () => {
  const given = () => fixture<Host>(html`<late-part-host></late-part-host>`);

  it('is fetched once, whoever asks, and updates its element', async () => {
    const host = await given();
    const before = host.updates;
    expect(host.late.current).to.equal(null);
    expect(await Promise.all([host.late.load(), host.late.load()])).to.deep.equal(['the part', 'the part']);
    await host.updateComplete;
    expect([host.fetched, host.late.current, host.updates]).to.deep.equal([1, 'the part', before + 1]);
  });

  it('is fetched when the browser has time, without anybody asking', async () => {
    const host = await given();
    host.late.preload();
    expect(host.fetched).to.equal(0);
    while (host.late.current === null) await new Promise(resolve => requestIdleCallback(resolve));
    expect(host.fetched).to.equal(1);
  });

  it('comes at the next call after a failure', async () => {
    const host = await given();
    host.isOnline = false;
    const error = await host.late.load().catch((thrown: TrunkError) => thrown);
    expect((error as TrunkError).code).to.equal('load-failed');
    host.isOnline = true;
    expect(await host.late.load()).to.equal('the part');
  });

  describe('that does not come', () => {
    let clock: FakeClock;
    let restore: () => void;
    beforeEach(() => {
      clock = new FakeClock();
      restore = fakeTimers(clock);
    });
    afterEach(() => restore());

    async function failing() {
      const host = await given();
      const codes: string[] = [];
      host.addEventListener('trunk-error', ({error}) => codes.push(error.code));
      host.isOnline = false;
      await host.late.want();
      return {host, codes};
    }

    it('is told of by its element once, and asked for again, less and less often', async () => {
      const {host, codes} = await failing();
      await clock.pass(2_000);
      expect(host.fetched).to.equal(2);
      await clock.pass(7_900);
      expect(host.fetched).to.equal(2);
      await clock.pass(100);
      expect(host.fetched).to.equal(3);
      expect(codes).to.deep.equal(['load-failed']);
      host.isOnline = true;
      await clock.pass(32_000);
      expect([host.late.current, host.fetched]).to.deep.equal(['the part', 4]);
      await clock.pass(3_600_000);
      expect(host.fetched).to.equal(4);
    });

    it('is asked for when the browser is online again, however often it failed', async () => {
      const {host} = await failing();
      dispatchEvent(new Event('online'));
      expect(host.fetched).to.equal(2);
      await clock.pass(0);
      host.isOnline = true;
      dispatchEvent(new Event('online'));
      await clock.pass(0);
      expect([host.late.current, host.fetched]).to.deep.equal(['the part', 3]);
      dispatchEvent(new Event('online'));
      await clock.pass(3_600_000);
      expect(host.fetched).to.equal(3);
    });

    it('is left alone while its element is in no document', async () => {
      const {host} = await failing();
      host.remove();
      await clock.pass(3_600_000);
      dispatchEvent(new Event('online'));
      expect(host.fetched).to.equal(1);
    });
  });
});
