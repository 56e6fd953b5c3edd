// The demo page: signs somebody in, shows the connection, who is there, and a room.
import {html, nothing, render} from 'lit';
import type {TrunkChatSelectEvent} from '../components/chat-list.js';
import '../components/define.js';
import {readOptions} from './page-options.js';
import './people.js';
import {showUpdates} from './update-bar.js';

/** Built by vite.config.ts beside the pages; the development server has none. */
const serviceWorkerUrl = import.meta.env.MODE === 'site' ? 'trunkline-sw.js' : nothing;

const {user, chat, url, key, host, compact} = await readOptions(location.search);
const call = document.querySelector<HTMLElement>('#call');
const ask = document.querySelector<HTMLElement>('#ask');
const bar = document.querySelector<HTMLElement>('#update');

/** Rooms to look into; any other comes from the address. */
const ROOMS = ['lobby', 'engine-room', 'garden'];

function addressOf(room: string): string {
  const query = new URLSearchParams(location.search);
  query.set('chat', room);
  return `?${query}`;
}

/** On a desk the list is there; on a phone it opens over the room and goes when one was chosen. */
const isWide = matchMedia('(min-width: 800px)').matches;

/** Another chat in the same page: the address follows, so that a reload is where it was. */
function choose({chat: {id, slug, title}}: TrunkChatSelectEvent): void {
  const thread = document.querySelector('trunk-chat-thread');
  const heading = document.querySelector('.panel h1');
  if (thread) thread.chat = slug ?? id;
  if (heading) heading.textContent = title || slug || id;
  history.replaceState(null, '', addressOf(slug ?? id));
  const chats = document.querySelector<HTMLDetailsElement>('.chats');
  if (chats && !isWide) chats.open = false;
}

document.body.classList.toggle('compact', compact);
if (user && call) {
  document.title = `${user} in ${chat} · Trunkline`;
  call.hidden = false;
  render(
    html`
      <trunk-provider url=${url} key=${key} user-name=${user} host=${host} service-worker-url=${serviceWorkerUrl}>
        <section class="panel">
          <h1>${chat}</h1>
          <trunk-connection-status detail></trunk-connection-status>
          <p class="who">You are ${user}.</p>
          <h2>On the line</h2>
          <trunk-presence-stack max=${compact ? 3 : 5} size=${compact ? 26 : 32}></trunk-presence-stack>
          ${
            compact
              ? nothing
              : html`<demo-people></demo-people>
                  <details class="chats" ?open=${isWide}>
                    <summary>Chats <span class="unread"></span></summary>
                    <div>
                      <trunk-chat-list
                        title-badge
                        notifications
                        selected=${chat}
                        @trunk-chat-select=${choose}
                      ></trunk-chat-list>
                      <p class="rooms" hidden>
                        More rooms: ${ROOMS.map(room => html`<a href=${addressOf(room)}>${room}</a> `)}
                      </p>
                    </div>
                  </details>`
          }
        </section>
        <trunk-chat-thread chat=${chat} make></trunk-chat-thread>
        ${compact ? nothing : html`<trunk-monitor></trunk-monitor>`}
      </trunk-provider>
    `,
    call,
  );
  const provider = call.querySelector('trunk-provider');
  await provider?.updateComplete;
  const client = provider?.client;
  if (client && !compact) {
    const more = call.querySelector<HTMLElement>('.rooms');
    const unread = call.querySelector('.unread');
    // Only those that are not in the list already.
    client.chats.chats.subscribe(chats => {
      const links = [...(more?.querySelectorAll('a') ?? [])];
      for (const link of links) link.hidden = chats.some(({chat: {slug}}) => slug === link.textContent);
      if (more) more.hidden = chats.length === 0 || links.every(({hidden}) => hidden);
    });
    client.chats.unread.subscribe(count => {
      if (unread) unread.textContent = count > 0 ? `· ${count} unread` : '';
    });
  }
  // The page around the frames says it once for all of them.
  if (client && bar && !compact) showUpdates(bar, client.update);
} else if (ask) {
  ask.hidden = false;
  const room = ask.querySelector<HTMLInputElement>('[name=chat]');
  if (room) room.value = chat;
}
