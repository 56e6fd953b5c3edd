// The page without realtime: it reads the history once.
import {asked, channelLive, historyShown, show, type Shown} from './tab.js';

const {url, key, token, chat} = asked;
const response = await fetch(`${url}/rest/v1/messages?select=id,body&chat_id=eq.${chat}&order=seq.desc&limit=50`, {
  headers: {apikey: key, authorization: `Bearer ${token}`},
});
for (const message of ((await response.json()) as Shown[]).reverse()) show(message);
historyShown();
channelLive();
