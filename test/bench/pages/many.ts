// A tab that holds many chats open, and tells which messages each shows.
import type {ChatHandle} from '../../../src/client/chat-handle.js';
import {connect} from '../../../src/client/connect.js';
import type {PresenceHandle} from '../../../src/client/presence-handle.js';
import {asked} from './tab.js';

const client = connect({url: asked.url, key: asked.key, userName: 'Ada'});
const handles = new Map<string, ChatHandle>();
const scopes: PresenceHandle[] = [];
/** When each message came into its chat, by its text, in ms since 1970. */
const arrivals = new Map<string, number>();

let overAt: number | null = null;
client.status.subscribe(({reason}) => {
  if (reason === 'signed-out') queueMicrotask(() => void (isBare() && (overAt ??= Date.now())));
});
/** Nothing of the person is left here: no message, no name, nobody present, and not themselves. */
const isBare = () =>
  client.me.current === null &&
  client.people.current.size === 0 &&
  scopes.every(scope => scope.current.size === 0) &&
  [...handles.values()].every(({messages}) => messages.current.length === 0);

const many = {
  ready: () => client.status.current.state === 'connected',

  open(chats: readonly string[]): void {
    for (const chat of chats) {
      const handle = client.chat(chat);
      handles.set(chat, handle);
      handle.messages.subscribe(messages => {
        for (const {body} of messages) if (!arrivals.has(body)) arrivals.set(body, Date.now());
      });
    }
  },

  /** How many chats are open, as the database has them. */
  opened: () => [...handles.values()].filter(({state: {current}}) => current.phase === 'ready' && current.fresh).length,

  /** How many messages are shown, over all chats. */
  shown: () => [...handles.values()].reduce((sum, {messages}) => sum + messages.current.length, 0),

  /** The texts that each chat shows, in its order. */
  texts: (): [string, string[]][] =>
    [...handles].map(([chat, {messages}]) => [chat, messages.current.map(({body}) => body)]),

  arrivals: () => [...arrivals],

  /** Follows who is here, as a list of people would. */
  people: () => void scopes.push(client.presence()),

  /** Signs the person out. Resolves with when that was asked, in ms since 1970. */
  async signOut(): Promise<number> {
    const at = Date.now();
    await client.signOut('discard');
    return at;
  },

  /** When this tab stopped to show anything of the person, in ms since 1970; null while it shows something. */
  over: () => overAt,

  /** Whether this browser keeps anything for the site that holds `trace`. */
  async keeps(trace: string): Promise<boolean> {
    const answer = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error as Error);
      });
    const database = await answer(indexedDB.open('trunkline'));
    const kept: unknown[] = [{...localStorage}, {...sessionStorage}];
    for (const name of database.objectStoreNames) {
      const store = database.transaction(name).objectStore(name);
      kept.push(await answer(store.getAllKeys()), await answer(store.getAll()));
    }
    database.close();
    return JSON.stringify(kept).includes(trace);
  },

  userId: () => client.me.current?.userId ?? '',

  /** What a page says when it is seen again. */
  wake: () => client.poke('visible'),

  /** Brings a chat to the front. Resolves with when, in ms since 1970. */
  look(chat: string): number {
    client.setCurrentChat(chat);
    return Date.now();
  },

  /** Looks at a chat and writes into it as soon as it is open. Resolves with the ms until it is, and until the message is stored. */
  async use(chat: string, text: string): Promise<{opened: number; stored: number}> {
    const start = performance.now();
    client.setCurrentChat(chat);
    const handle = handles.get(chat) as ChatHandle;
    await new Promise<void>(resolve => handle.state.subscribe(({phase}) => phase === 'ready' && resolve()));
    const opened = performance.now() - start;
    await handle.send(text);
    await new Promise<void>(resolve => {
      handle.messages.subscribe(messages => {
        if (messages.some(({body, status}) => body === text && status === 'sent')) resolve();
      });
    });
    return {opened, stored: performance.now() - start};
  },
};

export type Many = typeof many;

declare global {
  interface Window {
    many: Many;
  }
}

window.many = many;
