// A chat page as it is usually written with supabase-js: it signs in, joins the chat and the presence, and reads the history once it
// is joined, so that nothing falls between the two.
import {createClient} from '@supabase/supabase-js';
import {asked, channelLive, historyShown, show, signedIn, type Shown} from './tab.js';

const supabase = createClient(asked.url, asked.key);
const {data: stored} = await supabase.auth.getSession();
const session = stored.session ?? (await supabase.auth.signInAnonymously()).data.session;
if (!session) throw new Error('The project signs nobody in.');
const userId = session.user.id;
signedIn(userId);
// A member of the room, as everybody in it is.
const opened = await supabase.rpc('open_chat', {chat: asked.chat, make: true}).single<{id: string}>();
if (opened.error) throw opened.error;
const chatId = opened.data.id;

let wasJoined = false;
async function readHistory(): Promise<void> {
  const query = supabase.from('messages').select('id, body').eq('chat_id', chatId);
  const {data, error} = await query.order('seq', {ascending: false}).limit(50);
  if (error) throw error;
  for (const message of (data as Shown[]).reverse()) show(message);
  historyShown();
}

supabase
  .channel(`chat:${chatId}`, {config: {private: true}})
  .on('broadcast', {event: 'change'}, ({payload}) => {
    if (payload.op === 'insert') show(payload.message as Shown);
  })
  .subscribe(status => {
    if (status !== 'SUBSCRIBED') return;
    if (!wasJoined || asked.refetch) void readHistory();
    wasJoined = true;
    channelLive();
  });

const presence = supabase.channel('presence:global', {config: {private: true, presence: {key: userId}}});
presence
  .on('presence', {event: 'sync'}, () => {
    document.title = `${Object.keys(presence.presenceState()).length} here`;
  })
  .subscribe(status => {
    if (status === 'SUBSCRIBED') void presence.track({userId, status: 'online'});
  });
