// The floor: a bare WebSocket's messages as text in the document.
import {asked, channelLive, historyShown, show, type Shown} from './tab.js';

const socket = new WebSocket(asked.url);
socket.addEventListener('open', () => {
  historyShown();
  channelLive();
});
socket.addEventListener('message', ({data}) => show(JSON.parse(String(data)) as Shown));
