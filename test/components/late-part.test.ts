import {expect, fixture, html} from '@open-wc/testing';
import {LitElement} from 'lit';
import {LatePart} from '../../components/late-part.js';
import type {TrunkError} from '../../src/wire/error.js';

class Host extends LitElement {
  updates = 0;
  /** Whether the chunk can be fetched. */
  isOnline = true;
  fetched = 0;
  readonly late: LatePart<string> = new LatePart(this, async () => {
    this.fetched++;
    if (!this.isOnline) throw new Error('no network');
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

  it('says by a code that it did not come, and comes at the next call', async () => {
    const host = await given();
    host.isOnline = false;
    const error = await host.late.load().catch((thrown: TrunkError) => thrown);
    expect((error as TrunkError).code).to.equal('load-failed');
    host.isOnline = true;
    expect(await host.late.load()).to.equal('the part');
  });

  it('comes by itself when the browser is online again, however often it failed', async () => {
    const host = await given();
    host.isOnline = false;
    await host.late.load().catch(() => {});
    await host.late.load().catch(() => {});
    dispatchEvent(new Event('online'));
    expect(host.fetched).to.equal(3);
    await new Promise(resolve => setTimeout(resolve));
    host.isOnline = true;
    dispatchEvent(new Event('online'));
    await host.late.load();
    expect([host.late.current, host.fetched]).to.deep.equal(['the part', 4]);
    dispatchEvent(new Event('online'));
    expect(host.fetched).to.equal(4);
  });
});
