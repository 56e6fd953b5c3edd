// A chat page as a good developer writes it with supabase-js: it signs in, reads the history at once, joins the chat and the presence, and
// once it is joined reads what is newer than what it has, so that nothing falls between the two.
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

/** The newest message that is known; null before the history is read. */
let last: number | null = null;
function take(message: Shown & {seq: number}): void {
  last = Math.max(last ?? 0, message.seq);
  show(message);
}

/** The last messages, or all that are newer than the newest known. */
async function read(): Promise<void> {
  const query = supabase.from('messages').select('id, body, seq').eq('chat_id', chatId);
  const {data, error} = await (last === null
    ? query.order('seq', {ascending: false}).limit(50)
    : query.gt('seq', last).order('seq', {ascending: false}));
  if (error) throw error;
  // Even where the chat is empty: whatever comes is newer.
  last ??= 0;
  for (const message of data.reverse()) take(message);
  historyShown();
}

void read();
let wasJoined = false;
supabase
  .channel(`chat:${chatId}`, {config: {private: true}})
  .on('broadcast', {event: 'change'}, ({payload}) => {
    if (payload.op === 'insert') take(payload.message as Shown & {seq: number});
  })
  .subscribe(status => {
    if (status !== 'SUBSCRIBED') return;
    if (!wasJoined || asked.refetch) void read();
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
