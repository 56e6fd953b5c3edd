import {expect} from '@open-wc/testing';
import {BUDGET, choose, JoinAllowance} from '../../src/hub/channel-budget.js';
import {Channels, PARKED} from '../../src/hub/channels.js';
import {interestOf, moreWanted, type Interest} from '../../src/hub/interest.js';
import {FakeBrowser} from '../support/fake-browser.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

const PRIVATE = {private: true, presenceKey: null};
const attention = {visible: true, lastActive: 0, currentChatId: null, frugal: false};

describe('How much a channel is wanted', () => {
  it('is told by whether somebody looks at it, then by whether its tab is in sight, then by when the tab was used', () => {
    const hidden = {...attention, visible: false, lastActive: 9};
    const seen = {...attention, lastActive: 1};
    const looking = {...attention, currentChatId: 'c'};
    expect(interestOf([], 'c')).to.deep.equal({rank: 0, usedAt: 0});
    expect(interestOf([hidden], 'c')).to.deep.equal({rank: 0, usedAt: 9});
    expect(interestOf([hidden, seen], 'c')).to.deep.equal({rank: 1, usedAt: 9});
    expect(interestOf([seen, looking, hidden], 'c')).to.deep.equal({rank: 2, usedAt: 9});
    expect(interestOf([looking], null).rank).to.equal(1);
    expect(interestOf([{...looking, visible: false}], 'c').rank).to.equal(0);
  });

  it('puts what nobody looks at and everything hangs on before all else', () => {
    const sorted = [{rank: 0, usedAt: 5}, {rank: 2, usedAt: 1}, null, {rank: 0, usedAt: 9}] as (Interest | null)[];
    expect(sorted.sort(moreWanted)).to.deep.equal([
      null,
      {rank: 2, usedAt: 1},
      {rank: 0, usedAt: 9},
      {rank: 0, usedAt: 5},
    ]);
  });

  it('leaves on the socket what is there already, among equals', () => {
    const candidate = (name: string, isOn: boolean, rank: Interest['rank'] = 0) => {
      return {name, onSocket: isOn ? {} : null, users: [{interest: () => ({rank, usedAt: 0})}]};
    };
    const wanted = [candidate('a', true), candidate('b', false), candidate('c', true), candidate('d', false, 1)];
    const names = (list: {name: string}[]) => list.map(({name}) => name).join();
    const {missing, spare} = choose(wanted, 2);
    expect([names(missing), names(spare)]).to.deep.equal(['d', 'a']);
    const all = choose(wanted, 4);
    expect([names(all.missing), names(all.spare)]).to.deep.equal(['d,b', '']);
  });
});

describe('JoinAllowance', () => {
  it('gives a burst, then ten a second, and saves up no more than a burst', () => {
    const allowance = new JoinAllowance();
    const burst = (now: number) => {
      let count = 0;
      while (allowance.take(now) === 0) count++;
      return count;
    };
    expect(burst(1_000)).to.equal(30);
    expect(burst(1_100)).to.equal(1);
    expect(burst(2_100)).to.equal(10);
    expect(burst(1_000_000)).to.equal(30);
    // A clock that is set back gives nothing and takes nothing.
    expect(burst(0)).to.equal(0);
    expect(burst(1_000)).to.equal(10);
  });
});

function given() {
  const clock = new FakeClock();
  const project = new FakeProject();
  const transport = project.transport('ada');
  const token = {isGood: true};
  const channels = new Channels(
    clock,
    () => 0.5,
    () => {},
    () => token.isGood,
  );
  const interests = new Map<string, Interest>();
  const use = (topic: string, isPinned = false) => {
    const heard: string[] = [];
    interests.set(topic, {rank: 0, usedAt: interests.size});
    const held = channels.use(topic, PRIVATE, {
      joined: () => heard.push('joined'),
      lost: reason => heard.push(reason),
      ...(isPinned ? {} : {interest: () => interests.get(topic) as Interest}),
    });
    return {heard, release: () => held.release()};
  };
  const up = async () => {
    channels.up(transport.openSocket('token', {opened() {}, down: () => channels.down(), beat() {}}));
    await settle();
  };
  const topicsOf = (state: string) =>
    channels.overview.channels.filter(channel => channel.state === state).map(({topic}) => topic);
  return {clock, project, channels, token, interests, use, up, topicsOf};
}

describe('More channels than a socket may hold', () => {
  it('are joined as far as there is room, the rest parked, whatever the order they come in', async () => {
    const {clock, use, up, topicsOf, interests} = given();
    await up();
    const users = Array.from({length: 200}, (_, n) => use(`t${n}`));
    await clock.pass(60_000);
    expect(topicsOf('joined')).to.have.length(BUDGET);
    expect(topicsOf('parked')).to.have.length(110);
    // What was used last.
    expect(topicsOf('joined')).to.include.members(['t199', 't150', 't110']);
    expect(interests.size).to.equal(users.length);
  });

  it('make room for what is looked at, at once, and say so to what had to go', async () => {
    const {clock, channels, use, up, interests, topicsOf, project} = given();
    await up();
    const users = Array.from({length: 100}, (_, n) => use(`t${n}`));
    await clock.pass(60_000);
    expect(topicsOf('parked')).to.include('t0');
    const parked = topicsOf('parked').length;
    interests.set('t0', {rank: 2, usedAt: 0});
    channels.looked();
    await clock.pass(1_000);
    expect(topicsOf('joined')).to.include('t0');
    expect(topicsOf('parked')).to.have.length(parked);
    expect(users[0]?.heard.at(-1)).to.equal('joined');
    expect(users.filter(({heard}) => heard.at(-1) === PARKED)).to.have.length(parked);
    expect(project.count('leave')).to.be.at.most(parked + 1);
  });

  it('are joined within the budget and its pace when a token comes back', async () => {
    const {clock, channels, token, use, up, interests, topicsOf, project} = given();
    await up();
    for (let n = 0; n < 150; n++) use(`t${n}`);
    await clock.pass(60_000);
    token.isGood = false;
    const joined = topicsOf('joined');
    // Somebody goes through their chats meanwhile.
    for (let n = 0; n < 60; n++) {
      interests.set(`t${n}`, {rank: 2, usedAt: 1_000 + n});
      channels.looked();
      await clock.pass(500);
    }
    expect(topicsOf('joined')).to.deep.equal(joined);
    project.log.length = 0;
    token.isGood = true;
    channels.tokenRenewed();
    await settle();
    expect(project.log.filter(line => line.startsWith('join')).length).to.be.within(1, 30);
    await clock.pass(60_000);
    expect(topicsOf('joined')).to.have.length(BUDGET);
    expect(topicsOf('joined')).to.include.members(['t0', 't59']);
  });

  it('never push out what is always wanted', async () => {
    const {clock, use, up, topicsOf} = given();
    await up();
    use('inbox', true);
    for (let n = 0; n < 150; n++) use(`t${n}`);
    await clock.pass(60_000);
    expect(topicsOf('joined')).to.include('inbox');
  });

  it('come in when another one goes, and let go of what only lingers first', async () => {
    const {clock, use, up, topicsOf} = given();
    await up();
    const users = Array.from({length: BUDGET + 1}, (_, n) => use(`t${n}`));
    await clock.pass(60_000);
    const [parked = ''] = topicsOf('parked');
    users.find((_, n) => `t${n}` !== parked)?.release();
    await clock.pass(5_000);
    expect(topicsOf('joined')).to.include(parked);
    expect(topicsOf('parked')).to.deep.equal([]);
  });

  it('come back after an outage in a burst and then by and by, the most wanted first', async () => {
    const {clock, use, up, interests, project, topicsOf} = given();
    for (let n = 0; n < 80; n++) use(`t${n}`);
    interests.set('t3', {rank: 2, usedAt: 0});
    await up();
    expect(project.count('join')).to.equal(30);
    expect(topicsOf('joined')).to.include('t3');
    await clock.pass(1_000);
    expect(project.count('join')).to.be.within(32, 42);
    await clock.pass(30_000);
    expect(project.count('join')).to.equal(80);
  });

  it('are fewer when the project allows fewer, and it is not asked in a loop', async () => {
    const {clock, use, up, project, topicsOf, channels} = given();
    await up();
    for (let n = 0; n < 20; n++) use(`t${n}`);
    await clock.pass(10_000);
    project.faults.refuseTopics.set('one more', 'ChannelRateLimitReached: Too many channels');
    use('one more');
    await clock.pass(20_000);
    expect(channels.overview.budget).to.equal(20);
    expect(project.count('join one more')).to.equal(1);
    project.faults.refuseTopics.clear();
    await clock.pass(60_000);
    // It was used last, so it has the place of another one.
    expect(topicsOf('parked')).to.have.length(1);
  });

  it('cost a tab that is switched to and fro no storm of joins', async () => {
    const {clock, channels, use, up, interests, project} = given();
    await up();
    for (let n = 0; n < 200; n++) use(`t${n}`);
    await clock.pass(60_000);
    const before = project.count('join');
    for (let turn = 0; turn < 100; turn++) {
      for (let n = 0; n < 200; n++) interests.set(`t${n}`, {rank: n % 2 === turn % 2 ? 1 : 0, usedAt: n});
      channels.looked();
      await clock.pass(100);
    }
    expect(project.count('join') - before).to.be.at.most(30 + 10 * 11);
  });
});

/** A tab with 120 chats, of which one has no room. */
async function parkedChat() {
  const browser = new FakeBrowser();
  const {project, clock} = browser;
  const slugs = Array.from({length: 120}, (_, n) => `chat-${n}`);
  for (const slug of slugs) project.addChat(slug);
  const tab = await browser.tab();
  const chats = slugs.map(slug => tab.client.chat(slug));
  await clock.pass(60_000);
  const joinedNow = () =>
    slugs.filter(slug => [...project.members].some(({topic}) => topic === `chat:${project.chats.get(slug)?.chat.id}`));
  const slug = slugs.find(each => !joinedNow().includes(each)) as string;
  const look = () => tab.client.setCurrentChat(project.chats.get(slug)?.chat.id ?? null);
  return {chat: chats[slugs.indexOf(slug)], slug, project, clock, joinedNow, look};
}

describe('A chat that is parked', () => {
  it('shows what it missed at the next look at the tips, tells of no absence, and is joined when it is looked at', async () => {
    const {chat, slug, project, clock, joinedNow, look} = await parkedChat();
    expect(joinedNow().length).to.be.at.most(BUDGET);
    project.write(slug, 'news');
    await clock.pass(35_000);
    expect(chat?.messages.current.map(({body}) => body)).to.deep.equal(['news']);
    expect(chat?.continuity.current).to.equal(null);
    look();
    await clock.pass(1_000);
    expect(joinedNow()).to.include(slug);
    project.write(slug, 'at once');
    await clock.pass(100);
    expect(chat?.messages.current.map(({body}) => body)).to.deep.equal(['news', 'at once']);
    expect(chat?.continuity.current).to.equal(null);
  });

  it('calls nothing missed that came while it was parked, whatever becomes of the line', async () => {
    const {chat, slug, project, clock, look} = await parkedChat();
    const before = chat?.continuity.current;
    project.cut();
    project.write(slug, '1');
    await clock.pass(60_000);
    for (const body of ['2', '3']) {
      project.write(slug, body);
      await clock.pass(31_000);
    }
    expect(chat?.messages.current.map(({body}) => body)).to.deep.equal(['1', '2', '3']);
    look();
    await clock.pass(1_000);
    expect(chat?.continuity.current).to.equal(before);
  });
});
