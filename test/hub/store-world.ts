// What the tests of the stores share.
import type {OutboxEntry, RememberedChat, Store} from '../../src/hub/environment.js';

export const draft = (id: string, owner = 'ada'): Omit<OutboxEntry, 'order'> => ({
  owner,
  message: {id, chatId: 'c', body: id, replyTo: null, attachments: [], sentAt: ''},
  status: 'queued',
  error: null,
  attempts: 0,
  userId: 'ada',
  acceptedAt: 1,
  was: [],
});

export const remembered = (cursor: number): RememberedChat => ({
  chat: {id: 'c', slug: null, title: '', kind: 'room'},
  messages: [],
  hasOlder: false,
  cursor,
  people: [],
  keptAt: cursor,
});

export async function add(store: Store, id: string, owner?: string): Promise<OutboxEntry> {
  const [entry] = await store.addEntries([draft(id, owner)]);
  return entry as OutboxEntry;
}
