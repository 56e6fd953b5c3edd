import {expect} from '@open-wc/testing';
import {Channels} from '../../src/hub/channels.js';
import {PresenceScope} from '../../src/hub/presence.js';
import type {Attention, PresenceEvent} from '../../src/wire/protocol.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

const MINUTE = 60_000;

async function given() {
  const clock = new FakeClock();
  const project = new FakeProject();
  const transport = project.transport('ada');
  const channels = new Channels(
    clock,
    () => 0.5,
    () => {},
  );
  const tabs: Attention[] = [{visible: true, lastActive: clock.now(), currentChatId: null}];
  const needed: string[] = [];
  const make = () =>
    new PresenceScope('global', 'ada', {clock, channels, attention: () => tabs, need: ids => needed.push(...ids)});
  const up = async () => {
    channels.up(transport.openSocket('token', {opened() {}, down: () => channels.down(), beat() {}}));
    await settle();
  };
  await up();
  const scope = make();
  await settle();
  return {
    clock,
    project,
    tabs,
    needed,
    scope,
    make,
    up,
    /** What was tracked and untracked, in order. */
    get calls() {
      return project.log.filter(line => /^(un)?track/.test(line)).map(line => line.replace(' presence:global', ''));
    },
    get payload() {
      return [...project.members][0]?.tracked;
    },
  };
}

describe('PresenceScope', () => {
  it('tracks one person for many tabs: online when one is seen and used', async () => {
    const world = await given();
    world.tabs.push({visible: false, lastActive: world.clock.now() - MINUTE, currentChatId: 'b'});
    world.tabs.push({visible: true, lastActive: world.clock.now() + 1, currentChatId: 'c'});
    for (let n = 0; n < 5; n++) world.scope.update();
    expect(world.calls).to.deep.equal(['track online', 'track online']);
    expect(world.payload).to.deep.equal({
      userId: 'ada',
      status: 'online',
      lastSeen: world.clock.now() + 1,
      currentChatId: 'c',
    });
  });

  it('sends nothing when nothing that matters has changed', async () => {
    const world = await given();
    for (let n = 0; n < 20; n++) {
      await world.clock.pass(MINUTE);
      (world.tabs[0] as Attention).lastActive = world.clock.now();
      world.scope.update();
    }
    expect(world.calls).to.deep.equal(['track online']);
  });

  it('stays within 5 calls in any 30 s in a storm, and ends with the newest', async () => {
    const world = await given();
    const times: number[] = [];
    let before = world.calls.length;
    for (let second = 0; second < 300; second++) {
      (world.tabs[0] as Attention).currentChatId = `chat ${second}`;
      (world.tabs[0] as Attention).lastActive = world.clock.now();
      world.scope.update();
      await world.clock.pass(1_000);
      for (; before < world.calls.length; before++) times.push(world.clock.now());
    }
    await world.clock.pass(30_000);
    expect(times.length).to.be.greaterThan(20);
    for (const [n, at] of times.entries()) expect(at - (times[n - 4] ?? -Infinity)).to.be.at.least(29_000);
    expect(world.payload?.['currentChatId']).to.equal('chat 299');
  });

  it('keeps the budget over its own end, because the channel lingers', async () => {
    const world = await given();
    let scope = world.scope;
    for (let reload = 0; reload < 10; reload++) {
      scope.close();
      await world.clock.pass(500);
      scope = world.make();
      await world.clock.pass(500);
    }
    expect(world.project.count('join')).to.equal(1);
    expect(world.calls.length).to.be.at.most(5);
    await world.clock.pass(30_000);
    expect(world.payload?.['status']).to.equal('online');
  });

  it('tracks again after a rejoin, at once and with what is true by then', async () => {
    const world = await given();
    for (const chat of ['a', 'b', 'c', 'd', 'e']) {
      (world.tabs[0] as Attention).currentChatId = chat;
      world.scope.update();
    }
    expect(world.payload?.['currentChatId']).to.equal('c');
    world.project.cut();
    (world.tabs[0] as Attention).currentChatId = 'f';
    world.scope.update();
    expect(world.calls).to.have.length(4);
    await world.up();
    expect(world.payload?.['currentChatId']).to.equal('f');
    await world.clock.pass(MINUTE);
    expect(world.calls).to.have.length(5);
  });

  it('says away after 5 min without a sign of life in a tab that is seen', async () => {
    const world = await given();
    await world.clock.pass(MINUTE);
    // Something happened in a hidden tab: it doesn't keep the person online.
    world.tabs.push({visible: false, lastActive: world.clock.now(), currentChatId: null});
    world.scope.update();
    await world.clock.pass(4 * MINUTE - 1);
    expect(world.calls).to.deep.equal(['track online']);
    await world.clock.pass(1);
    expect(world.calls).to.deep.equal(['track online', 'track away']);
    expect(world.payload?.['lastSeen']).to.equal(world.clock.now() - 4 * MINUTE);
    (world.tabs[0] as Attention).lastActive = world.clock.now();
    world.scope.update();
    expect(world.calls.at(-1)).to.equal('track online');
  });

  it('tracks again after a rejoin even what has not changed, on a private channel', async () => {
    const world = await given();
    world.project.cut();
    await world.up();
    expect(world.calls).to.deep.equal(['track online', 'track online']);
    expect([...world.project.members][0]?.options).to.deep.equal({private: true, presenceKey: 'ada'});
  });

  it('says away as soon as no tab is seen', async () => {
    const world = await given();
    (world.tabs[0] as Attention).visible = false;
    world.scope.update();
    expect(world.calls).to.deep.equal(['track online', 'track away']);
  });

  it('tells where the person is by the tab that is seen, then by the one last used', async () => {
    const world = await given();
    const now = world.clock.now();
    world.tabs.splice(0, 1, {visible: false, lastActive: now - 5, currentChatId: 'hidden'});
    world.tabs.push({visible: true, lastActive: now - 9, currentChatId: 'seen'});
    world.scope.update();
    expect(world.payload?.['currentChatId']).to.equal('seen');
    world.tabs.reverse();
    world.scope.update();
    expect(world.payload?.['currentChatId']).to.equal('seen');
    world.tabs.push({visible: true, lastActive: now - 1, currentChatId: 'used'});
    world.scope.update();
    expect(world.payload?.['currentChatId']).to.equal('used');
  });

  it('untracks at once when it ends, even with the budget spent, and nothing follows', async () => {
    const world = await given();
    for (const chat of ['a', 'b', 'c', 'd', 'e']) {
      (world.tabs[0] as Attention).currentChatId = chat;
      world.scope.update();
    }
    world.scope.close();
    expect(world.calls).to.have.length(5);
    expect(world.calls.at(-1)).to.equal('untrack');
    await world.clock.pass(10 * MINUTE);
    expect(world.calls).to.have.length(5);
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
    const stop = world.scope.add(event => heard.push(event));
    expect(world.scope.empty).to.equal(false);
    const other = new Channels(
      world.clock,
      () => 0.5,
      () => {},
    );
    other.up(world.project.transport('grace').openSocket('t', {opened() {}, down() {}, beat() {}}));
    const graces = new PresenceScope('global', 'grace', {
      clock: world.clock,
      channels: other,
      attention: () => [{visible: true, lastActive: world.clock.now(), currentChatId: null}],
      need: () => {},
    });
    await settle();
    expect(heard.map(({kind}) => kind)).to.deep.equal(['state', 'diff']);
    expect(heard[0]).to.have.nested.property('people[0].userId', 'ada');
    expect(heard[1]).to.have.nested.property('changed[0].userId', 'grace');
    expect(world.needed).to.deep.equal(['ada', 'grace']);
    graces.close();
    await world.clock.pass(5_000);
    expect(heard.at(-1)).to.deep.equal({kind: 'diff', changed: [], left: ['grace']});
    stop();
    expect(world.scope.empty).to.equal(true);
    (world.tabs[0] as Attention).visible = false;
    world.scope.update();
    expect(heard).to.have.length(3);
  });
});
