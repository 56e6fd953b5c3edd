// A chat as a good developer writes it with supabase-js: the newest messages as bare rows, the ones before them when somebody scrolls up,
// what comes at the end, where a reader who is at the end stays.
import {createClient} from '@supabase/supabase-js';
import {asked, frame, offer} from './thread-page.js';

interface Message {
  id: string;
  body: string;
  seq: number;
}

const PAGE = 50;
const {url, key, chat} = asked;
const list = document.body.appendChild(document.createElement('ul'));
offer({log: () => list, rows: () => [...list.children]});

const known = new Set<string>();
let oldest = Infinity;
let newest = 0;

/** Rows of the messages that are not shown yet, oldest first. */
function rowsOf(messages: Message[]): Element[] {
  const fresh = messages.filter(({id}) => !known.has(id));
  for (const {id, seq} of fresh) {
    known.add(id);
    oldest = Math.min(oldest, seq);
    newest = Math.max(newest, seq);
  }
  return fresh.map(({body}) => Object.assign(document.createElement('li'), {textContent: body}));
}

let isToEnd = true;
let isScrolling = false;
function append(messages: Message[]): void {
  list.append(...rowsOf(messages));
  if (!isToEnd || isScrolling) return;
  isScrolling = true;
  void frame().then(() => {
    isScrolling = false;
    list.scrollTop = list.scrollHeight;
  });
}

const supabase = createClient(url, key, {auth: {persistSession: false}});
await supabase.auth.signInAnonymously();
const opened = await supabase.rpc('open_chat', {chat, make: true}).single<{id: string}>();
const id = opened.data?.id ?? '';
const messages = () => supabase.from('messages').select('id, body, seq').eq('chat_id', id);

let isReading = false;
list.addEventListener('scroll', () => {
  isToEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 10;
  if (list.scrollTop < 200 && known.size > 0 && !isReading) void prepend();
});

async function prepend(): Promise<void> {
  isReading = true;
  const {data} = await messages().lt('seq', oldest).order('seq', {ascending: false}).limit(PAGE);
  const before = list.scrollHeight - list.scrollTop;
  list.prepend(...rowsOf((data ?? []).reverse()));
  list.scrollTop = list.scrollHeight - before;
  isReading = false;
}

const {data} = await messages().order('seq', {ascending: false}).limit(PAGE);
append((data ?? []).reverse());
supabase
  .channel(`chat:${id}`, {config: {private: true}})
  .on('broadcast', {event: 'change'}, ({payload}) => {
    if (payload.op === 'insert') append([payload.message as Message]);
  })
  .subscribe(async status => {
    if (status !== 'SUBSCRIBED') return;
    // What came between the reading and the joining.
    const {data} = await messages().gt('seq', newest).order('seq');
    append(data ?? []);
  });
