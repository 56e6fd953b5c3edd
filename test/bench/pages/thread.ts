// A chat with its whole history to read, in Trunkline's thread.
import '../../../components/define.js';
import {asked, offer} from './thread-page.js';

const provider = document.createElement('trunk-provider');
provider.setAttribute('url', asked.url);
provider.setAttribute('key', asked.key);
const thread = document.createElement('trunk-chat-thread');
thread.chat = asked.chat;
provider.append(thread);
document.body.append(provider);

offer({
  log: () => thread.shadowRoot?.querySelector<HTMLElement>('[part~=log]') ?? null,
  rows: () => [...(thread.shadowRoot?.querySelectorAll('[part~=body]') ?? [])],
});
