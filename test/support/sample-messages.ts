// People and messages for tests, as the database has them.
import type {Chat, ChatSummary, Person, StoredMessage} from '../../src/wire/chat.js';

export const ada: Person = {userId: 'ada-id', name: 'Ada Lovelace', avatarUrl: null};
export const grace: Person = {userId: 'grace-id', name: 'Grace Hopper', avatarUrl: null};

let made = 0;

/** A message as the database has it; `seq` also gives revision, id and time unless they are said. */
export function storedMessage(change: Partial<StoredMessage> = {}): StoredMessage {
  const seq = change.seq ?? ++made;
  return {
    id: `message-${seq}-${++made}`,
    chatId: 'lobby-id',
    body: `Message ${seq}`,
    replyTo: null,
    attachments: [],
    sentAt: null,
    status: 'sent',
    senderId: grace.userId,
    seq,
    rev: seq,
    createdAt: new Date(Date.UTC(2026, 10, 22, 12, 0, seq)).toISOString(),
    editedAt: null,
    deletedAt: null,
    ...change,
  };
}

export interface SummaryOptions extends Partial<Omit<ChatSummary, 'chat' | 'last'>>, Partial<Chat> {
  /** Place and revision of the last message; 0: nobody spoke. */
  seq?: number;
  last?: Partial<StoredMessage>;
}

/** A chat as a list shows it. */
export function chatSummary(options: SummaryOptions = {}): ChatSummary {
  const {id = 'lobby-id', slug = null, title = '', kind = 'room', seq = 1, last: change, ...rest} = options;
  const last = seq === 0 ? null : storedMessage({seq, chatId: id, ...change});
  const activeAt = last?.createdAt ?? '2026-11-01T12:00:00Z';
  return {chat: {id, slug, title, kind}, rev: seq, last, unread: 0, lastReadRev: 0, activeAt, otherId: null, ...rest};
}

/** `count` messages of alternating people and heights, oldest first. */
export function conversation(count: number, change: Partial<StoredMessage> = {}): StoredMessage[] {
  return Array.from({length: count}, (_, i) => {
    const seq = i + 1;
    const senderId = Math.floor(i / 3) % 2 === 0 ? grace.userId : ada.userId;
    const body = `Message ${seq}. ${'Some more words to make rows of different heights. '.repeat((i * 7) % 5)}`.trim();
    return storedMessage({seq, senderId, body, ...change});
  });
}
