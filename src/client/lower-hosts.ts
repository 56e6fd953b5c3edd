// The rungs below a SharedWorker of the page's own origin: relayed worker, leading tab, this page. A chunk of its own, because most
// pages never step down. Knows nothing of what is said over a port.
import {lateModule} from '../wire/late-module.js';
import type {Port} from '../wire/protocol.js';
import type {HostKind} from '../wire/status.js';
import type {HostOptions, Opened} from './host.js';
import {openLeader, type Leading} from './leader-host.js';
import {loadHubSource, startWorker} from './leader-worker.js';
import {pageClock} from './page-clock.js';
import {openRelay} from './relay-host.js';

const loadCreateHub = lateModule(() => import('../hub/browser-environment.js'), 'createHub');

const NEVER = new Promise<never>(() => {});

/** Opens the rung `kind` for the hub of this name. Rejects when the browser refuses at once. */
export async function openLowerHost(
  kind: Exclude<HostKind, 'shared-worker'>,
  name: string,
  options: HostOptions,
): Promise<Opened> {
  switch (kind) {
    case 'relay':
      return openRelay(name, navigator.locks, loadHubSource);
    case 'leader': {
      const host = openLeader(name, {
        locks: navigator.locks,
        openChannel: channel => new BroadcastChannel(channel),
        uuid: () => crypto.randomUUID?.() ?? String(Math.random()),
        startHub: (hub, over) => startHub(hub, options, over),
        isDoubted: options.isDoubted ?? false,
      });
      return {...host, findsNext: true};
    }
    case 'page':
      return openInPage(name);
  }
}

/** This tab leads: its hub runs in a worker, whose timers no browser slows down, or, where that is refused, in the page. */
async function startHub(name: string, {workerUrl}: HostOptions, over: AbortSignal): Promise<Leading> {
  const worker = await startWorker(name, workerUrl, over).catch(() => null);
  if (worker) return {died: worker.died, stop: () => worker.terminate()};
  const createHub = await loadCreateHub();
  over.throwIfAborted();
  const hub = createHub(name, 'seated', pageClock);
  over.addEventListener('abort', () => hub.close(), {once: true});
  await hub.ready;
  return {stop: () => hub.close()};
}

/** Hubs that live in this page, by name: all its clients of one project and person share one. */
const pageHubs = new Map<string, {attach(port: Port): void; close(): void}>();

async function openInPage(name: string): Promise<Opened> {
  const createHub = await loadCreateHub();
  const hub = pageHubs.get(name) ?? createHub(name, 'alone', pageClock);
  if (!pageHubs.has(name)) {
    pageHubs.set(name, hub);
    // A page that is kept for the way back would hold the hub's locks, and others wait for their release. Of one that goes for good the
    // browser takes them, and until then the hub stores what was just written.
    addEventListener('pagehide', ({persisted}) => {
      if (!persisted || pageHubs.get(name) !== hub) return;
      pageHubs.delete(name);
      hub.close();
    });
  }
  const {port1, port2} = new MessageChannel();
  hub.attach(port2);
  return {port: port1, failed: NEVER, close: () => port1.close()};
}
