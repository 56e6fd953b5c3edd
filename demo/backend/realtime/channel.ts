// One joined topic of one socket: what it may hear and say, its token's life, its presence. A violation closes the
// channel, never the socket, in the real server's words. How frames become bytes is the connection's business.
import type {JoinConfig} from './join-config.js';
import type {RealtimeContext} from './context.js';
import type {Extension, ReadRights} from './authorization.js';
import {Broadcast} from './frames.js';
import {randomUUID} from 'node:crypto';
import {CallWindow} from './rate.js';
import type {Member, Room} from './room.js';
import {type RealtimeClaims, tokenFault, verifyToken} from './tokens.js';

/** What a channel needs of its socket. */
export interface Wire {
  send(joinRef: string | null, ref: string | null, topic: string, event: string, payload: unknown): void;
  sendBroadcast(message: Broadcast): void;
  /** The channel is gone and said so. */
  closed(channel: Channel): void;
}

export interface Admission {
  joinRef: string | null;
  /** The join named no reference of its own. */
  isAnonymous: boolean;
  topic: string;
  config: JoinConfig;
  token: string;
  claims: RealtimeClaims;
  rights: ReadRights;
}

const replicationDeadlineMs = 60_000;

export class Channel implements Member {
  /** With its prefix, as on the wire. */
  readonly topic: string;
  /** As the database and policies know it. */
  readonly name: string;
  readonly joinRef: string | null;
  readonly config: JoinConfig;
  readonly #isAnonymous: boolean;
  readonly presenceKey: string;
  readonly #context: RealtimeContext;
  readonly #wire: Wire;
  readonly #room: Room;
  readonly #presenceCalls: CallWindow;
  #token: string;
  #claims: RealtimeClaims;
  #rights: ReadRights;
  #mayWrite: Partial<Record<Extension, boolean>> = {};
  #presenceEnabled: boolean;
  #replayed = new Set<string>();
  #timers = new Set<NodeJS.Timeout>();
  #tokenTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(context: RealtimeContext, wire: Wire, admission: Admission) {
    this.#context = context;
    this.#wire = wire;
    this.topic = admission.topic;
    this.name = admission.topic.slice('realtime:'.length);
    this.joinRef = admission.joinRef;
    this.#isAnonymous = admission.isAnonymous;
    this.config = admission.config;
    this.presenceKey = admission.config.presenceKey ?? randomUUID();
    this.#token = admission.token;
    this.#claims = admission.claims;
    this.#rights = admission.rights;
    this.#presenceEnabled = admission.config.presenceEnabled;
    this.#presenceCalls = new CallWindow(context.tuning.presenceCalls, context.tuning.presenceWindowMs);
    this.#room = context.rooms.room(this.name, this.config.isPrivate);
    this.#room.members.add(this);
    context.stats.channels++;
    this.#watchToken();
  }

  get wantsOwn(): boolean {
    return this.config.self;
  }

  get hearsBroadcasts(): boolean {
    return !this.config.isPrivate || this.#rights.broadcast;
  }

  get hearsPresence(): boolean {
    return this.#presenceEnabled && (!this.config.isPrivate || this.#rights.presence);
  }

  get claims(): RealtimeClaims {
    return this.#claims;
  }

  /** Whether a leave with this reference means this join. */
  isLeftBy(joinRef: string | null): boolean {
    return this.#isAnonymous || joinRef === this.joinRef;
  }

  deliver(message: Broadcast): boolean {
    if (message.id !== undefined && this.#replayed.has(message.id)) return false;
    this.#wire.sendBroadcast(message);
    return true;
  }

  overRate(): void {
    this.shutdown('Too many messages per second');
  }

  push(event: string, payload: unknown): void {
    this.#wire.send(null, null, this.topic, event, payload);
  }

  /** Like `push`, but the client drops it should it have joined anew. */
  pushOwn(event: string, payload: unknown): void {
    this.#wire.send(this.joinRef, null, this.topic, event, payload);
  }

  system(extension: string, status: 'ok' | 'error', message: string): void {
    this.pushOwn('system', {extension, status, message, channel: this.name});
  }

  /** All that follows the join's reply, in the real server's order. */
  welcome(replayed: {id: string; event: string; payload: unknown; binary: Broadcast | undefined}[]): void {
    for (const {id, event, payload, binary} of replayed) {
      this.#replayed.add(id);
      if (binary) this.#wire.sendBroadcast(binary);
      else this.pushOwn('broadcast', {type: 'broadcast', event, payload, meta: {id, replayed: true}});
    }
    if (this.config.changes.length > 0) void this.#context.changes.subscribe(this);
    if (this.config.replicationReady) this.#awaitReplication(Date.now() + replicationDeadlineMs);
    if (!this.hearsPresence) return;
    if (this.#isPresenceOver) return this.shutdown('Too many presence messages per second');
    this.#context.rates.presence.add();
    this.pushOwn('presence_state', this.#room.state());
  }

  get #isPresenceOver(): boolean {
    const {presence} = this.#context.rates;
    return presence.perSecond > presence.limit;
  }

  /** One push of the client. Never called for two pushes of a channel at once. */
  async receive(event: string, ref: string | null, payload: unknown): Promise<void> {
    switch (event) {
      case 'broadcast':
        return this.broadcast(ref, Broadcast.text(this.topic, payload));
      case 'presence':
        return this.#presence(ref, payload);
      case 'access_token':
        return this.#refreshToken((payload as {access_token?: unknown} | null)?.access_token);
      default:
        this.#context.rates.messages.add();
        this.#context.log(`realtime: ${this.topic} was sent an unknown event ${event}`);
    }
  }

  async broadcast(ref: string | null, message: Broadcast): Promise<void> {
    const {rates, tuning} = this.#context;
    // Denied writes are dropped without a word: a client that waits for an acknowledgement times out.
    if (this.config.isPrivate && !(await this.#canWrite('broadcast'))) return;
    if (this.#closed) return;
    rates.messages.add(); // too many cost those who hear them
    if (message.size > tuning.payloadKb * 1000 + 500) {
      if (this.config.ack) this.reply(ref, 'error', 'payload_size_exceeded');
      return;
    }
    this.#room.broadcast(message, this);
    if (this.config.ack) this.reply(ref, 'ok', {});
  }

  reply(ref: string | null, status: 'ok' | 'error', response: unknown): void {
    this.#wire.send(this.joinRef, ref, this.topic, 'phx_reply', {status, response});
  }

  /** Says why, then closes for good: the client won't join again by itself. */
  shutdown(reason: string): void {
    if (this.#closed) return;
    this.system('system', 'error', reason);
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.dispose();
    this.sayClosed();
    this.#wire.closed(this);
  }

  sayClosed(): void {
    this.#wire.send(this.joinRef, this.joinRef, this.topic, 'phx_close', {});
  }

  /** Leaves the room without a word to this client; the others see its presence go. */
  dispose(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#tokenTimer);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#context.changes.unsubscribe(this);
    this.#context.rooms.leave(this.name, this.config.isPrivate, this);
    this.#context.stats.channels--;
  }

  async #presence(ref: string | null, payload: unknown): Promise<void> {
    const {event, payload: meta = {}} = (payload ?? {}) as {event?: unknown; payload?: unknown};
    if (event === undefined) return this.reply(ref, 'ok', {});
    const {rates, tuning, stats} = this.#context;
    stats.presenceCalls++;
    if (!this.#presenceCalls.take()) return this.shutdown('Client presence rate limit exceeded');
    const kind = typeof event === 'string' ? event.toLowerCase() : '';
    // Each call is answered before anybody hears of it. To go asks for no right.
    if (kind === 'untrack') {
      this.reply(ref, 'ok', {});
      return this.#room.untrack(this);
    }
    if (kind !== 'track') return this.reply(ref, 'error', {});
    if (this.config.isPrivate && !(await this.#canWrite('presence'))) return this.reply(ref, 'error', {});
    if (this.#closed) return;
    if (!isMap(meta)) return this.reply(ref, 'error', {reason: 'Presence track payload must be a map'});
    if (!this.#room.hasTracked(this, meta)) {
      if (Buffer.byteLength(JSON.stringify(meta)) > tuning.payloadKb * 1000 + 500)
        return this.shutdown('Track message size exceeded');
      if (this.#isPresenceOver) return this.shutdown('Too many presence messages per second');
      rates.presence.add();
      this.reply(ref, 'ok', {});
      this.#presenceEnabled = true;
      return this.#room.track(this, meta);
    }
    this.reply(ref, 'ok', {});
  }

  async #canWrite(extension: Extension): Promise<boolean> {
    return (this.#mayWrite[extension] ??= await this.#context.authorization.write(this.#claims, this.name, extension));
  }

  async #refreshToken(token: unknown): Promise<void> {
    if (typeof token !== 'string' || token.startsWith('sb_') || token === this.#token) return;
    let claims: RealtimeClaims;
    try {
      claims = verifyToken(this.#context.keys, token);
    } catch (error) {
      return this.shutdown(tokenFault(error));
    }
    if (this.config.isPrivate) {
      const before = this.#rights;
      try {
        this.#rights = await this.#context.authorization.read(claims, this.name);
      } catch (error) {
        this.#context.log(`realtime: a new token for ${this.topic}: ${String(error)}`);
        return this.shutdown('Realtime was unable to connect to the project database');
      }
      this.#mayWrite = {};
      if (!this.#rights.broadcast && !(this.#presenceEnabled && this.#rights.presence))
        return this.shutdown(`You do not have permissions to read from this Channel topic: ${this.name}`);
      const lost =
        (before.broadcast && !this.#rights.broadcast) ||
        (before.presence && this.#presenceEnabled && !this.#rights.presence);
      if (lost) return this.shutdown(`You no longer have permission to read from this Channel topic: ${this.name}`);
    }
    if (this.#closed) return;
    this.#token = token;
    this.#claims = claims;
    this.#watchToken();
    if (this.config.changes.length > 0) void this.#context.changes.subscribe(this);
  }

  /** Looks at the token again, as the tests of token expiry need it to. */
  checkToken(): void {
    try {
      verifyToken(this.#context.keys, this.#token);
      this.#watchToken();
    } catch (error) {
      this.shutdown(tokenFault(error));
    }
  }

  #watchToken(): void {
    clearTimeout(this.#tokenTimer);
    // A timer may fire a little early, so it looks a little late.
    const leftMs = this.#claims.exp * 1000 - Date.now() + 5;
    this.#tokenTimer = setTimeout(
      () => this.checkToken(),
      Math.max(0, Math.min(this.#context.tuning.tokenCheckMs, leftMs)),
    );
  }

  #awaitReplication(deadline: number): void {
    if (this.#context.listener.connected) return this.system('system', 'ok', 'Replication connection established');
    if (Date.now() > deadline) return this.shutdown('Replication connection was not established in time');
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#awaitReplication(deadline);
    }, 500);
    this.#timers.add(timer);
  }
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
