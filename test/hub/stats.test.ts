import {expect} from '@open-wc/testing';
import {Stats} from '../../src/hub/stats.js';
import {TrunkError} from '../../src/wire/error.js';
import type {HubStats} from '../../src/wire/stats.js';
import {FakeBrowser} from '../support/fake-browser.js';
import {FakeClock, settle} from '../support/fake-clock.js';

const elsewhere = {
  ...{hub: 'h', tabs: [], budget: 90, channels: [], heapBytes: null},
  outbox: {queued: 0, failed: 0, oldestAt: null},
};

describe('Stats', () => {
  it('tells what half and 95 % of the last beats stay below, and forgets the oldest', () => {
    const stats = new Stats(new FakeClock());
    expect(stats.read(elsewhere).latency).to.deep.equal({samplesMs: [], p50Ms: null, p95Ms: null});
    for (let ms = 1; ms <= 200; ms++) stats.beat(ms);
    const {latency} = stats.read(elsewhere);
    expect([latency.samplesMs.length, latency.samplesMs[0], latency.p50Ms, latency.p95Ms]).to.deep.equal([
      100, 101, 150, 195,
    ]);
  });

  it('keeps the changes of the connection, each once, the newest fifty', async () => {
    const clock = new FakeClock();
    const stats = new Stats(clock);
    for (let n = 0; n < 40; n++) {
      stats.became('connected', 'open');
      stats.became('connected', 'open');
      await clock.pass(1_000);
      stats.became('disconnected', 'socket-closed');
    }
    const {transitions} = stats.read(elsewhere);
    expect(transitions).to.have.length(50);
    expect(transitions.at(-1)).to.deep.equal({at: clock.now(), state: 'disconnected', reason: 'socket-closed'});
  });

  it('times an own message from stage to stage, and nobody else’s', async () => {
    const clock = new FakeClock();
    const stats = new Stats(clock);
    const at = clock.now();
    stats.message('m', 'c', 'queuedAt');
    for (const stage of ['sentAt', 'echoedAt', 'ackedAt'] as const) {
      await clock.pass(10);
      stats.message('m', 'c', stage);
      stats.message('theirs', 'c', stage === 'sentAt' ? 'ackedAt' : stage);
    }
    await clock.pass(10);
    stats.message('m', 'c', 'queuedAt');
    const [timing, ...others] = stats.read(elsewhere).sends;
    expect(timing).to.deep.equal({
      messageId: 'm',
      chatId: 'c',
      queuedAt: at,
      sentAt: at + 10,
      echoedAt: at + 20,
      ackedAt: at + 30,
    });
    expect(others).to.deep.equal([]);
  });

  it('hands out copies', () => {
    const stats = new Stats(new FakeClock());
    stats.problem(new TrunkError('rejected', 'no'));
    const first = stats.read(elsewhere);
    stats.count('catchUps', 3);
    stats.traffic.framesIn++;
    expect([first.counters.catchUps, first.traffic.framesIn, first.problems.length]).to.deep.equal([0, 0, 1]);
  });
});

describe('A client’s stats', () => {
  const given = async () => {
    const browser = new FakeBrowser();
    browser.project.addChat('lobby');
    const tabs = [await browser.tab(), await browser.tab()] as const;
    const chats = tabs.map(({client}) => client.chat('lobby'));
    await settle();
    return {browser, clock: browser.clock, project: browser.project, tabs, chat: chats[0]};
  };

  it('say what the browser has: tabs and what they hold, channels, own messages, changes of the line', async () => {
    const {browser, clock, project, tabs, chat} = await given();
    let stats: HubStats | null = null;
    tabs[1].client.stats.subscribe(told => (stats = told));
    await chat?.send('hello');
    await clock.pass(2_000);
    project.cut();
    await clock.pass(5_000);
    const now = stats as unknown as HubStats;
    expect(now.tabs.map(({holds}) => holds)).to.deep.equal([
      {'chat:id-of-lobby': 1},
      {'chat:id-of-lobby': 1, stats: 1},
    ]);
    expect(now.channels).to.deep.equal([
      {topic: 'chat:id-of-lobby', state: 'joined', users: 1, presenceCallsLeft: null},
    ]);
    expect(now.transitions.map(({reason}) => reason)).to.include.members(['open', 'socket-closed']);
    expect(now.transitions.at(-1)?.reason).to.equal('open');
    expect(now.sends).to.have.length(1);
    expect(now.sends[0]?.ackedAt).to.be.a('number');
    expect(now.counters.catchUps).to.be.greaterThan(0);
    expect(JSON.stringify(now)).not.to.include('hello');
    expect(browser.clock.now() - now.at).to.be.below(1_001);
  });

  it('count what came twice, came too early and was missed', async () => {
    const {clock, project, tabs} = await given();
    tabs[0].client.stats.subscribe(() => {});
    await clock.pass(1_000);
    const before = tabs[0].client.stats.current?.counters;
    project.faults.loseRevisions.add(1);
    project.write('lobby', 'lost');
    project.write('lobby', 'shows the gap');
    await clock.pass(2_000);
    const fake = project.chats.get('lobby');
    if (fake?.messages[1]) project.publish(fake, fake.messages[1], 'insert');
    await clock.pass(2_000);
    const after = tabs[0].client.stats.current?.counters;
    expect((after?.gaps ?? 0) - (before?.gaps ?? 0)).to.equal(1);
    expect((after?.caughtUp ?? 0) - (before?.caughtUp ?? 0)).to.equal(2);
    expect((after?.duplicates ?? 0) - (before?.duplicates ?? 0)).to.be.at.least(1);
  });

  it('are told while somebody listens, and not a moment longer', async () => {
    const {clock, tabs} = await given();
    const told = () => tabs[0].frames.flat().filter(({type}) => type === 'stats').length;
    expect(told()).to.equal(0);
    const undos = [tabs[0].client.stats.subscribe(() => {}), tabs[0].client.stats.subscribe(() => {})];
    await clock.pass(3_000);
    const heard = told();
    expect(heard).to.be.within(3, 5);
    undos[0]?.();
    undos[0]?.();
    await clock.pass(2_000);
    expect(told()).to.equal(heard + 2);
    undos[1]?.();
    expect(tabs[0].client.stats.current).to.equal(null);
    await clock.pass(5_000);
    expect(told()).to.equal(heard + 2);
  });

  it('cost no timer and no post while nobody listens', async () => {
    const {clock, tabs, chat} = await given();
    await clock.pass(60_000);
    const timers = clock.timers;
    const undo = tabs[0].client.stats.subscribe(() => {});
    await settle();
    expect(clock.timers).to.equal(timers + 1);
    undo();
    await settle();
    expect(clock.timers).to.equal(timers);
    // What there is to count is counted all the same.
    await chat?.send('hello');
    await clock.pass(2_000);
    const posts = tabs.map(({frames}) => frames.length);
    await clock.pass(10_000);
    expect(tabs.map(({frames}) => frames.length)).to.deep.equal(posts);
    tabs[1].client.stats.subscribe(() => {});
    await settle();
    expect(tabs[1].client.stats.current?.sends).to.have.length(1);
  });

  it('say of the tab which one it is, what it was told and when messages came into its lists', async () => {
    const {clock, project, tabs, chat} = await given();
    tabs[0].client.stats.subscribe(() => {});
    await settle();
    const before = tabs[0].client.stats.current?.here;
    expect(before?.shown).to.deep.equal([]);
    const own = await chat?.send('hello');
    await clock.pass(1_000);
    project.write('lobby', 'hi', 'grace');
    await clock.pass(2_000);
    const now = tabs[0].client.stats.current;
    const here = now?.here;
    expect(now?.tabs.findIndex(({id}) => id === here?.id)).to.equal(0);
    expect(here?.frames).to.be.greaterThan(before?.frames ?? 0);
    expect(here?.messages).to.be.at.least(here?.frames ?? Infinity);
    expect(here?.shown.map(({messageId, own}) => [messageId === now?.sends[0]?.messageId, own])).to.deep.equal([
      [true, true],
      [false, false],
    ]);
    expect(here?.shown[0]?.messageId).to.equal(own);
    // A change of a message that is there is no arrival, nor is the same in another handle of the chat.
    tabs[0].client.chat('lobby');
    await chat?.edit(own ?? '', 'hello again');
    await clock.pass(2_000);
    expect(tabs[0].client.stats.current?.here.shown).to.have.length(2);
    await tabs[0].client.signOut('discard');
    expect(tabs[0].client.stats.current).to.equal(null);
  });

  it('begin anew with the next hub', async () => {
    const {browser, clock, tabs} = await given();
    tabs[0].client.stats.subscribe(() => {});
    await clock.pass(1_000);
    const hub = tabs[0].client.stats.current?.hub;
    await browser.killHub();
    await clock.pass(20_000);
    expect(tabs[0].client.stats.current?.hub).not.to.equal(hub);
  });
});
