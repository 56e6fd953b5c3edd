// One tab of a run: connects, holds every chat, does what it is told, and looks at every state of what it shows. Tells the run
// through `chaosTell`, and answers it through `window.chaos`. Judges nothing.
import '../../components/define.js';
import type {ChatHandle} from '../../src/client/chat-handle.js';
import {connect} from '../../src/client/connect.js';
import {defaultClient} from '../../src/client/default-client.js';
import type {ChatMessage} from '../../src/wire/chat.js';
import {TrunkError} from '../../src/wire/error.js';
import type {HostKind} from '../../src/wire/status.js';
import {scopeOf, tokenOf, type Confirmed, type Shown, type Sighting} from './evidence.js';
import type {Order} from './schedule.js';
import {watchThread} from './thread-watch.js';
import {ListWatch, type Sight} from './watch.js';

/** What a tab tells by itself. */
export type Tale =
  | {kind: 'ready'}
  | {kind: 'begun'; begun: Begun[]}
  | {kind: 'settled'; n: number; at: number; code: string | null; reason: string}
  | {kind: 'sighting'; sighting: Omit<Sighting, 'life'>}
  | {kind: 'confirmed'; confirmed: Omit<Confirmed, 'life'>[]}
  | {kind: 'status'; status: Standing};

/** How the connection stood from `since` on, seen first at `at`. */
export interface Standing {
  at: number;
  since: number;
  isConnected: boolean;
}

/** What became of an order at once. */
export interface Begun {
  n: number;
  at: number;
  /** Null: there was nothing to do it to. */
  id: string | null;
  /** The text as it was given. */
  body: string;
}

/** How a tab stands. */
export interface Pulse {
  ready: boolean;
  pending: number;
  waiting: number;
  failed: string[];
  cursors: number[];
  state: string;
}

export interface ChaosPage {
  run(orders: Order[]): Begun[];
  pulse(): Pulse;
  loadAll(): Promise<void>;
  /** Whether this page holds the seat. */
  leads(): Promise<boolean>;
  /** Whether this page can write to what all tabs store, soon: nobody keeps a transaction open. */
  canStore(): Promise<boolean>;
  view(chat: number): {complete: boolean; rows: Shown[]};
}

declare global {
  interface Window {
    chaos: ChaosPage;
    chaosLife(): Promise<string>;
    chaosTell(life: string, tales: Tale[]): Promise<void>;
  }
}

/** A transaction that takes longer waits for somebody, in ms. */
const STORE_MS = 500;

const query = new URLSearchParams(location.search);
const read = (name: string) => query.get(name) ?? '';
const now = () => Date.now();

const life = await window.chaosLife();
let tales: Tale[] = [];
function tell(tale: Tale): void {
  if (tales.push(tale) > 1) return;
  setTimeout(() => {
    const all = tales;
    tales = [];
    void window.chaosTell(life, all);
  }, 10);
}

const host = read('host') as HostKind | '';
const client = connect({
  ...{url: read('url'), key: read('key'), userName: read('person')},
  ...(host === '' ? {serviceWorkerUrl: new URL('../../trunkline-sw.js', location.href)} : {host}),
});
client.status.subscribe(({since, state}) => {
  tell({kind: 'status', status: {at: now(), since, isConnected: state === 'connected'}});
});
defaultClient.set(client);
// As an element that shows the latency: a dead line is noticed within 10 s, not within a minute.
if (read('thread') !== '') client.watchLatency();

// What nobody else wants: gone when this tab is.
if (host !== '') client.presence(scopeOf(life));

const handles = read('chats')
  .split(',')
  .map(slug => client.chat(slug, {make: true}));
const watches = handles.map(() => new ListWatch());
let pending = 0;
/** Sent by this very tab. */
const own = new Set<string>();

/** A message object never changes: looked at once, however many lists it is in. */
const sights = new WeakMap<ChatMessage, Sight>();
function sightOf(message: ChatMessage): Sight {
  const known = sights.get(message);
  if (known) return known;
  const seq = message.status === 'sent' ? message.seq : null;
  const sight = {id: message.id, seq, confirmed: seq !== null, token: tokenOf(message.body)};
  sights.set(message, sight);
  return sight;
}

handles.forEach((handle, chat) => {
  const told = new Map<string, number>();
  const failed = new Map<string, string>();
  handle.messages.subscribe(messages => {
    const at = now();
    for (const finding of watches[chat]?.see(messages.map(sightOf)) ?? [])
      tell({kind: 'sighting', sighting: {at, chat, where: 'list', ...finding}});
    const confirmed: Omit<Confirmed, 'life'>[] = [];
    for (const message of messages) {
      if (message.status === 'failed') {
        const detail = message.error ? `${message.error.code}: ${message.error.message}` : '';
        if (failed.get(message.id) === detail) continue;
        failed.set(message.id, detail);
        tell({kind: 'sighting', sighting: {at, chat, where: 'list', kind: 'failed', id: message.id, detail}});
      }
      if (message.status !== 'sent' || told.get(message.id) === message.seq) continue;
      told.set(message.id, message.seq);
      confirmed.push({id: message.id, seq: message.seq, chat, at});
    }
    if (confirmed.length > 0) tell({kind: 'confirmed', confirmed});
  });
});

const isReady = () => handles.every(handle => handle.state.current.phase === 'ready');
let wasReady = false;
for (const handle of handles) {
  handle.state.subscribe(() => {
    if (wasReady || !isReady()) return;
    wasReady = true;
    tell({kind: 'ready'});
  });
}

/** Messages that this person may act on in this way. */
function choices(handle: ChatHandle, kind: Order['kind']): ChatMessage[] {
  const me = client.me.current?.userId;
  const list = handle.messages.current;
  switch (kind) {
    case 'edit':
    case 'remove':
      return list
        .slice(-80)
        .filter(message => message.status === 'sent' && !message.deletedAt && message.senderId === me && me);
    case 'retry':
      return list.filter(message => message.status === 'failed');
    default: {
      const waiting = list.filter(message => message.status !== 'sent');
      // Those of another tab, where there are some: every tab may act on what waits.
      const others = waiting.filter(message => !own.has(message.id));
      return others.length > 0 ? others : waiting;
    }
  }
}

function run(order: Order): Begun {
  const {n, kind, chat, pick} = order;
  const handle = handles[chat] as ChatHandle;
  const at = now();
  if (kind === 'send') {
    const before = new Set(handle.messages.current.map(message => message.id));
    const done = handle.send(order.body);
    // It is in the list at once; its id is nowhere else until it is kept.
    const id = handle.messages.current.findLast(message => !before.has(message.id))?.id ?? null;
    if (id) own.add(id);
    settle(n, done);
    return {n, at, id, body: order.body};
  }
  const list = choices(handle, kind);
  const message = list[Math.floor(pick * list.length)];
  if (!message) return {n, at, id: null, body: ''};
  const {id} = message;
  const body = kind === 'edit' || kind === 'amend' ? `#${tokenOf(message.body) ?? 0} ${order.body}` : '';
  const begun = {n, at, id, body};
  // Before it is done: a tab that dies in the midst of it has told what it did it to.
  void window.chaosTell(life, [{kind: 'begun', begun: [begun]}]);
  switch (kind) {
    case 'edit':
    case 'amend':
      settle(n, handle.edit(id, body));
      break;
    case 'remove':
      settle(n, handle.remove(id));
      break;
    case 'retry':
      settle(n, handle.retry(id));
      break;
    case 'discard':
      settle(
        n,
        handle.discard(id).then(() => watches[chat]?.discarded(id)),
      );
      break;
  }
  return begun;
}

function settle(n: number, done: Promise<unknown>): void {
  pending++;
  const end = (code: string | null, reason: string) => {
    pending--;
    tell({kind: 'settled', n, at: now(), code, reason});
  };
  done.then(
    () => end(null, ''),
    (thrown: unknown) => {
      const error = TrunkError.from(thrown);
      end(error.code, `${error.message}${error.cause === undefined ? '' : ` (${String(error.cause)})`}`);
    },
  );
}

window.chaos = {
  run(orders) {
    const begun = orders.map(run);
    // Said twice: whoever asked may have stopped listening.
    tell({kind: 'begun', begun});
    return begun;
  },
  pulse() {
    const waiting = handles.flatMap(handle => handle.messages.current.filter(message => message.status !== 'sent'));
    return {
      ready: isReady(),
      pending,
      waiting: waiting.filter(message => message.status !== 'failed').length,
      failed: waiting.filter(message => message.status === 'failed').map(message => message.id),
      cursors: handles.map(handle => handle.cursor),
      state: `${client.status.current.state} ${client.status.current.reason} ${client.problem.current?.message ?? ''}`,
    };
  },
  async leads() {
    const own = `who ${life}`;
    const {held = []} = await navigator.locks.request(own, () => navigator.locks.query());
    const id = held.find(({name}) => name === own)?.clientId;
    return held.some(({name, clientId}) => name?.startsWith('trunk:socket:') && clientId === id);
  },
  canStore() {
    return new Promise(answer => {
      setTimeout(answer, STORE_MS, false);
      const opening = indexedDB.open('trunkline');
      opening.addEventListener('success', () => {
        const database = opening.result;
        database.transaction([...database.objectStoreNames], 'readwrite').addEventListener('complete', () => {
          database.close();
          answer(true);
        });
      });
    });
  },
  async loadAll() {
    for (const handle of handles) {
      for (;;) {
        const state = handle.state.current;
        if (state.phase !== 'ready' || !state.hasOlder) break;
        await handle.loadOlder();
      }
    }
  },
  view(chat) {
    const handle = handles[chat] as ChatHandle;
    const state = handle.state.current;
    const rows = handle.messages.current.map((message): Shown => {
      const stored = message.status === 'sent' ? message : null;
      const deleted = (stored?.deletedAt ?? null) !== null;
      return {id: message.id, seq: stored?.seq ?? null, body: message.body, deleted, status: message.status};
    });
    return {complete: state.phase === 'ready' && !state.hasOlder, rows};
  },
};

if (read('thread') !== '') {
  const chat = Number(read('thread'));
  watchThread(read('chats').split(',')[chat] ?? '', finding =>
    tell({kind: 'sighting', sighting: {at: now(), chat, where: 'thread', ...finding}}),
  );
}
