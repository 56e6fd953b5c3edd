import {expect} from '@open-wc/testing';
import {Stats} from '../../src/hub/stats.js';
import {RealtimeSocket} from '../../src/hub/supabase/realtime-socket.js';
import type {SocketListener} from '../../src/hub/transport.js';
import {TrunkError} from '../../src/wire/error.js';
import type {HubStats} from '../../src/wire/stats.js';
import {FakeBrowser} from '../support/fake-browser.js';
import {FakeClock, settle} from '../support/fake-clock.js';

const elsewhere = {
  ...{hub: 'h', tabs: [], budget: 90, channels: []},
  outbox: {queued: 0, failed: 0, oldestAt: null, newestAt: null},
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
    stats.caughtUp('chat', 0, 3);
    stats.traffic.framesIn++;
    expect([first.counters.catchUps, first.traffic.framesIn, first.problems.length]).to.deep.equal([0, 0, 1]);
  });
});

describe('A socket’s frames', () => {
  it('are counted in bytes, not in characters', () => {
    const original = globalThis.WebSocket;
    const said: string[] = [];
    let socket: {onmessage?: (event: {data: unknown}) => void} = {};
    const fake = function (this: typeof socket) {
      socket = this;
      Object.assign(this, {readyState: 1, send: (frame: string) => said.push(frame), close() {}});
    };
    Object.assign(globalThis, {WebSocket: Object.assign(fake, {OPEN: 1})});
    try {
      const counted: [way: string, bytes: number][] = [];
      const listener = {
        opened() {},
        down() {},
        beat() {},
        frame: (way: string, bytes: number) => counted.push([way, bytes]),
      };
      const config = new FakeBrowser().config;
      const line = new RealtimeSocket(config, 't', listener as unknown as SocketListener, new FakeClock());
      line.push('zimmer', 'grüße', {text: '€ 👋'}, null);
      const frame = JSON.stringify([null, null, 'zimmer', 'grüße', {}]);
      socket.onmessage?.({data: frame});
      socket.onmessage?.({data: new ArrayBuffer(7)});
      expect(counted).to.deep.equal([
        ['out', new Blob(said).size],
        ['in', frame.length + 2],
        ['in', 7],
      ]);
      expect(new Blob(said).size).to.equal((said[0]?.length ?? 0) + 2 + 2 + 2);
    } finally {
      Object.assign(globalThis, {WebSocket: original});
    }
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
    expect(now.catchUps.at(-1)).to.include({chatId: 'id-of-lobby', found: 0});
    expect(JSON.stringify(now)).not.to.include('hello');
    expect(browser.clock.now() - now.at).to.be.below(1_001);
  });

  /** What the counters say, now and after whatever is done in between. */
  const countersOf = async ({clock, tabs}: Awaited<ReturnType<typeof given>>) => {
    tabs[0].client.stats.subscribe(() => {});
    await clock.pass(1_000);
    const before = tabs[0].client.stats.current?.counters;
    return async () => {
      await clock.pass(2_000);
      const now = tabs[0].client.stats.current?.counters;
      const since = (name: keyof HubStats['counters']) => (now?.[name] ?? NaN) - (before?.[name] ?? NaN);
      return {gaps: since('gaps'), caughtUp: since('caughtUp'), duplicates: since('duplicates')};
    };
  };

  it('tell of every stage of own messages, of what failed, and of all that goes over the line', async () => {
    const {clock, project, tabs, chat} = await given();
    const fake = project.chats.get('lobby');
    project.faults.refuseBodies.set('refused', new TrunkError('rejected', 'The database quotes “refused”.'));
    project.faults.refusePresence.add('presence:global');
    tabs[0].client.stats.subscribe(() => {});
    const now = () => tabs[0].client.stats.current as NonNullable<(typeof tabs)[0]['client']['stats']['current']>;
    await clock.pass(1_000);
    // Written while nothing gets through.
    project.faults.refuseSockets = true;
    project.faults.request = new TrunkError('unreachable', 'no network');
    project.cut();
    const queuedAt = clock.now();
    await chat?.send('offline');
    await clock.pass(3_000);
    expect(now().sends[0]).to.include({queuedAt, sentAt: null, ackedAt: null, echoedAt: null});
    expect(now().outbox).to.deep.equal({queued: 1, failed: 0, oldestAt: queuedAt, newestAt: queuedAt});
    expect(now().traffic).to.include({framesIn: 2, framesOut: 2});
    // The line is back; the answer takes its time, and the echo comes after it.
    project.faults.refuseSockets = false;
    project.faults.request = null;
    project.faults.loseRevisions.add(1);
    project.hold();
    tabs[0].client.poke('online');
    await clock.pass(10_000);
    const {sentAt} = now().sends[0] ?? {};
    expect(sentAt).to.be.at.least(queuedAt + 3_000);
    expect(now().sends[0]).to.include({queuedAt, ackedAt: null, echoedAt: null});
    project.release();
    const ackedAt = clock.now();
    await clock.pass(2_000);
    expect(now().sends[0]).to.include({queuedAt, sentAt, ackedAt, echoedAt: null});
    project.faults.loseRevisions.clear();
    // A later change is no echo.
    await chat?.edit(now().sends[0]?.messageId ?? '', 'edited');
    await clock.pass(2_000);
    expect(now().sends[0]).to.include({queuedAt, sentAt, ackedAt, echoedAt: null});
    if (fake?.messages[0]) project.publish(fake, {...fake.messages[0], rev: fake.messages[0].seq}, 'insert');
    const echoedAt = clock.now();
    await chat?.send('refused');
    tabs[0].client.presence('global');
    await clock.pass(2_000);
    expect(now().sends[0]).to.include({queuedAt, sentAt, ackedAt, echoedAt});
    expect(now().outbox).to.deep.equal({queued: 0, failed: 1, oldestAt: echoedAt, newestAt: echoedAt});
    expect(now().counters.duplicates).to.equal(0);
    // Two heartbeats a socket, of which the first goes out with its joins and is no round trip, and one when somebody looks.
    project.latencyMs = 21;
    const undo = tabs[0].client.watchLatency();
    await clock.pass(1_000);
    undo();
    const beats = project.count('ping');
    const {traffic, latency, problems} = now();
    expect(latency).to.deep.equal({samplesMs: [7, 7, 21], p50Ms: 7, p95Ms: 21});
    expect(traffic).to.deep.equal({framesIn: beats, framesOut: beats, bytesIn: beats * 90, bytesOut: beats * 50});
    expect(problems).to.deep.equal([{at: problems[0]?.at, code: 'forbidden'}]);
    expect(JSON.stringify(now())).not.to.match(/quotes|no network|offline"/);
  });

  it('count what came twice, came too early and was missed', async () => {
    const world = await given();
    const {clock, project} = world;
    const since = await countersOf(world);
    project.faults.loseRevisions.add(1);
    project.write('lobby', 'lost');
    project.hold();
    // One gap, whatever comes after it until it is read.
    for (const body of ['shows the gap', 'waits', 'waits, too']) project.write('lobby', body);
    await clock.pass(1_000);
    project.release();
    expect(await since()).to.deep.equal({gaps: 1, caughtUp: 4, duplicates: 0});
    const fake = project.chats.get('lobby');
    if (fake?.messages[1]) project.publish(fake, fake.messages[1], 'insert');
    expect(await since()).to.deep.equal({gaps: 1, caughtUp: 4, duplicates: 1});
  });

  it('count an event that comes late as none that came twice, and one that comes twice before its turn as a duplicate', async () => {
    const world = await given();
    const {clock, project} = world;
    const fake = project.chats.get('lobby');
    const since = await countersOf(world);
    project.faults.loseRevisions.add(1);
    project.hold();
    project.write('lobby', 'late');
    project.write('lobby', 'in time');
    await clock.pass(100);
    const tell = (rev: number) => fake?.messages[rev - 1] && project.publish(fake, fake.messages[rev - 1]!, 'insert');
    project.faults.loseRevisions.clear();
    tell(2);
    project.release();
    expect(await since()).to.deep.equal({gaps: 1, caughtUp: 2, duplicates: 1});
    tell(1);
    expect(await since()).to.deep.equal({gaps: 1, caughtUp: 2, duplicates: 1});
  });

  it('count a catch-up once it has come to its end, with all that its tries found', async () => {
    const world = await given();
    const {clock, project, tabs} = world;
    const since = await countersOf(world);
    const catchUps = () => tabs[0].client.stats.current?.counters.catchUps ?? NaN;
    const before = catchUps();
    project.faults.loseRevisions.add(1);
    project.faults.request = new TrunkError('unreachable', 'no network');
    project.write('lobby', 'lost');
    project.write('lobby', 'shows the gap');
    await since();
    expect(catchUps()).to.equal(before);
    project.faults.request = null;
    await clock.pass(60_000);
    expect((await since()).caughtUp).to.equal(2);
    expect(catchUps()).to.equal(before + 1);
  });

  it('count no own message as a duplicate: the answer first, or the echo', async () => {
    const world = await given();
    const {project, chat} = world;
    const fake = project.chats.get('lobby');
    const since = await countersOf(world);
    // The echo first: the fake tells of a commit before it answers.
    for (const body of ['one', 'two', 'three']) await chat?.send(body);
    expect(await since()).to.deep.equal({gaps: 0, caughtUp: 0, duplicates: 0});
    // The answer first, as it is when replication takes its time.
    const own = [4, 5, 6];
    for (const rev of own) project.faults.loseRevisions.add(rev);
    for (const body of ['four', 'five', 'six']) await chat?.send(body);
    await since();
    project.faults.loseRevisions.clear();
    for (const rev of own) if (fake?.messages[rev - 1]) project.publish(fake, fake.messages[rev - 1]!, 'insert');
    expect(await since()).to.deep.equal({gaps: 0, caughtUp: 0, duplicates: 0});
    // And what comes twice is a duplicate, whoever wrote it.
    if (fake?.messages[5]) project.publish(fake, fake.messages[5], 'insert');
    expect(await since()).to.deep.equal({gaps: 0, caughtUp: 0, duplicates: 1});
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
