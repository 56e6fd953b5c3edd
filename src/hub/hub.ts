// Where tabs come in: shakes hands, keeps one session a tab, learns of a tab's death, and passes on what is said. The same class
// in a SharedWorker, in an elected tab and in a lone page. What the tabs share is the trunk's business.
import {TrunkError} from '../wire/error.js';
import type {VersionFrame} from '../wire/channel.js';
import {isTabMessage} from '../wire/tab-guard.js';
import {PROTOCOL_VERSION, type HubMessage, type Port, type TabMessage} from '../wire/protocol.js';
import {assertNever} from './assert-never.js';
import type {Environment, Store} from './environment.js';
import {serveChannel} from './channel-server.js';
import {Session} from './session.js';
import {Trunk} from './trunk.js';

/** The socket outlives the last tab by this, in ms, so that a reload finds it open. */
const SOCKET_GRACE_MS = 10_000;
/** How long another hub may keep the seat before the tabs are sent there, in ms: one that just died has let go of it by then. */
const SEAT_MS = 1_500;
/** How long a tab may take to give a token before the next one is asked, in ms. */
const TOKEN_MS = 10_000;

export class Hub {
  readonly #environment: Environment;
  readonly #sessions = new Map<string, Session>();
  /** Token requests without an answer, by id. */
  readonly #tokens = new Map<string, {session: Session; answer: (token: string | null) => void}>();
  /** Nobody is let in before; again, while what was kept of somebody who left is forgotten. */
  #ready!: Promise<{store: Store; lock: string | null}>;
  /** Settles when another hub has kept the seat for a while; never once this one serves. */
  #elsewhere!: Promise<void>;
  /** Gives back what was taken of the browser. */
  readonly #releases: (() => void)[] = [];
  #closed = false;
  /** It holds nothing of the browser, and begins again with the next tab. */
  #isAsleep = false;
  /** A hub of a newer version is there. */
  #isOutdated = false;
  #trunk: Trunk | null = null;
  #cancelRest: () => void = () => {};
  #tokenCount = 0;
  /** How often the hub started over. */
  #lives = 0;

  constructor(environment: Environment) {
    this.#environment = environment;
    this.#begin();
  }

  /** Settles when it serves, with the lock that it holds while it lives; null where there are none. */
  get ready(): Promise<{lock: string | null}> {
    return this.#ready;
  }

  /** For good: whoever is attached finds another hub. */
  close(): void {
    for (const session of [...this.#sessions.values()]) this.#leave(session);
    this.#cancelRest();
    this.#trunk?.close();
    this.#trunk = null;
    this.#closed = true;
    this.#releaseAll();
  }

  /** Takes in a tab that speaks over `port`. */
  attach(port: Port): void {
    this.#wake();
    let session: Session | null = null;
    const end = () => {
      if (session) this.#leave(session);
      session = null;
    };
    const die = () => {
      end();
      port.close?.();
    };
    port.addEventListener('message', event => {
      const message = event.data;
      this.#wake();
      // Everything waits for the store, in order.
      void this.#ready.then(({store, lock}) => {
        if (!isTabMessage(message)) return this.#malformed(port, message);
        if (message.type === 'hello') {
          if (session?.id === message.session && !session.closed) return;
          end();
          session = this.#enter(message, port, store, lock);
          const {locks} = this.#environment;
          if (session && locks && message.lock) session.onClosed = locks.whenFree(message.lock, die);
        } else if (message.type === 'bye') die();
        else if (session) this.#receive(session, message);
      });
    });
    port.start?.();
    void this.#ready.then(({lock}) => {
      port.postMessage([this.#hello(lock)]);
    });
    void this.#elsewhere.then(() => port.postMessage([{type: 'elsewhere'} satisfies HubMessage]));
  }

  #begin(): void {
    const {seat, clock} = this.#environment;
    this.#isAsleep = false;
    let seated = () => {};
    this.#elsewhere = new Promise(resolve => {
      if (seat) seated = clock.after(SEAT_MS, resolve);
    });
    this.#ready = this.#prepare(seated);
    void this.#ready.then(({lock}) => this.#serveChannel(lock));
  }

  /**
   * No tab is left, and none came back in time. A SharedWorker may outlive its tabs by minutes: the seat is somebody else's to take
   * meanwhile, be it on another rung or from another deploy's file.
   */
  async #rest(): Promise<void> {
    // Whoever is told of its end looks into the store then.
    await this.#trunk?.rest();
    if (!this.#environment.seat || this.#closed || this.#sessions.size > 0) return;
    this.#releaseAll();
    this.#isAsleep = true;
  }

  /** It stood still, and somebody has taken the seat: its tabs go there once its lock is free, and say again what they want. */
  #unseat(): void {
    if (this.#closed || this.#isAsleep) return;
    for (const session of [...this.#sessions.values()]) session.close();
    this.#sessions.clear();
    this.#stop();
    this.#releaseAll();
    this.#isAsleep = true;
  }

  #wake(): void {
    if (this.#isAsleep) this.#begin();
  }

  #serveChannel(lock: string | null): void {
    this.#followVersions(lock);
    const {hubId, openChannel} = this.#environment;
    if (!openChannel || this.#closed) return;
    const channel = openChannel();
    this.#releases.push(() => channel.close());
    serveChannel(this, hubId, channel);
  }

  /**
   * Two versions don't understand each other, so each has its hub until the last tab of the older one is gone. What one of them leaves
   * when it ends or dies goes out from the others, which share its store.
   */
  #followVersions(lock: string | null): void {
    const {openVersions, locks} = this.#environment;
    if (!openVersions || this.#closed) return;
    const channel = openVersions();
    this.#releases.push(() => channel.close());
    const tell = () => channel.postMessage({protocol: PROTOCOL_VERSION, lock});
    /** The locks of those that live. */
    const met = new Set<string>();
    const meet = (other: string) => {
      const ended = () => {
        met.delete(other);
        this.#trunk?.takeUp();
      };
      met.add(other);
      if (locks) this.#releases.push(locks.whenFree(other, ended));
    };
    channel.addEventListener('message', ({data}) => {
      const {protocol, lock: other} = (data ?? {}) as {[field in keyof VersionFrame]?: unknown};
      if (typeof protocol !== 'number') return;
      const isNew = typeof other === 'string' && !met.has(other);
      if (isNew) meet(other);
      if (isNew || protocol < PROTOCOL_VERSION) tell();
      if (protocol <= PROTOCOL_VERSION || this.#isOutdated) return;
      this.#isOutdated = true;
      this.#trunk?.statusChanged();
    });
    tell();
  }

  #releaseAll(): void {
    for (const release of this.#releases.splice(0)) release();
  }

  #hello(lock: string | null): HubMessage {
    const hub = this.#lives === 0 ? this.#environment.hubId : `${this.#environment.hubId}.${this.#lives}`;
    return {type: 'hello', protocol: PROTOCOL_VERSION, hub, lock, host: this.#environment.host};
  }

  /**
   * The account behind the hub's one identity was replaced. Nothing of the old one may stay: the tabs are greeted as by a hub they
   * have not met, and say again what they want.
   */
  #startOver(lock: string | null): void {
    this.#lives++;
    this.#end(this.#hello(lock));
  }

  /** This person's time is over: the tabs hear `last`, and whoever says hello after it starts anew. */
  #end(last: HubMessage): void {
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) session.close([last]);
    this.#stop();
  }

  #stop(): void {
    for (const {answer} of this.#tokens.values()) answer(null);
    this.#cancelRest();
    this.#trunk?.close();
    this.#trunk = null;
  }

  /** The lock first: whoever is greeted may wait for its release. Null where it is refused. */
  async #prepare(seated: () => void): Promise<{store: Store; lock: string | null}> {
    const {locks, hubId, seat} = this.#environment;
    const name = `trunk:hub:${hubId}`;
    const hold = async (lock: string, robbed?: () => void) => {
      const release = await locks?.hold(lock, robbed).catch(() => null);
      if (release) this.#releases.push(release);
      if (this.#closed) this.#releaseAll();
      return release ? lock : null;
    };
    const opening = this.#environment.openStore(); // meanwhile
    // A browser that refuses locks has no other hub to wait for.
    if (seat) await hold(seat, () => this.#unseat());
    seated();
    const [store, lock = null] = await Promise.all([opening, hold(name)]);
    return {store, lock};
  }

  #enter(hello: Extract<TabMessage, {type: 'hello'}>, port: Port, store: Store, lock: string | null): Session | null {
    if (this.#closed) return null;
    if (hello.protocol !== PROTOCOL_VERSION) {
      const error = new TrunkError(
        'protocol-mismatch',
        'This page speaks another version of Trunkline than its hub. Reload the page.',
      );
      port.postMessage([{type: 'problem', error: error.toWire()} satisfies HubMessage]);
      return null;
    }
    const session = new Session(hello.session, port, hello.attention, this.#environment.clock);
    this.#sessions.set(session.id, session);
    this.#cancelRest();
    this.#trunk ??= new Trunk(this.#environment, store, hello.config, {
      attention: () => [...this.#sessions.values()].map(({attention}) => attention),
      overview: nameOf => [...this.#sessions.values()].map(session => session.overview(nameOf)),
      tellAll: message => {
        for (const each of this.#sessions.values()) each.post(message);
      },
      requestToken: () => this.#requestToken(),
      isOutdated: () => this.#isOutdated,
      personChanged: () => this.#startOver(lock),
      signedOut: (waiting, forget) => {
        this.#lives++;
        this.#end({type: 'signed-out', waiting});
        this.#ready = Promise.all([this.#ready, forget()]).then(([ready]) => ready);
      },
    });
    this.#trunk.start(hello.config);
    this.#trunk.attentionChanged();
    for (const message of this.#trunk.greeting()) session.post(message);
    if (!store.durable) {
      const error = new TrunkError(
        'storage-refused',
        'The browser refuses to store anything for this site, so unsent messages are kept only while a tab is open.',
      );
      session.post({type: 'problem', error: error.toWire()});
    }
    return session;
  }

  #leave(session: Session): void {
    if (this.#sessions.get(session.id) !== session) return;
    this.#sessions.delete(session.id);
    session.close();
    for (const request of this.#tokens.values()) if (request.session === session) request.answer(null);
    this.#trunk?.attentionChanged();
    if (this.#sessions.size > 0) return;
    // Of two hubs, the older one ends with its last tab.
    const graceMs = this.#isOutdated ? 0 : SOCKET_GRACE_MS;
    this.#cancelRest = this.#environment.clock.after(graceMs, () => void this.#rest());
  }

  #receive(session: Session, message: Exclude<TabMessage, {type: 'hello' | 'bye'}>): void {
    const trunk = this.#trunk;
    if (!trunk) return;
    switch (message.type) {
      case 'open': {
        const {handle, want} = message;
        session.open(handle, want, () => {
          const look = () => session.attention;
          return trunk.open(want, handle, event => session.post(event), look);
        });
        break;
      }
      case 'release':
        session.release(message.handle);
        break;
      case 'attention':
        session.attention = message.attention;
        trunk.attentionChanged();
        break;
      case 'poke':
        trunk.poke(message.why);
        break;
      case 'token':
        this.#tokens.get(message.id)?.answer(message.token);
        break;
      case 'call': {
        const {call} = message;
        const answer = call.kind === 'broadcast' ? session.broadcast(call) : trunk.call(call);
        answer.then(
          value => session.post({type: 'reply', id: message.id, result: {ok: true, value}}),
          error => {
            const wire = TrunkError.from(error).toWire();
            session.post({type: 'reply', id: message.id, result: {ok: false, error: wire}});
          },
        );
        break;
      }
      default:
        assertNever(message);
    }
  }

  /** Asks one tab after the other, the one last used first. */
  async #requestToken(): Promise<string | null> {
    const byUse = [...this.#sessions.values()].sort((a, b) => b.attention.lastActive - a.attention.lastActive);
    for (const session of byUse) {
      if (session.closed) continue;
      const id = String(++this.#tokenCount);
      const token = await new Promise<string | null>(resolve => {
        const cancel = this.#environment.clock.after(TOKEN_MS, () => resolve(null));
        const answer = (token: string | null) => {
          cancel();
          resolve(token);
        };
        this.#tokens.set(id, {session, answer});
        session.post({type: 'token-request', id});
      });
      this.#tokens.delete(id);
      if (token !== null) return token;
    }
    return null;
  }

  #malformed(port: Port, message: unknown): void {
    const type = String((message as {type?: unknown} | null)?.type);
    this.#environment.log('warn', `A tab said something this hub doesn't understand: ${type}`);
    const error = new TrunkError(
      'malformed',
      `The page said something its hub doesn’t understand (${type}). It was ignored.`,
    );
    port.postMessage([{type: 'problem', error: error.toWire()} satisfies HubMessage]);
  }
}
