// The words of the list of chats, loaded with it.
import type {Counted} from './strings.js';

export interface ChatListWords {
  chats: string;
  openingChats: string;
  chatsFailed: string;
  noChats: string;
  noChatsHint: string;
  moreChats: string;
  notify: string;
  notifyDenied: string;
  unread: Counted;
}

export const chatListEnglish: ChatListWords = {
  chats: 'Chats',
  openingChats: 'Loading your chats',
  chatsFailed: 'Your chats could not be loaded',
  noChats: 'No chats yet',
  noChatsHint: 'A room you open, or a chat somebody adds you to, shows up here.',
  moreChats: 'Older chats',
  notify: 'Notify me of new messages',
  notifyDenied: 'This browser blocks notifications of this site.',
  unread: {one: '# unread message', other: '# unread messages'},
};
