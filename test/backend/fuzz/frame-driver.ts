// Sends one lane's frames over sockets that it replaces now and then, and judges what comes back. Every hundred frames it
// waits for a heartbeat's answer: a socket that neither answers nor closes is a complaint.
import WebSocket from 'ws';
import {faultOfFrame} from './judge.js';
import {type FrameWorld, someFrame, topics} from './frames.js';
import {Random} from './random.js';

const framesASocket = 400;
const framesABatch = 100;
const patienceMs = 30_000;

/** Close codes a broken client may be given. */
const fair = new Set([1000, 1001, 1002, 1003, 1007, 1009]);

export class FrameDriver {
  sent = 0;
  readonly closes: Record<string, number> = {};
  readonly #url: string;
  readonly #vsn: 1 | 2;
  readonly #world: FrameWorld;
  readonly #seed: number;
  readonly #complain: (line: string) => void;
  #beat = 0;
  #item = 0;
  #answered: (ref: string) => void = () => {};

  constructor(
    {url, anonKey}: {url: string; anonKey: string},
    vsn: 1 | 2,
    world: FrameWorld,
    seed: number,
    complain: (line: string) => void,
  ) {
    this.#url = `${url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${anonKey}&vsn=${vsn}.0.0`;
    this.#vsn = vsn;
    this.#world = world;
    this.#seed = seed;
    this.#complain = complain;
  }

  async run(items: number[]): Promise<void> {
    for (let at = 0; at < items.length;) {
      const socket = await this.#open();
      const until = Math.min(items.length, at + framesASocket);
      while (at < until && socket.readyState === WebSocket.OPEN) {
        for (const end = Math.min(until, at + framesABatch); at < end; at++) this.#send(socket, items[at] ?? 0);
        await this.#settled(socket);
      }
      socket.terminate();
    }
  }

  async #open(): Promise<WebSocket> {
    const socket = new WebSocket(this.#url);
    await new Promise((done, fail) => socket.once('open', done).once('error', fail));
    socket.on('error', () => {}); // 'close' follows
    socket.on('message', (data: Buffer, isBinary) => this.#judge(data, isBinary));
    socket.once('close', code => {
      this.closes[code] = (this.closes[code] ?? 0) + 1;
      if (code !== 1006 && !fair.has(code)) this.#complain(`near frame ${this.#item}: closed with ${code}`);
    });
    for (const topic of topics(this.#world).slice(0, 4)) {
      const isPrivate = topic.startsWith('realtime:chat:');
      const config = {private: isPrivate, broadcast: {self: true}, presence: {enabled: true, key: 'fuzz'}};
      this.#write(socket, topic, 'phx_join', {config, access_token: this.#world.tokens.user});
    }
    await this.#settled(socket);
    return socket;
  }

  #send(socket: WebSocket, item: number): void {
    this.#item = item;
    const frame = someFrame(new Random(this.#seed, item), this.#vsn, this.#world);
    if (typeof frame === 'string') socket.send(frame);
    else if (Buffer.isBuffer(frame)) socket.send(frame, {binary: true});
    else socket.send(frame.bad, {binary: false});
    this.sent++;
  }

  #write(socket: WebSocket, topic: string, event: string, payload: unknown): string {
    const ref = `beat-${++this.#beat}`;
    const v2 = [ref, ref, topic, event, payload];
    socket.send(JSON.stringify(this.#vsn === 2 ? v2 : {topic, event, payload, ref, join_ref: ref}));
    return ref;
  }

  /** Frames are taken in order, so a heartbeat answered means all before it were taken. */
  async #settled(socket: WebSocket): Promise<void> {
    if (socket.readyState !== WebSocket.OPEN) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>(done => {
      const ref = this.#write(socket, 'phoenix', 'heartbeat', {});
      this.#answered = answered => answered === ref && done();
      socket.once('close', done);
      timer = setTimeout(() => {
        this.#complain(`near frame ${this.#item}: no answer to a heartbeat in ${patienceMs} ms`);
        socket.terminate();
        done();
      }, patienceMs);
    });
    clearTimeout(timer);
    socket.removeAllListeners('close');
    socket.once('close', code => (this.closes[code] = (this.closes[code] ?? 0) + 1));
  }

  #judge(data: Buffer, isBinary: boolean): void {
    const fault = faultOfFrame(this.#vsn, data, isBinary);
    if (fault !== undefined) this.#complain(`near frame ${this.#item} (version ${this.#vsn}): ${fault}`);
    else if (!isBinary && data.includes('"phoenix"')) this.#answered(/"(beat-\d+)"/.exec(data.toString())?.[1] ?? '');
  }
}
