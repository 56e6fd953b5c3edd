import {expect} from '@open-wc/testing';
import {Channels} from '../../src/hub/channels.js';
import {PresenceScope} from '../../src/hub/presence.js';
import type {Person, PresentPerson} from '../../src/wire/chat.js';
import type {Attention, PresenceEvent} from '../../src/wire/protocol.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

const SECOND = 1_000;
const MINUTE = 60_000;
const seen = () => true;

async function given({project = new FakeProject(), clock = new FakeClock(), userId = 'ada'} = {}) {
  const transport = project.transport(userId, undefined, () => clock.now());
  const channels = new Channels(
    clock,
    () => 0.5,
    () => {},
  );
  const tabs: Attention[] = [{visible: true, lastActive: clock.now(), currentChatId: null}];
  const needed: string[] = [];
  const left: PresentPerson[] = [];
  const me: Person = {userId, name: 'Ada', avatarUrl: null};
  const makeAt = (scope: string) =>
    new PresenceScope(scope, userId, {
      clock,
      channels,
      attention: () => tabs,
      me: () => me,
      need: ids => needed.push(...ids),
      left: people => left.push(...people),
    });
  const make = () => makeAt('global');
  const up = async () => {
    channels.up(transport.openSocket('token', {opened() {}, down: () => channels.down(), beat() {}}));
    await settle();
  };
  await up();
  const scope = make();
  await settle();
  const change = (...changes: Partial<Attention>[]) => {
    changes.forEach((part, at) => (tabs[at] = {...(tabs[at] ?? (tabs[0] as Attention)), ...part}));
    scope.update();
  };
  return {
    clock,
    project,
    tabs,
    needed,
    left,
    me,
    scope,
    make,
    makeAt,
    up,
    /** The tabs, in order, know something new. */
    change,
    /** What was tracked and untracked, in order. */
    get calls() {
      return project.log.filter(line => /^(un)?track/.test(line)).map(line => line.replace(' presence:global', ''));
    },
    get payload() {
      return [...project.members].find(member => member.userId === userId)?.tracked;
    },
  };
}

describe('PresenceScope', () => {
  it('tracks one person for many tabs: online when one is seen and used', async () => {
    const world = await given();
    world.tabs.push({visible: false, lastActive: world.clock.now() - MINUTE, currentChatId: 'b'});
    world.tabs.push({visible: true, lastActive: world.clock.now() + 1, currentChatId: 'c'});
    for (let n = 0; n < 5; n++) world.scope.update();
    const lastSeen = world.clock.now() + 1;
    await world.clock.pass(SECOND);
    expect(world.calls).to.deep.equal(['track online', 'track online']);
    expect(world.payload).to.deep.equal({
      userId: 'ada',
      status: 'online',
      lastSeen,
      currentChatId: 'c',
      name: 'Ada',
      avatarUrl: null,
    });
  });

  it('takes going from tab to tab for nothing, and a tab of another chat for one change', async () => {
    const world = await given();
    world.change({}, {visible: false});
    for (let n = 0; n < 4; n++) {
      const here = n % 2;
      world.change({visible: false}, {visible: false});
      await world.clock.pass(300);
      world.change({visible: here === 0}, {visible: here === 1});
      await world.clock.pass(5 * SECOND);
    }
    expect(world.calls).to.deep.equal(['track online']);
    world.change({currentChatId: 'a'}, {currentChatId: 'b'});
    await world.clock.pass(MINUTE);
    expect(world.calls).to.have.length(2);
  });

  it('sends nothing when nothing has changed, however often it is told so', async () => {
    const world = await given();
    for (let n = 0; n < 20; n++) {
      await world.clock.pass(10 * SECOND);
      world.scope.update();
    }
    expect(world.calls).to.deep.equal(['track online']);
  });

  it('sends a sign of life every 30 s while a tab is seen, so that “last seen” is never older', async () => {
    const world = await given();
    for (let n = 0; n < 30; n++) {
      await world.clock.pass(10 * SECOND);
      world.change({lastActive: world.clock.now()});
      expect(world.clock.now() - Number(world.payload?.['lastSeen'])).to.be.at.most(30 * SECOND);
    }
    expect(world.calls).to.have.length(11);
  });

  for (const [frugal, beat] of [
    [false, 120],
    [true, 300],
  ] as const) {
    it(`sends one every ${beat} s while all are hidden${frugal ? ' and the battery is low' : ''}`, async () => {
      const world = await given();
      world.change({visible: false, frugal});
      await world.clock.pass(SECOND);
      expect(world.calls).to.deep.equal(['track online', 'track away']);
      for (let n = 0; n < beat * 3; n += 10) {
        await world.clock.pass(10 * SECOND);
        world.change({lastActive: world.clock.now()});
      }
      expect(world.calls).to.have.length(2 + 3);
    });
  }

  it('lets name and picture ride along with the next sign of life', async () => {
    const world = await given();
    world.me.name = 'Ada King';
    world.scope.update();
    await world.clock.pass(29 * SECOND);
    expect(world.calls).to.have.length(1);
    await world.clock.pass(SECOND);
    expect(world.payload?.['name']).to.equal('Ada King');
  });

  it('stays within 5 calls in any 30 s in a storm, is never 17 s behind, and ends with the newest', async () => {
    const world = await given();
    const times: number[] = [world.clock.now()];
    let before = world.calls.length;
    for (let tick = 0; tick < 3_000; tick++) {
      world.change({currentChatId: `chat ${tick}`, lastActive: world.clock.now(), visible: tick % 7 !== 0});
      await world.clock.pass(100);
      for (; before < world.calls.length; before++) times.push(world.clock.now());
    }
    expect(times.length).to.be.greaterThan(30);
    for (const [n, at] of times.entries()) {
      expect(at - (times[n - 4] ?? -Infinity)).to.be.at.least(30 * SECOND);
      expect(at - (times[n - 1] ?? at)).to.be.at.most(17 * SECOND);
    }
    await world.clock.pass(17 * SECOND);
    expect(world.payload?.['currentChatId']).to.equal('chat 2999');
  });

  for (const [page, gap] of [
    [6_000, 300],
    [500, 500],
    [2_500, 4_000],
    [17_000, 4_500],
  ] as const) {
    it(`shows who goes from page to page every ${page} ms, with ${gap} ms in between, as here all the time`, async () => {
      const {clock, project} = await given({userId: 'grace'});
      const watcher = await given({project, clock, userId: 'grace'});
      const heard: PresenceEvent[] = [];
      watcher.scope.add(event => heard.push(event), seen);
      const world = await given({project, clock});
      await clock.pass(SECOND);
      let scope = world.scope;
      for (let n = 0; n < 12; n++) {
        scope.close();
        expect(world.payload ?? null).to.equal(null);
        world.tabs[0] = {visible: true, lastActive: clock.now(), currentChatId: `page ${n}`};
        await clock.pass(gap);
        scope = world.make();
        await settle();
        expect(world.payload).to.include({status: 'online', currentChatId: `page ${n}`});
        await clock.pass(page / 2);
        scope.update();
        world.tabs[0] = {...world.tabs[0], currentChatId: `elsewhere on page ${n}`};
        scope.update();
        await clock.pass(page / 2);
      }
      await clock.pass(MINUTE);
      expect(heard.flatMap(event => (event.kind === 'diff' ? event.left : []))).to.deep.equal([]);
      expect(project.count('expelled')).to.equal(0);
    });
  }

  it('goes from page to page at an easy pace without a join or a leave', async () => {
    const world = await given();
    let scope = world.scope;
    for (let n = 0; n < 10; n++) {
      await world.clock.pass(15_500);
      scope.close();
      await world.clock.pass(500);
      scope = world.make();
      await settle();
      expect(world.payload?.['status']).to.equal('online');
    }
    expect(world.project.count('join')).to.equal(1);
    expect(world.project.count('leave')).to.equal(0);
  });

  it('leaves the channel when no call is left for coming back, and is gone at once all the same', async () => {
    const world = await given();
    let scope = world.scope;
    for (let n = 0; n < 2; n++) {
      scope.close();
      scope = world.make();
      await settle();
    }
    expect(world.calls).to.deep.equal(['track online', 'untrack', 'track online', 'untrack', 'track online']);
    scope.close();
    expect(world.payload).to.equal(undefined);
    expect(world.calls).to.have.length(5);
    expect(world.project.count('leave')).to.equal(1);
  });

  it('tracks again after a rejoin, at once and with what is true by then', async () => {
    const world = await given();
    for (const chat of ['a', 'b', 'c', 'd', 'e']) {
      world.change({currentChatId: chat});
      await world.clock.pass(SECOND);
    }
    expect(world.payload?.['currentChatId']).to.equal('a');
    world.project.cut();
    world.change({currentChatId: 'f'});
    expect(world.calls).to.have.length(2);
    await world.up();
    expect(world.payload?.['currentChatId']).to.equal('f');
    await world.clock.pass(MINUTE);
    expect(world.calls).to.have.length(3);
  });

  it('tracks again after a rejoin even what has not changed, on a private channel', async () => {
    const world = await given();
    world.project.cut();
    await world.up();
    expect(world.calls).to.deep.equal(['track online', 'track online']);
    expect([...world.project.members][0]?.options).to.deep.equal({private: true, presenceKey: 'ada'});
  });

  it('says away after 5 min without a sign of life in a tab that is seen', async () => {
    const world = await given();
    await world.clock.pass(MINUTE);
    // Something happened in a hidden tab: it doesn't keep the person online.
    world.tabs.push({visible: false, lastActive: world.clock.now(), currentChatId: null});
    const used = world.clock.now();
    world.scope.update();
    await world.clock.pass(4 * MINUTE);
    expect(world.calls).not.to.include('track away');
    await world.clock.pass(SECOND);
    expect(world.calls.at(-1)).to.equal('track away');
    expect(world.payload?.['lastSeen']).to.equal(used);
    world.change({lastActive: world.clock.now()});
    await world.clock.pass(SECOND);
    expect(world.calls.at(-1)).to.equal('track online');
  });

  it('tells where the person is by the tab that is seen, then by the one last used', async () => {
    const world = await given();
    const now = world.clock.now();
    const where = async () => {
      world.scope.update();
      await world.clock.pass(MINUTE);
      return world.payload?.['currentChatId'];
    };
    world.tabs.splice(0, 1, {visible: false, lastActive: now - 5, currentChatId: 'hidden'});
    world.tabs.push({visible: true, lastActive: now - 9, currentChatId: 'seen'});
    expect(await where()).to.equal('seen');
    world.tabs.reverse();
    expect(await where()).to.equal('seen');
    world.tabs.push({visible: true, lastActive: now - 1, currentChatId: 'used'});
    expect(await where()).to.equal('used');
  });

  it('untracks at once when it ends, even with the budget spent, and nothing follows', async () => {
    const world = await given();
    for (const chat of ['a', 'b', 'c', 'd', 'e']) {
      world.change({currentChatId: chat});
      await world.clock.pass(SECOND);
    }
    world.scope.close();
    expect(world.calls).to.have.length(3);
    expect(world.calls.at(-1)).to.equal('untrack');
    await world.clock.pass(10 * MINUTE);
    expect(world.calls).to.have.length(3);
    expect(world.project.count('leave')).to.equal(1);
  });

  it('untracks nothing that was not tracked', async () => {
    const world = await given();
    world.project.cut();
    const scope = world.make();
    scope.close();
    expect(world.project.count('untrack')).to.equal(0);
  });

  it('tells a handle who is here, then what changes, until it stops', async () => {
    const world = await given();
    const heard: PresenceEvent[] = [];
    const stop = world.scope.add(event => heard.push(event), seen);
    expect(world.scope.empty).to.equal(false);
    const grace = await given({...world, userId: 'grace'});
    await world.clock.pass(SECOND);
    expect(heard.map(({kind}) => kind)).to.deep.equal(['state', 'diff']);
    expect(heard[0]).to.have.nested.property('people[0].userId', 'ada');
    expect(heard[1]).to.have.nested.property('changed[0].userId', 'grace');
    expect(world.needed).to.deep.equal(['ada', 'grace']);
    grace.scope.close();
    await world.clock.pass(6 * SECOND);
    expect(heard.at(-1)).to.deep.equal({kind: 'diff', changed: [], left: ['grace']});
    expect(world.left.map(({userId}) => userId)).to.deep.equal(['grace']);
    stop();
    expect(world.scope.empty).to.equal(true);
    world.change({visible: false});
    await world.clock.pass(MINUTE);
    expect(heard).to.have.length(3);
  });

  it('tells a handle no state without this person, which the server took before it knew of them', async () => {
    const world = await given();
    const sizes: number[] = [];
    const scope = world.makeAt('elsewhere');
    scope.add(event => event.kind === 'state' && sizes.push(event.people.length), seen);
    await settle();
    expect(sizes).to.deep.equal([1]);
  });

  it('tells who is here after 2 s even when the server never hears of this person', async () => {
    const world = await given();
    world.project.faults.refusePresence.add('presence:elsewhere');
    const heard: PresenceEvent[] = [];
    world.makeAt('elsewhere').add(event => heard.push(event), seen);
    // However much goes on there meanwhile.
    for (let n = 0; n < 4; n++) {
      await world.clock.pass(499);
      world.project.tellPresence('presence:elsewhere');
    }
    expect(heard).to.deep.equal([]);
    await world.clock.pass(4);
    expect(heard).to.deep.equal([{kind: 'state', people: []}]);
  });

  it('looks nobody up again because they give a sign of life', async () => {
    const world = await given();
    world.scope.add(() => {}, seen);
    const grace = await given({...world, userId: 'grace'});
    for (let n = 0; n < 3; n++) {
      grace.change({lastActive: world.clock.now()});
      await world.clock.pass(MINUTE);
    }
    expect(grace.calls.filter(call => call.startsWith('track')).length).to.be.greaterThan(3);
    expect(world.needed).to.deep.equal(['ada', 'grace']);
  });

  it('tells a handle nothing before the server has said who is here', async () => {
    const world = await given();
    const heard: string[] = [];
    world.scope.close();
    world.project.cut();
    world.make().add(event => heard.push(event.kind), seen);
    await world.clock.pass(20 * SECOND);
    expect(heard).to.deep.equal([]);
    await world.up();
    expect(heard).to.deep.equal(['state']);
  });

  it('says that nobody knows after 30 s in which the server has not said it, to who comes after that too', async () => {
    const world = await given();
    const heard: PresenceEvent[] = [];
    world.scope.close();
    world.project.cut();
    const scope = world.make();
    scope.add(event => heard.push(event), seen);
    await world.clock.pass(29 * SECOND);
    expect(heard).to.deep.equal([]);
    await world.clock.pass(SECOND);
    scope.add(event => heard.push(event), seen);
    expect(heard.map(({kind}) => kind)).to.deep.equal(['unknown', 'unknown']);
  });

  it('shows nothing of a short drop, and that nobody knows after 30 s without a line', async () => {
    const world = await given();
    const heard: PresenceEvent[] = [];
    world.scope.add(event => heard.push(event), seen);
    await given({...world, userId: 'grace'});
    await world.clock.pass(SECOND);
    const before = heard.length;
    world.project.cut();
    await world.clock.pass(4 * SECOND);
    await world.up();
    // Cut off with us, and back later than a leave is hidden for.
    await world.clock.pass(20 * SECOND);
    await given({...world, userId: 'grace'});
    await world.clock.pass(MINUTE);
    const since = heard.splice(before);
    expect(since.flatMap(event => (event.kind === 'diff' ? event.left : [event.kind]))).to.deep.equal([]);
    world.project.cut();
    await world.clock.pass(30 * SECOND);
    expect(heard.at(-1)).to.deep.equal({kind: 'unknown'});
    await world.up();
    await world.clock.pass(SECOND);
    expect(heard.slice(before).map(({kind}) => kind)).to.deep.equal(['unknown', 'state']);
  });
});
