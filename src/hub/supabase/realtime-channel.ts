// One topic on one socket of Supabase Realtime, from its join until it is left or lost: says what the server is to know, and tells what it
// says. Knows nothing of the socket but how to push a frame.
import type {ChangeFilter, DatabaseChange} from '../../wire/topic.js';
import type {Clock} from '../environment.js';
import type {BroadcastMeta, ChannelListener, ChannelOptions, SocketChannel} from '../transport.js';
import {PresenceMetas, type PresenceEntries} from './presence-metas.js';
import type {RealtimeFrame} from './realtime-frame.js';

/** A join or a push that takes longer has failed, in ms. */
const ANSWER_MS = 10_000;
/** What the server says when it won't try again; whatever else it says, it tries again by itself. */
const REFUSED_CHANGES = /^(Unable to subscribe|Error parsing|No subscription params|Column selection)/;

type Answer = 'ok' | 'refused' | 'silence';

/** What a channel needs of its socket. */
export interface Line {
  /** What a join says of whoever joins. */
  readonly token: string;
  readonly clock: Clock;
  /** Sends a frame; without `joinRef`, it is the join. Answers its ref. */
  push(topic: string, event: string, payload: unknown, joinRef?: string | null): string;
  forget(channel: RealtimeChannel): void;
}

/** One topic on the socket, from its join until it is left or lost. */
export class RealtimeChannel implements SocketChannel {
  /** With its prefix. */
  readonly topic: string;
  readonly #options: ChannelOptions;
  readonly #listener: ChannelListener;
  readonly #line: Line;
  readonly #presence = new PresenceMetas();
  /** What was pushed and has no answer yet, by ref. */
  readonly #unanswered = new Map<string, (answer: Answer) => void>();
  #joinRef = '';
  #state: 'joining' | 'joined' | 'over' = 'joining';
  #token = '';
  #cancelJoin: () => void = () => {};
  /** The server's ids of the changes asked for, in their order. */
  #changeIds: readonly unknown[] = [];
  /** The last thing the server complained of: why the channel is about to be closed. */
  #complaint = '';

  constructor(topic: string, options: ChannelOptions, listener: ChannelListener, line: Line) {
    this.topic = topic;
    this.#options = options;
    this.#listener = listener;
    this.#line = line;
  }

  join(): void {
    const {private: isPrivate, presenceKey, changes = [], replay} = this.#options;
    this.#token = this.#line.token;
    const config = {
      broadcast: {
        ...{ack: true, self: false},
        ...(isPrivate ? {replication_ready: true} : {}),
        ...(isPrivate && replay ? {replay} : {}),
      },
      presence: {key: presenceKey ?? '', enabled: presenceKey !== null},
      postgres_changes: changes,
      private: isPrivate,
    };
    const payload = {config, access_token: this.#token};
    // A join's own ref is what all that belongs to it is told by.
    this.#joinRef = this.#line.push(this.topic, 'phx_join', payload);
    this.#cancelJoin = this.#line.clock.after(ANSWER_MS, () => {
      this.#push('phx_leave', {});
      this.#lose('The server didn’t answer the join.');
    });
  }

  track(payload: Record<string, unknown>): void {
    const ref = this.#push('presence', {type: 'presence', event: 'track', payload});
    this.#unanswered.set(ref, answer => {
      this.#unanswered.delete(ref);
      if (answer === 'refused') this.#listener.presenceRefused();
    });
  }

  untrack(): void {
    this.#push('presence', {type: 'presence', event: 'untrack'});
  }

  send(event: string, payload: unknown): Promise<Answer> {
    if (this.#state !== 'joined') return Promise.resolve('silence');
    return new Promise(resolve => {
      const ref = this.#push('broadcast', {type: 'broadcast', event, payload});
      const cancel = this.#line.clock.after(ANSWER_MS, () => answer('silence'));
      const answer = (answer: Answer) => {
        cancel();
        this.#unanswered.delete(ref);
        resolve(answer);
      };
      this.#unanswered.set(ref, answer);
    });
  }

  leave(): void {
    if (this.#state === 'over') return;
    this.#push('phx_leave', {});
    this.end();
  }

  /** Nothing is told any more. */
  end(): void {
    this.#state = 'over';
    this.#cancelJoin();
    for (const answer of [...this.#unanswered.values()]) answer('silence');
    this.#line.forget(this);
  }

  /** The token changed. A join on its way carries the old one, and is given the new one when it is in. */
  renewToken(): void {
    if (this.#state !== 'joined' || this.#token === this.#line.token) return;
    this.#token = this.#line.token;
    this.#push('access_token', {access_token: this.#token});
  }

  receive({joinRef, ref, event, payload}: RealtimeFrame): void {
    // Of an earlier join of this topic.
    if (this.#state === 'over' || (joinRef !== null && joinRef !== this.#joinRef)) return;
    switch (event) {
      case 'phx_reply':
        this.#answer(ref, payload as {status?: string; response?: unknown});
        break;
      case 'phx_close':
      case 'phx_error':
        if (ref === this.#joinRef) this.#lose(this.#complaint || event);
        break;
      case 'system':
        this.#hear(payload as {extension?: string; status?: string; message?: string});
        break;
      case 'broadcast': {
        const {event: name = '', payload: told, meta} = payload as Broadcast;
        this.#listener.broadcast(name, told ?? {}, meta ?? null);
        break;
      }
      case 'presence_state':
        this.#listener.presence(this.#presence.state, this.#presence.reset(payload as PresenceEntries));
        break;
      case 'presence_diff': {
        const {joins, leaves} = payload as Record<'joins' | 'leaves', PresenceEntries>;
        const changed = this.#presence.apply(joins, leaves);
        if (changed) this.#listener.presence(this.#presence.state, changed);
        break;
      }
      case 'postgres_changes':
        this.#change(payload as {ids: unknown[]; data: RowChange});
        break;
    }
  }

  #answer(ref: string | null, {status, response}: {status?: string; response?: unknown}): void {
    if (ref !== this.#joinRef) {
      if (ref !== null) this.#unanswered.get(ref)?.(status === 'ok' ? 'ok' : 'refused');
      return;
    }
    if (this.#state !== 'joining') return;
    this.#cancelJoin();
    const {reason, postgres_changes: changes = []} = (response ?? {}) as {
      reason?: string;
      postgres_changes?: {id: unknown}[];
    };
    if (status !== 'ok') return this.#lose(reason ?? 'The server refused the join.');
    this.#state = 'joined';
    this.#changeIds = changes.map(({id}) => id);
    this.renewToken();
    this.#listener.joined();
  }

  #hear({extension, status, message = ''}: {extension?: string; status?: string; message?: string}): void {
    if (extension === 'postgres_changes') {
      if (status === 'ok') this.#listener.changesReady();
      else if (REFUSED_CHANGES.test(message)) this.#listener.changesRefused(message);
    } else if (status === 'error') this.#complaint = message;
    else if (message === 'Replication connection established') this.#listener.replicationReady();
  }

  #change({ids, data}: {ids: unknown[]; data: RowChange}): void {
    const {schema, table, type, commit_timestamp, record = {}, old_record = {}, errors = null} = data;
    const change = {schema, table, commit_timestamp, eventType: type, new: record, old: old_record, errors};
    this.#options.changes?.forEach((filter, at) => {
      if (ids.includes(this.#changeIds[at]) && (filter.event === '*' || filter.event === type))
        this.#listener.change(at, change);
    });
  }

  #lose(reason: string): void {
    if (this.#state === 'over') return;
    this.end();
    this.#listener.lost(reason);
  }

  #push(event: string, payload: unknown): string {
    return this.#line.push(this.topic, event, payload, this.#joinRef);
  }
}

interface Broadcast {
  event?: string;
  payload?: Record<string, unknown>;
  meta?: BroadcastMeta;
}

/** A row change as the server tells it. */
interface RowChange {
  schema: string;
  table: string;
  type: Exclude<ChangeFilter['event'], '*'>;
  commit_timestamp: string;
  record?: DatabaseChange['new'];
  old_record?: DatabaseChange['old'];
  errors?: string[] | null;
}
