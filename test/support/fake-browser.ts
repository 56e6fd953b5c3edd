// One browser in memory: a hub over a fake clock, locks and project, and tabs that are the real HubClient on real ports. A tab can
// leave, crash or be frozen; the hub can die and come again.
import {HubClient} from '../../src/client/hub-client.js';
import {hubName, type Host} from '../../src/client/host.js';
import type {Environment, Locks, Store} from '../../src/hub/environment.js';
import type {Socket, Transport} from '../../src/hub/transport.js';
import {Hub} from '../../src/hub/hub.js';
import {MemoryStore} from '../../src/hub/memory-store.js';
import type {HubConfig, HubFrame, Port} from '../../src/wire/protocol.js';
import {TrunkError} from '../../src/wire/error.js';
import type {VersionFrame} from '../../src/wire/channel.js';
import {FakeChannels} from './fake-channel.js';
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
  #listeners: ((event: {data: unknown}) => void)[] = [];
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

  /** Whoever listened here is gone; the next one starts afresh. */
  abandon(): void {
    this.#listeners = [];
    this.#waiting = [];
  }

  close(): void {
    // What was posted before is still delivered, as with a MessagePort.
    this.closed = true;
  }
}

/** Web Locks of one browser: both the manager that tabs use and the hub's own form of it. */
export class FakeLocks implements Locks {
  readonly #queues = new Map<string, (() => void)[]>();
  /** By lock, what takes it from its holder. */
  readonly #holders = new Map<string, () => void>();

  /** A browser that keeps no site data has locks, and refuses them. */
  refuse = false;

  async hold(name: string, robbed = () => {}): Promise<() => void> {
    if (this.refuse) throw new DOMException('The request was denied.', 'SecurityError');
    await new Promise<void>(resolve => this.#enter(name, resolve));
    let released = false;
    const release = () => {
      if (!released) this.#leave(name);
      released = true;
    };
    this.#holders.set(name, () => {
      if (released) return;
      released = true;
      robbed();
    });
    return release;
  }

  /** Takes a lock from whoever holds it, before those who wait for it. */
  steal(name: string): () => void {
    this.#holders.get(name)?.();
    return () => this.#leave(name);
  }

  whenFree(name: string, task: () => void): () => void {
    let wanted = !this.refuse;
    if (!wanted) return () => {};
    void this.hold(name).then(release => {
      release();
      if (wanted) task();
    });
    return () => {
      wanted = false;
    };
  }

  /** Nobody waits for a task in a lock: whoever comes robs its holder, who goes on, as when it was frozen and lived after all. */
  rob = false;
  /** By lock, what takes it from the task that holds it. */
  readonly #robbers = new Map<string, () => void>();

  async within<T>(name: string, task: () => Promise<T>, _patienceMs: number, contested = () => {}): Promise<T> {
    if (this.refuse) return task();
    const rob = this.#robbers.get(name);
    if (this.rob && rob) {
      contested();
      rob();
    }
    const release = await this.hold(name);
    const robbed = () => {
      contested();
      release();
    };
    this.#robbers.set(name, robbed);
    try {
      return await task();
    } finally {
      if (this.#robbers.get(name) === robbed) this.#robbers.delete(name);
      release();
    }
  }

  /** Every lock that somebody holds. */
  names(): string[] {
    return [...this.#queues.keys()];
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
  noLocks?: boolean;
  /** A lock that every hub has to hold before it serves. */
  seat?: string;
  /** The same browser, of which this one is the hubs and tabs from another deploy. */
  beside?: FakeBrowser;
}

interface RunningHub {
  hub: Hub;
  ports: FakePort[];
  die(): void;
}

export class FakeBrowser {
  readonly clock: FakeClock;
  readonly locks: FakeLocks;
  /** Where hubs of all versions hear of each other. */
  readonly versions: FakeChannels<VersionFrame>;
  readonly project: FakeProject;
  readonly store: Store;
  readonly config: HubConfig;
  /** Called before everything that a hub does to the world: its store, its project, its tabs. */
  onStep: (what: string) => void = () => {};
  /** No hub's store is open before. */
  storeOpens: Promise<void> | null = null;
  readonly #options: FakeBrowserOptions;
  /** What the ids made here begin with. */
  readonly #label: string;
  /** By name, as SharedWorkers are. */
  readonly #running = new Map<string, RunningHub>();
  #hubs = 0;
  #ids = 0;

  constructor(options: FakeBrowserOptions = {}) {
    const {beside, userId = 'ada'} = options;
    this.#options = options;
    this.#label = beside ? `${userId}-beside` : userId;
    this.clock = beside?.clock ?? new FakeClock();
    this.locks = beside?.locks ?? new FakeLocks();
    this.versions = beside?.versions ?? new FakeChannels<VersionFrame>();
    this.project = options.project ?? beside?.project ?? new FakeProject();
    this.store = options.store ?? beside?.store ?? new MemoryStore(true);
    this.config = {
      url: 'https://project.example',
      key: 'key',
      identity: options.identity ?? {kind: 'anonymous', name: 'Ada'},
      userName: 'Ada',
      avatarUrl: '',
    };
  }

  /** How many hubs were started so far. */
  get hubsStarted(): number {
    return this.#hubs;
  }

  /** A tab of this browser, connected. */
  async tab(accessToken: (() => Promise<string>) | null = null, config = this.config): Promise<FakeTab> {
    const tab = new FakeTab(this, accessToken, config);
    await settle();
    return tab;
  }

  /** No host can be opened. */
  refuseHosts = false;

  /** A port to the hub of this configuration; the hub is started when there is none. */
  async openHost(config: HubConfig): Promise<Host & {page: FakePort; hubSide: FakePort}> {
    if (this.refuseHosts) throw new TrunkError('worker-failed', 'no worker here');
    const name = hubName(config);
    const running = this.#running.get(name) ?? this.#start();
    this.#running.set(name, running);
    const [page, hubSide] = wire();
    this.#attach(running, hubSide);
    return {port: page, failed: new Promise(() => {}), close: () => page.close(), page, hubSide};
  }

  /** The workers are gone, at this very moment: no event, no bye; their locks are free and their sockets closed. */
  killNow(): void {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const {die} of running) die();
  }

  async killHub(): Promise<void> {
    this.killNow();
    await settle();
  }

  /** The workers died and others took their place behind the same ports, as WebKit does it. */
  async restartHub(): Promise<void> {
    const before = [...this.#running];
    for (const [name, {die, ports}] of before) {
      const partners = ports.map(port => [port, port.other] as const);
      die();
      const next = this.#start();
      this.#running.set(name, next);
      for (const [port, partner] of partners) {
        port.other = partner;
        this.#attach(next, port);
      }
    }
    await settle();
  }

  uuid(): string {
    return `uuid-${this.#label}-${++this.#ids}`;
  }

  #attach(running: RunningHub, port: FakePort): void {
    running.ports.push(port);
    running.hub.attach(port);
  }

  #start(): RunningHub {
    const id = `hub-${this.#label}-${++this.#hubs}`;
    const {clock, project, store} = this;
    const userId = this.#options.userId ?? 'ada';
    let dead = false;
    const never = new Promise<never>(() => {});
    const releases: (() => void)[] = [];
    const sockets: Socket[] = [];
    const ports: FakePort[] = [];
    /** A dead worker does nothing and hears of nothing. */
    const alive = <T extends object>(what: string, target: T): T =>
      new Proxy(target, {
        get: (_, name) => {
          const member = target[name as keyof T] as unknown;
          if (typeof member !== 'function') return member;
          return (...args: unknown[]) => {
            if (!dead) this.onStep(`${what}.${String(name)}`);
            if (dead) return never;
            const result = member.apply(target, args) as unknown;
            return result instanceof Promise ? result.finally(() => (dead ? never : undefined)) : result;
          };
        },
      });
    const transport = (): Transport => {
      const real = project.transport(userId, this.#options.tokenLifeMs, () => clock.now());
      return {
        openSocket: (token, listener) => {
          const socket = real.openSocket(token, listener);
          sockets.push(socket);
          return socket;
        },
        database: token => alive('database', real.database(token)),
        signInAnonymously: (name, spent) => real.signInAnonymously(name, spent),
        signOutAnonymously: name => real.signOutAnonymously(name),
        readToken: token => real.readToken(token),
        probe: () => real.probe(),
      };
    };
    const environment: Environment = {
      seat: this.#options.seat ?? null,
      openChannel: null,
      openVersions: () => this.versions.open(),
      hubId: id,
      host: 'shared-worker',
      // A dead worker's timers don't fire.
      clock: {
        now: () => clock.now(),
        after: (ms, task) => clock.after(ms, () => !dead && task()),
        soon: (ms, task) => clock.after(ms, () => !dead && task()),
      },
      random: () => 0.5,
      locks: this.#options.noLocks
        ? null
        : {
            hold: async (name, robbed) => {
              const release = await this.locks.hold(name, robbed);
              releases.push(release);
              return release;
            },
            whenFree: (name, task) => this.locks.whenFree(name, () => !dead && task()),
            within: async (name, task) => {
              if (this.locks.refuse) return task();
              const release = await this.locks.hold(name);
              if (dead) release();
              releases.push(release);
              try {
                return await task();
              } finally {
                release();
              }
            },
          },
      openStore: async () => {
        await this.storeOpens;
        return alive('store', store);
      },
      connectTransport: transport,
      log: () => {},
    };
    const hub = new Hub(environment);
    const die = () => {
      dead = true;
      for (const socket of sockets) socket.close();
      for (const port of ports) {
        port.other = null;
        port.abandon();
      }
      for (const release of releases) release();
    };
    return {hub, ports, die};
  }
}

/** One tab: the real client, and what can happen to a tab. */
export class FakeTab {
  readonly client: HubClient;
  readonly frames: HubFrame[] = [];
  readonly problems: TrunkError[] = [];
  /** Whom this page says it belongs to; a page may change its mind. */
  config: HubConfig;
  #host: {page: FakePort; hubSide: FakePort} | null = null;
  readonly #locks: (() => void)[] = [];
  #isDead = false;

  constructor(browser: FakeBrowser, accessToken: (() => Promise<string>) | null, config: HubConfig) {
    this.config = config;
    const manager = browser.locks.manager;
    this.client = new HubClient({
      hosts: ['shared-worker'],
      openHost: async (_kind, config) => {
        const host = await browser.openHost(config);
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
            !this.#isDead && Promise.race([callback(lock), new Promise<void>(release => this.#locks.push(release))]);
          return (manager.request as (...args: unknown[]) => Promise<unknown>)(name, ...rest, held);
        },
      } as LockManager,
      uuid: () => browser.uuid(),
      now: () => browser.clock.now(),
      identify: async () => ({config: this.config, token: accessToken ? await accessToken() : null}),
    });
    this.client.problem.subscribe(problem => problem && this.problems.push(problem));
  }

  /** Says something raw to the hub. */
  say(message: unknown): void {
    this.#host?.page.postMessage(message);
  }

  /** The tab's process is gone: no bye, its locks are free, its port is dead. */
  async crash(): Promise<void> {
    this.#isDead = true;
    if (this.#host) {
      this.#host.page.closed = true;
      this.#host.page.postMessage = () => {};
    }
    for (const release of this.#locks) release();
    await settle();
  }
}
