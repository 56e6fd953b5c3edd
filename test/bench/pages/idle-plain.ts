// The same page with supabase-js.
import {createClient} from '@supabase/supabase-js';
import {countDrawn} from './renders.js';
import {asked} from './tab.js';

countDrawn();

const supabase = createClient(asked.url, asked.key);
const {data} = await supabase.auth.signInAnonymously();
const userId = data.user?.id ?? '';
const opened = await supabase.rpc('open_chat', {chat: 'idle', make: true}).single<{id: string}>();
let joined = 0;
supabase
  .channel(`chat:${opened.data?.id}`, {config: {private: true}})
  .on('broadcast', {event: 'change'}, () => {})
  .subscribe(status => status === 'SUBSCRIBED' && joined++);
const presence = supabase.channel('presence:global', {config: {private: true, presence: {key: userId}}});
presence
  .on('presence', {event: 'sync'}, () => {
    document.title = `${Object.keys(presence.presenceState()).length} here`;
  })
  .subscribe(status => {
    if (status !== 'SUBSCRIBED') return;
    joined++;
    void presence.track({userId, status: 'online'});
  });
window.people = () => (joined >= 2 ? 1 : 0);
