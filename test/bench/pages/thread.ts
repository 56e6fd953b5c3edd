// A chat with its whole history to read, in Trunkline's thread.
import '../../../components/define.js';
import {asked, frame, offer} from './thread-page.js';

const provider = document.createElement('trunk-provider');
provider.setAttribute('url', asked.url);
provider.setAttribute('key', asked.key);
const thread = document.createElement('trunk-chat-thread');
thread.chat = asked.chat;
provider.append(thread);
document.body.append(provider);

const rows = () => [...(thread.shadowRoot?.querySelectorAll('[part~=body]') ?? [])];

async function prepend(): Promise<number | null> {
  const log = thread.shadowRoot?.querySelector<HTMLElement>('[part~=log]');
  const first = rows()[0]?.textContent;
  if (!log || first === undefined) return null;
  log.scrollTop = 0;
  await frame();
  const seen = rows().find(row => row.getBoundingClientRect().top >= log.getBoundingClientRect().top);
  const before = seen?.getBoundingClientRect().top ?? 0;
  for (let n = 0; n < 300 && rows()[0]?.textContent === first; n++) await frame();
  if (rows()[0]?.textContent === first || !seen?.isConnected) return null;
  await frame();
  return Math.abs(seen.getBoundingClientRect().top - before);
}

offer(text => rows().some(row => row.textContent === text), prepend);
