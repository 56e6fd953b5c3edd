// What a hub checks of a tab's message. Apart from the tab's own check, so that neither side carries the other's.
import type {TabMessage} from './protocol.js';
import {
  flag,
  list,
  number,
  numberOrNull,
  oneOf,
  orNull,
  recordOrNull,
  shape,
  text,
  textOrNull,
  union,
} from './shape.js';

const attention = shape({visible: flag, lastActive: number, currentChatId: textOrNull});

const config = shape({
  url: text,
  key: text,
  identity: union('kind', {anonymous: {name: text}, token: {userId: text}}),
  userName: text,
  avatarUrl: text,
});

const outgoing = shape({id: text, chatId: text, body: text, replyTo: textOrNull, attachments: list, sentAt: text});

const replay = shape({since: number});
const filter = shape({event: oneOf('*', 'INSERT', 'UPDATE', 'DELETE'), schema: text});

const want = union('kind', {
  chat: {chat: text, make: flag, since: orNull(shape({chatId: text, rev: number}))},
  presence: {scope: text},
  typing: {chatId: text, typing: flag},
  channel: {
    topic: text,
    private: flag,
    joins: flag,
    presenceKey: textOrNull,
    replay: orNull(replay),
    self: flag,
    changes: value => Array.isArray(value) && value.every(filter),
    tracked: recordOrNull,
  },
  outbox: {},
  chats: {},
  alerts: {},
  latency: {},
  stats: {},
});

const call = union('kind', {
  send: {message: outgoing},
  retry: {messageId: text},
  discard: {messageId: text},
  'mark-read': {chatId: text, rev: number},
  'more-chats': {},
  history: {chatId: text, beforeSeq: numberOrNull, limit: number},
  edit: {messageId: text, body: text},
  remove: {messageId: text},
  'sign-out': {unsent: oneOf('ask', 'keep', 'discard')},
  broadcast: {handle: text, event: text, ack: flag},
  'look-up': {userIds: list},
  ping: {},
});

const tabMessage = union('type', {
  hello: {protocol: number, session: text, lock: textOrNull, config, attention},
  bye: {},
  token: {id: text, token: textOrNull},
  attention: {attention},
  poke: {why: oneOf('online', 'offline', 'visible', 'pageshow')},
  open: {handle: text, want},
  release: {handle: text},
  call: {id: text, call},
});

/** True when `value` is something a tab may say to a hub of this version; what isn't is reported and ignored. */
export function isTabMessage(value: unknown): value is TabMessage {
  return tabMessage(value);
}
