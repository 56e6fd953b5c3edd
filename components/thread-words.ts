// The words of what a thread does without at its first paint, loaded with it.
import type {Counted, FirstWords} from './strings.js';

export interface ThreadWords {
  toUnread: string;
  /** The line over what is unread. */
  unreadLine: string;
  delete: string;
  removeQuestion: string;
  keep: string;
  announceMany: Counted;
}

/** All that the late part of a thread may say. */
export type ThreadStrings = FirstWords & ThreadWords;

export const threadEnglish: ThreadWords = {
  toUnread: 'Jump to the first unread message',
  unreadLine: 'New messages',
  delete: 'Delete',
  removeQuestion: 'Remove this message?',
  keep: 'Keep',
  announceMany: {one: '# new message', other: '# new messages'},
};
