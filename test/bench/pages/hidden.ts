// A tab that stays open and is not looked at: with Trunkline, or with supabase-js as a usual page has it.
import {createClient} from '@supabase/supabase-js';
import {connect} from '../../../src/client/connect.js';

const query = new URLSearchParams(location.search);
const [url, key] = [query.get('url') ?? '', query.get('key') ?? ''];
if (query.has('plain')) {
  const supabase = createClient(url, key);
  supabase.channel('hidden').subscribe(status => (document.title = `plain ${status}`));
} else {
  const client = connect({url, key, userName: 'Ada'});
  client.chat('hidden', {make: true});
  client.status.subscribe(({state}) => (document.title = `trunkline ${state}`));
}
