// An application's own topic, as one tab holds it: the events of supabase-js in meaning, over the one channel that all tabs share. What
// is sent before the topic is joined waits in the tab, where it outlives a hub; that and all that arrives is the work of
// channel-traffic.ts, which is loaded with the first topic. Knows nothing of ports.
import {TrunkError} from '../wire/error.js';
import {lateModule} from '../wire/late-module.js';
import type {Call, ChannelEvent} from '../wire/protocol.js';
import {
  isReserved,
  type ChangeFilter,
  type ChannelWish,
  type DatabaseChange,
  type PresenceEntries,
  type Replay,
} from '../wire/topic.js';
import type {ChannelParts, ChannelTraffic} from './channel-traffic.js';
import type {PresenceJoin, PresenceLeave} from './presence-changes.js';
import {Signal, type Source} from './source.js';

export interface ChannelOptions {
  /** Joins the private topic, whose policies say who may read and write it. Default: false, the public topic of that name. */
  private?: boolean;
  broadcast?: {
    /** Hears what it sends itself. Default: false. */
    self?: boolean;
    /** `send()` settles when the server has the message, not when it is on the socket. Default: false. */
    ack?: boolean;
    /** Messages that the database sent before, of a private topic. Default: none. */
    replay?: Replay;
  };
  /** Looks at who is present. `key`: what this browser is present under; default: the person's id. */
  presence?: {key?: string};
  /** Changes of the database to hear of. With these alone, the topic itself is not joined. */
  postgresChanges?: readonly ChangeFilter[];
}

export interface ChannelStatus {
  /** `joining`: not yet, or again. `failed`: it stays so until somebody acts. */
  state: 'joining' | 'joined' | 'failed' | 'closed';
  /** Every change that was asked for arrives; true as soon as `joined` when none was. */
  live: boolean;
  /** What is in the way; null when nothing is, or nothing but the connection. */
  error: TrunkError | null;
}

export interface BroadcastMessage<T = Record<string, unknown>> {
  type: 'broadcast';
  event: string;
  payload: T;
  /** Set when the database sent it. */
  meta?: {id: string; replayed: boolean};
}

/** Whom to call, and of what. */
export type ChannelListener =
  | {type: 'broadcast'; event: string; call: (message: BroadcastMessage<never>) => void}
  | {type: 'presence'; event: string; call: (change?: PresenceJoin | PresenceLeave) => void}
  | {type: 'postgres_changes'; filter: Partial<ChangeFilter>; call: (change: DatabaseChange) => void};

/** What a handle needs of its client. */
export interface ChannelLink {
  broadcast(message: Omit<Extract<Call, {kind: 'broadcast'}>, 'kind' | 'handle'>): Promise<null>;
  /** Says again what this handle wants, which has changed. */
  changed(): void;
  /** Why nothing can be asked any more; null while it can. */
  refusal(): TrunkError | null;
  release(): void;
}

/** A topic, held open until `release()`. Make one with `client.channel()`. */
export class ChannelHandle {
  readonly #wish: ChannelWish;
  readonly #link: ChannelLink;
  readonly #status = new Signal<ChannelStatus>({state: 'joining', live: false, error: null});
  readonly #present = new Signal<Readonly<PresenceEntries>>({});
  readonly #listeners = new Set<ChannelListener>();
  readonly #loading: Promise<ChannelTraffic>;
  #traffic: ChannelTraffic | null = null;

  /** @throws TrunkError `reserved-topic`, `conflicting-options` */
  constructor(topic: string, options: ChannelOptions, link: ChannelLink) {
    const {broadcast, presence, postgresChanges = []} = options;
    if (isReserved(topic)) {
      throw new TrunkError('reserved-topic', `"${topic}" is Trunkline’s own. Use client.chat() or client.presence().`);
    }
    if (broadcast?.replay && !options.private) {
      throw new TrunkError(
        'conflicting-options',
        `Only private topics have a replay: open "${topic}" with private: true.`,
      );
    }
    this.#link = link;
    this.#wish = {
      topic,
      private: options.private ?? false,
      joins: broadcast !== undefined || presence !== undefined || postgresChanges.length === 0,
      presenceKey: presence ? (presence.key ?? '') : null,
      replay: broadcast?.replay ?? null,
      self: broadcast?.self ?? false,
      changes: [...postgresChanges],
      tracked: null,
    };
    this.#loading = this.#load({
      wish: this.#wish,
      link,
      ack: broadcast?.ack ?? false,
      status: this.#status,
      present: this.#present,
      listeners: this.#listeners,
    });
    this.#loading.catch((error: TrunkError) => {
      if (this.#status.current.state !== 'closed') this.#status.set({state: 'failed', live: false, error});
    });
  }

  /** Whether what was asked for arrives. Each time it does again, something may have been missed meanwhile. */
  get status(): Source<ChannelStatus> {
    return this.#status;
  }

  /** Who is present, by key: what `presenceState()` is to supabase-js. Empty unless `presence` was asked for. */
  get present(): Source<Readonly<PresenceEntries>> {
    return this.#present;
  }

  /** Calls `listener` with every broadcast of this name, or of any with `*`. The answer ends it. */
  on<T = Record<string, unknown>>(
    type: 'broadcast',
    what: {event: string},
    listener: (message: BroadcastMessage<T>) => void,
  ): () => void;
  /** `join` and `leave` of one key (an update is both, as in supabase-js), and `sync` after all of them. */
  on(type: 'presence', what: {event: 'sync'}, listener: () => void): () => void;
  on(type: 'presence', what: {event: 'join'}, listener: (change: PresenceJoin) => void): () => void;
  on(type: 'presence', what: {event: 'leave'}, listener: (change: PresenceLeave) => void): () => void;
  /**
   * Every change that fits one of the `postgresChanges` asked for, or those of them that are like `what`: `{}` is all of them. A change
   * that fits two of them comes twice.
   */
  on(type: 'postgres_changes', what: Partial<ChangeFilter>, listener: (change: DatabaseChange) => void): () => void;
  on(
    type: ChannelListener['type'],
    what: Partial<ChangeFilter> | {event: string},
    call: (it: never) => void,
  ): () => void {
    const listener = {type, event: what.event, filter: what, call} as unknown as ChannelListener;
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Broadcasts to everybody else on the topic, other tabs of this browser included. Before it is joined, it waits.
   * @param payload what JSON can say
   * @throws TrunkError `send-queue-full` (100 wait already); `not-confirmed` (nobody knows whether it left, or the server took it);
   *   `rejected` (too large, no JSON, or the topic isn't joined because `broadcast` was not asked for); `signed-out`; `closed`;
   *   `load-failed`
   */
  async send(event: string, payload: unknown = {}): Promise<void> {
    const plain = toPlain(payload);
    await (this.#traffic ?? (await this.#loading)).send(event, plain);
  }

  /**
   * Says of this browser, in presence: all its tabs are one, and what was said last counts. Kept over every loss of the connection, and
   * sent as often as the server allows (5 times in 30 s).
   */
  track(payload: Record<string, unknown>): void {
    this.#wish.tracked = toPlain(payload) as Record<string, unknown>;
    this.#link.changed();
  }

  /** Says nothing any more; what another tab says counts again. */
  untrack(): void {
    this.#wish.tracked = null;
    this.#link.changed();
  }

  /** Lets go of the topic. It is left a little after no tab holds it. Broadcasts that wait are rejected with `closed`. */
  release(): void {
    this.#link.release();
    this.end();
    this.#status.set({state: 'closed', live: false, error: null});
  }

  /** For the client: what the hub is to know. */
  get wish(): ChannelWish {
    return this.#wish;
  }

  /** For the client: a hub that knows nothing of this handle. */
  restart(): void {
    this.#do(traffic => traffic.restart());
  }

  /** For the client: nothing more is sent, and nothing of the person stays. */
  end(error?: TrunkError): void {
    this.#wish.tracked = null;
    this.#do(traffic => traffic.end(error));
  }

  /** For the client: what the hub says of this handle. */
  receive(event: ChannelEvent): void {
    this.#do(traffic => traffic.receive(event));
  }

  async #load(parts: ChannelParts): Promise<ChannelTraffic> {
    const Traffic = (loaded ??= await loadTraffic());
    return (this.#traffic = new Traffic(parts));
  }

  /** At once when the other half is here, else when it is, in the order asked. */
  #do(task: (traffic: ChannelTraffic) => void): void {
    if (this.#traffic) task(this.#traffic);
    else void this.#loading.then(task, () => {}); // that it failed is in the status
  }
}

const loadTraffic = lateModule(() => import('./channel-traffic.js'), 'ChannelTraffic');
let loaded: typeof ChannelTraffic | undefined;

/** What arrives at the other end, said here already: what JSON can't say is refused before it is sent. */
function toPlain(payload: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(payload));
  } catch (cause) {
    throw new TrunkError('rejected', 'The payload can’t be written as JSON. Send plain data.', cause);
  }
}
