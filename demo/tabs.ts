// Four tabs of two people on one page, and what the backend counts of them.
import {readOptions} from './page-options.js';

/** How often the backend is asked, in ms. */
const EVERY_MS = 2000;

const {url, chat} = readOptions(location.search);
const frames = [...document.querySelectorAll<HTMLIFrameElement>('iframe[data-user]')];
const meter = document.querySelector('#meter strong');

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
