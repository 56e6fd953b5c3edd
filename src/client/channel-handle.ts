// An application's own topic, as one tab holds it: the events of supabase-js in meaning, over the one channel that all tabs share. What
// is sent before the topic is joined waits here, where it outlives a hub. Knows nothing of ports.
import {TrunkError} from '../wire/error.js';
import type {Call, ChannelEvent} from '../wire/protocol.js';
import {
  isReserved,
  type ChangeFilter,
  type ChannelWish,
  type DatabaseChange,
  type PresenceEntries,
  type Replay,
} from '../wire/topic.js';
import {changePresence, type PresenceJoin, type PresenceLeave} from './presence-changes.js';
import {Signal, type Source} from './source.js';

/** Broadcasts that may wait for the topic to be joined. */
const MAX_WAITING = 100;

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

type Listener =
  | {type: 'broadcast'; event: string; call: (message: BroadcastMessage<never>) => void}
  | {type: 'presence'; event: string; call: (change?: PresenceJoin | PresenceLeave) => void}
  | {type: 'postgres_changes'; filter: Partial<ChangeFilter>; call: (change: DatabaseChange) => void};

interface Waiting {
  event: string;
  payload: unknown;
  sent: boolean;
  resolve(): void;
  reject(error: TrunkError): void;
}

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
  readonly #ack: boolean;
  readonly #link: ChannelLink;
  readonly #status = new Signal<ChannelStatus>({state: 'joining', live: false, error: null});
  readonly #present = new Signal<Readonly<PresenceEntries>>({});
  readonly #listeners = new Set<Listener>();
  #waiting: Waiting[] = [];

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
    this.#ack = broadcast?.ack ?? false;
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
  on(type: Listener['type'], what: Partial<ChangeFilter> | {event: string}, call: (it: never) => void): () => void {
    const listener = {type, event: what.event, filter: what, call} as unknown as Listener;
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Broadcasts to everybody else on the topic, other tabs of this browser included. Before it is joined, it waits.
   * @param payload what JSON can say
   * @throws TrunkError `send-queue-full` (100 wait already); `not-confirmed` (nobody knows whether it left, or the server took it);
   *   `rejected` (too large, no JSON, or the topic isn't joined because `broadcast` was not asked for); `signed-out`; `closed`
   */
  async send(event: string, payload: unknown = {}): Promise<void> {
    const {state, error} = this.#status.current;
    const refusal = state === 'closed' ? closed() : (this.#link.refusal() ?? (state === 'failed' ? error : null));
    if (refusal) throw refusal;
    const {topic, joins} = this.#wish;
    if (!joins)
      throw new TrunkError('rejected', `"${topic}" was opened for changes alone. Open it with broadcast: {}.`);
    if (this.#waiting.length >= MAX_WAITING) {
      throw new TrunkError(
        'send-queue-full',
        `${MAX_WAITING} broadcasts wait for "${topic}" to be joined. This one was not taken.`,
      );
    }
    const plain = toPlain(payload);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({event, payload: plain, sent: false, resolve, reject});
      this.#flush();
    });
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
    this.end(closed());
    this.#status.set({state: 'closed', live: false, error: null});
  }

  /** For the client: what the hub is to know. */
  get wish(): ChannelWish {
    return this.#wish;
  }

  /** For the client: a hub that knows nothing of this handle. */
  restart(): void {
    this.#receiveStatus({joined: false, live: false, error: null, final: false});
  }

  /** For the client: nothing more is sent, and nothing of the person stays. */
  end(error: TrunkError): void {
    this.#wish.tracked = null;
    for (const {reject} of this.#waiting.splice(0)) reject(error);
    this.restart();
    this.#look({}, {}, true);
  }

  /** For the client: what the hub says of this handle. */
  receive(event: ChannelEvent): void {
    switch (event.kind) {
      case 'status':
        this.#receiveStatus({...event, error: event.error && TrunkError.fromWire(event.error)});
        break;
      case 'broadcast': {
        const {id, replayed} = event;
        const message = {
          type: 'broadcast',
          event: event.event,
          payload: event.payload,
          ...(id && {meta: {id, replayed}}),
        };
        this.#call('broadcast', listener => isLike(listener.event, event.event) && listener.call(message as never));
        break;
      }
      case 'presence':
        this.#look(event.joins, event.leaves, event.reset);
        break;
      case 'change': {
        const asked = this.#wish.changes[event.filter];
        this.#call(
          'postgres_changes',
          ({filter, call}) => asked && fits(filter, asked, event.change) && call(event.change),
        );
        break;
      }
    }
  }

  #receiveStatus({
    joined,
    live,
    error,
    final,
  }: {
    joined: boolean;
    live: boolean;
    error: TrunkError | null;
    final: boolean;
  }): void {
    if (this.#status.current.state === 'closed') return;
    this.#status.set({state: joined ? 'joined' : final ? 'failed' : 'joining', live, error});
    if (final && error && !joined) for (const {reject} of this.#waiting.splice(0)) reject(error);
    else if (joined) this.#flush();
  }

  #flush(): void {
    const {state} = this.#status.current;
    if (state !== 'joined') return;
    for (const message of this.#waiting) {
      if (message.sent) continue;
      message.sent = true;
      const {event, payload, resolve, reject} = message;
      const done = (settle: () => void) => {
        this.#waiting = this.#waiting.filter(each => each !== message);
        settle();
      };
      this.#link.broadcast({event, payload, ack: this.#ack}).then(
        () => done(resolve),
        (error: TrunkError) => {
          if (error.code !== 'not-joined') return done(() => reject(error));
          message.sent = false; // it was lost a moment ago
          this.#flush();
        },
      );
    }
  }

  #look(joins: PresenceEntries, leaves: PresenceEntries, reset: boolean): void {
    const {present, changes} = changePresence(this.#present.current, joins, leaves, reset);
    this.#present.set(present);
    for (const change of changes) {
      this.#call('presence', ({event, call}) => isLike(event, change.event) && call(change));
    }
    this.#call('presence', ({event, call}) => isLike(event, 'sync') && call());
  }

  /** A listener that throws keeps nothing from the others. */
  #call<T extends Listener['type']>(type: T, task: (listener: Extract<Listener, {type: T}>) => unknown): void {
    for (const listener of [...this.#listeners]) {
      if (listener.type !== type) continue;
      try {
        task(listener as Extract<Listener, {type: T}>);
      } catch (error) {
        reportError(error);
      }
    }
  }
}

function isLike(wanted: string, event: string): boolean {
  return wanted === '*' || wanted.toLowerCase() === event.toLowerCase();
}

/** Whether a listener for filters like `what` hears a change that came for the filter `asked`. */
function fits(what: Partial<ChangeFilter>, asked: ChangeFilter, change: DatabaseChange): boolean {
  const {event = '*', schema = '*', table = '*', filter} = what;
  return (
    isLike(event, change.eventType) &&
    isLike(schema, change.schema) &&
    isLike(table, change.table) &&
    (filter === undefined || filter === asked.filter)
  );
}

/** What arrives at the other end, said here already: what JSON can't say is refused before it is sent. */
function toPlain(payload: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(payload));
  } catch (cause) {
    throw new TrunkError('rejected', 'The payload can’t be written as JSON. Send plain data.', cause);
  }
}

function closed(): TrunkError {
  return new TrunkError('closed', 'The channel was closed.');
}
