// One WebSocket: takes its frames in order, one at a time, and holds its channels by topic. It answers for what Phoenix
// does (heartbeats, joins, leaves, unknown topics); what a channel means is in channel.ts.
import type {Duplex} from 'node:stream';
import type {RawData, WebSocket} from 'ws';
import type {RealtimeContext} from './context.js';
import {isConnectionError} from '../database.js';
import {Channel, type Wire} from './channel.js';
import {Broadcast, type Frame, readBinary, readFrame, type Vsn, writeFrame} from './frames.js';
import {readJoin, type JoinConfig} from './join-config.js';
import {type ReadRights, UnreadableClaims} from './authorization.js';
import type {Replayed} from './message-feed.js';
import {type RealtimeClaims, joinTokenFault, verifyToken} from './tokens.js';

/** The last moment of JavaScript's clock; Postgres's goes a little further. */
const latestMs = 8.64e15;

/** What a fault run may do to frames. */
export interface FrameFaults {
  /** Wait before a frame is taken or given, in ms. */
  readonly delayMs: number;
  /** True: this frame is lost. */
  drops(): boolean;
}

/** A join refused in words the client sees. */
class Refusal extends Error {
  /** The refusal costs the socket, too. */
  readonly endsSocket: boolean;
  constructor(reason: string, endsSocket = false) {
    super(reason);
    this.endsSocket = endsSocket;
  }
}

export class Connection implements Wire {
  readonly #socket: WebSocket;
  /** What carries the socket's bytes. */
  readonly #stream: Duplex;
  readonly #vsn: Vsn;
  readonly #context: RealtimeContext;
  readonly #faults: FrameFaults;
  /** The handshake's key, which a join without a token of its own uses. */
  readonly #key: string;
  readonly #channels = new Map<string, Channel>();
  readonly #idle: NodeJS.Timeout;
  readonly #pending = new Set<NodeJS.Timeout>();
  #queue: Promise<void> = Promise.resolve();
  #open = true;
  #isGathering = false;
  /** A socket counts as a connected user from its first join on. */
  #isUser = false;
  readonly #users: () => number;

  /** @param users how many sockets of the project count as connected users */
  constructor(
    socket: WebSocket,
    stream: Duplex,
    vsn: Vsn,
    key: string,
    context: RealtimeContext,
    faults: FrameFaults,
    users: () => number,
  ) {
    this.#users = users;
    this.#socket = socket;
    this.#stream = stream;
    this.#vsn = vsn;
    this.#key = key;
    this.#context = context;
    this.#faults = faults;
    context.stats.sockets++;
    context.stats.socketsOpened++;
    this.#idle = setTimeout(() => socket.close(1000), context.tuning.idleMs);
    socket.on('message', (data, isBinary) => this.#received(data, isBinary));
    socket.on('error', () => {}); // 'close' follows
    socket.once('close', () => this.#closed());
  }

  get isUser(): boolean {
    return this.#isUser;
  }

  get channelCount(): number {
    return this.#channels.size;
  }

  get channels(): Iterable<Channel> {
    return this.#channels.values();
  }

  send(joinRef: string | null, ref: string | null, topic: string, event: string, payload: unknown): void {
    this.#write(writeFrame(this.#vsn, {joinRef, ref, topic, event, payload}));
  }

  sendBroadcast(message: Broadcast): void {
    const bytes = message.encoded(this.#vsn);
    if (bytes !== undefined) this.#write(bytes);
  }

  closed(channel: Channel): void {
    if (this.#channels.get(channel.topic) === channel) this.#channels.delete(channel.topic);
  }

  /** As after a change of the project's settings: every channel is told, then the socket closes with 1012. */
  disconnect(): void {
    const said = {extension: 'system', status: 'ok', message: 'Server requested disconnect'};
    for (const topic of this.#channels.keys()) this.send(null, null, topic, 'system', said);
    this.#socket.close(1012);
  }

  /** As a network does: no close frame. */
  cut(): void {
    this.#socket.terminate();
  }

  #write(data: string | Buffer): void {
    if (!this.#open || this.#faults.drops()) return;
    if (this.#faults.delayMs > 0) this.#later(this.#faults.delayMs, () => this.#writeNow(data));
    else this.#writeNow(data);
  }

  #writeNow(data: string | Buffer): void {
    const {stats} = this.#context;
    stats.framesOut++;
    stats.bytesOut += typeof data === 'string' ? Buffer.byteLength(data) : data.length;
    this.#gather();
    this.#socket.send(data);
  }

  /** One call to the kernel for all frames of one turn of the event loop: a fan-out's time goes into those calls. */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#stream.cork();
    setImmediate(() => {
      this.#isGathering = false;
      this.#stream.uncork();
    });
  }

  #received(data: RawData, isBinary: boolean): void {
    const bytes = Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
    this.#context.stats.framesIn++;
    this.#context.stats.bytesIn += bytes.length;
    this.#idle.refresh();
    if (this.#faults.drops()) return;
    const take = () => {
      this.#queue = this.#queue
        .then(() => (this.#open ? this.#take(bytes, isBinary) : undefined))
        .catch(error => this.#context.log(`realtime: ${error instanceof Error ? error.stack : String(error)}`));
    };
    if (this.#faults.delayMs > 0) this.#later(this.#faults.delayMs, take);
    else take();
  }

  async #take(bytes: Buffer, isBinary: boolean): Promise<void> {
    if (isBinary) {
      const push = this.#vsn === 2 ? readBinary(bytes) : undefined;
      if (!push) return this.#context.log('realtime: a binary frame that is none');
      const channel = this.#channels.get(push.topic);
      if (!channel) return this.#unmatched(push);
      return channel.broadcast(push.ref, Broadcast.user(push.topic, push.event, push.payload, push.isJson));
    }
    const frame = readFrame(this.#vsn, bytes.toString());
    if (!frame) return this.#context.log('realtime: a text frame that is none');
    if (frame.topic === 'phoenix') return this.#heartbeat(frame);
    if (frame.event === 'phx_join') return this.#join(frame);
    const channel = this.#channels.get(frame.topic);
    if (frame.event === 'phx_leave') return this.#leave(frame, channel);
    if (!channel) return this.#unmatched(frame);
    return channel.receive(frame.event, frame.ref, frame.payload);
  }

  #heartbeat({ref, topic, event}: Frame): void {
    if (event !== 'heartbeat') return;
    this.#context.stats.heartbeats++;
    this.send(null, ref, topic, 'phx_reply', {status: 'ok', response: {}});
  }

  #leave({joinRef, ref, topic}: Frame, channel: Channel | undefined): void {
    if (channel?.isLeftBy(joinRef) === false) return; // it means a join before this one
    this.send(joinRef, ref, topic, 'phx_reply', {status: 'ok', response: {}});
    channel?.close();
  }

  #unmatched({ref, topic}: {ref: string | null; topic: string}): void {
    this.send(null, ref, topic, 'phx_reply', {status: 'error', response: {reason: 'unmatched topic'}});
  }

  async #join(frame: Frame): Promise<void> {
    const {topic, ref} = frame;
    const joinRef = frame.joinRef ?? ref;
    const {stats, rates, tuning} = this.#context;
    stats.joins++;
    if (!topic.startsWith('realtime:')) return this.#unmatched(frame);
    // One topic, one channel: the old one goes first, but its close is told after the new one's answer.
    const old = this.#channels.get(topic);
    if (old) {
      this.#channels.delete(topic);
      old.dispose();
    }
    try {
      if (!this.#isUser && this.#users() >= tuning.sockets)
        throw new Refusal('ConnectionRateLimitReached: Too many connected users');
      if (rates.joins.isOver) throw new Refusal('ClientJoinRateLimitReached: Too many joins per second', true);
      rates.joins.add();
      if (this.#channels.size >= tuning.channelsPerSocket)
        throw new Refusal('ChannelRateLimitReached: Too many channels');
      const config = readJoin(frame.payload);
      const token = config.accessToken ?? this.#key;
      const claims = this.#claims(token);
      const {rights, replayed} = await this.#admit(topic, config, claims);
      if (!this.#open) return;
      const channel = new Channel(this.#context, this, {
        joinRef,
        isAnonymous: frame.joinRef === null,
        topic,
        config,
        token,
        claims,
        rights,
      });
      this.#channels.set(topic, channel);
      this.#isUser = true;
      const changes = this.#context.changes.bindings(config.changes);
      this.send(joinRef, ref, topic, 'phx_reply', {status: 'ok', response: {postgres_changes: changes}});
      channel.welcome(replayed);
    } catch (error) {
      const reason = error instanceof Refusal ? error.message : databaseReason(error);
      if (!(error instanceof Refusal)) this.#context.log(`realtime: join of ${topic}: ${String(error)}`);
      this.#later(tuning.joinErrorMs, () => {
        this.send(joinRef, ref, topic, 'phx_reply', {status: 'error', response: {reason}});
        if (error instanceof Refusal && error.endsSocket) this.#socket.close(1001);
      });
    }
    old?.sayClosed();
  }

  #claims(token: string): RealtimeClaims {
    try {
      return verifyToken(this.#context.keys, token);
    } catch (error) {
      throw new Refusal(joinTokenFault(error));
    }
  }

  async #admit(
    topic: string,
    config: JoinConfig,
    claims: RealtimeClaims,
  ): Promise<{rights: ReadRights; replayed: Replayed[]}> {
    const name = topic.slice('realtime:'.length);
    if (name === '') throw new Refusal('TopicNameRequired: You must provide a topic name');
    if (this.#context.settings.privateOnly && !config.isPrivate)
      throw new Refusal('PrivateOnly: This project only allows private channels');
    if (config.replay && !config.isPrivate)
      throw new Refusal('UnableToReplayMessages: Replay is not allowed for public channels');
    if (!config.isPrivate) return {rights: {broadcast: true, presence: true}, replayed: []};
    const rights = await this.#context.authorization.read(claims, name);
    if (!rights.broadcast && !(config.presenceEnabled && rights.presence)) {
      throw new Refusal(`Unauthorized: You do not have permissions to read from this Channel topic: ${name}`);
    }
    if (!config.replay || !rights.broadcast) return {rights, replayed: []};
    const {since, limit = 25} = config.replay;
    if (!isWhole(since) || since < 0 || since > latestMs || !isWhole(limit)) {
      throw new Refusal('UnableToReplayMessages: Replay params are not valid');
    }
    return {rights, replayed: await this.#context.messages.replay(name, since, limit)};
  }

  #later(ms: number, what: () => void): void {
    if (ms <= 0) return what();
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      if (this.#open) what();
    }, ms);
    this.#pending.add(timer);
  }

  #closed(): void {
    this.#open = false;
    this.#context.stats.sockets--;
    clearTimeout(this.#idle);
    for (const timer of this.#pending) clearTimeout(timer);
    for (const channel of this.#channels.values()) channel.dispose();
    this.#channels.clear();
  }
}

const isWhole = (value: unknown): value is number => Number.isInteger(value);

function databaseReason(error: unknown): string {
  if (isConnectionError(error))
    return 'UnableToConnectToProject: Realtime was unable to connect to the project database';
  if (error instanceof UnreadableClaims) return 'Realtime was unable to connect to the project database';
  return 'Unknown Error on Channel';
}
