// Chats, messages and people as tabs see them. Plain data, so that it can cross a port; the rules of a valid message live
// here because both sides check them: the tab before it clears the composer, the hub before it stores.
import {TrunkError, type WireError} from './error.js';

/** The longest message, in characters (code points), as the table's constraint counts them. */
export const MAX_BODY = 4000;

export interface Chat {
  id: string;
  slug: string | null;
  title: string;
  kind: 'direct' | 'group' | 'room';
}

/** A file that a message points to. */
export interface Attachment {
  url: string;
  name: string;
  type: string;
  size: number;
}

/** Unread messages are counted up to here; this many stands for this many or more. */
export const MAX_UNREAD = 100;

/** How far a person has read a chat. */
export interface ReadState {
  /** Messages with a `seq` up to this are read. Only ever rises. */
  lastReadRev: number;
  /** Messages of others after it that are not deleted, at most `MAX_UNREAD`. */
  unread: number;
}

/** A chat as a list shows it. */
export interface ChatSummary extends ReadState {
  chat: Chat;
  /** The revision as of which all of this is true. */
  rev: number;
  /** The newest message, deleted or not: at most 200 characters of its text, and its first attachment. Null: nobody spoke yet. */
  last: StoredMessage | null;
  /** ISO time of the newest message; without one, of this person's joining. Lists are in this order. */
  activeAt: string;
  /** The other person of a `direct` chat. */
  otherId: string | null;
}

interface MessageContent {
  /** UUID, made by the sender's tab. */
  id: string;
  chatId: string;
  body: string;
  replyTo: string | null;
  attachments: readonly Attachment[];
  /** ISO time by the sender's clock; a hint only. */
  sentAt: string | null;
}

/** A message in the database. */
export interface StoredMessage extends MessageContent {
  status: 'sent';
  /** Null once the sender's account is gone. */
  senderId: string | null;
  /** Place in the thread; rises, never changes. */
  seq: number;
  /** Revision of its last change; rises with every change in the chat. */
  rev: number;
  /** ISO time by the server's clock. */
  createdAt: string;
  editedAt: string | null;
  /** Once set, the body is empty. */
  deletedAt: string | null;
}

/** A message that the database does not have yet. */
export interface WaitingMessage extends MessageContent {
  /** `sending`: with the hub, which keeps it, or with the database. `queued`: kept, whatever becomes of the tab, and goes out by itself. */
  status: 'queued' | 'sending' | 'failed';
  senderId: string | null;
  /** Place among the messages that wait, over all chats of this browser. */
  order: number;
  /** Why it failed; set only when `status` is `failed`. */
  error: WireError | null;
}

export type ChatMessage = StoredMessage | WaitingMessage;

/** A message on its way from a tab to the hub. */
export interface OutgoingMessage extends MessageContent {
  sentAt: string;
}

/** Who somebody is, from `profiles`; never from a signal. */
export interface Person {
  userId: string;
  name: string;
  avatarUrl: string | null;
  /** When they were last here, in ms since 1970 by the server's clock; missing when nobody knows. */
  lastSeen?: number;
}

/** Somebody who is here, all their tabs and browsers taken together. A hint: a client says it, nobody vouches for it. */
export interface PresentPerson {
  userId: string;
  status: 'online' | 'away';
  /** When the person last did something, in ms since 1970 by their clock. */
  lastSeen: number;
  currentChatId: string | null;
}

/** Newest activity first; the database's order. */
export function byActivity(a: ChatSummary, b: ChatSummary): number {
  return Date.parse(b.activeAt) - Date.parse(a.activeAt) || (a.chat.id < b.chat.id ? 1 : -1);
}

/** Throws a TrunkError when the database would refuse this text. */
export function assertSendable(body: string, attachments: readonly Attachment[] = []): void {
  if (!/\S/u.test(body) && attachments.length === 0) {
    throw new TrunkError('empty-message', 'The message is empty. Write something first.');
  }
  const texts = [body, ...attachments.flatMap(({url, name, type}) => [url, name, type])];
  if (texts.some(text => /\p{Surrogate}|\0/u.test(text))) {
    throw new TrunkError(
      'invalid-text',
      'The message contains half of a character or a NUL, which can’t be stored. Remove it.',
    );
  }
  const length = countCharacters(body);
  if (length > MAX_BODY) {
    throw new TrunkError(
      'message-too-long',
      `The message has ${length} characters; at most ${MAX_BODY} fit. Shorten it.`,
    );
  }
}

/** Characters as Postgres counts them: code points, not UTF-16 units. */
export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
