// Why a goal is missed, by table and row: what its profile showed, in words that stay true when the figures change. Figures come from
// the results. Which rows miss is not said here: docs/performance.md takes from here what it needs, and a test wants each of those.
import type {Row} from './comparison.js';
import {printed} from './goal.js';
import {median, type Figure} from './table.js';

/** The row or figure of a table; undefined where the results have none. */
export type Find = (title: string, name: string) => Row | Figure | undefined;

type Reason = (find: Find) => string;

/** Medians of a comparison's row; NaN where there is none. */
function mediansOf(found: Row | Figure | undefined): Record<'bare' | 'plain' | 'ours', number> {
  if (!found || !('ours' in found)) return {bare: NaN, plain: NaN, ours: NaN};
  return {bare: median(found.bare ?? []), plain: median(found.plain), ours: median(found.ours)};
}

/** What the page without realtime leaves of a goal that is a share. */
function left(find: Find, name: string, goal: number, unit: string): string {
  const {bare, plain, ours} = mediansOf(find('Page cost', name));
  if (!Number.isFinite(bare)) return '';
  const room = goal * plain - bare;
  const rest =
    room > 0
      ? `The goal leaves ${printed(room)} ${unit} for all that hears messages`
      : 'That alone is more than the goal allows';
  const own = ours > bare ? `Trunkline ${printed(ours - bare)}` : 'Trunkline nothing that shows';
  return `The page without realtime takes ${printed(bare)} ${unit} of supabase-js’s ${printed(plain)} already. ${rest}; supabase-js adds ${printed(plain - bare)}, ${own}.`;
}

const tail: Reason = find => {
  const at = (name: string) => mediansOf(find('Latency', name));
  const [first, last] = [at('10 messages/s: first tab, p50'), at('10 messages/s: last tab, p50')];
  return (
    'A message takes one hop more, from the worker to each tab, and the worker posts to the tabs one after the other, while each tab of the other page is ' +
    `woken by its own socket. At the median that costs nothing to speak of (last tab ${printed(last.ours)} ms beside ${printed(last.plain)}, first tab ` +
    `${printed(first.ours)} beside ${printed(first.plain)}); it shows in the slowest two or three of 50 messages, where the worker and ten tabs contend for the processors.`
  );
};

const bubble: Reason = find => {
  const at = (name: string) => {
    const found = find('Away and back', name);
    return found && 'values' in found ? median(found.values) : NaN;
  };
  const [inMemory, plain] = [
    at('send() to bubble, p95, in memory, page'),
    at('supabase-js: insert, then shown, p95'),
  ].map(printed);
  return (
    'The bubble is drawn before the message is kept, so it waits for no disk: the time is the thread’s own update, in a page that draws at the same time what ' +
    `became of the message before (sending, sent). With a store in memory it takes ${inMemory} ms. supabase-js’s insert, ` +
    `shown when it is answered, takes ${plain} ms on this machine and a round trip over the network more elsewhere.`
  );
};

const start: Reason = find => {
  const [cold, warm] = ['first tab, no worker running', 'first tab, the worker still running'].map(name =>
    mediansOf(find('Time to live', name)),
  );
  const loaded = mediansOf(find('Page cost', 'script loaded by the first tab, its worker’s too'));
  return (
    `The worker’s start is ${printed((cold?.ours ?? NaN) - (warm?.ours ?? NaN))} ms of it: its script is asked for by the page’s, compiled on a thread ` +
    'of its own, and reads the sign-in from IndexedDB before it opens the socket, where supabase-js has all of that in one script and in localStorage. ' +
    `Both load about as much (${printed(loaded.ours)} kB beside ${printed(loaded.plain)}). Every tab after it finds the worker running.`
  );
};

const join: Reason = find => {
  const {bare, plain, ours} = mediansOf(find('Time to live', 'tab 10'));
  return (
    `The page that only reads takes ${printed(bare)} ms, supabase-js ${printed(plain)}, Trunkline ${printed(ours)}: what is left to save is small since a careful page ` +
    'reads its history while it joins. Trunkline’s tab finds its worker, is greeted by it and gets the history from it, and opens no socket of its own.'
  );
};

const flood: Reason = find => {
  const {plain, ours} = mediansOf(find('Latency', '200 messages/s: last tab, p50'));
  return (
    'Ten tabs that all draw 200 messages a second keep both processors busy, so a message waits for the drawing of those before it, whichever way it came. ' +
    'The worker adds to that: it posts a stream to each tab in sight at most every 24 ms, so that ten tabs do less than half of the work ' +
    `(median ${printed(ours)} ms beside ${printed(plain)}). Posted every 16 ms, the main threads had a third to a half more to do; the slowest twentieth came to 0.90, 0.94 and 1.59 × that of ` +
    'supabase-js in three runs on different days, which itself differs from run to run by twice.'
  );
};

export const REASONS: Readonly<Record<string, Readonly<Record<string, Reason>>>> = {
  'Time to live': {
    'first tab, no worker running': start,
    'tab 10, beyond the page without realtime': join,
  },
  'Sockets and bill': {
    '10 tabs: heartbeats a minute': () =>
      'Both beat every 25 s, one socket beside ten. In a watch of 25 s one beat falls or none, or with ten sockets eight to ten of them, so the ' +
      'share of one run is a matter of when the watch began.',
  },
  Latency: {'10 messages/s: last tab, p95': tail, '200 messages/s: last tab, p95': flood},
  'Page cost': {
    'main thread, per 1,000 messages at 200/s': find => {
      const name = 'main thread, per 1,000 messages at 200/s';
      return `Most of it is drawing in the one tab in sight, which both do alike. ${left(find, name, 0.5, 'ms')}`.trim();
    },
    'memory that the tabs add': find =>
      `Most of it is what a tab costs the browser, whatever the page does. ${left(find, 'memory that the tabs add', 0.7, 'MB')}`.trim(),
    'JS heap of a tab': find =>
      `Most of it is the page’s own: its document and what the browser sets up for it. ${left(find, 'JS heap of a tab', 0.6, 'MB')} ` +
      'A snapshot of that heap says what it is: two thirds the compiled script and the shapes of its objects, a tenth the messages, and no list or text held twice.',
  },
  'Away and back': {
    'send() to bubble, p95, on disk, SharedWorker': bubble,
    'send() to bubble, p95, on disk, page': bubble,
  },
};
