// One life of one socket of Supabase Realtime: joins, heartbeats, tokens, broadcasts, presence and row changes, as the server speaks
// them. It never reconnects and tries nothing twice: the hub decides that, over a new socket. Knows nothing of what channels are for.
import type {HubConfig} from '../../wire/protocol.js';
import type {Clock} from '../environment.js';
import type {ChannelListener, ChannelOptions, Socket, SocketListener} from '../transport.js';
import {RealtimeChannel, type Line} from './realtime-channel.js';
import {decodeFrame, encodeFrame} from './realtime-frame.js';

/** Supabase closes a socket that is silent for 60 s. */
const HEARTBEAT_MS = 25_000;
/** The server is restarting, or asked everybody to go. */
const SERVICE_RESTART = 1012;

const encoder = new TextEncoder();
/**
 * Takes any frame there may be (3 MB at Supabase), and only what was written of it takes memory. A copy of each frame, just to count it,
 * would cost eight times as much.
 */
const scratch = new Uint8Array(1 << 22);

export class RealtimeSocket implements Socket, Line {
  readonly #clock: Clock;
  readonly #listener: SocketListener;
  readonly #socket: WebSocket;
  readonly #channels = new Map<string, RealtimeChannel>();
  #token: string;
  #refs = 0;
  /** The heartbeat without an answer. */
  #beat: {ref: string; at: number} | null = null;
  #cancelBeat: () => void = () => {};
  #down = false;

  constructor({url, key}: HubConfig, token: string, listener: SocketListener, clock: Clock) {
    this.#clock = clock;
    this.#listener = listener;
    this.#token = token;
    const address = `${url.replace(/^http/, 'ws')}/realtime/v1/websocket?apikey=${encodeURIComponent(key)}&vsn=2.0.0`;
    this.#socket = new WebSocket(address);
    this.#socket.binaryType = 'arraybuffer';
    this.#socket.onopen = () => {
      if (this.#down) return;
      this.#beatLater();
      listener.opened();
    };
    this.#socket.onmessage = ({data}) => this.#receive(data);
    this.#socket.onclose = ({code}) => this.#fall(code === SERVICE_RESTART ? 'server-restart' : 'socket-closed');
  }

  /** What a join says of whoever joins. */
  get token(): string {
    return this.#token;
  }

  get clock(): Clock {
    return this.#clock;
  }

  join(topic: string, options: ChannelOptions, listener: ChannelListener): RealtimeChannel {
    const channel = new RealtimeChannel(`realtime:${topic}`, options, listener, this);
    // One join a topic: what an earlier one still hears is not for anybody.
    this.#channels.set(channel.topic, channel);
    channel.join();
    return channel;
  }

  setToken(token: string): void {
    if (token === this.#token) return;
    this.#token = token;
    for (const channel of this.#channels.values()) channel.renewToken();
  }

  ping(): void {
    if (this.#beat || this.#down) return;
    const at = this.#clock.now();
    const ref = this.push('phoenix', 'heartbeat', {}, null);
    this.#beat = {ref, at};
  }

  close(): void {
    if (this.#down) return;
    this.#down = true;
    this.#cancelBeat();
    for (const channel of this.#channels.values()) channel.end();
    this.#channels.clear();
    this.#socket.close();
  }

  /** For a channel: sends a frame; the frame of a join belongs to itself. Answers its ref. */
  push(topic: string, event: string, payload: unknown, joinRef?: string | null): string {
    const ref = String(++this.#refs);
    if (this.#socket.readyState === WebSocket.OPEN) {
      const frame = encodeFrame({joinRef: joinRef === undefined ? ref : joinRef, ref, topic, event, payload});
      this.#socket.send(frame);
      this.#listener.frame?.('out', sizeOf(frame));
    }
    return ref;
  }

  /** For a channel: it is over. */
  forget(channel: RealtimeChannel): void {
    if (this.#channels.get(channel.topic) === channel) this.#channels.delete(channel.topic);
  }

  #receive(data: unknown): void {
    if (this.#down) return;
    this.#listener.frame?.('in', typeof data === 'string' ? sizeOf(data) : (data as ArrayBuffer).byteLength);
    const frame = decodeFrame(data);
    if (!frame) return;
    if (frame.topic !== 'phoenix') this.#channels.get(frame.topic)?.receive(frame);
    else if (this.#beat && frame.ref === this.#beat.ref) {
      const latencyMs = this.#clock.now() - this.#beat.at;
      this.#beat = null;
      this.#listener.beat(Math.max(0, Math.round(latencyMs)));
    }
  }

  #beatLater(): void {
    this.#cancelBeat = this.#clock.after(HEARTBEAT_MS, () => {
      // Nothing was heard of the last one for a whole interval, or it was sent a moment ago because somebody asked.
      if (this.#beat && this.#clock.now() - this.#beat.at >= HEARTBEAT_MS / 2) return this.#fall('heartbeat-timeout');
      this.ping();
      this.#beatLater();
    });
  }

  #fall(reason: 'socket-closed' | 'heartbeat-timeout' | 'server-restart'): void {
    if (this.#down) return;
    this.close();
    this.#listener.down(reason);
  }
}

/** In bytes, as it goes over the line. */
function sizeOf(frame: string): number {
  return encoder.encodeInto(frame, scratch).written;
}
