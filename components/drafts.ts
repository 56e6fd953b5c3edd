// What a person has typed and not sent, by client and chat, for as long as the page lives. A thread that is taken away and made
// anew finds its text again.
import type {HubClient} from '../src/client/hub-client.js';

const drafts = new WeakMap<HubClient, Map<string, string>>();

export function keepDraft(client: HubClient | null, chat: string, text: string): void {
  if (!client || !chat) return;
  const chats = drafts.get(client) ?? new Map<string, string>();
  drafts.set(client, chats);
  if (text) chats.set(chat, text);
  else chats.delete(chat);
}

export function takeDraft(client: HubClient | null, chat: string): string {
  return (client && drafts.get(client)?.get(chat)) ?? '';
}
