// The worker in which a leading tab's hub runs: from its own file where the script is of the page's origin, else from a blob.
import {Worker} from './trusted-worker.js';
import {START_MS} from '../wire/channel.js';
import {lateModule} from '../wire/late-module.js';
import {PROTOCOL_VERSION} from '../wire/protocol.js';

export const loadHubSource = lateModule(() => import('./hub-source.js'), 'hubSource');

export interface ServingWorker {
  /** Settles when it is gone, which no event tells. */
  died: Promise<void>;
  terminate(): void;
}

/**
 * Rejects when the browser refuses it, it doesn't serve in time, or it is over before.
 * @param workerUrl where the worker's script is, when a bundler didn't place it
 */
export async function startWorker(
  name: string,
  workerUrl: string | URL | undefined,
  over: AbortSignal,
): Promise<ServingWorker> {
  try {
    // Bundlers find the worker by this literal form; don't take it apart.
    const worker = workerUrl
      ? new Worker(workerUrl, {type: 'module', name})
      : new Worker(new URL('../../worker/shared.ts', import.meta.url), {type: 'module', name});
    return await serving(worker, over);
  } catch {
    over.throwIfAborted();
    const address = URL.createObjectURL(new Blob([await loadHubSource()], {type: 'text/javascript'}));
    return serving(new Worker(address, {type: 'module', name}), over);
  }
}

async function serving(worker: Worker, over: AbortSignal): Promise<ServingWorker> {
  const outcome = await new Promise<unknown>(resolve => {
    worker.addEventListener('message', event => resolve(event.data), {once: true});
    worker.addEventListener('error', event => resolve(event.message || 'error event'), {once: true});
    over.addEventListener('abort', () => resolve('its turn is over'), {once: true});
    setTimeout(resolve, START_MS, 'no answer');
  });
  const {serving: lock, protocol} = (outcome ?? {}) as {serving?: string | null; protocol?: number};
  if (lock !== undefined && protocol === PROTOCOL_VERSION) {
    const leaving = new AbortController();
    const died = new Promise<void>(resolve => {
      // It holds this one while it lives.
      if (lock) navigator.locks.request(lock, {signal: leaving.signal}, () => resolve()).catch(() => {});
    });
    return {
      died,
      terminate() {
        leaving.abort();
        worker.terminate();
      },
    };
  }
  worker.terminate();
  throw new Error(`The worker can't serve: ${String(outcome)}`);
}
