// The service worker: serves the files of the site's build from its precache, so that the site opens offline, and sends what waits
// when the browser says that the line is back, whether or not a tab is left (Background Sync). Answers nothing but those files:
// every other request, all of Supabase's among them, goes to the network as if this worker were not there.
import {precacheAndRoute} from 'workbox-precaching';
import {drainOutbox} from '../src/hub/browser-drain.js';
import {OUTBOX_SYNC} from '../src/wire/service-worker.js';

declare const self: ServiceWorkerGlobalScope;

/**
 * The files of the build, put here by vite.config.ts: `url` from this script's folder, `revision` a hash of the content, or null
 * where the name has one. Empty in dist/trunkline-sw.js, because the files of the site it is put on are not ours.
 */
declare const TRUNKLINE_SHELL: readonly {url: string; revision: string | null}[];

/** Background Sync is Chromium's alone, and in no library of types. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
  /** The browser gives up when this try fails, too. */
  readonly lastChance: boolean;
}

if (TRUNKLINE_SHELL.length > 0) {
  precacheAndRoute([...TRUNKLINE_SHELL], {
    // What the demo's query says, the page reads; the file is the same.
    ignoreURLParametersMatching: [/./],
    cleanURLs: false,
  });
  // Tabs that were open before the first version was installed hear of the second one, too.
  self.addEventListener('activate', event => event.waitUntil(self.clients.claim()));
}

// A new version waits until a page asks for it, or until no page of the old one is left.
self.addEventListener('message', event => {
  if ((event.data as {type?: unknown} | null)?.type === 'SKIP_WAITING') event.waitUntil(self.skipWaiting());
});

self.addEventListener('sync', event => {
  const {tag, lastChance} = event as SyncEvent;
  if (tag === OUTBOX_SYNC) (event as SyncEvent).waitUntil(drain(lastChance));
});

/** Sends what waits. Throws when some of it is left: that is how a browser is asked to try again later. */
async function drain(isLast: boolean): Promise<void> {
  const {left} = await drainOutbox();
  if (left === 0) return;
  const next = isLast
    ? 'The browser will not try again; the next tab sends the rest.'
    : 'The browser tries again later.';
  const error = new Error(`Trunkline: ${left ?? 'some'} messages could not be sent yet. ${next}`);
  console.warn(error.message);
  throw error;
}
