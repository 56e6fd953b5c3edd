import {expect} from '@open-wc/testing';
import {openRelay, type RelayHost} from '../../src/client/relay-host.js';
import {relayName, seatName} from '../../src/wire/channel.js';
import {FakeClock} from '../support/fake-clock.js';
import {fakeTimers} from '../support/fake-timers.js';

/** A worker that publishes its address, and then tells each port its id. */
const WORKER = `
  const published = new Promise(resolve => {
    const name = 'trunk:relay:' + self.name + ':' + location.href;
    navigator.locks.request(name, () => (resolve(), new Promise(() => {})));
  });
  const id = Math.random();
  onconnect = ({ports: [port]}) => published.then(() => port.postMessage(id));
`;

/** The browser's own locks and workers; a name of its own for each test. */
let names = 0;

function given() {
  const name = `relay-test-${Date.now()}-${++names}`;
  const opened: RelayHost[] = [];
  let made = 0;
  const source = async () => {
    made++;
    return WORKER;
  };
  const open = async (from: () => Promise<string> = source) => {
    const host = await openRelay(name, navigator.locks, from);
    opened.push(host);
    return new Promise(resolve => host.port.addEventListener('message', ({data}) => resolve(data)));
  };
  /** A tab that never gets done, once its turn has come. */
  const stall = () =>
    new Promise<void>(resolve => {
      void open(() => {
        resolve();
        return new Promise(() => {});
      }).catch(() => {});
    });
  const close = () => opened.splice(0).forEach(host => host.close());
  return {name, open, stall, close, made: () => made};
}

const isHeld = async (lock: string) => ((await navigator.locks.query()).held ?? []).some(({name}) => name === lock);

describe('openRelay', () => {
  let world: ReturnType<typeof given>;
  beforeEach(() => (world = given()));
  afterEach(() => world.close());

  it('makes none where locks are refused, for no other tab could find it', async () => {
    let made = 0;
    const locks = {
      request: () => Promise.reject(new DOMException('Refused.', 'SecurityError')),
      query: () => Promise.resolve({}),
    } as unknown as LockManager;
    const source = async () => (made++, WORKER);
    const outcome = await openRelay('refused', locks, source).then(
      () => 'opened',
      (why: DOMException) => why.name,
    );
    expect([outcome, made]).to.deep.equal(['SecurityError', 0]);
  });

  it('makes one worker for all tabs, however many come at once', async () => {
    const ids = await Promise.all([world.open(), world.open(), world.open()]);
    expect([new Set(ids).size, world.made()]).to.deep.equal([1, 1]);
    expect(await world.open()).to.equal(ids[0]);
    expect(await isHeld(`${seatName(world.name)}:relay`)).to.equal(false);
    const {held = []} = await navigator.locks.query();
    expect(held.filter(({name}) => name?.startsWith(relayName(world.name, '')))).to.have.length(1);
  });

  it('lets the next tab look when the page that is looking goes away', async () => {
    await world.stall();
    const next = world.open();
    dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));
    expect(await next.catch((error: unknown) => error)).to.have.property('name', 'AbortError');
    expect(await world.open()).to.be.a('number');
  });

  it('waits 10 s for a tab that is looking, which may be frozen, and then looks by itself', async () => {
    await world.stall();
    const clock = new FakeClock();
    const restore = fakeTimers(clock);
    let isThere = false;
    const next = world.open().finally(() => (isThere = true));
    await clock.pass(9_999);
    expect([isThere, world.made()]).to.deep.equal([false, 0]);
    await clock.pass(1);
    restore();
    const id = await next;
    // Whoever comes then has to wait for nobody.
    expect(await world.open()).to.equal(id);
    expect(world.made()).to.equal(1);
  });

  it('goes on though it was robbed while it looked', async () => {
    let give = (_source: string) => {};
    const slow = new Promise<string>(resolve => (give = resolve));
    const robbed = world.open(() => slow);
    await navigator.locks.request(`${seatName(world.name)}:relay`, {steal: true}, () => give(WORKER));
    expect(await robbed).to.be.a('number');
  });

  it('says when the browser refuses', async () => {
    const refuse = () => Promise.reject(new DOMException('no', 'SecurityError'));
    const locks = {request: refuse, query: refuse} as unknown as LockManager;
    const error = await openRelay(world.name, locks, async () => WORKER).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('name', 'SecurityError');
  });
});
