// One hub serves a person, whatever rungs their tabs stand on.
import {expect} from '@open-wc/testing';
import {FakeBrowser} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';

describe('A hub with a seat', () => {
  it('serves nobody before the seat is free, and says after 1.5 s that another hub does', async () => {
    const browser = new FakeBrowser({seat: 'the seat'});
    const leave = await browser.locks.hold('the seat');
    const tab = await browser.tab();
    await browser.clock.pass(1_499);
    expect(tab.frames.flat()).to.deep.equal([]);
    await browser.clock.pass(1);
    expect(new Set(tab.frames.flat().map(({type}) => type))).to.deep.equal(new Set(['elsewhere']));
    expect(browser.project.sockets.size).to.equal(0);
    leave();
    await settle();
    expect(tab.frames.flat().map(({type}) => type)).to.include('hello');
  });

  it('says nothing of other hubs once it serves', async () => {
    const browser = new FakeBrowser({seat: 'the seat'});
    const tab = await browser.tab();
    await browser.clock.pass(10_000);
    expect(tab.frames.flat().map(({type}) => type)).not.to.include('elsewhere');
    expect(browser.locks.names()).to.include('the seat');
  });

  it('says nothing of other hubs while its own store is slow to open', async () => {
    const browser = new FakeBrowser({seat: 'the seat'});
    let open = () => {};
    browser.storeOpens = new Promise<void>(resolve => (open = resolve));
    const tab = await browser.tab();
    await browser.clock.pass(3_000);
    expect(tab.frames.flat()).to.deep.equal([]);
    open();
    await settle();
    expect(tab.frames.flat().map(({type}) => type)).to.include('hello');
  });

  it('lets go of all it has when it is robbed of the seat, and begins again when that is free', async () => {
    const browser = new FakeBrowser({seat: 'the seat'});
    const tabs = [await browser.tab(), await browser.tab()];
    await browser.clock.pass(1_000);
    expect(browser.project.sockets.size).to.equal(1);
    const leave = browser.locks.steal('the seat');
    await settle();
    expect(browser.project.sockets.size).to.equal(0);
    for (const {frames} of tabs) frames.length = 0;
    await browser.clock.pass(1_500);
    // Each went looking for a hub by itself, and heard that it is elsewhere.
    for (const {frames} of tabs) {
      expect(new Set(frames.flat().map(({type}) => type))).to.deep.equal(new Set(['elsewhere']));
    }
    expect(browser.project.sockets.size).to.equal(0);
    leave();
    await browser.clock.pass(10_000);
    expect(browser.project.sockets.size).to.equal(1);
    expect(tabs.map(({client}) => client.status.current.state)).to.deep.equal(['connected', 'connected']);
  });
});
