// Follows the site's service worker for one page: registers it, tells when a newer version waits, reloads when it took over, and
// asks the browser to wake it when messages wait and no line is up (Background Sync). The only file that knows workbox-window,
// and a chunk of its own: only a page that names a service worker loads it. Knows nothing of what the worker does.
import {Workbox} from 'workbox-window';
import {TrunkError} from '../wire/error.js';
import {OUTBOX_SYNC} from '../wire/service-worker.js';
import type {ConnectionStatus} from '../wire/status.js';
import type {Signal, Source} from './source.js';

/** A newer version of the site's service worker, and of the files it keeps, is installed and waits until it may take over. */
export interface SiteUpdate {
  /** Lets it take over; every tab of the site then reloads once. */
  apply(): void;
}

export interface ServiceWorkerUse {
  /** Told when a newer version waits; null when none does. */
  update: Signal<SiteUpdate | null>;
  /** Says what waits to be sent. Without it no Background Sync is asked for. */
  status?: Source<ConnectionStatus>;
  /** Ends the following; the service worker itself stays. */
  signal?: AbortSignal;
  /** Default: reloads the page. */
  reload?: () => void;
}

/** Messages that wait this long although the line is up are worth a sync, in ms. */
const PATIENCE_MS = 2_000;
/** A tab that was away looks for a newer version when it is seen again, at most this often, in ms. */
const LOOK_MS = 3_600_000;

/** Background Sync is Chromium's alone, and in no library of types. */
interface SyncRegistration extends ServiceWorkerRegistration {
  readonly sync?: {register(tag: string): Promise<void>};
}

/**
 * Registers the service worker at `url` once the page has loaded, and follows it.
 * @param url of the page's own origin; its folder is what it serves
 * @throws TrunkError `service-worker-failed` when it can't be registered or installed; its cause is what the browser says
 */
export async function followServiceWorker(url: string | URL, use: ServiceWorkerUse): Promise<void> {
  try {
    await follow(url, use);
  } catch (cause) {
    const message = `The service worker ${url} could not be started, so this site doesn't open offline. Check its address.`;
    throw new TrunkError('service-worker-failed', message, cause);
  }
}

async function follow(url: string | URL, use: ServiceWorkerUse): Promise<void> {
  const {update, status, signal, reload = () => location.reload()} = use;
  const container = (navigator as Partial<Navigator>).serviceWorker;
  if (!container) throw new Error('This browser has no service workers here; they need https.');

  const workbox = new Workbox(String(url));
  // A worker of a wider scope, say that of the site one folder up, serves pages of this one until their own is there.
  const isOurs = () => container.controller?.scriptURL === new URL(url, document.baseURI).href;
  let isServed = isOurs();
  container.addEventListener(
    'controllerchange',
    () => {
      // The first worker a page gets serves the very version the page is of.
      const isNewer = isServed || update.current !== null;
      isServed = isOurs();
      if (isNewer) reload();
    },
    listening(signal),
  );

  const registration = (await workbox.register()) as SyncRegistration | undefined;
  if (!registration || signal?.aborted) return;

  const waiting: SiteUpdate = {apply: () => workbox.messageSkipWaiting()};
  const look = () => {
    if (!signal?.aborted) update.set(registration.active && registration.waiting ? waiting : null);
  };
  for (const type of ['waiting', 'activated', 'redundant'] as const) workbox.addEventListener(type, look);
  // Found by another tab, and still on its way: no event tells this page that it was found.
  registration.installing?.addEventListener('statechange', look);
  look();
  lookNowAndThen(workbox, registration, signal);
  if (status && registration.sync) askForSync(registration, workbox, status, signal);
  await installed(registration);
}

/** Settles when there is a working service worker; throws when the first one could not be installed. */
async function installed(registration: ServiceWorkerRegistration): Promise<void> {
  const first = registration.active ? null : (registration.installing ?? registration.waiting);
  if (!first) return;
  await new Promise<void>((resolve, reject) => {
    const tell = () => {
      if (registration.active) resolve();
      else if (first.state === 'redundant') reject(new Error('One of its files could not be loaded.'));
    };
    first.addEventListener('statechange', tell);
    tell();
  });
}

function lookNowAndThen(
  workbox: Workbox,
  registration: ServiceWorkerRegistration,
  signal: AbortSignal | undefined,
): void {
  let looked = -Infinity;
  const look = () => {
    if (document.visibilityState !== 'visible' || Date.now() - looked < LOOK_MS) return;
    looked = Date.now();
    workbox.update().catch(() => {}); // no network, most likely; the next time it is seen
  };
  document.addEventListener('visibilitychange', look, listening(signal));
  // A browser looks after a navigation only once the running worker has come to rest; what a page loads next is known now.
  if (registration.active) look();
}

/**
 * Asks for a sync once for what waits while there is no line, or for what still waits after a while, or when the page goes: not
 * for each message, because a sync asked for while the browser is online fires at once and wakes the worker.
 */
function askForSync(
  registration: SyncRegistration,
  workbox: Workbox,
  status: Source<ConnectionStatus>,
  signal: AbortSignal | undefined,
): void {
  let isAsked = false;
  let wasUp = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = () => {
    clearTimeout(timer);
    timer = undefined;
    if (!registration.active || signal?.aborted) return;
    isAsked = true;
    // A person may have forbidden it; then what waits is sent by the next tab.
    registration.sync?.register(OUTBOX_SYNC).catch(() => {});
  };
  const consider = ({queued, state, reason}: ConnectionStatus) => {
    const isUp = state === 'connected' || reason === 'no-socket';
    // A browser gives up after a few tries, so the next cut is a reason to ask again.
    if (queued === 0 || (isUp && !wasUp)) isAsked = false;
    wasUp = isUp;
    if (queued === 0) {
      clearTimeout(timer);
      timer = undefined;
    } else if (isAsked) return;
    else if (isUp) timer ??= setTimeout(ask, PATIENCE_MS);
    else ask();
  };
  const forget = status.subscribe(consider);
  signal?.addEventListener('abort', () => {
    forget();
    clearTimeout(timer);
  });
  workbox.addEventListener('activated', () => !signal?.aborted && consider(status.current));
  addEventListener('pagehide', () => status.current.queued > 0 && ask(), listening(signal));
}

function listening(signal: AbortSignal | undefined): AddEventListenerOptions {
  return signal ? {signal} : {};
}
