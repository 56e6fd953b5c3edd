// Everybody present as a row each, as it is usually written with supabase-js: at every sync the whole state is read and what differs in a
// row is written.
import {createClient} from '@supabase/supabase-js';
import {countDrawn, countRender} from './renders.js';
import {asked} from './tab.js';

const drawn = countDrawn();

const supabase = createClient(asked.url, asked.key);
const {data} = await supabase.auth.signInAnonymously();
const userId = data.user?.id ?? '';
const rows = new Map<string, HTMLElement>();
const channel = supabase.channel('presence:global', {config: {private: true, presence: {key: userId}}});
channel
  .on('presence', {event: 'sync'}, () => {
    const state = channel.presenceState<{status: string; lastSeen: number}>();
    for (const [id, [person]] of Object.entries(state)) {
      let row = rows.get(id);
      if (!row) {
        row = document.createElement('div');
        rows.set(id, row);
        document.body.append(row);
      }
      const text = `${id}, ${person?.status}, ${person?.lastSeen}`;
      if (row.textContent === text) continue;
      row.textContent = text;
      countRender(drawn);
    }
  })
  .subscribe(status => {
    if (status === 'SUBSCRIBED') void channel.track({userId, status: 'online', lastSeen: Date.now()});
  });
window.people = () => rows.size;
