// What people and failures are called, for every element. No templates.
import type {ChatState} from '../src/client/chat-handle.js';
import type {Person} from '../src/wire/chat.js';
import {TrunkError, type ErrorCode} from '../src/wire/error.js';
import type {ConnectionStatus} from '../src/wire/status.js';
import type {FirstWords} from './strings.js';

/** The words for an error: those of the page, else its own. */
export function sayError(error: Pick<TrunkError, 'code' | 'message'>, strings: FirstWords): string {
  return strings.failedDetail[error.code] ?? error.message;
}

/** Why a chat has nothing to read; null while it has, or may soon have. */
export function whyNothing(
  name: string,
  chat: ChatState,
  status: ConnectionStatus | undefined,
  strings: FirstWords,
): TrunkError | null {
  if (!name) return new TrunkError('no-config', strings.noChat);
  if (chat.phase === 'failed') return chat.error;
  if (chat.phase === 'ready' || status?.state !== 'error') return null;
  return new TrunkError(status.reason as ErrorCode, status.detail);
}

/** The name to show for who sent a message. */
export function nameOf(
  senderId: string | null,
  {people, strings}: {people: ReadonlyMap<string, Person> | undefined; strings: FirstWords},
): string {
  if (senderId === null) return strings.deletedAccount;
  return people?.get(senderId)?.name || strings.someone;
}
