// One browser in memory: a hub over a fake clock, locks and project, and tabs that are the real HubClient on real ports. A tab can
// leave, crash or be frozen; the hub can die and come again.
import {HubClient} from '../../src/client/hub-client.js';
import type {Host} from '../../src/client/host.js';
import type {Environment, Locks, Store} from '../../src/hub/environment.js';
import {Hub} from '../../src/hub/hub.js';
import {MemoryStore} from '../../src/hub/memory-store.js';
import type {HubConfig, HubFrame, Port} from '../../src/wire/protocol.js';
import type {TrunkError} from '../../src/wire/error.js';
import {FakeClock, settle} from './fake-clock.js';
import {FakeProject} from './fake-supabase.js';

/** Two ends of a wire. What is said is cloned, and arrives a microtask later, in order. */
function wire(): [FakePort, FakePort] {
  const a = new FakePort();
  const b = new FakePort();
  a.other = b;
  b.other = a;
  return [a, b];
}

export class FakePort implements Port {
  other: FakePort | null = null;
  readonly #listeners: ((event: {data: unknown}) => void)[] = [];
  closed = false;
  #waiting: unknown[] | null = [];

  postMessage(message: unknown): void {
    const data = structuredClone(message);
    const {other} = this;
    queueMicrotask(() => other && other.#arrive(data));
  }

  /** Until then, what arrives waits. */
  start(): void {
    const waited = this.#waiting ?? [];
    this.#waiting = null;
    for (const data of waited) queueMicrotask(() => this.#arrive(data));
  }

  #arrive(data: unknown): void {
    if (this.closed) return;
    if (this.#waiting) this.#waiting.push(data);
    else for (const listener of this.#listeners) listener({data});
  }

  addEventListener(_type: 'message', listener: (event: {data: unknown}) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    // What was posted before is still delivered, as with a MessagePort.
    this.closed = true;
  }
}

/** Web Locks of one browser: both the manager that tabs use and the hub's own form of it. */
export class FakeLocks implements Locks {
  readonly #queues = new Map<string, (() => void)[]>();

  async hold(name: string): Promise<() => void> {
    await new Promise<void>(resolve => this.#enter(name, resolve));
    let released = false;
    return () => {
      if (!released) this.#leave(name);
      released = true;
    };
  }

  whenFree(name: string, task: () => void): () => void {
    let wanted = true;
    void this.hold(name).then(release => {
      release();
      if (wanted) task();
    });
    return () => {
      wanted = false;
    };
  }

  async within<T>(name: string, task: () => Promise<T>): Promise<T> {
    const release = await this.hold(name);
    try {
      return await task();
    } finally {
      release();
    }
  }

  held(name: string): boolean {
    return this.#queues.has(name);
  }

  /** The same locks as `navigator.locks` gives them. */
  get manager(): LockManager {
    const request = async (name: string, ...rest: unknown[]) => {
      const callback = rest.at(-1) as () => unknown;
      const {signal} = (rest.length > 1 ? rest[0] : {}) as {signal?: AbortSignal};
      const release = await this.hold(name);
      try {
        signal?.throwIfAborted();
        return await callback();
      } finally {
        release();
      }
    };
    return {request, query: async () => ({})} as unknown as LockManager;
  }

  #enter(name: string, go: () => void): void {
    const queue = this.#queues.get(name);
    if (queue) queue.push(go);
    else {
      this.#queues.set(name, []);
      go();
    }
  }

  #leave(name: string): void {
    const next = this.#queues.get(name)?.shift();
    if (next) next();
    else this.#queues.delete(name);
  }
}

export interface FakeBrowserOptions {
  project?: FakeProject;
  userId?: string;
  store?: Store;
  tokenLifeMs?: number;
  identity?: HubConfig['identity'];
}

export class FakeBrowser {
  readonly clock = new FakeClock();
  readonly locks = new FakeLocks();
  readonly project: FakeProject;
  readonly store: Store;
  readonly config: HubConfig;
  readonly #options: FakeBrowserOptions;
  #hub: {hub: Hub; id: string; die: () => void} | null = null;
  #hubs = 0;
  #ids = 0;

  constructor(options: FakeBrowserOptions = {}) {
    this.#options = options;
    this.project = options.project ?? new FakeProject();
    this.store = options.store ?? new MemoryStore(true);
    this.config = {
      url: 'https://project.example',
      key: 'key',
      identity: options.identity ?? {kind: 'anonymous', name: 'Ada'},
      userName: 'Ada',
      avatarUrl: '',
    };
  }

  /** A tab of this browser, connected. */
  async tab(accessToken: (() => Promise<string>) | null = null): Promise<FakeTab> {
    const tab = new FakeTab(this, accessToken);
    await settle();
    return tab;
  }

  /** A port to the hub; the hub is started when there is none. */
  async openHost(): Promise<Host & {page: FakePort; hubSide: FakePort}> {
    this.#hub ??= this.#start();
    const [page, hubSide] = wire();
    this.#hub.hub.attach(hubSide);
    return {kind: 'shared-worker', port: page, failed: new Promise(() => {}), close: () => page.close(), page, hubSide};
  }

  /** The worker is gone: no event, no bye; its locks are free and its sockets closed. */
  async killHub(): Promise<void> {
    const hub = this.#hub;
    this.#hub = null;
    hub?.die();
    await settle();
  }

  uuid(): string {
    return `uuid-${this.#options.userId ?? 'ada'}-${++this.#ids}`;
  }

  #start(): {hub: Hub; id: string; die: () => void} {
    const id = `hub-${++this.#hubs}`;
    const {clock, project, store} = this;
    const userId = this.#options.userId ?? 'ada';
    let dead = false;
    const releases: (() => void)[] = [];
    const environment: Environment = {
      hubId: id,
      // A dead worker's timers don't fire.
      clock: {now: () => clock.now(), after: (ms, task) => clock.after(ms, () => !dead && task())},
      random: () => 0.5,
      locks: {
        hold: async name => {
          const release = await this.locks.hold(name);
          releases.push(release);
          return release;
        },
        whenFree: (name, task) => this.locks.whenFree(name, () => !dead && task()),
        within: (name, task) => this.locks.within(name, task),
      },
      openStore: async () => store,
      connectTransport: () => project.transport(userId, this.#options.tokenLifeMs, () => clock.now()),
      log: () => {},
    };
    const hub = new Hub(environment);
    const die = () => {
      dead = true;
      for (const socket of [...project.sockets]) socket.close();
      for (const release of releases) release();
    };
    return {hub, id, die};
  }
}

/** One tab: the real client, and what can happen to a tab. */
export class FakeTab {
  readonly client: HubClient;
  readonly frames: HubFrame[] = [];
  readonly problems: TrunkError[] = [];
  #host: {page: FakePort; hubSide: FakePort} | null = null;
  readonly #locks: (() => void)[] = [];

  constructor(browser: FakeBrowser, accessToken: (() => Promise<string>) | null) {
    const manager = browser.locks.manager;
    this.client = new HubClient({
      hosts: ['shared-worker'],
      openHost: async () => {
        const host = await browser.openHost();
        this.#host = host;
        host.page.addEventListener('message', ({data}) => this.frames.push(data as HubFrame));
        return host;
      },
      // Remembers what this tab holds, so that a crash can take it away.
      locks: {
        ...manager,
        request: (name: string, ...rest: unknown[]) => {
          const callback = rest.pop() as (lock: unknown) => unknown;
          const held = (lock: unknown) =>
            Promise.race([callback(lock), new Promise<void>(release => this.#locks.push(release))]);
          return (manager.request as (...args: unknown[]) => Promise<unknown>)(name, ...rest, held);
        },
      } as LockManager,
      uuid: () => browser.uuid(),
      now: () => browser.clock.now(),
      identify: async () => ({config: browser.config, token: accessToken ? await accessToken() : null}),
    });
    this.client.problem.subscribe(problem => problem && this.problems.push(problem));
  }

  /** Says something raw to the hub. */
  say(message: unknown): void {
    this.#host?.page.postMessage(message);
  }

  /** The tab's process is gone: no bye, its locks are free, its port is dead. */
  async crash(): Promise<void> {
    if (this.#host) {
      this.#host.page.closed = true;
      this.#host.page.postMessage = () => {};
    }
    for (const release of this.#locks) release();
    await settle();
  }
}
