// The demo page: signs somebody in, shows the connection, who is there, and a room.
import {html, render} from 'lit';
import '../components/define.js';
import {readOptions} from './page-options.js';
import './people.js';

const {user, chat, url, key, host, compact} = readOptions(location.search);
const call = document.querySelector<HTMLElement>('#call');
const ask = document.querySelector<HTMLElement>('#ask');

document.body.classList.toggle('compact', compact);
if (user && call) {
  document.title = `${user} in ${chat} · Trunkline`;
  call.hidden = false;
  render(
    html`
      <trunk-provider url=${url} key=${key} user-name=${user} host=${host}>
        <section class="panel">
          <h1>${chat}</h1>
          <trunk-connection-status detail></trunk-connection-status>
          <p class="who">You are ${user}.</p>
          <h2>On the line</h2>
          <demo-people ?compact=${compact}></demo-people>
        </section>
        <trunk-chat-thread chat=${chat} make></trunk-chat-thread>
      </trunk-provider>
    `,
    call,
  );
} else if (ask) {
  ask.hidden = false;
  const room = ask.querySelector<HTMLInputElement>('[name=chat]');
  if (room) room.value = chat;
}
