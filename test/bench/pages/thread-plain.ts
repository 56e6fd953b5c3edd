// A chat with its whole history to read, as a list that shows every message as a row, filled by supabase-js.
import {createClient} from '@supabase/supabase-js';
import {asked, offer} from './thread-page.js';

const {url, key, chat} = asked;
const list = document.body.appendChild(document.createElement('ul'));
const append = (body: string) => {
  const row = document.createElement('li');
  row.textContent = body;
  list.append(row);
};
offer(
  text => list.lastElementChild?.textContent === text,
  async () => null,
);

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
