// A chat with its whole history to read: Trunkline's thread, or a list that shows every message as a row, filled by supabase-js.
import {createClient} from '@supabase/supabase-js';

export interface ThreadPage {
  /** ms from navigation until the newest message is painted; null while it isn't. */
  paintedMs(): number | null;
  nodes(): number;
  /** Whether the page shows a message with this text. */
  shows(text: string): boolean;
  /** Scrolls up until older messages were put in, and answers by how many px what was in sight has moved; null when there is nothing. */
  prepend(): Promise<number | null>;
}

declare global {
  interface Window {
    thread: ThreadPage;
  }
}

const query = new URLSearchParams(location.search);
const [url, key, chat] = ['url', 'key', 'chat'].map(name => query.get(name) ?? '') as [string, string, string];
/** Text of the newest message. */
const newest = query.get('newest') ?? '';
let painted: number | null = null;

const frame = () => new Promise(requestAnimationFrame);

/** Looks at every frame. */
async function untilPainted(shows: () => boolean): Promise<void> {
  while (!shows()) await frame();
  await frame();
  painted = performance.now();
}

function countNodes(root: Node): number {
  let count = 0;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ALL);
  for (let node: Node | null = walker.currentNode; node; node = walker.nextNode()) {
    count++;
    if (node instanceof Element && node.shadowRoot) count += countNodes(node.shadowRoot);
  }
  return count;
}

if (query.has('plain')) {
  const list = document.body.appendChild(document.createElement('ul'));
  const append = (body: string) => {
    const row = document.createElement('li');
    row.textContent = body;
    list.append(row);
  };
  const supabase = createClient(url, key, {auth: {persistSession: false}});
  await supabase.auth.signInAnonymously();
  const opened = await supabase.rpc('open_chat', {chat, make: true}).single<{id: string}>();
  const id = opened.data?.id ?? '';
  for (let from = 0; ; from += 1_000) {
    const page = supabase.from('messages').select('body').eq('chat_id', id).order('seq');
    const {data} = await page.range(from, from + 999);
    for (const {body} of data ?? []) append(String(body));
    if ((data?.length ?? 0) < 1_000) break;
  }
  list.scrollTop = list.scrollHeight;
  supabase
    .channel(`chat:${id}`, {config: {private: true}})
    .on('broadcast', {event: 'change'}, ({payload}) => {
      append(String(payload.message.body));
      list.scrollTop = list.scrollHeight;
    })
    .subscribe();
  const shows = (text: string) => list.lastElementChild?.textContent === text;
  window.thread = {paintedMs: () => painted, nodes: () => countNodes(document), shows, prepend: async () => null};
  await untilPainted(() => shows(newest));
} else {
  await import('../../../components/define.js');
  const provider = document.createElement('trunk-provider');
  provider.setAttribute('url', url);
  provider.setAttribute('key', key);
  const thread = document.createElement('trunk-chat-thread');
  thread.chat = chat;
  provider.append(thread);
  document.body.append(provider);
  const rows = () => [...(thread.shadowRoot?.querySelectorAll('[part~=body]') ?? [])];
  const shows = (text: string) => rows().some(row => row.textContent === text);
  window.thread = {
    paintedMs: () => painted,
    nodes: () => countNodes(document),
    shows,
    async prepend() {
      const log = thread.shadowRoot?.querySelector<HTMLElement>('[part~=log]');
      const first = rows()[0]?.textContent;
      if (!log || first === undefined) return null;
      log.scrollTop = 0;
      await frame();
      const seen = rows().find(row => row.getBoundingClientRect().top >= log.getBoundingClientRect().top);
      const before = seen?.getBoundingClientRect().top ?? 0;
      for (let n = 0; n < 300 && rows()[0]?.textContent === first; n++) await frame();
      if (rows()[0]?.textContent === first || !seen?.isConnected) return null;
      await frame();
      return Math.abs(seen.getBoundingClientRect().top - before);
    },
  };
  await untilPainted(() => shows(newest));
}
