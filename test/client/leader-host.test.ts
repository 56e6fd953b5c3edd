import {expect} from '@open-wc/testing';
import {openLeader, type LeaderHost} from '../../src/client/leader-host.js';
import {serveChannel} from '../../src/hub/channel-server.js';
import {seatName} from '../../src/wire/channel.js';
import {FakeChannels} from '../support/fake-channel.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {fakeTimers} from '../support/fake-timers.js';

/** The browser's own locks; a name of its own for each test. */
let names = 0;

interface Options {
  refuse?: boolean;
  deaf?: boolean;
  isDoubted?: boolean;
  channels?: FakeChannels;
}

/** Tabs of one browser; hubs that only greet. */
function given() {
  const name = `leader-test-${Date.now()}-${++names}`;
  const shared = new FakeChannels();
  const led: string[] = [];
  const stopped: string[] = [];
  const starting: string[] = [];
  /** Whose turn was over while its hub was starting, or later. */
  const over: string[] = [];
  let held: Promise<void> | null = null;
  let letStart = () => {};
  /** Ends the hub that was started last. */
  let die = () => {};
  const waiters = new Set<() => void>();
  const changed = () => waiters.forEach(look => look());
  /** `refuse`: it can't start a hub. `deaf`: it hears nobody, and nobody hears it. */
  const open = (tab: string, {refuse = false, deaf = false, isDoubted = false, channels: own}: Options = {}) => {
    const channels = own ?? (deaf ? new FakeChannels() : shared);
    const heard: unknown[] = [];
    const host = openLeader(name, {
      locks: navigator.locks,
      openChannel: () => channels.open(),
      uuid: () => tab,
      isDoubted,
      startHub: async (_name, signal) => {
        if (refuse) throw new Error('no worker here');
        signal.addEventListener('abort', () => {
          over.push(tab);
          changed();
        });
        starting.push(tab);
        changed();
        await held;
        led.push(tab);
        const channel = channels.open();
        serveChannel({attach: port => port.postMessage(`hub of ${tab}`)}, `hub-${tab}`, channel);
        changed();
        return {
          died: new Promise<void>(resolve => (die = resolve)),
          stop: () => {
            stopped.push(tab);
            channel.close();
            changed();
          },
        };
      },
    });
    host.port.addEventListener('message', ({data}) => {
      heard.push(data);
      changed();
    });
    host.port.start?.();
    return {host, heard, channels};
  };
  /** Waits for the browser's locks, which no fake clock moves. */
  const until = (isTrue: () => boolean) =>
    new Promise<void>(resolve => {
      const look = () => {
        if (!isTrue()) return;
        waiters.delete(look);
        resolve();
      };
      waiters.add(look);
      look();
    });
  return {
    ...{name, open, led, stopped, starting, over, until, die: () => die(), letStart: () => letStart()},
    /** No hub gets ready from now on. */
    holdStart: () => void (held = new Promise(resolve => (letStart = resolve))),
  };
}

describe('openLeader', () => {
  let clock: FakeClock;
  let restore = () => {};
  const open: LeaderHost[] = [];
  beforeEach(() => {
    clock = new FakeClock();
    restore = fakeTimers(clock);
  });
  afterEach(() => {
    for (const host of open.splice(0)) host.close();
    restore();
  });

  it('lets one tab lead and the others follow', async () => {
    const world = given();
    const tabs = ['a', 'b', 'c'].map(tab => world.open(tab));
    open.push(...tabs.map(({host}) => host));
    await world.until(() => tabs.every(({heard}) => heard.length > 0));
    expect(world.led).to.deep.equal(['a']);
    expect(tabs.map(({heard}) => heard)).to.deep.equal([['hub of a'], ['hub of a'], ['hub of a']]);
  });

  it('lets the next tab lead when the leader closes, and its hub ends', async () => {
    const world = given();
    const [a, b, c] = [world.open('a'), world.open('b'), world.open('c')];
    open.push(b.host, c.host);
    await world.until(() => c.heard.length > 0);
    a.host.close();
    await world.until(() => c.heard.length > 1);
    expect(world.led).to.deep.equal(['a', 'b']);
    expect(world.stopped).to.deep.equal(['a']);
    expect(c.heard).to.deep.equal(['hub of a', 'hub of b']);
  });

  it('takes the seat from a leader that says nothing, whose hub then ends', async () => {
    const world = given();
    const a = world.open('a');
    open.push(a.host);
    await world.until(() => a.heard.length > 0);
    const b = world.open('b', {deaf: true});
    open.push(b.host);
    await clock.pass(4_999);
    expect(world.led).to.deep.equal(['a']);
    await clock.pass(1);
    await world.until(() => b.heard.length > 0 && world.stopped.length > 0);
    expect(world.led).to.deep.equal(['a', 'b']);
    expect(world.stopped).to.deep.equal(['a']);
  });

  it('takes the seat sooner from a leader that did not answer before, and is given time to start its own', async () => {
    const world = given();
    const a = world.open('a');
    open.push(a.host);
    await world.until(() => a.heard.length > 0);
    const b = world.open('b', {deaf: true, isDoubted: true});
    const c = world.open('c', {deaf: true, isDoubted: true, channels: b.channels});
    open.push(b.host, c.host);
    world.holdStart();
    await clock.pass(500);
    await world.until(() => world.starting.length > 1);
    await clock.pass(4_000);
    expect(world.starting).to.have.length(2);
    world.letStart();
    await world.until(() => b.heard.length > 0 && c.heard.length > 0);
    expect(world.led).to.have.length(2);
  });

  it('ends at once a hub that is still starting when its tab is robbed', async () => {
    const world = given();
    world.holdStart();
    const a = world.open('a');
    open.push(a.host);
    await world.until(() => world.starting.length > 0);
    open.push(world.open('b', {deaf: true, isDoubted: true}).host);
    await clock.pass(500);
    await world.until(() => world.over.length > 0);
    expect(world.over).to.deep.equal(['a']);
    expect(world.led).to.deep.equal([]);
  });

  it('lets the next tab lead when its hub dies by itself', async () => {
    const world = given();
    const [a, b] = [world.open('a'), world.open('b')];
    open.push(a.host, b.host);
    await world.until(() => a.heard.length > 0 && b.heard.length > 0);
    world.die();
    await world.until(() => a.heard.length > 1 && b.heard.length > 1);
    expect(world.led).to.deep.equal(['a', 'b']);
    expect(world.stopped).to.deep.equal(['a']);
    b.host.close();
    await world.until(() => world.led.length === 3);
    expect(world.led).to.deep.equal(['a', 'b', 'a']);
  });

  it('lets one that was robbed wait for its next turn', async () => {
    const world = given();
    const a = world.open('a');
    open.push(a.host);
    await world.until(() => a.heard.length > 0);
    const b = world.open('b', {deaf: true});
    await clock.pass(5_000);
    await world.until(() => world.led.length === 2);
    b.host.close();
    await world.until(() => world.led.length === 3);
    expect(world.led).to.deep.equal(['a', 'b', 'a']);
  });

  it('takes nothing from a leader that answers', async () => {
    const world = given();
    const [a, b] = [world.open('a'), world.open('b')];
    open.push(a.host, b.host);
    await world.until(() => a.heard.length > 0 && b.heard.length > 0);
    await clock.pass(60_000);
    await settle();
    expect(world.led).to.deep.equal(['a']);
    expect(world.stopped).to.deep.equal([]);
  });

  it('says when it should lead and can’t', async () => {
    const world = given();
    const {host} = world.open('a', {refuse: true});
    open.push(host);
    expect(await host.failed).to.have.property('message', 'no worker here');
    const {held = []} = await navigator.locks.query();
    expect(held.some(({name}) => name === seatName(world.name))).to.equal(false);
  });
});
