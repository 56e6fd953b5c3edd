// One person's line to the backend, on a port of its own, so that what breaks is one person's and what it broke can be counted.
// Passes requests and socket frames on, unless told to cut, swallow, delay, refuse or lose them.
import {once} from 'node:events';
import {Agent, createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo, Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import {WebSocket, WebSocketServer} from 'ws';
import {Delayed} from './delayed.js';
import {forward} from './forward.js';

/** What was really harmed so far. */
export interface Harm {
  socketsCut: number;
  swallowed: number;
  delayed: number;
  refused: number;
  answersLost: number;
  /** Frames that told of a change in a chat. */
  changesDropped: number;
  errorsGiven: number;
  /** Sign-ins and renewals that passed; no harm, but what an expired token leads to. */
  renewals: number;
}

/** One open way through, of a socket or a request. */
interface Way {
  isSocket: boolean;
  /** A black hole: nothing comes through any more, and nobody is told. */
  swallows: boolean;
  destroy(): void;
}

/** What a socket of this line did, as Supabase sees it. */
export interface Spoken {
  at: number;
  /** Counts the sockets of the line. */
  socket: number;
  kind: 'opened' | 'closed' | 'said';
  /** Of what was said to the server, as text; else empty. */
  text: string;
}

export class Line {
  /** Told what the sockets do. */
  listen: (spoken: Spoken) => void = () => {};
  #socketCount = 0;
  readonly harm: Harm = {
    ...{
      socketsCut: 0,
      swallowed: 0,
      delayed: 0,
      refused: 0,
      answersLost: 0,
      changesDropped: 0,
      errorsGiven: 0,
      renewals: 0,
    },
  };
  /** One of so many frames to the page is dropped; 0 for none. */
  dropEvery = 0;
  /** Answers of send_messages still to lose after the commit. */
  losing = 0;
  /** Whether send_messages is answered by a fault of the server's own. */
  failing = false;
  /** Every delay that lasts; the longest counts. */
  readonly #delays = new Set<number[]>();
  #refusing = false;
  #stalling = false;
  #frames = 0;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({noServer: true, perMessageDeflate: false});
  readonly #agent = new Agent({keepAlive: true});
  readonly #target: () => number;
  readonly #ways = new Set<Way>();
  readonly #connections = new Set<Socket>();

  /** @param target the backend's port */
  private constructor(target: () => number) {
    this.#target = target;
    this.#server = createServer((request, response) => void this.#pass(request, response));
    this.#server.on('connection', socket => this.#connect(socket));
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(request, socket, head);
    });
  }

  static async open(target: () => number): Promise<Line> {
    const line = new Line(target);
    line.#server.listen(0, '127.0.0.1');
    await once(line.#server, 'listening');
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sockets open now. */
  get sockets(): number {
    return [...this.#ways].filter(way => way.isSocket).length;
  }

  /** Delays everything by so much from now on; the answer ends that. */
  delay(ms: number): () => void {
    const delay = [ms];
    this.#delays.add(delay);
    return () => this.#delays.delete(delay);
  }

  get #delayMs(): number {
    return Math.max(0, ...[...this.#delays].flat());
  }

  /** Resets every connection, requests in the middle of their work included. */
  cut(): void {
    for (const way of [...this.#ways]) {
      if (way.isSocket) this.harm.socketsCut++;
      way.destroy();
    }
  }

  /** Half open: from now on whatever is connected, or connects, is accepted and never hears anything again. */
  stall(): void {
    this.#stalling = true;
    for (const way of this.#ways) {
      way.swallows = true;
      this.harm.swallowed++;
    }
  }

  /** New connections work again. Black holes stay: @param reset or are at least reset, as by a router that came back. */
  unstall(reset: boolean): void {
    this.#stalling = false;
    if (reset) for (const way of [...this.#ways]) if (way.swallows) way.destroy();
  }

  /** No network at all. */
  set refusing(refuse: boolean) {
    this.#refusing = refuse;
    if (!refuse) return;
    this.harm.refused += this.#connections.size;
    for (const socket of this.#connections) socket.destroy();
  }

  /** Ends every fault that lasts. */
  heal(): void {
    this.dropEvery = this.losing = 0;
    this.failing = false;
    this.#delays.clear();
    this.#refusing = this.#stalling = false;
  }

  async close(): Promise<void> {
    this.#agent.destroy();
    for (const way of [...this.#ways]) way.destroy();
    this.#server.closeAllConnections();
    await new Promise(done => this.#server.close(done));
  }

  #connect(socket: Socket): void {
    socket.on('error', () => {});
    if (this.#refusing) {
      this.harm.refused++;
      socket.destroy();
      return;
    }
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
  }

  #open(isSocket: boolean, destroy: () => void): Way {
    const way: Way = {
      isSocket,
      swallows: this.#stalling,
      destroy: () => {
        this.#ways.delete(way);
        destroy();
      },
    };
    if (this.#stalling) this.harm.swallowed++;
    this.#ways.add(way);
    return way;
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const way = this.#open(false, () => request.socket.destroy());
    response.once('close', () => this.#ways.delete(way));
    response.on('error', () => {});
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const delayMs = this.#delayMs;
      if (delayMs > 0) {
        this.harm.delayed++;
        await new Promise(done => setTimeout(done, delayMs));
      }
      if (way.swallows) return;
      const {method, url = '/', headers} = request;
      const isSending = method === 'POST' && url.includes('/rpc/send_messages');
      if (isSending && this.failing) {
        this.harm.errorsGiven++;
        response.writeHead(500, {'access-control-allow-origin': '*', 'content-type': 'application/json'});
        response.end(JSON.stringify({code: 'XX000', message: 'A fault of the server’s own.'}));
        return;
      }
      const to = {host: '127.0.0.1', port: this.#target(), agent: this.#agent, method, path: url, headers};
      const answer = await forward(to, Buffer.concat(chunks));
      if (way.swallows) return;
      const ok = answer.status >= 200 && answer.status < 300;
      if (ok && method === 'POST' && url.includes('/auth/v1/')) this.harm.renewals++;
      if (ok && isSending && this.losing > 0) {
        this.losing--;
        this.harm.answersLost++;
        return way.destroy();
      }
      response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch {
      way.destroy(); // the backend is gone, or the page is
    }
  }

  /** The page's socket opens when the backend's has. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {});
    const number = ++this.#socketCount;
    const tell = (kind: Spoken['kind'], text = '') => this.listen({at: Date.now(), socket: number, kind, text});
    const far = new WebSocket(`ws://127.0.0.1:${this.#target()}${request.url ?? '/'}`, {perMessageDeflate: false});
    const way = this.#open(true, () => {
      far.terminate();
      socket.destroy();
    });
    far.once('error', () => way.destroy());
    far.once('unexpected-response', () => way.destroy());
    socket.once('close', () => way.destroy());
    far.once('open', () => {
      if (way.swallows) return;
      this.#sockets.handleUpgrade(request, socket, head, near => {
        tell('opened');
        near.once('close', () => tell('closed'));
        const delayed = {toPage: new Delayed(), toBackend: new Delayed()};
        far.on('message', (data: Buffer, isBinary) => {
          if (!this.#drops(data)) this.#frame(way, near, delayed.toPage, data, isBinary);
        });
        near.on('message', (data: Buffer, isBinary) => {
          tell('said', isBinary ? '' : data.toString());
          this.#frame(way, far, delayed.toBackend, data, isBinary);
        });
        near.on('error', () => {});
        far.on('close', (code, reason) => {
          this.#ways.delete(way);
          // A code that may not be said is one that was never heard: the connection broke.
          if (way.swallows) return;
          if (code === 1005 || code === 1006) near.terminate();
          else near.close(code, reason);
        });
        near.on('close', () => way.destroy());
      });
    });
  }

  #drops(data: Buffer): boolean {
    if (this.dropEvery === 0 || ++this.#frames % this.dropEvery !== 0) return false;
    if (data.includes('"rev"')) this.harm.changesDropped++;
    return true;
  }

  #frame(way: Way, to: WebSocket, delayed: Delayed, data: Buffer, isBinary: boolean): void {
    if (way.swallows) return;
    const delayMs = this.#delayMs;
    if (delayMs > 0) this.harm.delayed++;
    delayed.run(delayMs, () => {
      if (!way.swallows && to.readyState === WebSocket.OPEN) to.send(data, {binary: isBinary});
    });
  }
}
