// What a tab checks of a hub's frame. Apart from the hub's own check, so that neither side carries the other's.
import type {HubFrame, HubMessage} from './protocol.js';
import {flag, isRecord, list, number, shape, text, textOrNull, union} from './shape.js';

const error = shape({code: text, message: text});

const hubMessage = union('type', {
  hello: {protocol: number, hub: text, lock: textOrNull, host: text},
  elsewhere: {},
  status: {
    status: shape({
      ...{state: text, reason: text, detail: text, since: number, queued: number, storage: text, outdated: flag},
    }),
  },
  me: {person: shape({userId: text, name: text})},
  people: {people: list},
  'token-request': {id: text},
  reply: {
    id: text,
    result: value => isRecord(value) && (value['ok'] === true || (value['ok'] === false && error(value['error']))),
  },
  chat: {
    handle: text,
    event: union('kind', {
      opened: {chat: shape({id: text}), messages: list, hasOlder: flag, cursor: number, reset: flag, fresh: flag},
      changed: {messages: list, dropped: list, cursor: number},
      read: {lastReadRev: number, unread: number},
      continuity: {what: text, count: number},
      failed: {error, final: flag},
    }),
  },
  presence: {
    handle: text,
    event: union('kind', {state: {people: list}, diff: {changed: list, left: list}, unknown: {}}),
  },
  outbox: {handle: text, event: shape({reset: flag, messages: list, dropped: list})},
  typing: {handle: text, userIds: list},
  channel: {
    handle: text,
    event: union('kind', {
      status: {joined: flag, live: flag, error: value => value === null || error(value), final: flag},
      broadcast: {event: text, id: textOrNull, replayed: flag},
      presence: {joins: isRecord, leaves: isRecord, reset: flag},
      change: {
        filter: number,
        change: shape({eventType: text, schema: text, table: text, new: isRecord, old: isRecord}),
      },
    }),
  },
  chats: {
    handle: text,
    event: union('kind', {
      list: {reset: flag, chats: list, gone: list, hasMore: flag, fresh: flag},
      failed: {error, final: flag},
    }),
  },
  alert: {handle: text, chatId: text},
  stats: {
    handle: text,
    stats: shape({
      ...{at: number, hub: text, startedAt: number, tabs: list, transitions: list, budget: number, channels: list},
      latency: shape({samplesMs: list}),
      traffic: isRecord,
      counters: isRecord,
      catchUps: list,
      outbox: shape({queued: number, failed: number}),
      ...{sends: list, problems: list},
    }),
  },
  'signed-out': {waiting: number},
  problem: {error},
});

/** True when `value` is something a hub of this version may say to a tab; what isn't is reported and ignored. */
export function isHubMessage(value: unknown): value is HubMessage {
  return hubMessage(value);
}

/** True when `value` is one post of a hub; its messages are checked one by one. */
export function isHubFrame(value: unknown): value is HubFrame {
  return Array.isArray(value);
}
