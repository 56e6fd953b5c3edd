// The list of a person's chats, as all tabs of a browser see it: through the real client, over a project in memory.
import {expect} from '@open-wc/testing';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {TrunkError} from '../../src/wire/error.js';
import {FakeBrowser, type FakeTab} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';

const offline = new TrunkError('unreachable', 'no network');

/** `slug unread last text`, newest activity first. */
const listed = ({client}: FakeTab) =>
  client.chats.chats.current.map(({chat, unread, last}) => `${chat.slug} ${unread} ${last?.body ?? '-'}`);

async function given({chats = ['a', 'b'], store = new MemoryStore(true)} = {}) {
  const browser = new FakeBrowser({store});
  const {project, clock} = browser;
  for (const name of chats) project.addChat(name);
  const tabs = [await browser.tab(), await browser.tab()] as const;
  for (const {client} of tabs) void client.chats;
  await settle();
  return {browser, project, clock, tabs, store};
}

describe('The list of chats', () => {
  it('is asked for once for all tabs, and hears of every chat over one channel', async () => {
    const {project, tabs} = await given();
    project.write('a', 'one');
    project.write('b', 'two');
    project.write('b', 'three');
    await settle();
    for (const tab of tabs) {
      expect(listed(tab)).to.deep.equal(['b 2 three', 'a 1 one']);
      expect(tab.client.chats.unread.current).to.equal(3);
      expect(tab.client.chats.state.current).to.deep.equal({phase: 'ready', hasMore: false, fresh: true});
    }
    expect(project.log.filter(line => line.startsWith('join'))).to.deep.equal(['join inbox:ada']);
    const asked = project.count('my_chats');
    project.write('a', 'four');
    await settle();
    expect(project.count('my_chats'), 'a change that follows costs no request').to.equal(asked);
  });

  it('counts no own message, no edit and no deleted one', async () => {
    const {project, tabs, clock} = await given();
    const [a] = [project.chats.get('a')!];
    const [first, second] = [project.write('a', 'one'), project.write('a', 'two')];
    project.write('a', 'mine, from another browser', 'ada');
    project.change(a, first.id, {body: 'ONE', editedAt: 'now'});
    await settle();
    expect(listed(tabs[0])[0]).to.equal('a 2 mine, from another browser');
    project.change(a, second.id, {body: '', deletedAt: 'now'});
    await settle();
    expect(listed(tabs[0])[0]).to.equal('a 1 mine, from another browser');
    project.change(a, second.id, {senderId: null}); // the account went, too
    await clock.pass(60_000);
    expect(listed(tabs[1])[0]).to.equal('a 1 mine, from another browser');
    project.change(a, first.id, {senderId: null}); // this one's before its message
    project.change(a, first.id, {body: '', deletedAt: 'now'});
    await clock.pass(1_000);
    expect(listed(tabs[1])[0]).to.equal('a 0 mine, from another browser');
  });

  it('asks for a chat again when a revision is missing, and only for that one', async () => {
    const {project, tabs, clock} = await given();
    project.faults.loseRevisions.add(1);
    project.write('a', 'lost');
    project.write('a', 'heard');
    await settle();
    expect(listed(tabs[0])).to.deep.equal(['b 0 -', 'a 0 -']);
    await clock.pass(100);
    expect(listed(tabs[0])[0]).to.equal('a 2 heard');
    expect(project.log.at(-1)).to.equal('my_chats 1');
  });

  it('finds the last event that was lost, and chats too big for an inbox, by their revision', async () => {
    const {project, tabs, clock} = await given();
    project.big.add('id-of-b');
    project.write('b', 'to a crowd');
    await clock.pass(29_000);
    expect(listed(tabs[0])).to.deep.equal(['b 0 -', 'a 0 -']);
    await clock.pass(2_000);
    for (const tab of tabs) expect(listed(tab)[0]).to.equal('b 1 to a crowd');
    expect(project.count('chat_tips')).to.equal(1);
  });

  it('hears at once of a big chat that is open', async () => {
    const {project, tabs} = await given();
    project.big.add('id-of-b');
    tabs[0].client.chat('b');
    await settle();
    project.write('b', 'to a crowd');
    await settle();
    for (const tab of tabs) expect(listed(tab)[0]).to.equal('b 1 to a crowd');
  });

  it('is caught up after each absence, as far as it was loaded', async () => {
    const {project, tabs, clock} = await given();
    project.write('a', 'before');
    await settle();
    project.cut();
    project.write('a', 'missed');
    project.setMember('b', false);
    await clock.pass(5_000);
    for (const tab of tabs) expect(listed(tab)).to.deep.equal(['a 2 missed']);
  });

  it('comes page by page, for all tabs, without a hole or a repeat', async () => {
    const names = Array.from({length: 120}, (_, n) => `c${String(n).padStart(3, '0')}`);
    const {project, tabs, clock} = await given({chats: names});
    const [one, other] = tabs;
    expect(one.client.chats.chats.current).to.have.length(50);
    await one.client.chats.more();
    project.write('c000', 'wakes up');
    await clock.pass(100);
    expect(other.client.chats.chats.current).to.have.length(101); // it was on none of the two pages
    expect(listed(other)[0]).to.equal('c000 1 wakes up');
    await other.client.chats.more();
    expect(one.client.chats.state.current).to.deep.equal({phase: 'ready', hasMore: false, fresh: true});
    const slugs = one.client.chats.chats.current.map(({chat}) => chat.slug);
    expect([...slugs].sort()).to.deep.equal(names);
    const asked = project.count('my_chats');
    await one.client.chats.more();
    expect(project.count('my_chats')).to.equal(asked);
  });

  it('is there before the network is, as this browser remembers it', async () => {
    const {project, clock, store, tabs} = await given();
    project.people.set('somebody', {userId: 'somebody', name: 'Grace', avatarUrl: null});
    project.write('a', 'remembered');
    await clock.pass(2_000);
    expect(listed(tabs[0])).to.have.length(2);
    const later = new FakeBrowser({store, project});
    project.faults.request = offline;
    project.faults.refuseSockets = true;
    const tab = await later.tab();
    void tab.client.chats;
    await settle();
    expect(listed(tab)).to.deep.equal(['a 1 remembered', 'b 0 -']);
    expect(tab.client.chats.state.current).to.deep.equal({phase: 'ready', hasMore: false, fresh: false});
    expect(tab.client.people.current.get('somebody')?.name).to.equal('Grace');
    project.faults.request = null;
    project.faults.refuseSockets = false;
    project.write('a', 'new');
    await later.clock.pass(60_000);
    expect(listed(tab)[0]).to.equal('a 2 new');
    expect(tab.client.chats.state.current).to.include({phase: 'ready', fresh: true});
  });

  it('is whole after an absence where the project cuts long answers', async () => {
    const names = Array.from({length: 160}, (_, n) => `c${n}`);
    const {project, tabs, clock} = await given({chats: names});
    const {chats} = tabs[0].client;
    while (chats.chats.current.length < 150) await chats.more();
    project.faults.maxRows = 100;
    project.cut();
    project.setMember('c0', false);
    await clock.pass(10_000);
    await chats.more();
    expect(listed(tabs[1])).to.have.length(159);
  });

  it('asks again for what a cut answer lacks, and drops nothing for it', async () => {
    const names = Array.from({length: 160}, (_, n) => `c${n}`);
    const {project, tabs, clock} = await given({chats: names});
    project.faults.maxRows = 30;
    for (const name of names) (project.faults.loseRevisions.add(1), project.write(name, 'lost'));
    for (const name of names) project.write(name, 'heard');
    await clock.pass(5_000);
    expect(listed(tabs[0])).to.have.length(160);
    expect(listed(tabs[0]).filter(line => !line.endsWith(' 2 heard'))).to.deep.equal([]);
  });

  it('says why it can’t be loaded, and is tried again', async () => {
    const browser = new FakeBrowser();
    const tab = await browser.tab();
    browser.project.faults.request = offline;
    void tab.client.chats;
    await settle();
    const state = tab.client.chats.state.current;
    expect(state.phase === 'failed' && [state.error.code, state.final]).to.deep.equal(['unreachable', false]);
    browser.project.faults.request = null;
    await browser.clock.pass(60_000);
    expect(tab.client.chats.state.current.phase).to.equal('ready');
  });

  it('takes in a chat that the person was added to, and drops one that they were removed from', async () => {
    const {project, tabs, clock} = await given();
    const late = project.addChat('late');
    project.removed.add(late.chat.id);
    project.setMember('late', true);
    await clock.pass(100);
    for (const tab of tabs) expect(listed(tab)).to.have.length(3);
    project.setMember('late', false);
    await settle();
    for (const tab of tabs) expect(listed(tab)).to.have.length(2);
    await clock.pass(100);
    for (const tab of tabs) expect(listed(tab)).to.have.length(2);
  });

  it('leaves nothing behind at a sign-out', async () => {
    const {project, tabs, clock, store} = await given();
    project.write('a', 'secret');
    await clock.pass(2_000);
    expect(await store.getItem('trunkline:chats:https://project.example anonymous Ada')).to.include('secret');
    await tabs[0].client.signOut();
    await settle();
    for (const tab of tabs) {
      expect(listed(tab)).to.deep.equal([]);
      expect(tab.client.chats.unread.current).to.equal(0);
    }
    await clock.pass(5_000);
    expect(await store.getItem('trunkline:chats:https://project.example anonymous Ada')).to.equal(null);
  });

  it('asks for nothing and joins nothing while nobody wants it', async () => {
    const browser = new FakeBrowser();
    await browser.tab();
    await browser.clock.pass(60_000);
    expect(browser.project.count('my_chats') + browser.project.count('join')).to.equal(0);
  });
});

describe('What was read', () => {
  it('is known in every tab at once, and in the database within a second, in one request', async () => {
    const {project, tabs, clock} = await given();
    const [one, other] = tabs.map(({client}) => client.chat('a')) as [
      ReturnType<FakeTab['client']['chat']>,
      ReturnType<FakeTab['client']['chat']>,
    ];
    for (const body of ['one', 'two', 'three', 'four']) project.write('a', body);
    await clock.pass(200);
    await one.markRead(2);
    await one.markRead(3);
    expect(one.read.current).to.deep.equal({lastReadRev: 3, unread: 1});
    await settle();
    expect(other.read.current).to.deep.equal({lastReadRev: 3, unread: 1});
    for (const tab of tabs) expect(listed(tab)[0]).to.equal('a 1 four');
    expect(project.count('mark_read')).to.equal(0);
    await clock.pass(1_000);
    expect(project.log.filter(line => line.startsWith('mark_read'))).to.deep.equal(['mark_read id-of-a 3']);
    expect(project.read.get('ada id-of-a')).to.equal(3);
    await one.markRead(1); // back: nothing
    await clock.pass(2_000);
    expect(project.count('mark_read')).to.equal(1);
    await other.markRead();
    await clock.pass(1_000);
    expect(project.log.filter(line => line.startsWith('mark_read'))).to.have.length(2);
    for (const tab of tabs) expect(listed(tab)[0]).to.equal('a 0 four');
  });

  it('is not taken back by an answer of the database that doesn’t know it yet', async () => {
    const {project, tabs, clock} = await given();
    const chat = tabs[0].client.chat('a');
    for (const body of ['one', 'two', 'three']) project.write('a', body);
    await clock.pass(200);
    project.hold();
    await chat.markRead();
    project.faults.loseRevisions.add(4);
    for (const body of ['four', 'five']) project.write('a', body);
    await clock.pass(300);
    project.release(); // the row that was asked for, and the mark after it
    await settle();
    expect(chat.read.current?.lastReadRev).to.equal(3);
    await clock.pass(3_000);
    expect(chat.read.current).to.deep.equal({lastReadRev: 3, unread: 2});
    expect(listed(tabs[1])[0]).to.equal('a 2 five');
  });

  it('goes only forward while another browser is behind', async () => {
    const {project, tabs, clock} = await given();
    const chat = tabs[0].client.chat('a');
    for (const body of ['one', 'two', 'three', 'four', 'five']) project.write('a', body);
    await clock.pass(200);
    const seen: (number | undefined)[] = [];
    await chat.markRead(5);
    chat.read.subscribe(read => seen.push(read?.lastReadRev));
    for (const rev of [3, 4]) {
      // What another browser read is told to everybody, with and without a count that holds here.
      const fake = project.chats.get('a')!;
      const counted = rev === 3 ? {rev: fake.lastRev, unread: 2} : {rev: fake.lastRev - 1, unread: 0};
      project.send('inbox:ada', 'read', {chatId: 'id-of-a', lastReadRev: rev, ...counted});
      await settle();
    }
    expect(project.count('mark_read'), 'the newer mark waits').to.equal(0);
    await clock.pass(2_000);
    expect(project.read.get('ada id-of-a')).to.equal(5);
    expect(new Set(seen)).to.deep.equal(new Set([5]));
    expect(listed(tabs[1])[0]).to.equal('a 0 five');
  });

  it('costs a question only where another browser read on and its count does not hold here', async () => {
    const {project, tabs, clock} = await given();
    const chat = tabs[0].client.chat('a');
    for (const body of ['one', 'two', 'three', 'four', 'five']) project.write('a', body);
    await clock.pass(200);
    /** As somebody counted when there were four messages. */
    const tell = async (lastReadRev: number) => {
      const before = project.count('my_chats');
      project.send('inbox:ada', 'read', {chatId: 'id-of-a', lastReadRev, rev: 4, unread: 4 - lastReadRev});
      project.read.set('ada id-of-a', lastReadRev);
      await clock.pass(500);
      return [chat.read.current?.lastReadRev, chat.read.current?.unread, project.count('my_chats') - before];
    };
    await chat.markRead(2);
    expect(await tell(2), 'known').to.deep.equal([2, 3, 0]);
    expect(await tell(3), 'news').to.deep.equal([3, 2, 1]);
    expect(await tell(5), 'nothing is left to count').to.deep.equal([5, 0, 0]);
  });

  it('is the furthest of what was marked before the row was there', async () => {
    const browser = new FakeBrowser();
    browser.project.addChat('a');
    for (const body of ['one', 'two', 'three']) browser.project.write('a', body);
    const chat = (await browser.tab()).client.chat('a');
    await settle();
    expect(chat.state.current.phase).to.equal('ready');
    expect(chat.read.current).to.equal(null);
    await chat.markRead(2);
    await chat.markRead(1);
    await browser.clock.pass(2_000);
    expect(browser.project.read.get('ada id-of-a')).to.equal(2);
    expect(chat.read.current).to.deep.equal({lastReadRev: 2, unread: 1});
  });

  it('is what the database says to a browser that marked nothing, and survives the end of a message that was read', async () => {
    const {project} = await given();
    const [first] = ['one', 'two', 'three'].map(body => project.write('a', body));
    project.read.set('ada id-of-a', 2);
    const browser = new FakeBrowser({project});
    const chat = (await browser.tab()).client.chat('a');
    await browser.clock.pass(200);
    expect(chat.read.current).to.deep.equal({lastReadRev: 2, unread: 1});
    project.change(project.chats.get('a')!, first!.id, {body: '', deletedAt: 'now'});
    await settle();
    expect(chat.read.current).to.deep.equal({lastReadRev: 2, unread: 1});
  });

  it('is told at most once a second and chat, and at once when nobody looks any more', async () => {
    const {project, tabs, clock} = await given();
    const chat = tabs[0].client.chat('a');
    for (let n = 1; n <= 30; n++) project.write('a', `${n}`);
    await clock.pass(200);
    for (let n = 1; n <= 30; n++) {
      await chat.markRead(n);
      await clock.pass(100);
    }
    await clock.pass(2_000);
    expect(project.count('mark_read')).to.be.within(2, 4);
    project.write('a', 'last');
    await settle();
    const before = project.count('mark_read');
    await chat.markRead();
    for (const {client} of tabs) client.setAttention({visible: false});
    await settle();
    expect(project.count('mark_read')).to.equal(before + 1);
    expect(project.read.get('ada id-of-a')).to.equal(31);
  });

  it('survives the network and the hub', async () => {
    const {project, tabs, clock, browser} = await given();
    const chat = tabs[0].client.chat('a');
    for (const body of ['one', 'two']) project.write('a', body);
    await clock.pass(200);
    project.faults.refuseSockets = true;
    project.faults.request = offline;
    project.cut();
    await settle();
    await chat.markRead();
    expect(listed(tabs[1])[0]).to.equal('a 0 two');
    await clock.pass(5_000);
    expect(project.read.size).to.equal(0);
    await browser.killHub();
    await clock.pass(5_000);
    expect(listed(tabs[1])[0]).to.equal('a 0 two');
    project.faults.refuseSockets = false;
    project.faults.request = null;
    await clock.pass(90_000);
    expect(project.read.get('ada id-of-a')).to.equal(2);
    for (const tab of tabs) expect(listed(tab)[0]).to.equal('a 0 two');
  });

  it('in another browser counts here', async () => {
    const {project, tabs, clock} = await given();
    const chat = tabs[0].client.chat('a');
    for (const body of ['one', 'two', 'three']) project.write('a', body);
    await clock.pass(200);
    const elsewhere = new FakeBrowser({project});
    const tab = await elsewhere.tab();
    const same = tab.client.chat('a');
    await elsewhere.clock.pass(200);
    await same.markRead(2);
    await elsewhere.clock.pass(1_000);
    expect(chat.read.current).to.deep.equal({lastReadRev: 2, unread: 1});
    expect(listed(tabs[1])[0]).to.equal('a 1 three');
  });

  it('of a chat that isn’t this person’s any more is not tried for ever', async () => {
    const {project, tabs, clock} = await given();
    const chat = tabs[0].client.chat('a');
    project.write('a', 'one');
    await clock.pass(200);
    await chat.markRead();
    project.removed.add('id-of-a'); // and nobody told
    await clock.pass(120_000);
    expect(project.count('mark_read')).to.equal(1);
    expect(listed(tabs[0])).to.deep.equal(['b 0 -']);
  });

  it('is known to an open chat without the list', async () => {
    const browser = new FakeBrowser();
    browser.project.addChat('a');
    browser.project.write('a', 'one');
    const chat = (await browser.tab()).client.chat('a');
    await browser.clock.pass(200);
    expect(chat.read.current).to.deep.equal({lastReadRev: 0, unread: 1});
    browser.project.write('a', 'two');
    await settle();
    expect(chat.read.current).to.deep.equal({lastReadRev: 0, unread: 2});
    expect(browser.project.count('join inbox')).to.equal(0);
  });
});

describe('A chat that its person is removed from', () => {
  it('is told by code in every tab, at once, and nothing is tried again by itself', async () => {
    const {project, tabs, clock} = await given();
    const chats = tabs.map(({client}) => client.chat('a'));
    await clock.pass(200);
    project.faults.refuseTopics.set(
      'chat:id-of-a',
      'Unauthorized: You do not have permissions to read from this Channel topic',
    );
    project.setMember('a', false);
    await settle();
    const states = chats.map(({state}) => state.current);
    for (const state of states) {
      expect(state.phase === 'failed' && [state.error.code, state.final]).to.deep.equal(['removed', true]);
    }
    const before = project.log.length;
    await clock.pass(25_000);
    project.cut();
    await clock.pass(60_000);
    const said = project.log.slice(before).filter(line => /open|join chat:|changes_since/.test(line));
    expect(said).to.deep.equal([]);
    project.faults.refuseTopics.clear();
    project.setMember('a', true);
    await clock.pass(1_000);
    for (const {state} of chats) expect(state.current.phase).to.equal('ready');
  });

  it('is told from one that a cut answer lacks', async () => {
    for (const maxRows of [100, 7]) {
      const browser = new FakeBrowser();
      const {project, clock} = browser;
      project.faults.maxRows = maxRows;
      const names = Array.from({length: 120}, (_, n) => `c${n}`);
      for (const name of names) project.addChat(name);
      const {client} = await browser.tab();
      const chats = names.map(name => client.chat(name));
      await clock.pass(5_000);
      project.removed.add('id-of-c110');
      await clock.pass(70_000);
      const failed = names.filter((_, n) => chats[n]?.state.current.phase !== 'ready');
      expect(failed, `${maxRows} rows an answer`).to.deep.equal(['c110']);
    }
  });

  it('is found out without an inbox: by the refusal of its channel, or by its revision', async () => {
    for (const how of ['refusal', 'tip']) {
      const browser = new FakeBrowser();
      browser.project.addChat('a');
      const chat = (await browser.tab()).client.chat('a');
      await browser.clock.pass(200);
      browser.project.removed.add('id-of-a');
      if (how === 'refusal') {
        const [socket] = browser.project.sockets;
        socket?.expel('chat:id-of-a', 'You no longer have permission to read from this Channel topic: chat:id-of-a');
        await settle();
      } else await browser.clock.pass(30_000);
      const state = chat.state.current;
      expect(state.phase === 'failed' && state.error.code, how).to.equal('removed');
    }
  });
});

describe('An alert', () => {
  it('rings in one of all tabs, the one in view before others, once for what comes in one breath', async () => {
    const {project, tabs, clock} = await given();
    const rung: string[] = [];
    const stops = tabs.map(({client}, n) => client.onAlert(chatId => rung.push(`${n} ${chatId}`)));
    tabs[0].client.setAttention({visible: false, lastActive: 9});
    tabs[1].client.setAttention({visible: true, lastActive: 1});
    await settle();
    project.write('a', 'one');
    project.write('b', 'two');
    await clock.pass(1_000);
    expect(rung).to.deep.equal(['1 id-of-b']);
    tabs[1].client.setAttention({visible: false});
    await settle();
    project.write('a', 'three');
    await clock.pass(1_000);
    expect(rung.at(-1)).to.equal('0 id-of-a');
    stops[0]?.();
    await settle();
    project.write('a', 'four');
    await clock.pass(1_000);
    expect(rung).to.deep.equal(['1 id-of-b', '0 id-of-a', '1 id-of-a']);
  });

  it('is not lost when the next message of the same breath is in view', async () => {
    const {project, tabs, clock} = await given();
    const rung: string[] = [];
    tabs[0].client.onAlert(chatId => rung.push(chatId));
    tabs[1].client.setAttention({visible: true, currentChatId: 'id-of-b'});
    await settle();
    project.write('a', 'one');
    await clock.pass(100);
    project.write('b', 'in view');
    await clock.pass(1_000);
    expect(rung).to.deep.equal(['id-of-a']);
  });

  it('is for a chat in a window behind another one, as nobody reads there', async () => {
    const {project, tabs, clock} = await given();
    const rung: string[] = [];
    tabs[0].client.onAlert(chatId => rung.push(chatId));
    tabs[1].client.setAttention({visible: true, focused: false, currentChatId: 'id-of-b'});
    await settle();
    project.write('b', 'in sight');
    await clock.pass(1_000);
    expect(rung).to.deep.equal(['id-of-b']);
  });

  it('is for what is written now, in whichever chat, and not for chats that come into the list', async () => {
    const browser = new FakeBrowser();
    const {project, clock} = browser;
    const names = Array.from({length: 60}, (_, n) => `c${n}`);
    for (const name of names) (project.addChat(name), project.write(name, 'old'));
    const {client} = await browser.tab();
    const rung: string[] = [];
    client.onAlert(chatId => rung.push(chatId));
    await clock.pass(1_000);
    const isListed = (name: string) => client.chats.chats.current.some(({chat}) => chat.slug === name);
    const unlisted = () => names.find(name => !isListed(name))!;
    const opened = unlisted();
    client.chat(opened);
    await clock.pass(2_000);
    expect(isListed(opened), 'an old chat that is opened').to.equal(true);
    const changed = unlisted();
    const [old] = project.chats.get(changed)!.messages;
    project.change(project.chats.get(changed)!, old!.id, {body: 'OLD', editedAt: 'now'});
    await clock.pass(2_000);
    expect(isListed(changed), 'an old chat where a message was edited').to.equal(true);
    expect(rung).to.deep.equal([]);
    const stirred = unlisted();
    project.write(stirred, 'new');
    await clock.pass(2_000);
    expect(rung).to.deep.equal([`id-of-${stirred}`]);
    await client.chats.more();
    await clock.pass(2_000);
    expect(client.chats.chats.current).to.have.length(60);
    expect(rung).to.have.length(1);
  });

  it('is not for a chat that the person is added to again, whatever was unread there', async () => {
    const {project, tabs, clock} = await given();
    const rung: string[] = [];
    project.write('a', 'before');
    await clock.pass(1_000);
    tabs[0].client.onAlert(chatId => rung.push(chatId));
    project.setMember('a', false);
    await clock.pass(1_000);
    expect(listed(tabs[0])).to.have.length(1);
    project.setMember('a', true);
    await clock.pass(1_000);
    expect(listed(tabs[0])[0]).to.equal('a 1 before');
    expect(rung).to.deep.equal([]);
  });

  it('is not for own messages, edits, a chat in view, or what was there before', async () => {
    const {project, tabs, clock} = await given();
    const rung: string[] = [];
    const first = project.write('a', 'one');
    await settle();
    tabs[0].client.onAlert(chatId => rung.push(chatId));
    tabs[1].client.setAttention({visible: true, currentChatId: 'id-of-b'});
    await settle();
    project.write('b', 'in view');
    project.write('a', 'mine', 'ada');
    project.change(project.chats.get('a')!, first.id, {body: 'ONE'});
    await clock.pass(1_000);
    expect(rung).to.deep.equal([]);
  });
});
