// The page without realtime: it reads the history once. Asked to, it shows messages of its own making, as if they had come.
import {asked, channelLive, historyShown, show, type Shown} from './tab.js';

declare global {
  interface Window {
    /** Shows so many messages, so many a second, which come from nowhere. */
    draw(count: number, perSecond: number): Promise<void>;
  }
}

window.draw = (count, perSecond) =>
  new Promise(done => {
    const start = performance.now();
    let n = 0;
    // Once a frame, which is the least.
    const draw = () => {
      for (; n < count && n < ((performance.now() - start) * perSecond) / 1000; n++)
        show({id: String(n), body: `#${n} a message of a usual length, about nothing in particular.`});
      if (n < count) requestAnimationFrame(draw);
      else done();
    };
    draw();
  });

const {url, key, token, chat} = asked;
const response = await fetch(`${url}/rest/v1/messages?select=id,body&chat_id=eq.${chat}&order=seq.desc&limit=50`, {
  headers: {apikey: key, authorization: `Bearer ${token}`},
});
for (const message of ((await response.json()) as Shown[]).reverse()) show(message);
historyShown();
channelLive();
