import {expect} from '@open-wc/testing';
import type {TrunkError} from '../../src/wire/error.js';
import {followServiceWorker, type ServiceWorkerUse, type SiteUpdate} from '../../src/client/service-worker.js';
import {Signal} from '../../src/client/source.js';
import {initialStatus, type ConnectionStatus} from '../../src/wire/status.js';
import {FakeClock} from '../support/fake-clock.js';
import {fakeTimers} from '../support/fake-timers.js';

const SCRIPT = new URL('/trunkline-sw.js', location.href).href;

/** One version of the site's service worker. */
class FakeWorker extends EventTarget {
  readonly heard: unknown[] = [];
  state: ServiceWorkerState;

  constructor(
    state: ServiceWorkerState,
    readonly scriptURL = SCRIPT,
  ) {
    super();
    this.state = state;
  }

  postMessage(message: unknown): void {
    this.heard.push(message);
  }

  become(state: ServiceWorkerState): void {
    this.state = state;
    this.dispatchEvent(new Event('statechange'));
  }
}

class FakeRegistration extends EventTarget {
  installing: FakeWorker | null = null;
  waiting: FakeWorker | null = null;
  active: FakeWorker | null = null;
  looks = 0;
  /** The tags asked for; null where the browser has no Background Sync. */
  syncs: string[] | null = [];

  get sync(): {register(tag: string): Promise<void>} | undefined {
    return this.syncs === null ? undefined : {register: async tag => void this.syncs?.push(tag)};
  }

  async update(): Promise<void> {
    this.looks++;
  }

  /** A newer version is found and installed; it waits. */
  install(): FakeWorker {
    const next = new FakeWorker('installing');
    this.installing = next;
    this.dispatchEvent(new Event('updatefound'));
    [this.installing, this.waiting] = [null, next];
    next.become('installed');
    return next;
  }
}

/** What the browser gives a page as `navigator.serviceWorker`. */
class FakeContainer extends EventTarget {
  readonly registration = new FakeRegistration();
  controller: FakeWorker | null = null;
  refusal: Error | null = null;
  readonly registered: string[] = [];

  async register(url: string): Promise<FakeRegistration> {
    this.registered.push(url);
    if (this.refusal) throw this.refusal;
    return this.registration;
  }

  /** This worker answers the page from now on. */
  control(worker: FakeWorker): void {
    this.controller = worker;
    this.dispatchEvent(new Event('controllerchange'));
  }
}

describe('followServiceWorker', () => {
  const clock = new FakeClock();
  let container: FakeContainer;
  let end: AbortController;
  let restoreTimers: () => void;
  const update = new Signal<SiteUpdate | null>(null);
  let reloads: number;

  beforeEach(() => {
    container = new FakeContainer();
    end = new AbortController();
    reloads = 0;
    update.set(null);
    Object.defineProperty(navigator, 'serviceWorker', {configurable: true, value: container});
    restoreTimers = fakeTimers(clock);
  });
  afterEach(() => {
    end.abort();
    restoreTimers();
    Reflect.deleteProperty(navigator, 'serviceWorker');
  });

  const follow = (use: Partial<ServiceWorkerUse> = {}) =>
    followServiceWorker('/trunkline-sw.js', {update, signal: end.signal, reload: () => reloads++, ...use});

  /** A page that was served by the first version. */
  async function returning(use: Partial<ServiceWorkerUse> = {}): Promise<FakeRegistration> {
    container.registration.active = container.controller = new FakeWorker('activated');
    await follow(use);
    return container.registration;
  }

  describe('new versions', () => {
    it('tells that one waits, and lets it take over when asked', async () => {
      const registration = await returning();
      expect(update.current).to.equal(null);
      const next = registration.install();
      await clock.pass(1_000); // workbox-window waits a little, in case it takes over by itself
      expect(next.heard).to.deep.equal([]);
      update.current?.apply();
      expect(next.heard).to.deep.equal([{type: 'SKIP_WAITING'}]);
    });

    it('tells of one that waited before the page came, and of one another tab is installing', async () => {
      container.registration.waiting = new FakeWorker('installed');
      await returning();
      expect(update.current).not.to.equal(null);
      update.set(null);

      container.registration.waiting = null;
      const next = (container.registration.installing = new FakeWorker('installing'));
      await follow();
      expect(update.current).to.equal(null);
      [container.registration.installing, container.registration.waiting] = [null, next];
      next.become('installed');
      expect(update.current).not.to.equal(null);
    });

    it('reloads the page when a newer version took over, whichever tab asked for it', async () => {
      const registration = await returning();
      container.control(registration.install());
      expect(reloads).to.equal(1);
    });

    it('does not reload for the first one, which serves what the page is of, but for the second', async () => {
      const first = (container.registration.active = new FakeWorker('activating'));
      await follow();
      container.control(first);
      expect(reloads).to.equal(0);
      container.control(container.registration.install());
      expect(reloads).to.equal(1);
    });

    it('does not reload for the first one after that of another folder, which served the page until then', async () => {
      container.controller = new FakeWorker('activated', new URL('/other/sw.js', location.href).href);
      const first = (container.registration.active = new FakeWorker('activating'));
      await follow();
      container.control(first);
      expect(reloads).to.equal(0);
      container.control(container.registration.install());
      expect(reloads).to.equal(1);
    });

    it('looks for one at the start, and when the tab is seen again after an hour', async () => {
      const registration = await returning();
      expect(registration.looks).to.equal(1);
      document.dispatchEvent(new Event('visibilitychange'));
      expect(registration.looks).to.equal(1);
      const {now} = Date;
      Date.now = () => now() + 3_600_000;
      document.dispatchEvent(new Event('visibilitychange'));
      document.dispatchEvent(new Event('visibilitychange'));
      expect(registration.looks).to.equal(2);
      end.abort();
      Date.now = () => now() + 7_200_000;
      document.dispatchEvent(new Event('visibilitychange'));
      Date.now = now;
      expect(registration.looks).to.equal(2);
    });

    it('neither tells nor reloads once it has ended', async () => {
      const registration = await returning();
      end.abort();
      const next = registration.install();
      await clock.pass(1_000);
      container.control(next);
      expect([update.current, reloads]).to.deep.equal([null, 0]);
    });
  });

  describe('Background Sync', () => {
    const status = new Signal<ConnectionStatus>(initialStatus('shared-worker', 0));
    const say = (change: Partial<ConnectionStatus>) => status.set({...status.current, ...change});
    beforeEach(() => say({state: 'connected', reason: 'open', queued: 0}));

    for (const [how, line] of [
      ['over the socket', {}],
      ['by requests', {state: 'disconnected', reason: 'no-socket'}],
    ] as const)
      it(`is not asked for while what is written goes out ${how}`, async () => {
        const {syncs} = await returning({status});
        say(line);
        for (let i = 0; i < 20; i++) {
          say({queued: 1});
          await clock.pass(1_900);
          say({queued: 0});
        }
        await clock.pass(60_000);
        expect(syncs).to.deep.equal([]);
      });

    it('is asked for once when something waits and the line is down, and again after the next cut', async () => {
      const {syncs} = await returning({status});
      say({state: 'disconnected', reason: 'offline'});
      expect(syncs).to.deep.equal([]);
      for (const queued of [1, 2, 3]) say({queued});
      await clock.pass(60_000);
      expect(syncs).to.deep.equal(['trunk-outbox']);
      say({state: 'connected', reason: 'open'});
      say({state: 'disconnected', reason: 'socket-closed'});
      expect(syncs).to.have.length(2);
    });

    it('is asked for when something still waits after two seconds although the line is up', async () => {
      const {syncs} = await returning({status});
      say({queued: 2});
      await clock.pass(1_500);
      say({queued: 1, latencyMs: 40});
      await clock.pass(499);
      expect(syncs).to.deep.equal([]);
      await clock.pass(1);
      expect(syncs).to.deep.equal(['trunk-outbox']);
      for (const latencyMs of [41, 42]) {
        say({latencyMs});
        await clock.pass(5_000);
      }
      expect(syncs).to.have.length(1);
    });

    it('is asked for when the page goes and something waits', async () => {
      const {syncs} = await returning({status});
      dispatchEvent(new PageTransitionEvent('pagehide'));
      expect(syncs).to.deep.equal([]);
      say({queued: 1});
      dispatchEvent(new PageTransitionEvent('pagehide'));
      expect(syncs).to.deep.equal(['trunk-outbox']);
    });

    it('is asked for as soon as the first service worker works', async () => {
      const first = new FakeWorker('installing');
      container.registration.installing = first;
      say({state: 'disconnected', reason: 'offline', queued: 1});
      const followed = follow({status});
      await clock.pass(0);
      container.registration.dispatchEvent(new Event('updatefound'));
      expect(container.registration.syncs).to.deep.equal([]);
      [container.registration.installing, container.registration.active] = [null, first];
      first.become('activated');
      await followed;
      expect(container.registration.syncs).to.deep.equal(['trunk-outbox']);
    });

    it('is not missed where the browser has none, and not asked for once the client is closed', async () => {
      container.registration.syncs = null;
      await returning({status});
      say({state: 'disconnected', queued: 1});

      container.registration.syncs = [];
      say({state: 'connected', queued: 0});
      await follow({status});
      say({queued: 1});
      end.abort();
      await clock.pass(5_000);
      say({state: 'disconnected', queued: 2});
      dispatchEvent(new PageTransitionEvent('pagehide'));
      expect(container.registration.syncs).to.deep.equal([]);
    });
  });

  describe('failures', () => {
    /** What the browser said; `connect()` tells the rest. */
    const failure = (following: Promise<void>) =>
      following.then(
        () => '',
        ({code, cause}: TrunkError) => `${code}: ${String(cause)}`,
      );

    it('throws what the browser says when it refuses the script', async () => {
      container.refusal = new TypeError('A bad HTTP response code (404) was received.');
      expect(await failure(follow())).to.match(/^service-worker-failed: .*404/);
      expect(container.registered).to.deep.equal(['/trunkline-sw.js']);
    });

    it('throws when the first version could not be installed', async () => {
      const first = new FakeWorker('installing');
      container.registration.installing = first;
      const following = failure(follow());
      await clock.pass(0);
      container.registration.installing = null;
      first.become('redundant');
      expect(await following).to.include('could not be loaded');
    });

    it('throws where there are no service workers', async () => {
      Object.defineProperty(navigator, 'serviceWorker', {configurable: true, value: undefined});
      expect(await failure(follow())).to.include('https');
    });
  });
});
