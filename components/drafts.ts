// What a person has typed and not sent, by person and chat. A thread that is taken away and made anew finds its text again, and so
// does the thread after a reload of the tab: sessionStorage is the tab's own and ends with it.
import type {HubClient} from '../src/client/hub-client.js';

const drafts = new WeakMap<HubClient, Map<string, string>>();

/** Puts a text aside until `takeDraft`. */
export function keepDraft(client: HubClient | null, chat: string, text: string): void {
  if (!client || !chat || !text) return;
  const chats = drafts.get(client) ?? new Map<string, string>();
  drafts.set(client, chats.set(chat, text));
  withStorage(storage => storage.setItem(keyOf(client.me.current?.userId, chat), text));
}

/** The text put aside, which is then forgotten; empty when there is none. Ask again once the client knows who the person is. */
export function takeDraft(client: HubClient | null, chat: string): string {
  if (!client || !chat) return '';
  const chats = drafts.get(client);
  let text = chats?.get(chat) ?? '';
  chats?.delete(chat);
  // What was typed before anybody was signed in is nobody else's: no other tab can see it.
  for (const owner of [client.me.current?.userId, undefined]) {
    withStorage(storage => {
      text ||= storage.getItem(keyOf(owner, chat)) ?? '';
      storage.removeItem(keyOf(owner, chat));
    });
  }
  return text;
}

function keyOf(userId: string | undefined, chat: string): string {
  return `trunk-draft:${userId ?? ''}:${chat}`;
}

/** Where the browser refuses storage, a draft lives as long as the page. */
function withStorage(act: (storage: Storage) => void): void {
  try {
    act(sessionStorage);
  } catch {}
}
