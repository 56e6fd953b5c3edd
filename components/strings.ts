// The words the elements show or say, in English; those of what is loaded late are with it (*-words.ts). An element's `strings` property
// replaces any of them; counts go through Intl.PluralRules, dates and times through Intl, both in the language of the page.
import type {ErrorCode} from '../src/wire/error.js';
import type {PresentPerson} from '../src/wire/chat.js';
import type {StatusReason} from '../src/wire/status.js';
import type {ChatListWords} from './chat-list-words.js';
import type {MonitorStrings} from './monitor-strings.js';
import type {ThreadWords} from './thread-words.js';
import type {TypingWords} from './typing-words.js';

/** Forms of a counted phrase by plural category; `#` stands for the number. */
export type Counted = Partial<Record<Intl.LDMLPluralRule, string>> & {other: string};

/** What is said at the first paint; the rest is with what says it. */
export interface FirstWords {
  /** Short names of the connection's states; what isn't here takes `connecting`, `reconnecting` or `stopped`. */
  reasons: Partial<Record<StatusReason, string>>;
  connecting: string;
  reconnecting: string;
  stopped: string;
  notSetUp: string;
  notSetUpDetail: string;
  noChat: string;
  latency: Counted;
  queued: Counted;
  hosts: {relay: string; leader: string; page: string};
  embeddedIn: (site: string) => string;
  storageMemory: string;
  /** A newer version is open. */
  outdated: string;
  storageMemoryBanner: string;

  monitor: string;
  /** The code that draws the figures could not be loaded. */
  monitorFailed: string;
  /** The words of the open monitor; those that aren't here are English. */
  monitorWords: Partial<MonitorStrings>;

  presence: Record<PresentPerson['status'] | 'offline', string>;
  lastSeen: (ago: string) => string;
  peopleHere: Counted;
  nobodyHere: string;
  lookingWho: string;
  morePeople: Counted;
  showMore: string;

  someone: string;
  deletedAccount: string;
  you: string;
  today: string;
  yesterday: string;
  messages: (chat: string) => string;
  conversation: string;
  opening: string;
  empty: string;
  emptyHint: string;
  beginning: string;
  loadingOlder: string;
  olderFailed: string;
  tryAgain: string;
  failedTitle: Partial<Record<ErrorCode, string>> & {other: string};
  /** Replaces what an error says of itself. */
  failedDetail: Partial<Record<ErrorCode, string>>;
  offlineBanner: string;
  reconnectingBanner: string;
  /** Nothing comes in live, but messages go out and are looked for. */
  noSocketBanner: string;
  /** The list is a copy from before, and the line is down. */
  copyBanner: string;
  /** The list is a copy from before, and the line is coming up. */
  updatingBanner: string;
  missed: Counted;
  missedTooMany: string;
  newMessages: Counted;
  toLatest: string;
  edited: string;
  deleted: string;
  queuedMessage: string;
  sendingMessage: string;
  sentMessage: string;
  failedMessage: string;
  retry: string;
  discard: string;
  edit: string;
  announce: (who: string, text: string) => string;
  attachment: string;

  write: string;
  writeTo: (chat: string) => string;
  send: string;
  editMessage: string;
  save: string;
  cancel: string;
  stillOpening: string;
  left: Counted;
  tooMany: Counted;
  readonly: string;
}

export interface Strings extends FirstWords, ChatListWords, ThreadWords, TypingWords {}

const english: FirstWords = {
  reasons: {
    starting: 'Starting',
    'signing-in': 'Signing in',
    open: 'Connected',
    offline: 'Offline',
    'no-socket': 'No live updates',
    idle: 'Resting',
    'no-config': 'Not configured',
    'bad-config': 'Misconfigured',
    'key-refused': 'Key refused',
    'sign-in-failed': 'Sign-in failed',
    'worker-failed': 'Worker failed',
    'load-failed': 'Reload needed',
    'protocol-mismatch': 'Reload needed',
    'signed-out': 'Signed out',
    closed: 'Closed',
  },
  connecting: 'Connecting',
  reconnecting: 'Reconnecting',
  stopped: 'Stopped',
  notSetUp: 'Not set up',
  notSetUpDetail: 'Give the script tag data-url and data-key, or put this element inside a <trunk-provider>.',
  noChat: 'Say which chat: set the chat attribute to its id or slug.',
  latency: {other: '# ms'},
  queued: {other: '# waiting'},
  hosts: {relay: 'relayed worker', leader: 'held by one tab', page: 'this tab only'},
  embeddedIn: site => `embedded in ${site}`,
  storageMemory: 'not kept on disk',
  outdated: 'newer version: reload',
  storageMemoryBanner: 'This browser keeps nothing on disk. Messages that wait are lost when its last tab closes.',

  monitor: 'Connection monitor',
  monitorFailed: 'The monitor could not be loaded.',
  monitorWords: {},

  presence: {online: 'online', away: 'away', offline: 'offline'},
  lastSeen: ago => `last active ${ago}`,
  peopleHere: {one: '# person here', other: '# people here'},
  nobodyHere: 'Nobody is here',
  lookingWho: 'Looking who is here',
  morePeople: {other: '+#'},
  showMore: 'Show more',

  someone: 'Someone',
  deletedAccount: 'Deleted account',
  you: 'You',
  today: 'Today',
  yesterday: 'Yesterday',
  messages: chat => `Messages in ${chat}`,
  conversation: 'this chat',
  opening: 'Opening the chat',
  empty: 'Nobody has spoken yet',
  emptyHint: 'The line is open. Say something.',
  beginning: 'This is where it began.',
  loadingOlder: 'Loading older messages',
  olderFailed: 'Older messages could not be loaded.',
  tryAgain: 'Try again',
  failedTitle: {
    'no-config': 'This chat is not set up',
    'bad-config': 'This chat is set up wrongly',
    'key-refused': 'The project refuses this page’s key',
    'sign-in-failed': 'You could not be signed in',
    'chat-not-found': 'There is no such chat here',
    forbidden: 'You may not open this chat',
    removed: 'You are not in this chat any more',
    'worker-failed': 'The chat could not start',
    'signed-out': 'You are signed out',
    'protocol-mismatch': 'A newer version is ready',
    unreachable: 'The chat can’t be reached right now',
    other: 'The chat could not be opened',
  },
  failedDetail: {},
  offlineBanner: 'You are offline. Messages are kept and sent when you’re back.',
  reconnectingBanner: 'The connection is lost. Messages are kept and sent when it’s back.',
  noSocketBanner: 'Live updates don’t get through here. Messages are sent, and new ones appear every few seconds.',
  copyBanner: 'Offline copy. What you write is kept and sent when you’re back.',
  updatingBanner: 'Offline copy. Fetching what is new.',
  missed: {one: '# message while you were away', other: '# messages while you were away'},
  missedTooMany: 'Much was said while you were away',
  newMessages: {one: '# new message', other: '# new messages'},
  toLatest: 'Latest messages',
  edited: 'edited',
  deleted: 'This message was deleted.',
  queuedMessage: 'Waiting to be sent',
  sendingMessage: 'Sending',
  sentMessage: 'Sent',
  failedMessage: 'Not sent',
  retry: 'Retry',
  discard: 'Discard',
  edit: 'Edit',
  announce: (who, text) => `${who}: ${text}`,
  attachment: 'Attachment',

  write: 'Write a message',
  writeTo: chat => `Write to ${chat}`,
  send: 'Send',
  editMessage: 'Edit message',
  save: 'Save',
  cancel: 'Cancel',
  stillOpening: 'The chat is still opening. Your text stays here.',
  left: {one: '# character left', other: '# characters left'},
  tooMany: {one: '# character too many', other: '# characters too many'},
  readonly: 'You can read here, not write.',
};

/** English with some of it replaced. The tables inside are replaced entry by entry too. */
export function withStrings(own: Partial<Strings> | undefined): FirstWords {
  if (!own) return english;
  return {
    ...english,
    ...own,
    reasons: {...english.reasons, ...own.reasons},
    failedTitle: {...english.failedTitle, ...own.failedTitle},
    failedDetail: {...english.failedDetail, ...own.failedDetail},
  };
}
