// A crowd in front of a backend: passes everything on, and tells whoever joins presence of so many people and of so many changes a second.
// A thousand real browsers would cost this machine more than the page that is measured.
import {once} from 'node:events';
import {createServer, request} from 'node:http';
import type {AddressInfo} from 'node:net';
import WebSocket, {WebSocketServer} from 'ws';

const TOPIC = 'realtime:presence:global';

export class Crowd {
  readonly url: string;
  readonly #watchers = new Set<WebSocket>();
  readonly #close: () => void;
  readonly #told: Told;

  private constructor(url: string, told: Told, watchers: Set<WebSocket>, close: () => void) {
    this.url = url;
    this.#told = told;
    this.#watchers = watchers;
    this.#close = close;
  }

  static async before(backend: string, count: number): Promise<Crowd> {
    const to = new URL(backend);
    const watchers = new Set<WebSocket>();
    const told: Told = {count, changes: 0};
    const server = createServer((question, answer) => {
      const {method, headers, url: path} = question;
      const onward = request({host: to.hostname, port: to.port, method, path, headers}, reply => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      question.pipe(onward);
    });
    const sockets = new WebSocketServer({server});
    sockets.on('connection', (near, {url: path}) => {
      const far = new WebSocket(`ws://${to.host}${path}`);
      const early: [Buffer, boolean][] = [];
      near.on('message', (data: Buffer, isBinary) => {
        if (far.readyState === far.OPEN) far.send(data, {binary: isBinary});
        else early.push([data, isBinary]);
      });
      far.on('open', () => early.forEach(([data, isBinary]) => far.send(data, {binary: isBinary})));
      far.on('message', (data: Buffer, isBinary) => {
        const text = isBinary ? '' : data.toString();
        const isState = text.includes(TOPIC) && text.includes('"presence_state"');
        near.send(isState ? withCrowd(text, told) : data, {binary: isBinary});
        if (isState) watchers.add(near);
      });
      const end = () => {
        watchers.delete(near);
        near.terminate();
        far.terminate();
      };
      for (const socket of [near, far]) socket.on('close', end).on('error', end);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new Crowd(url, told, watchers, () => {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
    });
  }

  /** Tells so many changes, at this rate. */
  async change(count: number, perSecond: number): Promise<void> {
    const start = performance.now();
    for (let n = 0; n < count; n++) {
      const wait = start + (n * 1000) / perSecond - performance.now();
      if (wait > 0) await new Promise(done => setTimeout(done, wait));
      const who = this.#told.changes % this.#told.count;
      const leaves = entry(who, roundOf(who, this.#told));
      this.#told.changes++;
      const diff = {joins: entry(who, roundOf(who, this.#told)), leaves};
      const frame = JSON.stringify([null, null, TOPIC, 'presence_diff', diff]);
      for (const socket of this.#watchers) socket.send(frame);
    }
  }

  close(): void {
    this.#close();
  }
}

/** What everybody has been told: who comes later is told where they are by now, or the first to leave would be somebody they never met. */
interface Told {
  count: number;
  changes: number;
}

/** How often the nth person has changed: they take turns. */
const roundOf = (n: number, {count, changes}: Told) => Math.max(0, Math.ceil((changes - n) / count));

function entry(n: number, round: number): Record<string, unknown> {
  const userId = `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
  const payload = {
    userId,
    status: round % 2 ? 'away' : 'online',
    lastSeen: 1_800_000_000_000 + round,
    currentChatId: null,
  };
  return {[userId]: {metas: [{...payload, phx_ref: `${userId}-${round}`}]}};
}

function withCrowd(text: string, told: Told): string {
  const frame = JSON.parse(text) as [unknown, unknown, string, string, Record<string, unknown>];
  for (let n = 0; n < told.count; n++) Object.assign(frame[4], entry(n, roundOf(n, told)));
  return JSON.stringify(frame);
}
