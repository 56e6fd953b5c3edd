import {expect} from '@open-wc/testing';
import {HubClient} from '../../src/client/hub-client.js';
import {TrunkError} from '../../src/wire/error.js';
import type {HubConfig} from '../../src/wire/protocol.js';
import {FakeBrowser} from '../support/fake-browser.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {fakeTimers} from '../support/fake-timers.js';

const code = (error: TrunkError) => error.code;

describe('HubClient', () => {
  it('tells the status, who this is and who the others are', async () => {
    const browser = new FakeBrowser();
    browser.project.addChat('lobby');
    browser.project.people.set('grace', {userId: 'grace', name: 'Grace', avatarUrl: null});
    const {client} = await browser.tab();
    expect(client.status.current).to.include({
      state: 'connected',
      host: 'shared-worker',
      queued: 0,
      storage: 'durable',
    });
    expect(client.me.current).to.deep.equal({userId: 'ada', name: 'Ada', avatarUrl: null});
    client.chat('lobby');
    await settle();
    browser.project.write('lobby', 'hi', 'grace');
    await browser.clock.pass(100);
    expect(client.people.current.get('grace')?.name).to.equal('Grace');
  });

  it('opens one chat for many handles of a tab', async () => {
    const browser = new FakeBrowser();
    const {client} = await browser.tab();
    const [first, second] = [client.chat('lobby', {make: true}), client.chat('lobby')];
    await settle();
    expect(browser.project.count('open')).to.equal(1);
    first.release();
    first.release();
    await browser.clock.pass(10_000);
    browser.project.write('lobby', 'still here');
    await settle();
    expect(second.messages.current).to.have.length(1);
    expect(first.messages.current).to.have.length(0);
  });

  it('counts in the status what waits to be sent, down to nothing', async () => {
    const browser = new FakeBrowser();
    const {client} = await browser.tab();
    const chat = client.chat('lobby', {make: true});
    await settle();
    // The answer is lost, the echo is not: it is the echo that settles the message.
    browser.project.faults.loseAnswers = 1;
    browser.project.hold();
    await chat.send('hi');
    await settle();
    expect(client.status.current.queued).to.equal(1);
    browser.project.release();
    await settle();
    expect(client.status.current.queued).to.equal(0);
  });

  it('shows who is present, and is present itself', async () => {
    const browser = new FakeBrowser();
    const [one, two] = [await browser.tab(), await browser.tab()];
    const here = one.client.presence();
    expect(here.isKnown).to.equal(false);
    await settle();
    expect(here.isKnown).to.equal(true);
    expect([...here.current.keys()]).to.deep.equal(['ada']);
    two.client.setCurrentChat('c');
    two.client.setAttention({lastActive: browser.clock.now() + 1});
    await browser.clock.pass(2_000);
    expect(here.current.get('ada')?.currentChatId).to.equal('c');
    here.release();
    await browser.clock.pass(3_000);
    expect(browser.project.count('untrack')).to.equal(1);
  });

  it('has the socket tried when the page comes back from the cache', async () => {
    const browser = new FakeBrowser();
    const {client} = await browser.tab();
    await browser.clock.pass(1_000);
    const pings = browser.project.count('ping');
    client.suspend();
    client.resume();
    await settle();
    expect(browser.project.count('ping')).to.equal(pings + 1);
  });

  it('has the latency measured oftener while somebody looks', async () => {
    const browser = new FakeBrowser();
    const {client} = await browser.tab();
    await browser.clock.pass(0);
    const stops = [client.watchLatency(), client.watchLatency()];
    await browser.clock.pass(10_000);
    expect(browser.project.count('ping')).to.equal(5);
    stops[0]?.();
    await browser.clock.pass(10_000);
    expect(browser.project.count('ping')).to.equal(7);
    stops[1]?.();
    await browser.clock.pass(60_000);
    expect(browser.project.count('ping')).to.be.at.most(8);
    expect(client.status.current.latencyMs).to.equal(7);
  });

  it('edits and removes, and passes on why not', async () => {
    const browser = new FakeBrowser();
    const {client} = await browser.tab();
    const chat = client.chat('lobby', {make: true});
    await settle();
    const id = await chat.send('frist');
    await settle();
    await chat.edit(id, 'first');
    await settle();
    expect(chat.messages.current[0]?.body).to.equal('first');
    await chat.remove(id);
    await settle();
    expect(chat.messages.current[0]).to.include({body: '', status: 'sent'});
    expect(await chat.edit('not there', 'x').catch(code)).to.equal('rejected');
    browser.project.faults.request = new TrunkError('unreachable', 'no network');
    expect(await chat.remove(id).catch(code)).to.equal('unreachable');
  });

  it('reads back to the beginning', async () => {
    const browser = new FakeBrowser();
    browser.project.addChat('lobby');
    for (let n = 1; n <= 130; n++) browser.project.write('lobby', String(n));
    const chat = (await browser.tab()).client.chat('lobby');
    await settle();
    for (const length of [100, 130, 130]) {
      await chat.loadOlder();
      expect(chat.messages.current).to.have.length(length);
    }
    expect(chat.messages.current.map(({body}) => Number(body))).to.deep.equal(
      Array.from({length: 130}, (_, n) => n + 1),
    );
  });

  describe('that can’t start', () => {
    const clock = new FakeClock();
    let restore = () => {};
    beforeEach(() => (restore = fakeTimers(clock)));
    afterEach(() => restore());

    function failing(identify: () => Promise<{config: HubConfig; token: string | null}>) {
      return new HubClient({
        hosts: [],
        locks: null,
        uuid: () => 'id',
        now: () => clock.now(),
        openHost: () => Promise.reject(new Error('never opened')),
        identify,
      });
    }

    it('says that its options are wrong, and tries no more', async () => {
      let asked = 0;
      const client = failing(() => (asked++, Promise.reject(new TrunkError('no-config', 'Set "url".'))));
      await clock.pass(60_000);
      expect(client.status.current).to.include({state: 'error', reason: 'no-config', detail: 'Set "url".'});
      expect(client.problem.current?.code).to.equal('no-config');
      expect(asked).to.equal(1);
    });

    it('asks again who is signed in when the page could not say', async () => {
      let asked = 0;
      const client = failing(() => (asked++, Promise.reject(new TrunkError('sign-in-failed', 'not yet'))));
      await clock.pass(11_000);
      expect(client.status.current).to.include({state: 'error', reason: 'sign-in-failed'});
      expect(asked).to.equal(3);
      client.close();
      await clock.pass(60_000);
      expect(asked).to.equal(3);
    });

    it('says that there is no place for a hub', async () => {
      const client = failing(async () => ({config: new FakeBrowser().config, token: null}));
      await settle();
      expect(client.status.current).to.include({state: 'error', reason: 'worker-failed'});
    });
  });

  it('is over once closed: nothing more is asked, all that waits is rejected', async () => {
    const browser = new FakeBrowser();
    const {client} = await browser.tab();
    const chat = client.chat('lobby', {make: true});
    await settle();
    browser.project.hold();
    const waits = chat.edit('m', 'x').catch(code);
    client.close();
    client.close();
    expect(await waits).to.equal('closed');
    expect(await chat.remove('m').catch(code)).to.equal('closed');
    expect(() => client.chat('lobby')).to.throw(TrunkError, /closed/);
    expect(() => client.presence()).to.throw(TrunkError, /closed/);
    chat.release();
    browser.project.release();
    await settle();
    expect(client.status.current).to.include({state: 'error', reason: 'closed'});
  });

  it('answers a listener of each source at once', async () => {
    const {client} = await new FakeBrowser().tab();
    const heard: unknown[] = [];
    for (const source of [client.status, client.me, client.people, client.problem]) {
      source.subscribe((value: unknown) => heard.push(value))();
    }
    expect(heard).to.have.length(4);
  });
});
