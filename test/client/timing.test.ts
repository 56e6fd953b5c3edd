import {expect} from '@open-wc/testing';
import {FakeBrowser} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';

/** Everything that is measured from now on, as devtools and other observers hear it. */
function observe() {
  const names: string[] = [];
  const observer = new PerformanceObserver(list => names.push(...list.getEntries().map(({name}) => name)));
  observer.observe({type: 'measure'});
  const heard = async (name: string) => {
    while (!names.includes(name)) await new Promise(resolve => setTimeout(resolve));
  };
  return {names, heard, stop: () => observer.disconnect()};
}

describe('User Timing', () => {
  it('tells observers how long connecting, opening and sending took, and leaves nothing in the page’s buffer', async () => {
    const {names, heard, stop} = observe();
    const browser = new FakeBrowser();
    browser.project.addChat('lobby');
    const {client} = await browser.tab();
    await heard('trunk:connect');
    const chat = client.chat('lobby');
    await settle();
    await heard('trunk:open chat');
    expect(names).not.to.include('trunk:send');
    await chat.send('hello');
    await browser.clock.pass(1_000);
    await heard('trunk:send');
    // Somebody else's message, and a further look at the same chat's, are none of it.
    browser.project.write('lobby', 'hi', 'grace');
    await browser.clock.pass(1_000);
    stop();
    expect(names.filter(name => name.startsWith('trunk:'))).to.deep.equal([
      'trunk:connect',
      'trunk:open chat',
      'trunk:send',
    ]);
    expect(performance.getEntriesByType('measure').filter(({name}) => name.startsWith('trunk:'))).to.deep.equal([]);
  });

  it('measures a reconnection anew', async () => {
    const browser = new FakeBrowser();
    await browser.tab();
    const {names, heard, stop} = observe();
    browser.project.cut();
    browser.project.faults.refuseSockets = true;
    await browser.clock.pass(10_000);
    expect(names).to.deep.equal([]);
    browser.project.faults.refuseSockets = false;
    await browser.clock.pass(60_000);
    await heard('trunk:connect');
    stop();
  });
});
