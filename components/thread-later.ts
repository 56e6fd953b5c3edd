// What a thread does without at its first paint, as one chunk that is loaded once the browser has time: acts on own messages, what is
// said aloud of new ones, keys in the list, how far the reader has read, and the line over what they had not.
import type {ReactiveElement} from 'lit';
import type {ChatMessage} from '../src/wire/chat.js';
import {LogFocus, type FocusedLog} from './log-focus.js';
import {renderQuestion, renderTools} from './message-actions.js';
import {actionStyles} from './message-actions.styles.js';
import {OwnMessages, type OwnMessagesSource} from './own-messages.js';
import {ReadMarker} from './read-marker.js';
import {ThreadAnnouncements, type ThreadVoice} from './thread-announcements.js';
import {threadEnglish} from './thread-words.js';
import {unreadStyles} from './unread.styles.js';
import {Unread, type UnreadSource} from './unread.js';

/** Made once a thread. */
export function makeThreadLater(
  host: ReactiveElement,
  log: FocusedLog,
  world: Omit<OwnMessagesSource & UnreadSource, 'focusMessage' | 'show'>,
  voice: () => ThreadVoice,
  say: (text: string) => void,
) {
  const focus = new LogFocus(host, log);
  const source = {
    ...world,
    focusMessage: (id: string, selector?: string) => void focus.focus(id, selector),
    show: (id: string) => void focus.show(id),
  };
  const lateVoice = () => {
    const now = voice();
    return {...now, strings: {...threadEnglish, ...now.strings}};
  };
  const unread = new Unread(host, source, lateVoice);
  const marker = new ReadMarker(host, source);
  const own = new OwnMessages(source);
  const announcements = new ThreadAnnouncements(lateVoice, say);
  return {
    own,
    focus,
    announcements,
    unread,
    marker,
    styles: [actionStyles, unreadStyles],
    renderTools: (message: ChatMessage) => renderTools(message, own, lateVoice().strings),
    renderQuestion: (message: ChatMessage) => renderQuestion(message, own, lateVoice().strings),
  };
}

export type ThreadLater = ReturnType<typeof makeThreadLater>;
