// Reads a row of `messages` as it comes from the database or from a broadcast, and says no when it isn't one.
import type {Attachment, StoredMessage} from '../wire/chat.js';

/** The row as a message, or null when it is not one. */
export function readMessage(row: unknown): StoredMessage | null {
  if (typeof row !== 'object' || row === null) return null;
  const r = row as Record<string, unknown>;
  if (typeof r['id'] !== 'string' || typeof r['chat_id'] !== 'string' || typeof r['body'] !== 'string') return null;
  if (!Number.isSafeInteger(r['seq']) || !Number.isSafeInteger(r['rev'])) return null;
  return {
    status: 'sent',
    id: r['id'],
    chatId: r['chat_id'],
    senderId: textOrNull(r['sender_id']),
    seq: r['seq'] as number,
    rev: r['rev'] as number,
    body: r['body'],
    replyTo: textOrNull(r['reply_to']),
    attachments: Array.isArray(r['attachments']) ? r['attachments'].filter(isAttachment) : [],
    sentAt: textOrNull(r['sent_at']),
    createdAt: textOrNull(r['created_at']) ?? '',
    editedAt: textOrNull(r['edited_at']),
    deletedAt: textOrNull(r['deleted_at']),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function isAttachment(value: unknown): value is Attachment {
  if (typeof value !== 'object' || value === null) return false;
  const a = value as Record<string, unknown>;
  return (
    typeof a['url'] === 'string' &&
    typeof a['name'] === 'string' &&
    typeof a['type'] === 'string' &&
    typeof a['size'] === 'number'
  );
}
