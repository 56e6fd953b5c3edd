// A person leaves this browser: asked first if something would be lost, and then nothing of them is left for whoever comes next.
import {expect} from '@open-wc/testing';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {TrunkError} from '../../src/wire/error.js';
import {FakeBrowser, type FakeBrowserOptions, type FakeTab} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';

const OWNER = 'https://project.example anonymous Ada';
const TOKEN = {identity: {kind: 'token', userId: 'ada'}} as const;
const lobby = ({client}: FakeTab) => client.chat('lobby', {make: true});
const bodies = (chat: ReturnType<typeof lobby>) => chat.messages.current.map(({body, status}) => `${body} ${status}`);

/** Two tabs of a person who has written one message that is stored and two that wait, one of which failed. */
async function given(options: FakeBrowserOptions = {}) {
  const browser = new FakeBrowser(options);
  const {project, clock} = browser;
  const token = options.identity?.kind === 'token' ? async () => 'ada:1' : null;
  const tabs = [await browser.tab(token), await browser.tab(token)] as const;
  const chats = [lobby(tabs[0]), lobby(tabs[1])] as const;
  await settle();
  await chats[0].send('stored');
  await settle();
  project.faults.refuseBodies.set('bad', new TrunkError('forbidden', 'no'));
  await chats[0].send('bad');
  await settle();
  project.faults.request = new TrunkError('unreachable', 'no network');
  await chats[0].send('waits');
  await clock.pass(2_000);
  const owner = options.identity?.kind === 'token' ? OWNER.replace(/anonymous .*$/, 'token ada') : OWNER;
  const left = async () => ({
    entries: (await browser.store.entriesOf(owner)).map(({message}) => message.body),
    chat: await browser.store.getChat(owner, 'lobby'),
    me: await browser.store.getItem(`trunkline:me:${owner}`),
    line: await browser.store.getItem(`trunkline:line:${owner}`),
  });
  return {browser, project, clock, tabs, chats, left, token};
}

describe('Signing out', () => {
  it('asks first when something waits or failed, says how much, and changes nothing', async () => {
    const {tabs, chats, left} = await given();
    expect(await tabs[0].client.signOut('ask')).to.deep.equal({waiting: 2, done: false});
    await settle();
    for (const chat of chats) expect(bodies(chat)).to.deep.equal(['stored sent', 'bad failed', 'waits queued']);
    const kept = await left();
    expect(kept.entries).to.deep.equal(['bad', 'waits']);
    for (const item of [kept.chat, kept.me, kept.line]) expect(item).not.to.equal(null);
  });

  it('asks nothing when nothing waits', async () => {
    const browser = new FakeBrowser();
    const tab = await browser.tab();
    lobby(tab);
    await settle();
    expect(await tab.client.signOut('ask')).to.include({waiting: 0, done: true});
    await settle();
    expect(browser.project.sockets.size).to.equal(0);
  });

  for (const unsent of ['keep', 'discard'] as const) {
    it(`${unsent === 'keep' ? 'keeps' : 'throws away'} what waits when told to, and forgets everything else, in all tabs`, async () => {
      const {tabs, chats, left, project, browser} = await given(unsent === 'keep' ? TOKEN : undefined);
      expect(await tabs[1].client.signOut(unsent)).to.deep.equal({waiting: 2, done: true});
      await settle();
      for (const {client} of tabs) expect(client.status.current).to.include({reason: 'signed-out'});
      for (const chat of chats) expect(bodies(chat)).to.deep.equal([]);
      expect(await left()).to.deep.equal({
        entries: unsent === 'keep' ? ['bad', 'waits'] : [],
        chat: null,
        me: null,
        line: null,
      });
      expect(project.sockets.size).to.equal(0);
      expect(project.count('sign out Ada')).to.equal(unsent === 'keep' ? 0 : 1);
      expect(browser.locks.names().filter(name => name.startsWith('trunk:outbox'))).to.deep.equal([]);
    });
  }

  it('leaves nothing of an anonymous person to the next one of the name: what waits can’t be kept', async () => {
    const {tabs, project, browser, clock} = await given();
    expect(await tabs[0].client.signOut('keep')).to.deep.equal({waiting: 2, done: false});
    await tabs[0].client.signOut('discard');
    project.faults.request = null;
    const next = await browser.tab();
    const chat = lobby(next);
    await clock.pass(60_000);
    expect(next.client.me.current?.userId).to.equal('ada-2');
    expect(project.chats.get('lobby')?.messages.map(({body}) => body)).to.deep.equal(['stored']);
    expect(bodies(chat)).to.deep.equal(['stored sent']);
  });

  /** A person whose message is in the database without their knowing: its answer was lost, and another try waits. */
  async function withLostAnswer() {
    const browser = new FakeBrowser();
    const tab = await browser.tab();
    const chat = lobby(tab);
    await settle();
    const {project, clock} = browser;
    project.faults.loseAnswers = 1;
    project.faults.loseRevisions.add(1);
    await chat.send('doubtful');
    await settle();
    const stored = () => project.chats.get('lobby')?.messages.map(({body}) => body);
    return {browser, project, clock, tab, chat, stored};
  }

  it('has the database forget what a try may have stored, when it is thrown away', async () => {
    const {browser, tab, stored} = await withLostAnswer();
    expect(await tab.client.signOut('ask')).to.deep.equal({waiting: 1, done: false});
    expect(stored()).to.deep.equal(['doubtful']);
    await tab.client.signOut('discard');
    await settle();
    expect(stored()).to.deep.equal(['']);
    expect(await browser.store.entriesOf(OWNER)).to.deep.equal([]);
  });

  it('asks about what was discarded, too, while the database is still to be told, and tells it', async () => {
    const {browser, project, tab, chat, stored} = await withLostAnswer();
    project.hold();
    await chat.discard(chat.messages.current[0]?.id ?? '');
    await settle();
    expect(chat.messages.current).to.deep.equal([]);
    expect(await tab.client.signOut('ask')).to.deep.equal({waiting: 1, done: false});
    void tab.client.signOut('discard');
    await settle();
    project.release();
    await settle();
    expect(stored()).to.deep.equal(['']);
    expect(await browser.store.entriesOf(OWNER)).to.deep.equal([]);
  });

  it('waits for no database that doesn’t answer: nothing is left here at once, and others may come in after five seconds', async () => {
    const {browser, project, clock, tab, stored} = await withLostAnswer();
    project.hold();
    await tab.client.signOut('discard');
    await settle();
    expect(await browser.store.entriesOf(OWNER)).to.deep.equal([]);
    expect(await browser.store.getItem(`trunkline:me:${OWNER}`)).to.equal(null);
    expect(project.count('sign out Ada')).to.equal(1);
    const next = await browser.tab();
    await clock.pass(4_999);
    expect(project.count('sign in')).to.equal(1);
    await clock.pass(1);
    expect(project.count('sign in')).to.equal(2);
    project.release();
    await settle();
    expect(next.client.me.current?.userId).to.equal('ada-2');
    expect(stored()).to.deep.equal(['']);
  });

  it('sends what was kept when the same person is back', async () => {
    const {tabs, project, browser, clock, token} = await given(TOKEN);
    await tabs[0].client.signOut('keep');
    await clock.pass(60_000);
    project.faults.request = null;
    const chat = lobby(await browser.tab(token));
    await clock.pass(60_000);
    expect(bodies(chat)).to.deep.equal(['stored sent', 'waits sent', 'bad failed']);
    expect(project.count('sign out')).to.equal(0);
  });

  it('lets nobody in before what is to be forgotten is forgotten', async () => {
    const store = new MemoryStore(true);
    const {tabs, project, browser} = await given({store});
    let forget = () => {};
    const remove = store.deleteEntries.bind(store);
    store.deleteEntries = async ids => {
      await new Promise<void>(resolve => (forget = resolve));
      return remove(ids);
    };
    void tabs[0].client.signOut('discard');
    await settle();
    project.faults.request = null;
    const next = await browser.tab();
    const chat = lobby(next);
    await settle();
    expect(next.client.me.current).to.equal(null);
    expect(project.count('sign in')).to.equal(1);
    forget();
    await settle();
    expect(next.client.me.current?.userId).to.equal('ada-2');
    expect(bodies(chat)).to.deep.equal(['stored sent']);
  });

  it('is at its end though the store refuses to forget', async () => {
    const store = new MemoryStore(true);
    const {tabs, browser, project} = await given({store});
    const refuse = () => Promise.reject(new Error('broken disk'));
    Object.assign(store, {deleteEntries: refuse, deleteChats: refuse, removeItem: refuse});
    expect(await tabs[0].client.signOut('discard')).to.include({done: true});
    project.faults.request = null;
    const next = await browser.tab();
    expect(next.client.status.current.state).to.equal('connected');
  });

  it('takes no message any more that was on its way, and rejects its call', async () => {
    const {tabs, chats, left, project} = await given();
    const late = chats[1].send('too late').catch((error: TrunkError) => error.code);
    await tabs[0].client.signOut('discard');
    project.faults.request = null;
    await settle();
    expect(await late).to.equal('signed-out');
    expect((await left()).entries).to.deep.equal([]);
    expect(project.chats.get('lobby')?.messages.map(({body}) => body)).to.deep.equal(['stored']);
  });

  it('writes nothing more of a chat whose feed closes after it', async () => {
    const {tabs, left, project, clock} = await given();
    project.faults.request = null;
    project.write('lobby', 'just now');
    await tabs[0].client.signOut('discard');
    await clock.pass(60_000);
    expect((await left()).chat).to.equal(null);
  });

  it('drops what was asked of the database and is answered after it', async () => {
    const {tabs, chats, project, left} = await given();
    project.faults.request = null;
    await settle();
    project.hold();
    const edit = chats[1].edit(chats[1].messages.current[0]?.id ?? '', 'new text').catch((e: TrunkError) => e.code);
    await settle();
    await tabs[0].client.signOut('discard');
    project.release();
    await settle();
    expect(await edit).to.equal('signed-out');
    for (const chat of chats) expect(bodies(chat)).to.deep.equal([]);
    expect(await left()).to.deep.equal({entries: [], chat: null, me: null, line: null});
  });
});

describe('An account that is replaced', () => {
  it('takes with it what was remembered of it', async () => {
    const browser = new FakeBrowser({tokenLifeMs: 600_000});
    const {project, clock} = browser;
    const tab = await browser.tab();
    const chat = lobby(tab);
    await settle();
    await chat.send('of the first');
    await clock.pass(2_000);
    expect(await browser.store.getChat(OWNER, 'lobby')).not.to.equal(null);
    project.faults.account = 'ada-the-second';
    project.chats.clear();
    await clock.pass(540_000);
    expect(tab.client.me.current?.userId).to.equal('ada-the-second');
    await clock.pass(5_000);
    const kept = await browser.store.getChat(OWNER, 'lobby');
    expect(kept?.messages ?? []).to.deep.equal([]);
    expect(await browser.store.getItem(`trunkline:me:${OWNER}`)).to.contain('ada-the-second');
    const next = await browser.tab();
    expect(next.client.me.current?.userId).to.equal('ada-the-second');
  });
});
