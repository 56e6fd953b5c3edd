import {expect} from '@open-wc/testing';
import {FakeBrowser, type FakeTab} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

const TOPIC = 'chat:id-of-lobby:live';

/** Two people in one chat: Ada with as many tabs as asked, Grace with one. */
async function given(tabs = 1) {
  const project = new FakeProject();
  project.addChat('lobby');
  const ada = new FakeBrowser({project, userId: 'ada'});
  const grace = new FakeBrowser({project, userId: 'grace'});
  const open = async (browser: FakeBrowser) => {
    const tab = await browser.tab();
    const chat = tab.client.chat('lobby');
    const seen: string[] = [];
    chat.typists.subscribe(ids => seen.push(ids.join()));
    await settle();
    return {tab, chat, seen};
  };
  const mine: Awaited<ReturnType<typeof open>>[] = [];
  for (let n = 0; n < tabs; n++) mine.push(await open(ada));
  const hers = await open(grace);
  /** Time passes for both browsers alike. */
  const pass = async (ms: number) => {
    for (let at = 0; at < ms; at += 100) await Promise.all([ada.clock.pass(100), grace.clock.pass(100)]);
  };
  const forge = async (payload: Record<string, unknown>) => {
    project.send(TOPIC, 'typing', payload);
    await settle();
  };
  const signals = () => project.count(`broadcast ${TOPIC}`);
  const [first] = mine as [Awaited<ReturnType<typeof open>>];
  return {project, ada, grace, mine, first, hers, pass, forge, signals, open, now: () => hers.chat.typists.current};
}

describe('Typing', () => {
  it('is seen by the others and in none of the own tabs', async () => {
    const {mine, first, now, pass} = await given(3);
    first.chat.typing();
    await pass(100);
    expect(now()).to.deep.equal(['ada']);
    for (const {seen} of mine) expect(seen).to.deep.equal(['']);
  });

  it('is not shown to the same person in another browser', async () => {
    const {project, first, now, open} = await given();
    const elsewhere = new FakeBrowser({project, userId: 'ada'});
    const {chat} = await open(elsewhere);
    chat.typing();
    await elsewhere.clock.pass(300);
    expect(now()).to.deep.equal(['ada']);
    expect(first.seen).to.deep.equal(['']);
  });

  it('joins one channel for all tabs, and none before somebody looks or writes', async () => {
    const {project, ada, mine} = await given(3);
    expect(project.count(`join ${TOPIC}`)).to.equal(2); // one a person
    const before = project.log.length;
    const chat = (await ada.tab()).client.chat('lobby');
    await settle();
    expect(project.log.slice(before).filter(line => line.startsWith('join'))).to.deep.equal([]);
    chat.release();
    for (const {chat} of mine) chat.release();
    await ada.clock.pass(10_000);
    expect(project.count(`leave ${TOPIC}`)).to.equal(1);
  });

  it('costs one signal in 3 s at most, however many tabs are written in, and never flickers', async () => {
    const {mine, signals, pass, hers} = await given(3);
    for (let tenth = 0; tenth < 300; tenth++) {
      for (const {chat} of mine) chat.typing();
      await pass(100);
    }
    expect(signals()).to.be.within(8, 11); // 30 s
    expect(hers.seen).to.deep.equal(['', 'ada']);
  });

  it('is gone 5 s after the last key', async () => {
    const {first, now, pass} = await given();
    first.chat.typing();
    await pass(4_800);
    expect(now()).to.deep.equal(['ada']);
    await pass(400);
    expect(now()).to.deep.equal([]);
  });

  it('says nothing of who has faded away already', async () => {
    const {first, signals, pass} = await given();
    first.chat.typing();
    await pass(60_000);
    expect(signals()).to.equal(1);
  });

  it('is gone at once when the person stops, and back no sooner than their next signal may be', async () => {
    const {first, now, pass, signals} = await given();
    first.chat.typing();
    await pass(1_000);
    first.chat.typing(false);
    await pass(400);
    expect([signals(), now()]).to.deep.equal([2, []]);
    first.chat.typing();
    await pass(1_400);
    expect([signals(), now()]).to.deep.equal([2, []]);
    await pass(400);
    expect([signals(), now()]).to.deep.equal([3, ['ada']]);
  });

  it('costs one signal and one stop in 3 s at most, however often the person stops', async () => {
    const {first, signals, pass} = await given();
    for (let turn = 0; turn < 30; turn++) {
      first.chat.typing();
      await pass(400);
      first.chat.typing(false);
      await pass(600);
    }
    expect(signals()).to.be.within(16, 22); // 30 s
  });

  it('is gone at once when the tab that was written in leaves the chat', async () => {
    const {first, now, pass} = await given();
    first.chat.typing();
    await pass(500);
    expect(now()).to.deep.equal(['ada']);
    first.chat.release();
    await pass(400);
    expect(now()).to.deep.equal([]);
  });

  it('goes on while another tab is written in', async () => {
    const {mine, now, pass} = await given(2);
    const [one, other] = mine as [(typeof mine)[0], (typeof mine)[0]];
    one.chat.typing();
    await pass(3_500);
    other.chat.typing();
    await pass(200);
    one.chat.typing(false);
    await pass(4_000);
    expect(now()).to.deep.equal(['ada']);
  });

  it('is gone with the message, which needs no signal', async () => {
    const {first, now, pass, signals, hers} = await given();
    first.chat.typing();
    await pass(500);
    expect(now()).to.deep.equal(['ada']);
    await first.chat.send('written');
    await pass(300);
    expect(hers.chat.messages.current.map(({body}) => body)).to.deep.equal(['written']);
    expect(now()).to.deep.equal([]);
    await pass(10_000);
    expect(signals()).to.equal(1);
  });

  it('is not ended by an edit of an older message', async () => {
    const {project, first, now, pass} = await given();
    const chat = project.chats.get('lobby');
    if (!chat) throw new Error('no chat');
    const message = project.write('lobby', 'old', 'ada');
    await pass(100);
    first.chat.typing();
    await pass(300);
    project.change(chat, message.id, {body: 'edited'});
    await pass(300);
    expect(now()).to.deep.equal(['ada']);
  });

  const deaths: [how: string, end: (tab: FakeTab, browser: FakeBrowser) => unknown][] = [
    ['its tab crashes', tab => tab.crash()],
    ['its tab leaves', tab => tab.client.suspend()],
    ['its hub dies', (_, browser) => browser.killHub()],
  ];
  for (const [how, end] of deaths) {
    it(`is gone within 8 s when ${how}`, async () => {
      const {ada, first, now, pass} = await given();
      await ada.tab(); // and another one goes on
      first.chat.typing();
      await pass(1_000);
      expect(now()).to.deep.equal(['ada']);
      await end(first.tab, ada);
      await pass(8_000);
      expect(now()).to.deep.equal([]);
    });
  }

  it('is said again to a hub that doesn’t know it, once somebody writes on', async () => {
    const {ada, first, now, pass} = await given();
    await ada.killHub();
    await pass(500);
    first.chat.typing();
    await pass(500);
    expect(now()).to.deep.equal(['ada']);
  });

  it('of others is not shown any more when the hub that said it died, until they go on', async () => {
    const {ada, mine, hers, pass} = await given(2);
    hers.chat.typing();
    await pass(300);
    for (const {chat} of mine) expect(chat.typists.current).to.deep.equal(['grace']);
    await ada.killHub();
    for (const {chat} of mine) expect(chat.typists.current).to.deep.equal([]);
    await pass(3_000);
    hers.chat.typing();
    await pass(300);
    for (const {chat} of mine) expect(chat.typists.current).to.deep.equal(['grace']);
  });

  it('gives names from the profiles, whatever a signal says', async () => {
    const {project, hers, forge, grace} = await given();
    project.people.set('mallory', {userId: 'mallory', name: 'Mallory', avatarUrl: null});
    await forge({userId: 'mallory', typing: true, name: 'The boss'});
    await grace.clock.pass(100);
    expect(hers.tab.client.people.current.get('mallory')?.name).to.equal('Mallory');
  });

  it('bounds what a dishonest member can do: few people, few words to the tabs, nobody for ever', async () => {
    const {hers, forge, pass, now, project} = await given();
    const asked = project.count('profiles');
    for (let n = 0; n < 2_000; n++) {
      project.send(TOPIC, 'typing', {userId: `nobody-${n}`, typing: true});
      project.send(TOPIC, 'typing', {userId: 'grace', typing: n % 2 === 0});
    }
    for (const userId of [null, 7, '', 'x'.repeat(65), '<b>', {}]) await forge({userId, typing: true});
    await pass(300);
    expect(now()).to.have.length(8);
    expect(hers.seen.length).to.be.at.most(4);
    await pass(5_000);
    expect(now()).to.deep.equal([]);
    expect(project.count('profiles') - asked).to.be.at.most(20); // of two browsers, with tries for who has just signed up
  });

  it('shows nobody after a sign-out', async () => {
    const {first, forge} = await given();
    await forge({userId: 'linus', typing: true});
    expect(first.chat.typists.current).to.deep.equal(['linus']);
    await first.tab.client.signOut('discard');
    await settle();
    expect(first.chat.typists.current).to.deep.equal([]);
  });
});
