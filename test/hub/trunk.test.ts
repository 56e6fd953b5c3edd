import {expect} from '@open-wc/testing';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {TrunkError} from '../../src/wire/error.js';
import {FakeBrowser} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

const lobbyOf = async (browser: FakeBrowser) => {
  const tab = await browser.tab();
  const chat = tab.client.chat('lobby', {make: true});
  await settle();
  return {tab, chat, bodies: () => chat.messages.current.map(({body}) => body)};
};

describe('Trunk', () => {
  it('finds a last event that was lost, every 30 s while a tab is seen, every 5 min while none is', async () => {
    const browser = new FakeBrowser();
    const {tab, bodies} = await lobbyOf(browser);
    const lose = (body: string) => {
      browser.project.faults.loseRevisions.add((browser.project.chats.get('lobby')?.lastRev ?? 0) + 1);
      browser.project.write('lobby', body);
    };
    lose('1');
    await browser.clock.pass(30_000);
    expect(bodies()).to.deep.equal(['1']);
    tab.client.setAttention({visible: false});
    await settle();
    lose('2');
    const before = browser.project.count('chat_tips');
    await browser.clock.pass(299_000);
    expect(browser.project.count('chat_tips')).to.equal(before);
    await browser.clock.pass(1_000);
    expect(bodies()).to.deep.equal(['1', '2']);
    tab.client.setAttention({visible: true});
    await settle();
    lose('3');
    await browser.clock.pass(30_000);
    expect(bodies()).to.deep.equal(['1', '2', '3']);
  });

  it('looks for it at once when somebody comes back', async () => {
    const browser = new FakeBrowser();
    const {tab, bodies} = await lobbyOf(browser);
    browser.project.faults.loseRevisions.add(1);
    browser.project.write('lobby', '1');
    tab.say({type: 'poke', why: 'offline'});
    await settle();
    expect(bodies()).to.deep.equal([]);
    tab.say({type: 'poke', why: 'visible'});
    await settle();
    expect(bodies()).to.deep.equal(['1']);
  });

  it('looks once a second at most, however many tabs come back at once', async () => {
    const browser = new FakeBrowser();
    const {tab, bodies} = await lobbyOf(browser);
    await browser.clock.pass(2_000);
    browser.project.log.length = 0;
    browser.project.faults.loseRevisions.add(1);
    for (let n = 0; n < 20; n++) tab.say({type: 'poke', why: 'visible'});
    await settle();
    expect(browser.project.count('chat_tips')).to.equal(1);
    browser.project.write('lobby', '1');
    await browser.clock.pass(1_000);
    expect(browser.project.count('chat_tips')).to.equal(2);
    expect(bodies()).to.deep.equal(['1']);
  });

  it('asks for the tips of all open chats at once, and for none when none is open', async () => {
    const browser = new FakeBrowser();
    const tab = await browser.tab();
    await browser.clock.pass(60_000);
    expect(browser.project.count('chat_tips')).to.equal(0);
    for (const name of ['a', 'b', 'c']) tab.client.chat(name, {make: true});
    await browser.clock.pass(30_000);
    expect(browser.project.log.filter(line => line.startsWith('chat_tips'))).to.deep.equal(['chat_tips 3']);
  });

  it('asks for a hundred tips at a time, and finds what is lost in the second hundred too', async () => {
    const browser = new FakeBrowser();
    const names = Array.from({length: 150}, (_, n) => `c${n}`);
    for (const name of names) browser.project.addChat(name);
    const {client} = await browser.tab();
    const chats = names.map(name => client.chat(name));
    await browser.clock.pass(20_000);
    browser.project.faults.loseRevisions.add(1);
    const lost = [3, 99, 100, 149];
    for (const n of lost) browser.project.write(`c${n}`, 'lost');
    browser.project.log.length = 0;
    await browser.clock.pass(31_000);
    expect(lost.map(n => chats[n]?.messages.current[0]?.body)).to.deep.equal(lost.map(() => 'lost'));
    const asked = browser.project.log.filter(line => line.startsWith('chat_tips'));
    expect(asked.slice(0, 2)).to.deep.equal(['chat_tips 100', 'chat_tips 50']);
  });

  it('keeps a chat for 3 s after its last handle', async () => {
    const browser = new FakeBrowser();
    const {tab, chat} = await lobbyOf(browser);
    chat.release();
    await browser.clock.pass(2_000);
    const again = tab.client.chat('lobby');
    await browser.clock.pass(10_000);
    expect(browser.project.count('open')).to.equal(1);
    again.release();
    await browser.clock.pass(3_000);
    tab.client.chat('lobby');
    await settle();
    expect(browser.project.count('open')).to.equal(2);
  });

  it('gives every new token to the socket, and every join a token that lives', async () => {
    const browser = new FakeBrowser({tokenLifeMs: 600_000});
    await lobbyOf(browser);
    await browser.clock.pass(540_000);
    expect(browser.project.log).to.include('token token-2');
    const first = browser.project.log.findIndex(line => line.startsWith('join'));
    expect(browser.project.log.indexOf('socket token-1')).to.be.lessThan(first);
  });

  it('fetches a fresh token when the server throws a channel out for the old one', async () => {
    const browser = new FakeBrowser();
    const {chat, bodies} = await lobbyOf(browser);
    void chat;
    const topic = [...browser.project.members][0]?.topic ?? '';
    await browser.clock.pass(2_000);
    for (const socket of browser.project.sockets) socket.expel(topic, 'Token has expired 1 seconds ago');
    await browser.clock.pass(2_000);
    expect(browser.project.log).to.include('token token-2');
    browser.project.write('lobby', 'heard');
    await settle();
    expect(bodies()).to.deep.equal(['heard']);
  });

  it('says once that a limit of the project closes its channels, comes back half a minute later and finds what it missed', async () => {
    const browser = new FakeBrowser();
    const {tab, bodies} = await lobbyOf(browser);
    tab.client.presence();
    await settle();
    const topics = [...browser.project.members].map(({topic}) => topic);
    expect(topics).to.have.length.greaterThan(1);
    const [socket] = browser.project.sockets;
    const before = browser.project.count('join');
    for (const topic of topics) socket?.expel(topic, 'Too many messages per second');
    browser.project.write('lobby', 'missed');
    await browser.clock.pass(29_000);
    expect(tab.problems.map(({code}) => code)).to.deep.equal(['rate-limited']);
    expect(tab.problems[0]?.message).to.contain('Too many messages per second').and.to.contain('Realtime settings');
    expect(browser.project.count('join'), 'joins within its window').to.equal(before);
    await browser.clock.pass(10_000);
    expect(browser.project.count('join')).to.equal(before + topics.length);
    expect(bodies()).to.deep.equal(['missed']);
    for (const topic of topics) socket?.expel(topic, 'Too many messages per second');
    await settle();
    expect(tab.problems, 'the next time').to.have.length(2);
  });

  it('says once that the policies let nobody see who is here, and sees it when they do', async () => {
    const browser = new FakeBrowser();
    const topic = 'presence:global';
    browser.project.faults.refuseTopics.set(
      topic,
      `Unauthorized: You do not have permissions to read from this Channel topic: ${topic}`,
    );
    const tab = await browser.tab();
    const present = tab.client.presence();
    await browser.clock.pass(90_000);
    expect(tab.problems.map(({code}) => code)).to.deep.equal(['forbidden']);
    expect(tab.problems[0]?.message).to.contain(topic).and.to.contain('migrations');
    browser.project.faults.refuseTopics.clear();
    await browser.clock.pass(60_000);
    expect(present.isKnown).to.equal(true);
  });

  it('keeps the person’s profile as the page says it, once', async () => {
    const project = new FakeProject();
    const browser = new FakeBrowser({project});
    await browser.tab();
    await browser.tab();
    expect(project.people.get('ada')?.name).to.equal('Ada');
    expect(project.count('save profile')).to.equal(1);
    const again = new FakeBrowser({project});
    await again.tab();
    expect(project.count('save profile')).to.equal(1);
  });

  it('saves the profile with the next connection when it could not be saved', async () => {
    const browser = new FakeBrowser();
    const {project} = browser;
    const save = project.people.set;
    project.people.set = () => {
      throw new TrunkError('unreachable', 'just now');
    };
    const tab = await browser.tab();
    expect(tab.problems.map(({code}) => code)).to.deep.equal(['unreachable']);
    project.people.set = save;
    project.cut();
    await browser.clock.pass(1_000);
    expect(project.people.get('ada')?.name).to.equal('Ada');
  });

  it('goes on when signing in works again after it had failed without a connection', async () => {
    const browser = new FakeBrowser({tokenLifeMs: 100_000});
    const {tab} = await lobbyOf(browser);
    browser.project.faults.refuseSockets = true;
    browser.project.faults.request = new TrunkError('sign-in-failed', 'just now');
    browser.project.cut();
    await browser.clock.pass(120_000);
    expect(tab.client.status.current).to.include({state: 'error', reason: 'sign-in-failed'});
    browser.project.faults.refuseSockets = false;
    browser.project.faults.request = null;
    await browser.clock.pass(6_000);
    expect(tab.client.status.current.state).to.equal('connected');
  });

  it('works in a browser that refuses locks', async () => {
    const browser = new FakeBrowser();
    browser.locks.refuse = true;
    const {chat, bodies} = await lobbyOf(browser);
    await chat.send('without a lock');
    await settle();
    expect(bodies()).to.deep.equal(['without a lock']);
    expect(browser.project.chats.get('lobby')?.messages).to.have.length(1);
  });

  it('starts over in every tab when signing in brings another account', async () => {
    const browser = new FakeBrowser({tokenLifeMs: 600_000});
    const {project} = browser;
    const {tab, chat, bodies} = await lobbyOf(browser);
    const other = await browser.tab();
    const present = other.client.presence();
    await chat.send('of the old database');
    await settle();
    expect([...present.people.current.keys()]).to.deep.equal(['ada']);

    // The project was set up anew: no account, no message is left, and the room has another id.
    project.chats.clear();
    project.addChat('lobby').chat.id = 'another-id';
    project.chats.set('another-id', project.chats.get('lobby') as never);
    project.faults.account = 'ada-the-second';
    await browser.clock.pass(600_000);
    expect(tab.client.me.current?.userId).to.equal('ada-the-second');
    expect(other.client.me.current?.userId).to.equal('ada-the-second');
    expect(bodies()).to.deep.equal([]);
    expect([...present.people.current.keys()]).to.deep.equal(['ada-the-second']);
    expect(project.sockets.size).to.equal(1);

    await chat.send('of the new one');
    await settle();
    expect(bodies()).to.deep.equal(['of the new one']);
  });

  it('says that it can’t read what still waited to be sent', async () => {
    const store = new MemoryStore(true);
    store.entriesOf = () => Promise.reject(new Error('broken disk'));
    const browser = new FakeBrowser({store});
    const {tab, chat, bodies} = await lobbyOf(browser);
    expect(tab.problems.map(({code}) => code)).to.include('storage-refused');
    await chat.send('all the same');
    await settle();
    expect(bodies()).to.deep.equal(['all the same']);
  });

  it('remembers its chats at once when the last tab goes', async () => {
    const store = new MemoryStore(true);
    let kept = 0;
    const putChat = store.putChat.bind(store);
    store.putChat = (...given) => (kept++, putChat(...given));
    const browser = new FakeBrowser({store});
    const {tab} = await lobbyOf(browser);
    expect(kept).to.equal(0);
    tab.client.close();
    await settle();
    expect(kept).to.equal(1);
  });

  it('rejoins and catches up after an outage, without a word to anybody if it was short', async () => {
    const browser = new FakeBrowser();
    const {tab, bodies} = await lobbyOf(browser);
    const states: string[] = [];
    tab.client.status.subscribe(({state}) => states.push(state));
    browser.project.cut();
    browser.project.write('lobby', 'missed');
    await browser.clock.pass(1_400);
    expect(bodies()).to.deep.equal(['missed']);
    expect(new Set(states)).to.deep.equal(new Set(['connected']));
  });
});
