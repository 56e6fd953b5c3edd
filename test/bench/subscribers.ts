// Many sockets in a process of their own, forked by `Subscribers` below: they join, then take binary broadcasts, check
// that none is missing or out of order, and tell when all have come. Times are of the machine's monotonic clock, which
// both processes share.
import {type ChildProcess, fork} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import WebSocket from 'ws';

export interface Subscriber {
  topic: string;
  isPrivate: boolean;
  token: string;
}

type Order =
  | {kind: 'open'; url: string; who: Subscriber[]; oneByOne: boolean}
  | {kind: 'expect'; each: number; numbered: boolean}
  | {kind: 'close'};

type Report =
  | {kind: 'joined'; eachMs: number[]; allMs: number}
  | {kind: 'ready'}
  | {kind: 'received'; atMs: number[]; lost: number}
  | {kind: 'closed'};

/** The machine's monotonic clock, the same in every process. */
export const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** The parent's side. */
export class Subscribers {
  readonly #child: ChildProcess = fork(fileURLToPath(import.meta.url), ['subscribe'], {execArgv: ['--import', 'tsx']});

  async open(url: string, who: Subscriber[], oneByOne = false): Promise<{eachMs: number[]; allMs: number}> {
    return this.#ask({kind: 'open', url, who, oneByOne}, 'joined');
  }

  /** Resolves to a wait for the moments at which each subscriber had so many more broadcasts. */
  async expect(each: number, numbered = false): Promise<{received: Promise<{atMs: number[]; lost: number}>}> {
    await this.#ask({kind: 'expect', each, numbered}, 'ready');
    return {received: this.#next('received')};
  }

  async close(): Promise<void> {
    await this.#ask({kind: 'close'}, 'closed');
  }

  end(): void {
    this.#child.disconnect();
  }

  #ask<K extends Report['kind']>(order: Order, kind: K): Promise<Extract<Report, {kind: K}>> {
    const answer = this.#next(kind);
    this.#child.send(order);
    return answer;
  }

  #next<K extends Report['kind']>(kind: K): Promise<Extract<Report, {kind: K}>> {
    return new Promise((done, fail) => {
      const gone = () => fail(new Error('the subscribers are gone'));
      const take = (report: Report) => {
        if (report.kind !== kind) return;
        this.#child.off('message', take).off('exit', gone);
        done(report as Extract<Report, {kind: K}>);
      };
      this.#child.on('message', take).once('exit', gone);
    });
  }
}

/** The child's side. */
class Crowd {
  #sockets: WebSocket[] = [];
  #counts: number[] = [];
  #atMs: number[] = [];
  #each = 0;
  #numbered = false;
  #left = 0;
  #lost = 0;

  async open(url: string, who: Subscriber[], oneByOne: boolean): Promise<Report> {
    this.#sockets = await Promise.all(
      who.map(async (_, n) => {
        const socket = new WebSocket(url);
        await new Promise((done, fail) => socket.once('open', done).once('error', fail));
        socket.on('message', (data: Buffer, isBinary) => isBinary && this.#take(n, data));
        return socket;
      }),
    );
    const started = nowMs();
    const join = (n: number) => joined(this.#sockets[n] as WebSocket, who[n] as Subscriber);
    const eachMs: number[] = [];
    if (oneByOne) for (const n of who.keys()) eachMs.push(await join(n));
    else eachMs.push(...(await Promise.all([...who.keys()].map(join))));
    return {kind: 'joined', eachMs, allMs: nowMs() - started};
  }

  expect(each: number, numbered: boolean): Report {
    this.#each = each;
    this.#numbered = numbered;
    this.#lost = 0;
    this.#left = this.#sockets.length;
    this.#counts = this.#sockets.map(() => 0);
    this.#atMs = this.#sockets.map(() => 0);
    return {kind: 'ready'};
  }

  async close(): Promise<Report> {
    const closed = this.#sockets.map(socket => new Promise(done => socket.once('close', done)));
    for (const socket of this.#sockets) socket.close();
    await Promise.all(closed);
    return {kind: 'closed'};
  }

  #take(n: number, frame: Buffer): void {
    const count = (this.#counts[n] ?? 0) + 1;
    this.#counts[n] = count;
    if (this.#numbered) {
      const start = 5 + (frame[1] ?? 0) + (frame[2] ?? 0) + (frame[3] ?? 0);
      if (Number(frame.toString('latin1', start + '{"n":'.length, frame.length - 1)) !== count) this.#lost++;
    }
    if (count !== this.#each) return;
    this.#atMs[n] = nowMs();
    if (--this.#left === 0) process.send?.({kind: 'received', atMs: this.#atMs, lost: this.#lost} satisfies Report);
  }
}

async function joined(socket: WebSocket, {topic, isPrivate, token}: Subscriber): Promise<number> {
  const started = nowMs();
  socket.send(JSON.stringify(['1', '1', topic, 'phx_join', {config: {private: isPrivate}, access_token: token}]));
  await new Promise<void>((done, fail) => {
    socket.once('message', (data: Buffer) =>
      data.includes('"status":"ok"') ? done() : fail(new Error(`${topic}: ${data.toString()}`)),
    );
  });
  return nowMs() - started;
}

if (process.argv[2] === 'subscribe') {
  const crowd = new Crowd();
  process.on('message', async (order: Order) => {
    if (order.kind === 'open') process.send?.(await crowd.open(order.url, order.who, order.oneByOne));
    if (order.kind === 'expect') process.send?.(crowd.expect(order.each, order.numbered));
    if (order.kind === 'close') process.send?.(await crowd.close());
  });
}
