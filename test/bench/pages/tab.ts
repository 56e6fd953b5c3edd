// What every page of the comparison has, whichever way it gets its messages: the same list in the document, the same record of when
// a message came, the same way to be asked. Knows nothing of Supabase or Trunkline.

/** What a page is told by its URL. */
export interface TabQuery {
  url: string;
  key: string;
  chat: string;
  /** For the page that only reads: somebody's token. */
  token: string;
  /** Whether the plain page reads what is newer than what it has whenever it has joined again, and not only the first time. */
  refetch: boolean;
}

export interface Tab {
  /** When the history was shown and the page was ready, and when it was navigated to, in ms since 1970. */
  whenReady: Promise<{startedAt: number; at: number}>;
  /** How many messages the page shows. */
  shown(): number;
  /** Resolves once the page shows so many messages. */
  whenShown(count: number): Promise<void>;
  /** When each numbered message came into the document, by number, in ms since 1970. */
  arrivals(): [n: number, at: number][];
  /** Messages a numbered one came after that it should have come before. */
  misplaced(): number;
  /** Bodies of all that is shown, oldest first. */
  bodies(): string[];
  /** Who it is, once known. */
  userId(): string;
}

declare global {
  interface Window {
    tab: Tab;
  }
}

export interface Shown {
  id: string;
  body: string;
}

const query = new URLSearchParams(location.search);

export const asked: TabQuery = {
  url: query.get('url') ?? '',
  key: query.get('key') ?? '',
  chat: query.get('chat') ?? '',
  token: query.get('token') ?? '',
  refetch: query.has('refetch'),
};

/** Milliseconds since 1970, finer than Date.now(). */
const now = () => performance.timeOrigin + performance.now();

const rows = new Map<string, HTMLLIElement>();
const arrivals = new Map<number, number>();
let last = -1;
let misplaced = 0;
let historyAt: number | null = null;
let liveAt: number | null = null;
let person = '';
let ready: (at: {startedAt: number; at: number}) => void;
/** Somebody waits for so many messages to be shown. */
let awaited: {count: number; done(): void} | null = null;

/** Shows a message, once. */
export function show({id, body}: Shown): void {
  if (rows.has(id)) return;
  const row = document.createElement('li');
  row.textContent = body;
  document.getElementById('messages')?.append(row);
  rows.set(id, row);
  if (awaited && rows.size >= awaited.count) awaited.done();
  const n = /^#(\d+) /.exec(body)?.[1];
  if (n === undefined) return;
  arrivals.set(Number(n), now());
  if (Number(n) < last) misplaced++;
  last = Number(n);
}

export const isShown = (id: string) => rows.has(id);

/** The history is in the document. */
export function historyShown(): void {
  historyAt ??= now();
  sayReady();
}

/** The page has heard that it is connected. */
export function channelLive(): void {
  liveAt ??= now();
  sayReady();
}

function sayReady(): void {
  if (historyAt !== null && liveAt !== null)
    ready({startedAt: performance.timeOrigin, at: Math.max(historyAt, liveAt)});
}

export function signedIn(userId: string): void {
  person = userId;
}

window.tab = {
  whenReady: new Promise(resolve => (ready = resolve)),
  shown: () => rows.size,
  whenShown: count =>
    new Promise(done => {
      if (rows.size >= count) done();
      else awaited = {count, done};
    }),
  arrivals: () => [...arrivals],
  misplaced: () => misplaced,
  bodies: () => [...rows.values()].map(row => row.textContent ?? ''),
  userId: () => person,
};
