// Four tabs of two people on one page, and what the backend counts of them.
import {followServiceWorker, type SiteUpdate} from '../src/client/service-worker.js';
import {Signal} from '../src/client/source.js';
import {readOptions} from './page-options.js';
import {showUpdates} from './update-bar.js';

/** How often the backend is asked, in ms. */
const EVERY_MS = 2000;

const {url, chat} = await readOptions(location.search);
const frames = [...document.querySelectorAll<HTMLIFrameElement>('iframe[data-user]')];
const meter = document.querySelector('#meter strong');
const bar = document.querySelector<HTMLElement>('#update');

for (const frame of frames) {
  const query = new URLSearchParams(location.search); // url, key and host are handed on
  query.set('user', frame.dataset['user'] ?? '');
  query.set('chat', chat);
  query.set('compact', '');
  frame.src = `./?${query}`;
}

async function count(): Promise<void> {
  if (!meter) return;
  try {
    const stats = (await (await fetch(`${url}/stats`)).json()) as {sockets: number};
    meter.textContent = stats.sockets === 1 ? '1 socket' : `${stats.sockets} sockets`;
  } catch {
    meter.textContent = 'the backend’s counters can’t be read';
  }
  setTimeout(() => void count(), EVERY_MS);
}

void count();

if (bar && import.meta.env.MODE === 'site') {
  const update = new Signal<SiteUpdate | null>(null);
  showUpdates(bar, update);
  followServiceWorker('trunkline-sw.js', {update}).catch(error => console.warn('No service worker:', error));
}
