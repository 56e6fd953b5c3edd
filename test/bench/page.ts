// The page under the benches: does a piece of work the way of Trunkline or the way a usual page does it with supabase-js, and says how
// long it took. The bench drives it from outside.
import {createClient, type SupabaseClient} from '@supabase/supabase-js';
import '../../components/define.js';
import type {TrunkChatThread} from '../../components/chat-thread.js';
import type {TrunkProvider} from '../../components/provider.js';
import type {ChatHandle} from '../../src/client/chat-handle.js';
import type {HubClient} from '../../src/client/hub-client.js';

export interface Project {
  url: string;
  key: string;
  user: string;
  chat: string;
}

let client: HubClient;
let handle: ChatHandle;
let plain: SupabaseClient;
let plainChat = '';
const list = document.createElement('ul');
const continuity: string[] = [];

const bench = {
  /** Connects with Trunkline and shows the chat in a thread. Resolves with the chat's id once it is open and connected. */
  async open({url, key, user, chat}: Project, host: string): Promise<string> {
    const provider = document.createElement('trunk-provider') as TrunkProvider;
    Object.entries({url, key, host, 'user-name': user}).forEach(([name, value]) => provider.setAttribute(name, value));
    const thread = document.createElement('trunk-chat-thread') as TrunkChatThread;
    thread.setAttribute('chat', chat);
    thread.setAttribute('make', '');
    thread.style.height = '600px';
    provider.append(thread);
    document.body.append(provider);
    await provider.updateComplete;
    if (!provider.client) throw new Error('The provider has no client.');
    client = provider.client;
    handle = client.chat(chat, {make: true});
    handle.continuity.subscribe(notice => notice && continuity.push(`${notice.what} ${notice.count}`));
    await until(() => client.status.current.state === 'connected' && handle.state.current.phase === 'ready');
    const state = handle.state.current;
    return state.phase === 'ready' ? state.chat.id : '';
  },

  stored: () => storedCount(),

  continuity: () => continuity,

  storage: () => client.status.current.storage,

  /** Tells the hub that the network is back. Resolves with the ms until so many stored messages are in the list, none waiting. */
  async back(count: number): Promise<number> {
    const start = performance.now();
    dispatchEvent(new Event('online'));
    await until(() => storedCount() >= count && handle.messages.current.length === storedCount());
    return performance.now() - start;
  },

  async untilDown(): Promise<void> {
    await until(() => client.status.current.state !== 'connected');
  },

  /** Writes so many messages at once. Resolves with the ms until all are kept. */
  async write(count: number, text: string): Promise<number> {
    const start = performance.now();
    await Promise.all(Array.from({length: count}, (_, n) => handle.send(`${text} ${n}`)));
    return performance.now() - start;
  },

  /** Writes one message. Resolves with the ms until its bubble is in the thread, and until it is kept. */
  async sendOne(text: string): Promise<{shown: number; kept: number}> {
    const root = document.querySelector('trunk-chat-thread')?.shadowRoot as ShadowRoot;
    const start = performance.now();
    const shown = new Promise<number>(resolve => {
      // Looks at what was added only: reading the whole thread at every change would be part of the time.
      const observer = new MutationObserver(changes => {
        const added = changes.flatMap(({addedNodes}) => [...addedNodes]);
        if (!added.some(node => node.textContent?.includes(text))) return;
        observer.disconnect();
        resolve(performance.now() - start);
      });
      observer.observe(root, {subtree: true, childList: true, characterData: true});
    });
    await handle.send(text);
    const kept = performance.now() - start;
    return {shown: await shown, kept};
  },

  /** Signs in with supabase-js as a usual page does. */
  async openPlain({url, key, chat}: Project): Promise<void> {
    plain = createClient(url, key, {auth: {persistSession: false}});
    await plain.auth.signInAnonymously();
    const {data} = await plain.rpc('open_chat', {chat, make: true}).single<{id: string}>();
    plainChat = data?.id ?? '';
    document.body.append(list);
  },

  /** Reads the rows after `rev` with supabase-js, page by page. Resolves with the ms. */
  async readPlain(rev: number, count: number): Promise<number> {
    const start = performance.now();
    let read = 0;
    for (let from = rev; read < count;) {
      const query = plain
        .from('messages')
        .select('*')
        .eq('chat_id', plainChat)
        .gt('rev', from)
        .order('rev')
        .limit(1_000);
      const {data, error} = await query;
      if (error || !data?.length) throw new Error(error?.message ?? 'no rows');
      read += data.length;
      from = data.at(-1).rev;
    }
    return performance.now() - start;
  },

  /** Inserts so many messages with supabase-js, so many a request, each request after the one before. Resolves with the ms. */
  async writePlain(count: number, aRequest: number): Promise<number> {
    const start = performance.now();
    for (let n = 0; n < count; n += aRequest) {
      const rows = Array.from({length: Math.min(aRequest, count - n)}, (_, more) => ({
        ...{id: crypto.randomUUID(), chat_id: plainChat, body: `plain ${n + more}`},
      }));
      const {error} = await plain.from('messages').insert(rows);
      if (error) throw new Error(error.message);
    }
    return performance.now() - start;
  },

  /** Inserts one message with supabase-js and shows it when the answer is there. Resolves with the ms. */
  async sendOnePlain(text: string): Promise<number> {
    const start = performance.now();
    const row = {id: crypto.randomUUID(), chat_id: plainChat, body: text};
    const {data, error} = await plain.from('messages').insert(row).select().single();
    if (error) throw new Error(error.message);
    const item = document.createElement('li');
    item.textContent = String(data.body);
    list.append(item);
    return performance.now() - start;
  },
};

export type Bench = typeof bench;

Object.assign(window, {bench});

function storedCount(): number {
  return handle.messages.current.filter(({status}) => status === 'sent').length;
}

/** Looks with every task of the page. */
async function until(isTrue: () => boolean): Promise<void> {
  const {port1, port2} = new MessageChannel();
  while (!isTrue()) {
    await new Promise(resolve => {
      port1.onmessage = resolve;
      port2.postMessage(null);
    });
  }
}
