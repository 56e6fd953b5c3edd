// What goes over an application's own topic, in and out: broadcasts that wait for the join, who is present, and whom to call. The
// greater half of a ChannelHandle, and a chunk of its own, because most pages open no topics. Knows nothing of ports.
import {TrunkError} from '../wire/error.js';
import type {ChannelEvent} from '../wire/protocol.js';
import type {ChangeFilter, ChannelWish, DatabaseChange, PresenceEntries} from '../wire/topic.js';
import type {ChannelLink, ChannelListener, ChannelStatus} from './channel-handle.js';
import {changePresence} from './presence-changes.js';
import type {Signal} from './source.js';

/** Broadcasts that may wait for the topic to be joined. */
const MAX_WAITING = 100;

interface Waiting {
  event: string;
  payload: unknown;
  sent: boolean;
  resolve(): void;
  reject(error: TrunkError): void;
}

/** What the two halves of a handle share. */
export interface ChannelParts {
  readonly wish: ChannelWish;
  readonly link: ChannelLink;
  /** `send()` settles when the server has the message. */
  readonly ack: boolean;
  readonly status: Signal<ChannelStatus>;
  readonly present: Signal<Readonly<PresenceEntries>>;
  readonly listeners: ReadonlySet<ChannelListener>;
}

export class ChannelTraffic {
  readonly #parts: ChannelParts;
  #waiting: Waiting[] = [];

  constructor(parts: ChannelParts) {
    this.#parts = parts;
  }

  /** @param payload plain data */
  async send(event: string, payload: unknown): Promise<void> {
    const {status, link, wish} = this.#parts;
    const {state, error} = status.current;
    const refusal = state === 'closed' ? channelClosed() : (link.refusal() ?? (state === 'failed' ? error : null));
    if (refusal) throw refusal;
    const {topic, joins} = wish;
    if (!joins)
      throw new TrunkError('rejected', `"${topic}" was opened for changes alone. Open it with broadcast: {}.`);
    if (this.#waiting.length >= MAX_WAITING) {
      throw new TrunkError(
        'send-queue-full',
        `${MAX_WAITING} broadcasts wait for "${topic}" to be joined. This one was not taken.`,
      );
    }
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({event, payload, sent: false, resolve, reject});
      this.#flush();
    });
  }

  /** A hub that knows nothing of this handle. */
  restart(): void {
    this.#receiveStatus({joined: false, live: false, error: null, final: false});
  }

  /** Nothing more is sent, and nothing of the person stays. */
  end(error: TrunkError = channelClosed()): void {
    for (const {reject} of this.#waiting.splice(0)) reject(error);
    this.restart();
    this.#look({}, {}, true);
  }

  /** What the hub says of this handle. */
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
        const asked = this.#parts.wish.changes[event.filter];
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
    if (this.#parts.status.current.state === 'closed') return;
    this.#parts.status.set({state: joined ? 'joined' : final ? 'failed' : 'joining', live, error});
    if (final && error && !joined) for (const {reject} of this.#waiting.splice(0)) reject(error);
    else if (joined) this.#flush();
  }

  #flush(): void {
    const {state} = this.#parts.status.current;
    if (state !== 'joined') return;
    for (const message of this.#waiting) {
      if (message.sent) continue;
      message.sent = true;
      const {event, payload, resolve, reject} = message;
      const done = (settle: () => void) => {
        this.#waiting = this.#waiting.filter(each => each !== message);
        settle();
      };
      this.#parts.link.broadcast({event, payload, ack: this.#parts.ack}).then(
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
    const {present, changes} = changePresence(this.#parts.present.current, joins, leaves, reset);
    this.#parts.present.set(present);
    for (const change of changes) {
      this.#call('presence', ({event, call}) => isLike(event, change.event) && call(change));
    }
    this.#call('presence', ({event, call}) => isLike(event, 'sync') && call());
  }

  /** A listener that throws keeps nothing from the others. */
  #call<T extends ChannelListener['type']>(
    type: T,
    task: (listener: Extract<ChannelListener, {type: T}>) => unknown,
  ): void {
    for (const listener of [...this.#parts.listeners]) {
      if (listener.type !== type) continue;
      try {
        task(listener as Extract<ChannelListener, {type: T}>);
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

function channelClosed(): TrunkError {
  return new TrunkError('closed', 'The channel was closed.');
}
