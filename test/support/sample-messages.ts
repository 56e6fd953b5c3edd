// People and messages for tests, as the database has them.
import type {Person, StoredMessage} from '../../src/wire/chat.js';

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

/** `count` messages of alternating people and heights, oldest first. */
export function conversation(count: number, change: Partial<StoredMessage> = {}): StoredMessage[] {
  return Array.from({length: count}, (_, i) => {
    const seq = i + 1;
    const senderId = Math.floor(i / 3) % 2 === 0 ? grace.userId : ada.userId;
    const body = `Message ${seq}. ${'Some more words to make rows of different heights. '.repeat((i * 7) % 5)}`.trim();
    return storedMessage({seq, senderId, body, ...change});
  });
}
