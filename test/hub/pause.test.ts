import {expect} from '@open-wc/testing';
import {FakeBrowser, type FakeTab} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';

const LIFE_MS = 60_000;

async function given(count: number) {
  const browser = new FakeBrowser({tokenLifeMs: LIFE_MS});
  browser.project.addChat('lobby');
  const tabs: FakeTab[] = [];
  for (let n = 0; n < count; n++) tabs.push(await browser.tab());
  const [first] = tabs as [FakeTab];
  const chat = first.client.chat('lobby');
  for (const {client} of tabs) client.presence();
  await settle();
  return {browser, tabs, chat, first};
}

const hide = (tabs: readonly FakeTab[], isHidden: boolean) => {
  for (const {client} of tabs) client.setAttention({visible: !isHidden});
};

describe('a sleep', () => {
  for (const [what, wake] of [
    ['the server’s word comes first', (browser: FakeBrowser) => browser.project.expire()],
    ['the socket is dead', (browser: FakeBrowser) => browser.project.cut()],
    ['nothing is heard of the server', () => {}],
  ] as const) {
    it(`20 times over ten tabs: one refresh an end of a token, and no join without one (${what})`, async () => {
      const {browser, tabs, chat} = await given(10);
      const {project, clock} = browser;
      for (let cycle = 1; cycle <= 20; cycle++) {
        hide(tabs, true);
        await clock.pass(5_000);
        clock.sleep(LIFE_MS + 7_000);
        project.write('lobby', `message ${cycle}`);
        const from = project.log.length;
        // The network is slow to come back: what waits for the token has its time to be impatient.
        project.hold();
        wake(browser);
        hide(tabs, false);
        for (const {client} of tabs) client.poke('visible');
        await clock.pass(3_000);
        project.release();
        project.expire();
        await clock.pass(12_000);
        const log = project.log.slice(from);
        expect(
          log.filter(line => line.startsWith('sign in')),
          `cycle ${cycle}`,
        ).to.have.length(1);
        expect(log.filter(line => line.startsWith('expired join'))).to.deep.equal([]);
        expect(chat.messages.current.at(-1)?.body).to.equal(`message ${cycle}`);
        expect([...project.members].map(({topic}) => topic).sort()).to.deep.equal([
          'chat:id-of-lobby',
          'presence:global',
        ]);
      }
    });
  }

  it('ends with a token, then the socket and its joins, then what was missed', async () => {
    const {browser, tabs} = await given(2);
    const {project, clock} = browser;
    hide(tabs, true);
    clock.sleep(LIFE_MS * 3);
    project.cut();
    const from = project.log.length;
    for (const {client} of tabs) client.poke('visible');
    await clock.pass(2_000);
    const at = (beginning: string) => project.log.findIndex((line, n) => n >= from && line.startsWith(beginning));
    const order = ['sign in', 'socket', 'join chat:', 'changes_since'].map(at);
    expect(Math.min(...order)).to.be.at.least(from);
    expect(order).to.deep.equal([...order].sort((a, b) => a - b));
    expect(project.count('expired')).to.equal(0);
  });
});

describe('while all tabs are hidden', () => {
  it('measures no latency, whoever wants it', async () => {
    const {browser, tabs, first} = await given(2);
    first.client.watchLatency();
    await browser.clock.pass(10_000);
    expect(browser.project.count('ping')).to.be.greaterThan(1);
    hide(tabs, true);
    await browser.clock.pass(1_000);
    const before = browser.project.count('ping');
    await browser.clock.pass(25_000);
    expect(browser.project.count('ping')).to.equal(before);
    hide([first], false);
    await browser.clock.pass(5_000);
    expect(browser.project.count('ping')).to.be.greaterThan(before);
  });

  it('holds of a chat what a new tab is shown, after a minute; the rest can be had again', async () => {
    const {browser, tabs, chat} = await given(1);
    for (let n = 0; n < 120; n++) browser.project.write('lobby', `message ${n}`);
    await settle();
    expect(chat.messages.current).to.have.length(120);
    hide(tabs, true);
    await browser.clock.pass(60_000);
    const asked = browser.project.count('messages_before');
    const late = (await browser.tab()).client.chat('lobby');
    await settle();
    expect(late.messages.current.at(-1)?.body).to.equal('message 119');
    expect(browser.project.count('messages_before')).to.equal(asked);
    await late.loadOlder();
    expect(browser.project.count('messages_before')).to.equal(asked + 1);
    expect(late.messages.current.length).to.be.greaterThan(50);
  });

  it('keeps what is held when somebody looks again within the minute', async () => {
    const {browser, tabs} = await given(1);
    for (let n = 0; n < 120; n++) browser.project.write('lobby', `message ${n}`);
    hide(tabs, true);
    await browser.clock.pass(59_000);
    hide(tabs, false);
    await browser.clock.pass(60_000);
    const late = (await browser.tab()).client.chat('lobby');
    await settle();
    const asked = browser.project.count('messages_before');
    await late.loadOlder();
    expect(browser.project.count('messages_before')).to.equal(asked);
  });
});

describe('last seen', () => {
  it('is touched when the last tab goes, and never by somebody who asks for nobody’s presence', async () => {
    const {browser, tabs} = await given(2);
    expect(browser.project.count('touch')).to.equal(1);
    await browser.clock.pass(15_000);
    for (const tab of tabs) tab.say({type: 'bye'});
    await settle();
    expect(browser.project.count('touch')).to.equal(2);
    const quiet = new FakeBrowser();
    (await quiet.tab()).client.setAttention({lastActive: quiet.clock.now() + 1});
    await quiet.clock.pass(1_000);
    expect(quiet.project.count('touch')).to.equal(0);
  });
});
