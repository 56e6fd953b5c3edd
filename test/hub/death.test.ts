// A hub may die at any moment, and take nothing with it.
import {expect} from '@open-wc/testing';
import type {ChatHandle} from '../../src/client/chat-handle.js';
import {TrunkError} from '../../src/wire/error.js';
import {FakeBrowser, type FakeTab} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';
import {fakeTimers} from '../support/fake-timers.js';
import {until} from '../support/until.js';

const bodies = (chat: ChatHandle) => chat.messages.current.map(({body}) => body);
const stored = (project: FakeProject) => project.chats.get('lobby')?.messages.map(({body}) => body) ?? [];
const lobby = ({client}: FakeTab) => client.chat('lobby', {make: true});

describe('When the hub dies', () => {
  it('every tab’s handles are opened at the next one, and only what was missed is told', async () => {
    const browser = new FakeBrowser();
    const tabs = [await browser.tab(), await browser.tab()];
    const chats = tabs.map(lobby);
    const present = tabs[0]?.client.presence();
    await settle();
    for (const n of ['1', '2']) browser.project.write('lobby', n);
    await settle();
    browser.killNow();
    browser.project.write('lobby', '3');
    await settle();
    await browser.clock.pass(20);
    expect(chats.map(bodies)).to.deep.equal([
      ['1', '2', '3'],
      ['1', '2', '3'],
    ]);
    const opened = tabs[0]?.frames.flat().filter(each => each.type === 'chat' && each.event.kind === 'opened') ?? [];
    expect(opened.at(-1)).to.deep.nested.include({'event.reset': false, 'event.messages.length': 1});
    expect([...(present?.people.current.keys() ?? [])]).to.deep.equal(['ada']);
    expect(browser.project.sockets.size).to.equal(1);
    expect(browser.hubsStarted).to.equal(2);
  });

  it('nobody is known as present for longer than 30 s when the next one finds no line', async () => {
    const browser = new FakeBrowser();
    const present = (await browser.tab()).client.presence();
    await settle();
    await browser.clock.pass(1_000);
    browser.project.faults.refuseSockets = true;
    await browser.killHub();
    await browser.clock.pass(25_000);
    expect([...present.current.keys()]).to.deep.equal(['ada']);
    await browser.clock.pass(10_000);
    expect(present.isKnown).to.equal(false);
    expect(present.current.size).to.equal(0);
    browser.project.faults.refuseSockets = false;
    await browser.clock.pass(60_000);
    expect([...present.current.keys()]).to.deep.equal(['ada']);
    expect(present.isKnown).to.equal(true);
  });

  it('and no other can be started, nobody is known as present or writing, no topic as joined, and the status says why', async () => {
    const browser = new FakeBrowser();
    browser.project.addChat('lobby');
    const {client} = await browser.tab();
    const chat = client.chat('lobby');
    const present = client.presence();
    const topic = client.channel('room');
    await until(() => topic.status.current.state === 'joined');
    const restore = fakeTimers(browser.clock);
    try {
      chat.typists.subscribe(() => {});
      await settle();
      browser.project.send('chat:id-of-lobby:live', 'typing', {userId: 'grace', typing: true});
      const follow = () => ({
        here: present.person('ada').current?.status,
        isKnown: present.isKnown,
        typing: chat.typists.current,
        room: topic.status.current.state,
      });
      await settle();
      expect(follow()).to.deep.equal({here: 'online', isKnown: true, typing: ['grace'], room: 'joined'});
      browser.refuseHosts = true;
      await browser.killHub();
      expect(follow()).to.deep.equal({here: undefined, isKnown: false, typing: [], room: 'joining'});
      expect(present.current.size).to.equal(0);
      expect(client.status.current).to.deep.include({
        state: 'error',
        reason: 'worker-failed',
        detail: 'no worker here',
      });
      browser.refuseHosts = false;
      await browser.clock.pass(6_000);
      expect(follow()).to.deep.equal({here: 'online', isKnown: true, typing: [], room: 'joined'});
      expect(client.status.current.state).to.equal('connected');
      client.close();
      expect(present.isKnown).to.equal(false);
    } finally {
      restore();
    }
  });

  it('calls without an answer are asked again in the old order', async () => {
    const browser = new FakeBrowser();
    const chat = lobby(await browser.tab());
    await settle();
    const sends = Promise.all(['1', '2', '3'].map(n => chat.send(n)));
    browser.killNow();
    await settle();
    await sends;
    await settle();
    expect(stored(browser.project)).to.deep.equal(['1', '2', '3']);
    expect(bodies(chat)).to.deep.equal(['1', '2', '3']);
  });

  it('nothing that was released comes back', async () => {
    const browser = new FakeBrowser();
    const tab = await browser.tab();
    const chat = lobby(tab);
    await settle();
    browser.killNow();
    chat.release();
    browser.project.log.length = 0;
    await settle();
    expect(browser.project.count('open')).to.equal(0);
    expect(tab.client.status.current.state).to.equal('connected');
  });

  it('a message that failed says so again at the next hub', async () => {
    const browser = new FakeBrowser();
    const chat = lobby(await browser.tab());
    await settle();
    browser.project.faults.refuseBodies.set('bad', new TrunkError('forbidden', 'not here'));
    await chat.send('bad');
    await settle();
    await browser.killHub();
    expect(chat.messages.current.map(({body, status}) => `${body} ${status}`)).to.deep.equal(['bad failed']);
    const [failed] = chat.messages.current;
    await chat.discard(failed?.id ?? '');
    await settle();
    expect(chat.messages.current).to.deep.equal([]);
  });

  it('behind the same ports, silently, the next one is told all the same', async () => {
    const browser = new FakeBrowser();
    const tabs = [await browser.tab(), await browser.tab()];
    const chats = tabs.map(lobby);
    await settle();
    browser.project.write('lobby', '1');
    await browser.restartHub();
    await browser.clock.pass(20);
    browser.project.write('lobby', '2');
    await Promise.all(chats.map((chat, n) => chat.send(`from ${n}`)));
    await settle();
    const wanted = stored(browser.project);
    expect(wanted).to.have.length(4);
    expect(chats.map(bodies)).to.deep.equal([wanted, wanted]);
    expect(browser.project.sockets.size).to.equal(1);
  });

  it('at any step of a send, nothing is lost, doubled or out of order', async () => {
    const wanted = ['1', '2', '3', '4'];
    /** Sends the four with the hub dying at these steps; answers how many steps there were. */
    const run = async (...deaths: number[]) => {
      const browser = new FakeBrowser();
      const tabs = [await browser.tab(), await browser.tab()];
      const [chat, other] = tabs.map(lobby) as [ChatHandle, ChatHandle];
      await settle();
      let steps = 0;
      browser.onStep = () => {
        if (deaths.includes(++steps)) browser.killNow();
      };
      const seen: string[] = [];
      const stop = other.messages.subscribe(messages => seen.push(messages.map(({id}) => id).join()));
      await chat.send('1');
      const two = chat.send('2');
      await settle();
      await Promise.all([two, chat.send('3'), chat.send('4')]);
      await browser.clock.pass(60_000);
      browser.onStep = () => {};
      stop();
      const at = `deaths at ${deaths.join(', ')}`;
      expect(stored(browser.project), at).to.deep.equal(wanted);
      expect(bodies(chat), at).to.deep.equal(wanted);
      expect(bodies(other), at).to.deep.equal(wanted);
      expect(
        chat.messages.current.every(({status}) => status === 'sent'),
        at,
      ).to.equal(true);
      expect(await browser.store.entriesOf('https://project.example anonymous Ada'), at).to.deep.equal([]);
      // No tab ever saw a message twice.
      for (const ids of seen.map(list => list.split(','))) expect(new Set(ids).size, at).to.equal(ids.length);
      return steps;
    };
    const steps = await run();
    expect(steps).to.be.greaterThan(10);
    for (let death = 1; death <= steps; death++) await run(death);
    for (let death = 1; death <= steps; death += 2) await run(death, death + 3, death + 9);
  });
});

describe('When a tab', () => {
  it('is put into the back/forward cache, it holds nothing, and has all again when it is back', async () => {
    const browser = new FakeBrowser();
    const tab = await browser.tab();
    const chat = lobby(tab);
    await settle();
    tab.client.suspend();
    const sent = chat.send('written while away');
    await browser.clock.pass(1_000);
    expect(browser.locks.names().filter(name => name.startsWith('trunk:tab:'))).to.deep.equal([]);
    browser.project.write('lobby', 'missed');
    tab.client.resume();
    await settle();
    await sent;
    await settle();
    expect(bodies(chat)).to.deep.equal(['missed', 'written while away']);
    expect(browser.hubsStarted).to.equal(1);
    expect(browser.locks.names().filter(name => name.startsWith('trunk:tab:'))).to.have.length(1);
  });

  it('is suspended and restored in one breath, it has one session and one lock', async () => {
    const browser = new FakeBrowser();
    const tab = await browser.tab();
    lobby(tab);
    for (let n = 0; n < 4; n++) {
      tab.client.suspend();
      tab.client.resume();
      if (n % 2) await Promise.resolve();
    }
    await settle();
    expect(browser.locks.names().filter(name => name.startsWith('trunk:tab:'))).to.have.length(1);
    expect(tab.client.status.current.state).to.equal('connected');
    tab.client.close();
    await browser.clock.pass(60_000);
    expect(browser.project.sockets.size).to.equal(0);
    expect(browser.locks.names().filter(name => name.startsWith('trunk:tab:'))).to.deep.equal([]);
  });

  it('crashes in mid-send, what was accepted is sent and its channels are freed', async () => {
    const browser = new FakeBrowser();
    const [first, second] = [await browser.tab(), await browser.tab()];
    const [chat, other] = [lobby(first), lobby(second)];
    await settle();
    browser.project.hold();
    void chat.send('last words').catch(() => {});
    await settle();
    await first.crash();
    browser.project.release();
    await settle();
    expect(bodies(other)).to.deep.equal(['last words']);
    other.release();
    await browser.clock.pass(6_000);
    expect(browser.project.members.size).to.equal(0);
  });

  it('closes its client, what it accepted is still sent and what waits for an answer is rejected', async () => {
    const browser = new FakeBrowser();
    const [first, second] = [await browser.tab(), await browser.tab()];
    const [chat, other] = [lobby(first), lobby(second)];
    await settle();
    const send = chat.send('bye').catch((error: TrunkError) => error.code);
    first.client.close();
    expect(await send).to.equal('closed');
    await settle();
    expect(bodies(other)).to.deep.equal(['bye']);
    expect(first.client.status.current).to.include({state: 'error', reason: 'closed'});
  });
});
