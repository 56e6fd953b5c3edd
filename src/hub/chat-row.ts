// What one change does to a chat as a list shows it. Pure. A row follows a chat revision by revision, as a feed does; whatever doesn't
// follow is for the database to tell.
import {MAX_UNREAD, type ChatSummary, type StoredMessage} from '../wire/chat.js';

/** What a list shows of a text, in characters; the database cuts at the same place. */
const PREVIEW = 200;

/** The row after `message` was new or changed; the same row when it knew that; null when it can't be told from this alone. */
export function follow(row: ChatSummary, message: StoredMessage, myId: string | null): ChatSummary | null {
  if (message.rev <= row.rev) return row;
  if (message.rev !== row.rev + 1) return null;
  const isNew = message.seq === message.rev;
  const isUnread = message.senderId !== myId && message.seq > row.lastReadRev;
  let {unread} = row;
  if (isUnread && isNew) unread = Math.min(unread + 1, MAX_UNREAD);
  else if (isUnread && message.deletedAt) {
    // Without a sender it may be the account that went, of a message deleted before.
    if (unread === MAX_UNREAD || message.senderId === null) return null;
    unread = Math.max(unread - 1, 0);
  }
  const last = isNew || row.last?.seq === message.seq ? preview(message) : row.last;
  return {...row, rev: message.rev, unread, last, activeAt: isNew ? message.createdAt : row.activeAt};
}

/**
 * The row once the person has read up to `lastReadRev`; the same row when they had.
 * @param unread what is unread then, where it is known
 */
export function readUpTo(row: ChatSummary, lastReadRev: number, unread: number | null): ChatSummary {
  if (lastReadRev <= row.lastReadRev) return row;
  const isAll = lastReadRev >= (row.last?.seq ?? 0);
  return {...row, lastReadRev, unread: isAll ? 0 : (unread ?? row.unread)};
}

function preview(message: StoredMessage): StoredMessage {
  return {...message, body: [...message.body].slice(0, PREVIEW).join(''), attachments: message.attachments.slice(0, 1)};
}
