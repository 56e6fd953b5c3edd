// A proxy on the way lets no WebSocket through, and requests work: messages go out and come in all the same.
import {expect} from '@open-wc/testing';
import {TrunkError} from '../../src/wire/error.js';
import {FakeBrowser, type FakeTab} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';
import {ALMOST_ONE, connected, connectionWorld} from './connection-world.js';

const unreachable = new TrunkError('unreachable', 'no network');
const lobby = ({client}: FakeTab) => client.chat('lobby', {make: true});
const shown = (chat: ReturnType<typeof lobby>) => chat.messages.current.map(({body, status}) => `${body} ${status}`);
const stored = ({project}: FakeBrowser) => project.chats.get('lobby')?.messages.map(({body}) => body);

/** A browser behind a proxy that refuses sockets, or never answers them, with a tab that looks at a chat. */
async function blocked(how: 'refuseSockets' | 'stallSockets' = 'refuseSockets') {
  const browser = new FakeBrowser();
  browser.project.faults[how] = true;
  const tab = await browser.tab();
  const chat = lobby(tab);
  await browser.clock.pass(4_000);
  return {browser, clock: browser.clock, project: browser.project, tab, chat, status: () => tab.client.status.current};
}

describe('Without a socket, where requests work', () => {
  for (const how of ['refuseSockets', 'stallSockets'] as const) {
    it(`sends, in order and once, and shows it as sent (${how})`, async () => {
      const {browser, chat, clock} = await blocked(how);
      for (const body of ['1', '2', '3']) await chat.send(body);
      await clock.pass(1_000);
      expect(shown(chat)).to.deep.equal(['1 sent', '2 sent', '3 sent']);
      await clock.pass(120_000);
      expect(stored(browser)).to.deep.equal(['1', '2', '3']);
      expect(shown(chat)).to.deep.equal(['1 sent', '2 sent', '3 sent']);
    });
  }

  it('says that live updates are down, and never that it is connected', async () => {
    const {clock, status} = await blocked();
    expect(status()).to.include({state: 'disconnected', reason: 'no-socket'});
    expect(status().detail).to.contain('WebSocket');
    await clock.pass(120_000);
    expect(status()).to.include({state: 'disconnected', reason: 'no-socket'});
  });

  it('opens chats, loads history, edits and deletes', async () => {
    const {browser, project, chat} = await blocked();
    for (let n = 1; n <= 80; n++) project.write('lobby', `m${n}`, 'ada');
    await chat.send('own');
    await settle();
    const other = lobby(await browser.tab());
    await settle();
    await other.loadOlder();
    expect(other.messages.current).to.have.length(81);
    await chat.edit(chat.messages.current.at(-1)?.id ?? '', 'changed');
    await other.remove(other.messages.current[0]?.id ?? '');
    await settle();
    expect(chat.messages.current.at(-1)?.body).to.equal('changed');
    expect(project.chats.get('lobby')?.messages[0]?.deletedAt).not.to.equal(null);
  });

  it('shows what others write within ten seconds while a tab is seen, by one question for all chats', async () => {
    const {project, chat, clock, tab} = await blocked();
    tab.client.chat('second', {make: true});
    tab.client.setAttention({visible: true});
    await clock.pass(30_000);
    const before = project.count('chat_tips');
    project.write('lobby', 'hello');
    await clock.pass(10_000);
    expect(shown(chat)).to.deep.equal(['hello sent']);
    expect(project.count('chat_tips') - before).to.equal(1);
    expect(project.log.filter(line => line.startsWith('chat_tips')).at(-1)).to.equal('chat_tips 2');
  });

  it('ends an absence once: what comes in by requests is not missed when the socket is back', async () => {
    const browser = new FakeBrowser();
    const chat = lobby(await browser.tab());
    await settle();
    const {project, clock} = browser;
    const told: string[] = [];
    chat.continuity.subscribe(notice => notice && told.push(`${notice.what} ${notice.count}`));
    project.faults.refuseSockets = true;
    project.cut();
    for (let n = 1; n <= 3; n++) project.write('lobby', `missed ${n}`);
    await clock.pass(10_000);
    expect(told).to.deep.equal(['caught-up 3']);
    project.write('lobby', 'by requests');
    await clock.pass(10_000);
    project.faults.refuseSockets = false;
    await clock.pass(60_000);
    project.write('lobby', 'live');
    await settle();
    expect(shown(chat)).to.have.length(5);
    expect(told).to.deep.equal(['caught-up 3']);
  });

  it('begins another absence when requests fail, too', async () => {
    const {project, chat, clock} = await blocked();
    const told: string[] = [];
    chat.continuity.subscribe(notice => notice && told.push(`${notice.what} ${notice.count}`));
    project.faults.request = unreachable;
    await clock.pass(60_000);
    project.write('lobby', 'missed');
    project.faults.request = null;
    await clock.pass(60_000);
    expect(told).to.deep.equal(['caught-up 1']);
    expect(shown(chat)).to.deep.equal(['missed sent']);
  });

  it('fills the gap before an own message at once: no event will', async () => {
    const {project, chat} = await blocked();
    project.write('lobby', 'before');
    await chat.send('own');
    await settle();
    expect(shown(chat)).to.deep.equal(['before sent', 'own sent']);
  });

  it('goes on over the socket once one opens, and sends nothing twice', async () => {
    const {browser, project, chat, clock, status} = await blocked();
    await chat.send('1');
    project.hold();
    await chat.send('2');
    await settle();
    project.faults.refuseSockets = false;
    await clock.pass(30_000);
    project.release();
    await clock.pass(1_000);
    expect(status()).to.include({state: 'connected', reason: 'open'});
    project.write('lobby', 'live');
    await settle();
    expect(shown(chat)).to.deep.equal(['1 sent', '2 sent', 'live sent']);
    expect(stored(browser)).to.deep.equal(['1', '2', 'live']);
    expect(project.sockets.size).to.equal(1);
  });

  it('asks a dead project for nothing but a sign of life, no more often than for a socket', async () => {
    const {browser, project, chat, clock, tab} = await blocked();
    await chat.send('1');
    await settle();
    project.faults.request = unreachable;
    await clock.pass(60_000);
    for (const body of ['2', '3']) await chat.send(body);
    await tab.client.chat('second', {make: true}).release();
    await clock.pass(60_000);
    project.log.length = 0;
    await clock.pass(600_000);
    const requests = project.log.filter(line => !/^(socket|close|sign in)/.test(line));
    expect(new Set(requests)).to.deep.equal(new Set(['probe']));
    expect(requests.length).to.be.at.most(project.count('socket'));
    expect(shown(chat)).to.deep.equal(['1 sent', '2 queued', '3 queued']);
    project.faults.request = null;
    await clock.pass(60_000);
    expect(stored(browser)).to.deep.equal(['1', '2', '3']);
  });

  it('counts no attempt while nothing answers, however long', async () => {
    const {browser, project, chat, clock} = await blocked();
    project.faults.request = unreachable;
    await chat.send('1');
    await clock.pass(3_600_000);
    const [entry] = await browser.store.entriesOf('https://project.example anonymous Ada');
    expect(entry).to.include({status: 'queued', attempts: 0});
  });

  it('is asked nothing at all after a cut while the project is down', async () => {
    const browser = new FakeBrowser();
    const chat = lobby(await browser.tab());
    await settle();
    const {project, clock} = browser;
    project.faults.refuseSockets = true;
    project.faults.request = unreachable;
    project.log.length = 0;
    project.cut();
    for (let n = 1; n <= 20; n++) await chat.send(String(n));
    await clock.pass(120_000);
    expect(project.log.filter(line => !/^(socket|close|probe)/.test(line))).to.deep.equal([]);
    expect(project.count('probe')).to.be.at.most(project.count('socket'));
  });
});

describe('Connection, asked what gets through', () => {
  it('tells the socket, its loss, requests alone, and the socket again', async () => {
    const world = await connected({random: ALMOST_ONE});
    world.project.faults.refuseSockets = true;
    world.project.cut();
    await world.clock.pass(10_000);
    world.project.faults.refuseSockets = false;
    await world.clock.pass(30_000);
    expect(world.reaches).to.deep.equal(['live', 'none', 'requests', 'live']);
  });

  it('does not wait for a socket that is held up on the way', async () => {
    const world = connectionWorld();
    world.project.faults.stallSockets = true;
    world.connection.start();
    await world.clock.pass(2_999);
    expect(world.reaches).to.deep.equal([]);
    await world.clock.pass(1);
    expect(world.reaches).to.deep.equal(['requests']);
  });

  it('takes the browser’s word that there is no network, until a request gets through', async () => {
    const world = connectionWorld({random: ALMOST_ONE});
    world.project.faults.refuseSockets = true;
    world.connection.start();
    await world.clock.pass(0);
    world.connection.poke('offline');
    expect(world.reaches).to.deep.equal(['requests', 'none']);
    await world.clock.pass(0);
    expect(world.connection.status.reason).to.equal('offline');
    await world.clock.pass(5_000);
    expect(world.reaches.at(-1)).to.equal('requests');
    expect(world.connection.status.reason).to.equal('no-socket');
  });

  it('says none when nobody needs it, or the key is refused', async () => {
    for (const end of ['rest', 'refuse'] as const) {
      const world = connectionWorld();
      world.project.faults.refuseSockets = true;
      world.connection.start();
      await world.clock.pass(0);
      expect(world.connection.reach).to.equal('requests');
      if (end === 'rest') world.connection.rest();
      else world.project.faults.refuseKey = true;
      await world.clock.pass(30_000);
      expect(world.reaches, end).to.deep.equal(['requests', 'none']);
    }
  });

  it('has one look under way at most', async () => {
    const world = connectionWorld();
    world.project.faults.refuseSockets = true;
    world.connection.start();
    await world.clock.pass(0);
    let looks = 0;
    world.transport.probe = () => (looks++, new Promise(() => {}));
    await world.clock.pass(120_000);
    expect(world.tries.length).to.be.above(3);
    expect(looks).to.equal(1);
  });
});
