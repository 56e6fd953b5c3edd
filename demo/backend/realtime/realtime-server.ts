// Takes WebSocket handshakes at /realtime/v1/websocket, refuses them in the real server's words, and keeps the list of
// open connections. What happens on one is in connection.ts.
import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import {WebSocketServer} from 'ws';
import {Connection, type FrameFaults} from './connection.js';
import type {RealtimeContext} from './context.js';
import {tokenFault, verifyToken} from './tokens.js';

const maxFrameBytes = 5_000_000;

/** Faults of a handshake. False: leave it unanswered. */
export type HandshakeFault = (socket: Duplex) => Promise<boolean>;

export class RealtimeServer {
  readonly #context: RealtimeContext;
  readonly #sockets = new WebSocketServer({noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false});
  readonly #connections = new Set<Connection>();
  readonly #frameFaults: FrameFaults;
  readonly #handshakeFault: HandshakeFault | undefined;
  readonly #sweeper: NodeJS.Timeout | undefined;

  constructor(context: RealtimeContext, frameFaults: FrameFaults, handshakeFault?: HandshakeFault) {
    this.#context = context;
    this.#frameFaults = frameFaults;
    this.#handshakeFault = handshakeFault;
    const sweepMs = context.tuning.emptySocketSweepMs;
    if (Number.isFinite(sweepMs)) this.#sweeper = setInterval(() => this.#sweep(), sweepMs).unref();
  }

  upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => {});
    void this.#upgrade(request, socket, head).catch(error => {
      this.#context.log(`realtime: handshake: ${String(error)}`);
      socket.destroy();
    });
  };

  /** As hosted projects do when a setting changes that joined channels were admitted under. */
  disconnectAll(): void {
    for (const connection of this.#connections) connection.disconnect();
  }

  cutAll(): void {
    for (const connection of this.#connections) connection.cut();
  }

  /** Every channel looks at its token now. */
  checkTokens(): void {
    for (const connection of this.#connections) for (const channel of [...connection.channels]) channel.checkToken();
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.cutAll();
    this.#sockets.close();
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.#handshakeFault && !(await this.#handshakeFault(socket))) return;
    const {tuning, keys} = this.#context;
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (url.pathname !== '/realtime/v1/websocket') return refuse(socket, 404, 'Not found', 0);
    const vsn = url.searchParams.get('vsn') ?? '1.0.0';
    if (!/^[12]\.0\.0$/.test(vsn))
      return refuse(socket, 403, `Unsupported serializer version ${vsn}`, tuning.handshakeErrorMs);
    const given = request.headers['x-api-key'] ?? url.searchParams.get('apikey');
    if (typeof given !== 'string' || given === '')
      return refuse(socket, 401, 'API key is missing', tuning.handshakeErrorMs);
    const key = keys.translate(given);
    try {
      verifyToken(keys, key);
    } catch (error) {
      const said = tokenFault(error);
      return refuse(
        socket,
        401,
        said.startsWith('Token has expired') ? 'Token has expired' : said,
        tuning.handshakeErrorMs,
      );
    }
    if (this.#users() >= tuning.sockets)
      return refuse(socket, 429, 'Too many connected users', tuning.handshakeErrorMs);
    this.#sockets.handleUpgrade(request, socket, head, open => {
      const connection = new Connection(
        open,
        socket,
        vsn === '2.0.0' ? 2 : 1,
        key,
        this.#context,
        this.#frameFaults,
        this.#users,
      );
      this.#connections.add(connection);
      open.once('close', () => this.#connections.delete(connection));
    });
  }

  readonly #users = () => [...this.#connections].filter(({isUser}) => isUser).length;

  #sweep(): void {
    for (const connection of this.#connections) if (connection.channelCount === 0) connection.cut();
  }
}

function refuse(socket: Duplex, status: number, error: string, delayMs: number): void {
  const body = JSON.stringify({error});
  const head = `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`;
  const timer = setTimeout(() => socket.end(head + body), delayMs);
  socket.once('close', () => clearTimeout(timer));
}
