// Finds a home for the hub and hands out a port to it: a SharedWorker where there is one, else this very page. Knows the rungs
// of the ladder, nothing of what is said over the port.
import {PROTOCOL_VERSION, type HubConfig, type Port} from '../wire/protocol.js';
import type {HostKind} from '../wire/status.js';
import {TrunkError} from '../wire/error.js';

/** A way to a hub. */
export interface Host {
  kind: HostKind;
  port: Port;
  /** Settles when the host reports that its script can't run; never when all is well. */
  failed: Promise<TrunkError>;
  close(): void;
}

export interface HostOptions {
  /** Where the worker's script is, when a bundler didn't place it: a same-origin URL. */
  workerUrl?: string | URL | undefined;
}

/** Opens the rung `kind` for this configuration. Throws a TrunkError when the browser refuses at once. */
export async function openHost(kind: HostKind, config: HubConfig, options: HostOptions): Promise<Host> {
  return kind === 'shared-worker' ? openSharedWorker(config, options) : openInPage(config);
}

/** The rungs this browser has, best first. */
export function availableHosts(scope: {SharedWorker?: unknown} = globalThis as {SharedWorker?: unknown}): HostKind[] {
  return typeof scope.SharedWorker === 'function' ? ['shared-worker', 'page'] : ['page'];
}

function openSharedWorker(config: HubConfig, {workerUrl}: HostOptions): Host {
  let worker: SharedWorker;
  const name = hubName(config);
  try {
    // Bundlers find the worker by this literal form; don't take it apart.
    worker = workerUrl
      ? new SharedWorker(workerUrl, {type: 'module', name})
      : new SharedWorker(new URL('../../worker/shared.ts', import.meta.url), {type: 'module', name});
  } catch (cause) {
    throw workerFailed(cause);
  }
  const failed = new Promise<TrunkError>(resolve => {
    worker.addEventListener('error', event => resolve(workerFailed((event as ErrorEvent).message || 'error event')));
  });
  return {kind: 'shared-worker', port: worker.port, failed, close: () => worker.port.close()};
}

/** Hubs that live in this page, by name: all its clients of one project and person share one. */
const pageHubs = new Map<string, {attach(port: Port): void}>();

async function openInPage(config: HubConfig): Promise<Host> {
  const {createHub} = await import('../hub/browser-environment.js');
  const name = hubName(config);
  const hub = pageHubs.get(name) ?? createHub();
  pageHubs.set(name, hub);
  const {port1, port2} = new MessageChannel();
  hub.attach(port2);
  return {kind: 'page', port: port1, failed: new Promise(() => {}), close: () => port1.close()};
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
