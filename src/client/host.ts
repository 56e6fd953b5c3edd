// Finds a home for the hub and hands out a port to it: a SharedWorker where there is one, else this very page. Knows the rungs
// of the ladder, nothing of what is said over the port.
import {PROTOCOL_VERSION, type HubConfig, type Port} from '../wire/protocol.js';
import type {HostKind} from '../wire/status.js';
import {TrunkError} from '../wire/error.js';

/** A way to a hub. */
export interface Host {
  kind: HostKind;
  port: Port;
  /** Settles when the host reports that it can't run; never when all is well. */
  failed: Promise<TrunkError>;
  /** Its port finds the next hub by itself when one dies. Default: no. */
  findsNext?: boolean;
  close(): void;
}

export interface HostOptions {
  /** Where the worker's script is, when a bundler didn't place it: a same-origin URL. */
  workerUrl?: string | URL | undefined;
}

const NEVER = new Promise<never>(() => {});

/** Opens the rung `kind` for this configuration. Rejects with a TrunkError when the browser refuses at once. */
export async function openHost(kind: HostKind, config: HubConfig, options: HostOptions): Promise<Host> {
  const name = hubName(config);
  try {
    switch (kind) {
      case 'shared-worker':
        return openSharedWorker(name, options);
      case 'relay': {
        const [{openRelay}, {hubSource}] = await Promise.all([import('./relay-host.js'), import('./hub-source.js')]);
        const host = await openRelay(name, navigator.locks, async () => hubSource);
        return {...host, kind, failed: host.failed.then(workerFailed)};
      }
      case 'leader': {
        const {openLeader} = await import('./leader-host.js');
        const host = openLeader(name, {
          locks: navigator.locks,
          openChannel: channel => new BroadcastChannel(channel),
          uuid: () => crypto.randomUUID?.() ?? String(Math.random()),
          startHub: hub => startHub(hub, options),
        });
        return {...host, kind, failed: host.failed.then(workerFailed), findsNext: true};
      }
      case 'page':
        return await openInPage(name);
    }
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

function openSharedWorker(name: string, {workerUrl}: HostOptions): Host {
  // Bundlers find the worker by this literal form; don't take it apart.
  const worker = workerUrl
    ? new SharedWorker(workerUrl, {type: 'module', name})
    : new SharedWorker(new URL('../../worker/shared.ts', import.meta.url), {type: 'module', name});
  const failed = new Promise<TrunkError>(resolve => {
    worker.addEventListener('error', event => resolve(workerFailed((event as ErrorEvent).message || 'error event')));
  });
  return {kind: 'shared-worker', port: worker.port, failed, close: () => worker.port.close()};
}

/** This tab leads: its hub runs in a worker, whose timers no browser slows down, or, where that is refused, in the page. */
async function startHub(name: string, {workerUrl}: HostOptions): Promise<{stop(): void}> {
  const {startWorker} = await import('./leader-worker.js');
  const worker = await startWorker(name, workerUrl).catch(() => null);
  if (worker) return {stop: () => worker.terminate()};
  const {createHub} = await import('../hub/browser-environment.js');
  const hub = createHub(name, true);
  await hub.ready;
  return {stop: () => hub.close()};
}

/** Hubs that live in this page, by name: all its clients of one project and person share one. */
const pageHubs = new Map<string, {attach(port: Port): void}>();

async function openInPage(name: string): Promise<Host> {
  const {createHub} = await import('../hub/browser-environment.js');
  const hub = pageHubs.get(name) ?? createHub();
  pageHubs.set(name, hub);
  const {port1, port2} = new MessageChannel();
  hub.attach(port2);
  return {kind: 'page', port: port1, failed: NEVER, close: () => port1.close()};
}

function workerFailed(cause: unknown): TrunkError {
  return new TrunkError(
    'worker-failed',
    'The SharedWorker could not be started, so this tab holds its own connection. Check that its script is reachable on this ' +
      'origin and allowed by the Content-Security-Policy (worker-src).',
    cause,
  );
}

/** One hub per protocol version, project, key and person: tabs that agree on all of these share it. */
export function hubName({url, key, identity}: HubConfig): string {
  return `trunkline:${PROTOCOL_VERSION}:${hash(JSON.stringify([url, key, identity]))}`;
}

/** FNV-1a over UTF-16 units, twice with different seeds. Not for secrets: only to keep them out of a visible name. */
function hash(text: string): string {
  const half = (seed: number) => {
    let value = seed;
    for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
    return (value >>> 0).toString(16).padStart(8, '0');
  };
  return half(0x811c9dc5) + half(0x01000193);
}
