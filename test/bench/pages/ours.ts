// The same page with Trunkline's client.
import {connect} from '../../../src/client/connect.js';
import {asked, channelLive, historyShown, isShown, show, signedIn} from './tab.js';

const client = connect({url: asked.url, key: asked.key});
const chat = client.chat(asked.chat, {make: true});
client.me.subscribe(me => me && signedIn(me.userId));

chat.messages.subscribe(messages => {
  // New ones are at the end.
  let from = messages.length;
  for (let message = messages[from - 1]; message && !isShown(message.id); message = messages[from - 1]) from--;
  for (const message of messages.slice(from)) if (message.status === 'sent') show(message);
});
chat.state.subscribe(state => {
  if (state.phase !== 'ready') return;
  historyShown();
  if (state.fresh) whenConnected();
});

function whenConnected(): void {
  client.status.subscribe(({state}) => state === 'connected' && channelLive());
}

client.presence('global').people.subscribe(people => {
  document.title = `${people.size} here`;
});
