// A SharedWorker for a script of another origin: made from a blob of the hub's source, and found by the other tabs by the name of a lock
// that the worker holds, which is its address. The lock goes when the worker goes, so no address is ever stale.
import {relayName, seatName, START_MS} from '../wire/channel.js';
import type {Port} from '../wire/protocol.js';
import {SharedWorker} from './trusted-worker.js';

/** How long a tab waits for the one that is looking, in ms. Several look in turn on a busy machine; longer, and one of them is frozen. */
const TURN_MS = 10_000;

export interface RelayHost {
  port: Port;
  failed: Promise<unknown>;
  close(): void;
}

/**
 * Joins the relayed worker of this name, or makes it.
 * @param source the hub as one module's text
 * @throws when the browser refuses such a worker, it doesn't answer, or the page goes away meanwhile
 */
export async function openRelay(name: string, locks: LockManager, source: () => Promise<string>): Promise<RelayHost> {
  // One tab at a time looks, and makes one when there is none. A page in the back/forward cache would keep its turn for ever, so it gives
  // it back before; one that is frozen is robbed. Should two look at once after all, one of their workers gets the seat.
  const turn = `${seatName(name)}:relay`;
  const leaving = new AbortController();
  const leave = () => leaving.abort();
  const left = new Promise(resolve => leaving.signal.addEventListener('abort', resolve));
  const waiting = new AbortController();
  void left.then(() => waiting.abort());
  let work = null as Promise<RelayHost> | null;
  const begin = () => (work ??= look(name, locks, source));
  const hold = () => Promise.race([begin(), left]);

  addEventListener('pagehide', leave);
  const timer = setTimeout(() => waiting.abort(), TURN_MS);
  try {
    await locks.request(turn, {signal: waiting.signal}, hold).catch(isOver);
    if (!work && !leaving.signal.aborted) await locks.request(turn, {steal: true}, hold).catch(isOver);
  } finally {
    clearTimeout(timer);
    removeEventListener('pagehide', leave);
  }
  if (!leaving.signal.aborted) return begin();
  void work?.then(host => host.close()).catch(() => {});
  throw leaving.signal.reason;
}

/** It has waited for too long, or was robbed. Where locks are refused, nobody could find the worker again. */
function isOver(why: unknown): void {
  if (!(why instanceof DOMException && why.name === 'AbortError')) throw why;
}

async function look(name: string, locks: LockManager, source: () => Promise<string>): Promise<RelayHost> {
  const prefix = relayName(name, '');
  const {held = []} = await locks.query();
  for (const {name: lock = ''} of held) {
    if (!lock.startsWith(prefix)) continue;
    const found = await join(lock.slice(prefix.length), name).catch(() => null);
    if (found) return found;
  }
  const address = URL.createObjectURL(new Blob([await source()], {type: 'text/javascript'}));
  return join(address, name);
}

/** Connects, and waits for the first word: only then the worker's address is published. */
async function join(address: string, name: string): Promise<RelayHost> {
  const worker = new SharedWorker(address, {type: 'module', name, extendedLifetime: true} as WorkerOptions);
  const {port} = worker;
  const early: MessageEvent[] = [];
  const collecting = new AbortController();
  const failed = new Promise<unknown>(resolve => {
    worker.addEventListener('error', event => resolve((event as ErrorEvent).message || 'error event'));
  });
  const answered = new Promise<'answered'>(resolve => {
    const collect = (event: MessageEvent) => {
      early.push(event);
      resolve('answered');
    };
    port.addEventListener('message', collect, {signal: collecting.signal});
  });
  port.start();
  const silence = new Promise(resolve => setTimeout(resolve, START_MS, 'no answer'));
  const outcome = await Promise.race([answered, failed, silence]);
  if (outcome !== 'answered') {
    port.close();
    throw new Error(`The relayed worker could not be reached: ${String(outcome)}`);
  }
  return {
    failed,
    close: () => port.close(),
    port: {
      postMessage: message => port.postMessage(message),
      addEventListener(type, listener) {
        // What came before somebody listened is told first.
        collecting.abort();
        for (const event of early.splice(0)) queueMicrotask(() => listener(event));
        port.addEventListener(type, listener);
      },
      start: () => {},
      close: () => port.close(),
    },
  };
}
