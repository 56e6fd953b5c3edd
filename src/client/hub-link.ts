// Keeps a tab in touch with a hub, whichever lives: opens a host, shakes hands, steps down the ladder when a rung fails, learns
// of the hub's death by its Web Lock, and comes back by itself. Knows nothing of chats or of who listens.
import {TrunkError} from '../wire/error.js';
import {isHubFrame, isHubMessage} from '../wire/hub-guard.js';
import {PROTOCOL_VERSION, type Attention, type HubConfig, type HubMessage, type TabMessage} from '../wire/protocol.js';
import type {HostKind} from '../wire/status.js';
import type {Host} from './host.js';

/**
 * Silence after which a rung is given up, in ms. A script that can't load reports by itself; this is for a worker that says nothing, and
 * stepping down costs the browser a second socket, so a busy machine gets its time.
 */
const HELLO_MS = 10_000;
/** The same for a worker that runs, and did not answer a ping. */
const DOUBTED_MS = 5000;
/** How long a hub may take to answer a ping, in ms, before it counts as dead. */
const PING_MS = 2000;
/**
 * How often a hub is asked for a sign of life, in ms: one in another tab, which a browser may freeze, and one elsewhere, which stands still
 * only when something is wrong; from a page that somebody sees, and from one that nobody does, which asks at once when somebody comes. 0: never.
 */
const TAB_BEAT_MS = {seen: 5000, hidden: 60_000};
const WORKER_BEAT_MS = {seen: 20_000, hidden: 0};
/** Pause before another walk down the ladder when every rung failed, in ms. */
const RETRY_MS = 5000;

/** What a link needs from the page around it; a test gives its own. */
export interface LinkEnvironment {
  hosts: readonly HostKind[];
  /** A rung that the site has set something up for: that it fails is worth a word, whatever comes after it. Default: none. */
  promised?: HostKind | null;
  /** @param isDoubted the hub there was did not answer */
  openHost(kind: HostKind, config: HubConfig, isDoubted: boolean): Promise<Host>;
  /** Null where the browser has no Web Locks. */
  locks: LockManager | null;
  uuid(): string;
}

export interface LinkListener {
  /** A hub says hello that knows nothing of this tab yet. */
  greeted(): void;
  message(message: HubMessage): void;
  /** Where the hub lives now, and why not on a better rung; empty on the best. */
  host(kind: HostKind, why: string): void;
  problem(error: TrunkError): void;
  /** No rung holds; tried again by itself. */
  lost(error: TrunkError): void;
  attention(): Attention;
  /** Settles when the hub has given a sign of life. */
  ping(): Promise<unknown>;
  /** The hub is of a newer version than this page. */
  outdated(): void;
  /** Whether the person is still signed in, before a hub is looked for again; whoever says no has left. */
  isStaying(): boolean;
}

type Greeting = 'here' | 'elsewhere' | TrunkError;

export class HubLink {
  readonly #environment: LinkEnvironment;
  readonly #listener: LinkListener;
  #config: HubConfig | null = null;
  #host: Host | null = null;
  #hub: string | null = null;
  /** Aborted when the current rung is left; whatever belongs to it is void from then on. */
  #rung = new AbortController();
  /** The rung whose hub is being asked for a sign of life. */
  #checked: AbortController | null = null;
  /** Until the hub is asked for the next sign of life. */
  #beatTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  /** What the best rung failed of; empty while it is not known to have. */
  #why = '';
  #session: string | null = null;
  #frames = 0;
  #messages = 0;

  constructor(environment: LinkEnvironment, listener: LinkListener) {
    this.#environment = environment;
    this.#listener = listener;
  }

  /** What the hub calls this tab, and how much it has told it so far. */
  get overview(): {id: string | null; frames: number; messages: number} {
    return {id: this.#session, frames: this.#frames, messages: this.#messages};
  }

  /** Goes looking for a hub for `config`, leaving the one before. */
  async open(config: HubConfig, isDoubted = false): Promise<void> {
    this.#config = config;
    let failure = new TrunkError('worker-failed', 'This browser has no place for the hub.');
    const {hosts, promised} = this.#environment;
    const rungs = [...hosts];
    const failures = new Map<HostKind, TrunkError>();
    this.#why = '';
    for (let kind = rungs.shift(); kind; kind = rungs.shift()) {
      this.#leave();
      if (this.#closed) return;
      const rung = (this.#rung = new AbortController());
      try {
        if (await this.#climb(kind, config, rung, isDoubted)) {
          // A tab by itself is worth a word; a lower rung that shares is not, unless somebody meant it to be higher.
          const [first] = failures.values();
          const told = (promised && failures.get(promised)) || (kind === 'page' && first);
          if (told) this.#listener.problem(told);
          return;
        }
        if (rung.signal.aborted) return;
        failure = new TrunkError('worker-failed', 'Another hub serves this person and could not be reached.');
        // Whoever holds the seat serves the channel, whatever rung it stands on.
        if (kind !== 'leader') rungs.unshift('leader');
      } catch (error) {
        if (rung.signal.aborted) return; // left meanwhile
        failure = TrunkError.from(error);
        failures.set(kind, failure);
        this.#why ||= `${kind}: ${innermost(failure)}`;
      }
    }
    this.#listener.problem(failure);
    this.#listener.lost(failure);
    const last = this.#rung;
    setTimeout(() => !last.signal.aborted && this.#reopen(), RETRY_MS);
  }

  /** Says something to the hub. Lost when there is none: what matters is said again when the next one greets. */
  post(message: TabMessage): void {
    if (this.#hub !== null) this.#host?.port.postMessage(message);
  }

  /** The page goes away, perhaps into the back/forward cache, where it must hold neither lock nor port. */
  suspend(): void {
    this.#leave();
  }

  /** The person leaves: there is no hub to come back to before the next `open()`. */
  leave(): void {
    this.#config = null;
    this.#leave();
  }

  /** The page is back. */
  resume(): void {
    if (!this.#host) this.#reopen();
  }

  /** Asks the hub for a sign of life; without one in time, looks for another hub. */
  async check(): Promise<void> {
    if (this.#hub === null) return;
    const rung = this.#rung;
    // At the pace of a page that is seen, if it is by now.
    this.#beat(rung);
    if (this.#checked === rung) return;
    this.#checked = rung;
    const timer = setTimeout(() => !rung.signal.aborted && this.#reopen(true), PING_MS);
    await this.#listener.ping().catch(() => {}); // refused is a sign of life too
    clearTimeout(timer);
    this.#checked = null;
  }

  /** Leaves for good. Calling it again changes nothing. */
  close(): void {
    this.#closed = true;
    this.#leave();
  }

  /** False when the hub to speak to is on a lower rung, or this one was left meanwhile. */
  async #climb(kind: HostKind, config: HubConfig, rung: AbortController, isDoubted: boolean): Promise<boolean> {
    const session = (this.#session = this.#environment.uuid());
    // 1. The tab's lock, before the hub hears its name: the hub takes the lock's release for the tab's death. A browser told to
    //    keep no site data refuses locks; the tab then does without.
    const name = `trunk:tab:${session}`;
    const locked = holdLock(this.#environment.locks, name, rung.signal);
    // 2. The host. It starts while the lock is waited for, which a page that draws itself takes in late.
    const host = await this.#environment.openHost(kind, config, isDoubted);
    if (rung.signal.aborted) {
      host.close();
      return false;
    }
    this.#host = host;
    const lock = (await locked) ? name : null;
    if (rung.signal.aborted) return false;
    const attention = this.#listener.attention();
    const hello: TabMessage = {type: 'hello', protocol: PROTOCOL_VERSION, session, lock, config, attention};
    // 3. The handshake, within its time.
    const greeted = new Promise<Greeting>(resolve => {
      host.port.addEventListener('message', event => {
        if (!rung.signal.aborted) this.#receive(event.data, hello, resolve);
      });
    });
    // Before anything is heard, to which this tab would answer.
    host.port.postMessage(hello);
    host.port.start?.();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<TrunkError>(resolve => {
      const ms = isDoubted ? DOUBTED_MS : HELLO_MS;
      timer = setTimeout(resolve, ms, new TrunkError('worker-failed', `The hub did not answer within ${ms / 1000} s.`));
    });
    const outcome = await Promise.race([greeted, silence, host.failed]);
    clearTimeout(timer);
    if (outcome instanceof TrunkError) throw outcome;
    if (outcome === 'elsewhere' || rung.signal.aborted) return false;
    this.#beat(rung);
    return true;
  }

  #beat(rung: AbortController): void {
    const {seen, hidden} = this.#host?.findsNext ? TAB_BEAT_MS : WORKER_BEAT_MS;
    const ms = this.#listener.attention().visible ? seen : hidden;
    clearTimeout(this.#beatTimer);
    if (ms) this.#beatTimer = setTimeout(() => !rung.signal.aborted && void this.check(), ms);
  }

  #receive(data: unknown, hello: TabMessage, greeted: (how: Greeting) => void): void {
    if (!isHubFrame(data)) return this.#malformed('a frame that is no list');
    this.#frames++;
    this.#messages += data.length;
    const rung = this.#rung;
    for (const message of data) {
      if (rung.signal.aborted) return; // left, because of what was said just now
      if (!isHubMessage(message)) {
        this.#malformed((message as {type?: unknown} | null)?.type);
        continue;
      }
      if (message.type === 'elsewhere') {
        greeted('elsewhere');
        continue;
      }
      if (message.type !== 'hello') {
        this.#listener.message(message);
        continue;
      }
      if (message.protocol !== PROTOCOL_VERSION) {
        // A script from before a deploy with a worker from after it, or the other way round.
        if (message.protocol > PROTOCOL_VERSION) this.#listener.outdated();
        return greeted(new TrunkError('protocol-mismatch', 'The hub’s script is of another version than the page’s.'));
      }
      const met = this.#hub;
      if (met === message.hub) continue;
      this.#hub = message.hub;
      // A worker that restarted silently behind the same port has never heard of this tab.
      if (met !== null) this.#host?.port.postMessage(hello);
      if (!this.#host?.findsNext) this.#watch(message.lock);
      this.#listener.host(message.host, this.#why);
      greeted('here');
      this.#listener.greeted();
    }
  }

  /** Queues behind the hub's own lock: being granted it means that the hub died. */
  #watch(lock: string | null): void {
    const {locks} = this.#environment;
    if (!locks || !lock) return;
    const rung = this.#rung;
    const hub = this.#hub;
    locks
      .request(lock, {mode: 'shared', signal: rung.signal}, () => {
        if (!rung.signal.aborted && hub === this.#hub) this.#reopen();
      })
      .catch(() => {
        // Aborted, because this tab left first; or refused.
      });
  }

  #malformed(what: unknown): void {
    this.#listener.problem(
      new TrunkError(
        'malformed',
        `The hub said something this page doesn’t understand (${String(what)}). It was ignored.`,
      ),
    );
  }

  #reopen(isDoubted = false): void {
    if (!this.#closed && this.#config && this.#listener.isStaying()) void this.open(this.#config, isDoubted);
  }

  /** Lets go of host and lock. */
  #leave(): void {
    this.#host?.port.postMessage({type: 'bye'} satisfies TabMessage);
    this.#rung.abort();
    this.#host?.close();
    this.#host = null;
    this.#hub = null;
    this.#session = null;
  }
}

/** True once the lock is held, until `signal` aborts; false where there are no locks or they are refused. */
function holdLock(locks: LockManager | null, name: string, signal: AbortSignal): Promise<boolean> {
  return new Promise(resolve => {
    if (!locks) return resolve(false);
    locks
      .request(name, () => {
        resolve(true);
        if (signal.aborted) return; // left while it was waited for: the event won't come
        return new Promise<void>(release => signal.addEventListener('abort', () => release(), {once: true}));
      })
      .catch(() => resolve(false));
  });
}

/** What a browser said. */
function innermost({message, cause}: TrunkError): string {
  // The name says the kind of failure, where there is one: `SecurityError`.
  if (cause instanceof Error) return `${cause.name}: ${cause.message}`;
  return (typeof cause === 'string' && cause) || message;
}
