// Finds a home for the hub and hands out a port to it: a SharedWorker where there is one, else a lower rung of the ladder. Knows
// nothing of what is said over the port.
import {PROTOCOL_VERSION, type HubConfig, type Port} from '../wire/protocol.js';
import {hashOf} from '../wire/hash.js';
import type {HostKind} from '../wire/status.js';
import {TrunkError} from '../wire/error.js';
import {lateModule} from '../wire/late-module.js';
import {SharedWorker} from './trusted-worker.js';

/** A way to a hub, as its rung opens it. */
export interface Opened {
  port: Port;
  /** Settles when the host reports that it can't run; never when all is well. */
  failed: Promise<unknown>;
  /** Its port finds the next hub by itself when one dies. Default: no. */
  findsNext?: boolean;
  close(): void;
}

export interface Host extends Opened {
  failed: Promise<TrunkError>;
}

export interface HostOptions {
  /** Where the worker's script is, when a bundler didn't place it: a same-origin URL. */
  workerUrl?: string | URL | undefined;
  /** The hub there was did not answer. */
  isDoubted?: boolean;
}

/**
 * Silence after which a worker is asked for once more, in ms. Of one in a hundred that can't start Chromium loses the word; of the second
 * it says it. Where one lives, the second is the same, with a port that nobody uses.
 */
const ASK_AGAIN_MS = 2_000;

const loadLowerHosts = lateModule(() => import('./lower-hosts.js'), 'openLowerHost');

/** Opens the rung `kind` for this configuration. Rejects with a TrunkError when the browser refuses at once. */
export async function openHost(kind: HostKind, config: HubConfig, options: HostOptions): Promise<Host> {
  const name = hubName(config);
  try {
    const opened =
      kind === 'shared-worker' ? openSharedWorker(name, options) : await (await loadLowerHosts())(kind, name, options);
    return {...opened, failed: opened.failed.then(workerFailed)};
  } catch (cause) {
    throw workerFailed(cause);
  }
}

/** The rungs this browser has, best first. */
export function availableHosts(
  scope: {SharedWorker?: unknown; BroadcastChannel?: unknown; navigator?: {locks?: unknown}} = globalThis as never,
): HostKind[] {
  const hasLocks = Boolean(scope.navigator?.locks);
  const hasWorker = typeof scope.SharedWorker === 'function';
  return [
    ...(hasWorker ? (['shared-worker'] as const) : []),
    ...(hasWorker && hasLocks ? (['relay'] as const) : []),
    ...(hasLocks && typeof scope.BroadcastChannel === 'function' ? (['leader'] as const) : []),
    'page',
  ];
}

function openSharedWorker(name: string, {workerUrl}: HostOptions): Opened {
  // Bundlers find the worker by this literal form; don't take it apart.
  const make = () =>
    workerUrl
      ? new SharedWorker(workerUrl, {type: 'module', name, extendedLifetime: true} as WorkerOptions)
      : new SharedWorker(new URL('../../worker/shared.ts', import.meta.url), {
          type: 'module',
          name,
          extendedLifetime: true,
        } as WorkerOptions);
  const worker = make();
  const {port} = worker;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const failed = new Promise<unknown>(resolve => {
    const watch = (each: EventTarget) =>
      each.addEventListener('error', event => resolve((event as ErrorEvent).message || 'error event'));
    watch(worker);
    timer = setTimeout(() => watch(make()), ASK_AGAIN_MS);
  });
  const stop = () => clearTimeout(timer);
  port.addEventListener('message', stop, {once: true});
  const close = () => {
    stop();
    port.close();
  };
  return {port, failed, close};
}

/** What says its reason already, as a chunk that doesn't come, keeps it. */
function workerFailed(cause: unknown): TrunkError {
  if (cause instanceof TrunkError) return cause;
  return new TrunkError(
    'worker-failed',
    'The worker could not be started. Check that its script is a module on the page’s own origin, and allowed by the ' +
      'Content-Security-Policy (worker-src, trusted-types).',
    cause,
  );
}

/** One hub per protocol version, project, key and person: tabs that agree on all of these share it. */
export function hubName({url, key, identity}: HubConfig): string {
  return `trunkline:${PROTOCOL_VERSION}:${hash(JSON.stringify([url, key, identity]))}`;
}

/** Twice with different seeds. Not for secrets: only to keep them out of a visible name. */
function hash(text: string): string {
  const half = (seed?: number) => hashOf(text, seed).toString(16).padStart(8, '0');
  return half() + half(0x01000193);
}
