// What a person does with messages from a tab, and how all tabs of the browser see it: the outbox over all chats, edits and removals
// of what waits and of what is stored, and reading back.
import {expect} from '@open-wc/testing';
import {TrunkError} from '../../src/wire/error.js';
import {FakeBrowser, type FakeTab} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';

const chatOf = ({client}: FakeTab, name = 'lobby') => client.chat(name, {make: true});
const shown = (chat: ReturnType<typeof chatOf>) => chat.messages.current.map(({body, status}) => `${body} ${status}`);
const waiting = ({client}: FakeTab) => client.outbox.messages.current.map(({body, status}) => `${body} ${status}`);
const idOf = (chat: ReturnType<typeof chatOf>, body: string) =>
  chat.messages.current.find(message => message.body === body)?.id ?? '';
const offline = new TrunkError('unreachable', 'no network');

async function given() {
  const browser = new FakeBrowser();
  const tabs = [await browser.tab(), await browser.tab()] as const;
  const chats = [chatOf(tabs[0]), chatOf(tabs[1])] as const;
  await settle();
  return {browser, project: browser.project, clock: browser.clock, tabs, chats};
}

describe('The outbox over all chats', () => {
  it('shows every tab all that waits or failed, in the order written, and what becomes of it', async () => {
    const {project, tabs, chats, clock} = await given();
    const other = chatOf(tabs[0], 'other');
    const frames = tabs.map(waiting);
    expect(frames).to.deep.equal([[], []]);
    await settle();
    project.faults.refuseBodies.set('bad', new TrunkError('forbidden', 'no'));
    await chats[0].send('bad');
    await settle();
    project.faults.request = offline;
    for (const n of ['1', '2', '3']) await (n === '2' ? other : chats[1]).send(n);
    await clock.pass(32); // a stream comes with the screen's frames
    for (const tab of tabs) expect(waiting(tab)).to.deep.equal(['bad failed', '1 queued', '2 queued', '3 queued']);
    expect(tabs[1].client.status.current.queued).to.equal(3);
    const late = chatOf(tabs[1], 'third');
    void late;
    project.faults.request = null;
    await clock.pass(10_000);
    for (const tab of tabs) expect(waiting(tab)).to.deep.equal(['bad failed']);
    expect(tabs[0].client.status.current.queued).to.equal(0);
    await tabs[1].client.outbox.discard(idOf(chats[0], 'bad'));
    await settle();
    for (const tab of tabs) expect(waiting(tab)).to.deep.equal([]);
    for (const chat of chats) expect(shown(chat)).to.deep.equal(['1 sent', '3 sent']);
  });

  it('has first what an earlier hub left', async () => {
    const {project, chats, browser, clock} = await given();
    project.faults.request = offline;
    project.faults.refuseSockets = true;
    await chats[0].send('left');
    await browser.killHub();
    await clock.pass(1_000);
    const tab = await browser.tab();
    void tab.client.outbox;
    await settle();
    expect(waiting(tab)).to.deep.equal(['left queued']);
  });

  it('is told only of messages that waited', async () => {
    const {project, tabs, chats, clock} = await given();
    void tabs[0].client.outbox;
    await settle();
    tabs[0].frames.length = 0;
    for (let n = 0; n < 50; n++) project.write('lobby', `theirs ${n}`);
    await clock.pass(1_000);
    const told = tabs[0].frames.flat().filter(({type}) => type === 'outbox');
    expect(told).to.deep.equal([]);
    await chats[1].send('mine');
    await settle();
    expect(tabs[0].frames.flat().some(({type}) => type === 'outbox')).to.equal(true);
    expect(waiting(tabs[0])).to.deep.equal([]);
  });

  it('tells nothing more once it is released', async () => {
    const {tabs, chats} = await given();
    tabs[0].say({type: 'open', handle: 'mine', want: {kind: 'outbox'}});
    tabs[0].say({type: 'open', handle: 'early', want: {kind: 'outbox'}});
    tabs[0].say({type: 'release', handle: 'early'});
    await settle();
    tabs[0].say({type: 'release', handle: 'mine'});
    await settle();
    tabs[0].frames.length = 0;
    await chats[0].send('unheard');
    await settle();
    expect(tabs[0].frames.flat().filter(({type}) => type === 'outbox')).to.deep.equal([]);
  });
});

describe('From any tab', () => {
  it('what waits can be edited, and every tab sees it at once', async () => {
    const {project, chats, clock} = await given();
    project.faults.request = offline;
    await chats[0].send('old text');
    await settle();
    await chats[1].edit(idOf(chats[1], 'old text'), 'new text');
    await settle();
    for (const chat of chats) expect(shown(chat)).to.deep.equal(['new text queued']);
    project.faults.request = null;
    await clock.pass(10_000);
    for (const chat of chats) expect(shown(chat)).to.deep.equal(['new text sent']);
    expect(project.count('edit')).to.equal(0);
  });

  it('what is being sent can be edited: it is changed once it is stored', async () => {
    const {project, chats} = await given();
    project.hold();
    await chats[0].send('old text');
    await settle();
    const edit = chats[1].edit(idOf(chats[1], 'old text'), 'new text');
    await settle();
    for (const chat of chats) expect(shown(chat)).to.deep.equal(['old text sending']);
    project.release();
    await edit;
    await settle();
    for (const chat of chats) expect(shown(chat)).to.deep.equal(['new text sent']);
    expect(project.chats.get('lobby')?.messages).to.have.length(1);
  });

  it('what is stored is edited and deleted in the database', async () => {
    const {project, chats} = await given();
    await chats[0].send('text');
    await settle();
    const id = idOf(chats[1], 'text');
    await chats[1].edit(id, 'changed');
    await settle();
    for (const chat of chats) expect(shown(chat)).to.deep.equal(['changed sent']);
    await chats[1].remove(id);
    await settle();
    expect(project.log.filter(line => /^(edit|delete)/.test(line))).to.deep.equal([`edit ${id}`, `delete ${id}`]);
    for (const chat of chats) expect(chat.messages.current[0]?.status).to.equal('sent');
    expect(project.chats.get('lobby')?.messages[0]?.deletedAt).not.to.equal(null);
  });

  it('what another tab has just discarded can’t be edited, and that is what is said', async () => {
    const {project, chats} = await given();
    project.faults.request = offline;
    await chats[0].send('wait');
    await settle();
    project.faults.request = null;
    const id = idOf(chats[0], 'wait');
    const [, refused] = await Promise.all([
      chats[1].discard(id),
      chats[0].edit(id, 'edited').catch((error: TrunkError) => error.code),
    ]);
    expect(refused).to.equal('rejected');
  });

  it('what waits can be removed: it is discarded', async () => {
    const {project, chats, clock} = await given();
    project.faults.request = offline;
    await chats[0].send('never mind');
    await settle();
    await chats[1].remove(idOf(chats[1], 'never mind'));
    project.faults.request = null;
    await clock.pass(10_000);
    for (const chat of chats) expect(chat.messages.current).to.deep.equal([]);
    expect(project.chats.get('lobby')?.messages).to.deep.equal([]);
  });

  it('what was edited after an answer was lost shows its newest text in the end, once', async () => {
    const {project, chats, clock} = await given();
    const seen = new Set<number>();
    chats[1].messages.subscribe(messages => seen.add(messages.length));
    project.faults.loseAnswers = 1;
    for (const revision of [1, 2, 3]) project.faults.loseRevisions.add(revision); // and no event tells
    await chats[0].send('old text');
    await settle();
    await chats[1].edit(idOf(chats[1], 'old text'), 'new text');
    await clock.pass(60_000);
    for (const chat of chats) expect(shown(chat)).to.deep.equal(['new text sent']);
    expect(project.chats.get('lobby')?.messages.map(({body}) => body)).to.deep.equal(['new text']);
    expect(Math.max(...seen)).to.equal(1);
  });
});

describe('Reading back', () => {
  it('is answered by the hub as far as it holds the chat, and by the database beyond', async () => {
    const browser = new FakeBrowser();
    const {project} = browser;
    project.addChat('lobby');
    for (let n = 1; n <= 330; n++) project.write('lobby', `m${n}`);
    const tab = await browser.tab();
    const chat = chatOf(tab);
    await settle();
    expect(chat.messages.current).to.have.length(50);
    for (const [length, asked] of [
      [100, 0],
      [150, 0],
      [200, 0],
      [250, 1],
      [300, 2],
      [330, 3],
    ] as const) {
      await chat.loadOlder();
      expect(chat.messages.current).to.have.length(length);
      expect(project.count('messages_before') - 1).to.equal(asked);
    }
    expect(chat.messages.current.map(({body}) => body)).to.deep.equal(Array.from({length: 330}, (_, n) => `m${n + 1}`));
    expect(chat.state.current).to.include({hasOlder: false});
  });

  it('finds the names of who wrote', async () => {
    const browser = new FakeBrowser();
    const {project, clock} = browser;
    project.people.set('grace', {userId: 'grace', name: 'Grace', avatarUrl: null});
    project.addChat('lobby');
    project.write('lobby', 'of Grace', 'grace');
    for (let n = 1; n <= 60; n++) project.write('lobby', `m${n}`);
    const tab = await browser.tab();
    const chat = chatOf(tab);
    await clock.pass(1_000);
    expect(tab.client.people.current.has('grace')).to.equal(false);
    await chat.loadOlder();
    await clock.pass(1_000);
    expect(tab.client.people.current.get('grace')?.name).to.equal('Grace');
  });
});
