// Says whether something that came over a port is a message of this protocol. Checks the shape as deep as the receiver relies
// on it before it has looked at the contents; what fails is reported and ignored, never trusted.
import type {HubFrame, HubMessage, TabMessage} from './protocol.js';

type Check = (value: unknown) => boolean;
type Shape = Record<string, Check>;

const text: Check = value => typeof value === 'string';
const number: Check = value => typeof value === 'number';
const flag: Check = value => typeof value === 'boolean';
const list: Check = Array.isArray;
const textOrNull: Check = value => value === null || text(value);
const numberOrNull: Check = value => value === null || number(value);
const oneOf =
  (...values: string[]): Check =>
  value =>
    values.includes(value as string);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shape(fields: Shape): Check {
  return value => isRecord(value) && Object.entries(fields).every(([name, check]) => check(value[name]));
}

/** A union told apart by `field`; each kind has its own shape. */
function union(field: string, kinds: Record<string, Shape>): Check {
  const shapes = new Map(Object.entries(kinds).map(([kind, fields]) => [kind, shape(fields)]));
  return value => isRecord(value) && (shapes.get(value[field] as string)?.(value) ?? false);
}

const attention = shape({visible: flag, lastActive: number, currentChatId: textOrNull});
const error = shape({code: text, message: text});

const config = shape({
  url: text,
  key: text,
  identity: union('kind', {anonymous: {name: text}, token: {userId: text}}),
  userName: text,
  avatarUrl: text,
});

const outgoing = shape({id: text, chatId: text, body: text, replyTo: textOrNull, attachments: list, sentAt: text});

const want = union('kind', {
  chat: {chat: text, make: flag, since: number},
  presence: {scope: text},
  latency: {},
});

const call = union('kind', {
  send: {message: outgoing},
  retry: {messageId: text},
  discard: {messageId: text},
  history: {chatId: text, beforeSeq: numberOrNull, limit: number},
  edit: {messageId: text, body: text},
  remove: {messageId: text},
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

const hubMessage = union('type', {
  hello: {protocol: number, hub: text, lock: textOrNull},
  status: {status: shape({state: text, reason: text, detail: text, since: number, queued: number, storage: text})},
  me: {person: shape({userId: text, name: text})},
  people: {people: list},
  'token-request': {id: text},
  reply: {id: text, result: value => isRecord(value) && (value['ok'] === true || error(value['error']))},
  chat: {
    handle: text,
    event: union('kind', {
      opened: {chat: shape({id: text}), messages: list, hasOlder: flag, cursor: number, reset: flag},
      changed: {messages: list, dropped: list, cursor: number},
      failed: {error, final: flag},
    }),
  },
  presence: {handle: text, event: union('kind', {state: {people: list}, diff: {changed: list, left: list}})},
  problem: {error},
});

/** True when `value` is something a tab may say to a hub of this version. */
export function isTabMessage(value: unknown): value is TabMessage {
  return tabMessage(value);
}

/** True when `value` is something a hub of this version may say to a tab. */
export function isHubMessage(value: unknown): value is HubMessage {
  return hubMessage(value);
}

/** True when `value` is one post of a hub; its messages are checked one by one. */
export function isHubFrame(value: unknown): value is HubFrame {
  return Array.isArray(value);
}
