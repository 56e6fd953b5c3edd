// One valid message of every kind the protocol knows, held complete by the compiler: a kind that is added without a sample here
// does not compile.
import type {HubStats} from '../../src/wire/stats.js';
import type {
  Call,
  ChannelEvent,
  ChatEvent,
  ChatsEvent,
  HubMessage,
  PresenceEvent,
  TabMessage,
  Want,
} from '../../src/wire/protocol.js';

const attention = {visible: true, lastActive: 1, currentChatId: null};
const error = {code: 'internal', message: 'a fault'} as const;
const config = {url: 'https://p', key: 'k', userName: '', avatarUrl: ''};
const outgoing = {id: 'm', chatId: 'c', body: 'b', replyTo: null, attachments: [], sentAt: ''};
const chat = {id: 'c', slug: null, title: '', kind: 'room'} as const;
const status = {
  state: 'connected',
  reason: 'open',
  detail: '',
  since: 1,
  latencyMs: null,
  queued: 0,
  storage: 'durable',
  outdated: false,
} as const;

const stats: HubStats = {
  at: 1,
  hub: 'h',
  startedAt: 1,
  tabs: [],
  transitions: [],
  latency: {samplesMs: [], p50Ms: null, p95Ms: null},
  budget: 90,
  channels: [],
  traffic: {framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0},
  counters: {catchUps: 0, caughtUp: 0, duplicates: 0, gaps: 0},
  catchUps: [],
  outbox: {queued: 0, failed: 0, oldestAt: null, newestAt: null},
  sends: [],
  problems: [],
};

const wants: {[K in Want['kind']]: Extract<Want, {kind: K}>} = {
  chat: {kind: 'chat', chat: 'lobby', make: false, since: {chatId: 'c', rev: 1}},
  presence: {kind: 'presence', scope: 'global'},
  typing: {kind: 'typing', chatId: 'c', typing: true},
  channel: {
    kind: 'channel',
    topic: 'room',
    private: true,
    joins: true,
    presenceKey: null,
    replay: {since: 1},
    self: false,
    changes: [{event: '*', schema: 'public'}],
    tracked: {n: 1},
  },
  outbox: {kind: 'outbox'},
  chats: {kind: 'chats'},
  alerts: {kind: 'alerts'},
  latency: {kind: 'latency'},
  stats: {kind: 'stats'},
};

const calls: {[K in Call['kind']]: Extract<Call, {kind: K}>} = {
  send: {kind: 'send', message: outgoing},
  retry: {kind: 'retry', messageId: 'm'},
  discard: {kind: 'discard', messageId: 'm'},
  'mark-read': {kind: 'mark-read', chatId: 'c', rev: 1},
  'more-chats': {kind: 'more-chats'},
  history: {kind: 'history', chatId: 'c', beforeSeq: null, limit: 50},
  edit: {kind: 'edit', messageId: 'm', body: 'b'},
  remove: {kind: 'remove', messageId: 'm'},
  'sign-out': {kind: 'sign-out', unsent: 'ask'},
  broadcast: {kind: 'broadcast', handle: 'h', event: 'e', payload: {}, ack: true},
  'look-up': {kind: 'look-up', userIds: ['u']},
  ping: {kind: 'ping'},
};

const tab: {[K in TabMessage['type']]: Extract<TabMessage, {type: K}>[]} = {
  hello: (['anonymous', 'token'] as const).map(kind => ({
    type: 'hello',
    protocol: 1,
    session: 's',
    lock: null,
    config: {...config, identity: kind === 'token' ? {kind, userId: 'u'} : {kind, name: 'n'}},
    attention,
  })),
  bye: [{type: 'bye'}],
  token: [{type: 'token', id: '1', token: null}],
  attention: [{type: 'attention', attention}],
  poke: (['online', 'offline', 'visible', 'pageshow'] as const).map(why => ({type: 'poke', why})),
  open: Object.values(wants).map(want => ({type: 'open', handle: 'h', want})),
  release: [{type: 'release', handle: 'h'}],
  call: Object.values(calls).map(call => ({type: 'call', id: '1', call})),
};

const chatEvents: {[K in ChatEvent['kind']]: Extract<ChatEvent, {kind: K}>} = {
  opened: {kind: 'opened', chat, messages: [], hasOlder: false, cursor: 0, reset: true, fresh: true},
  changed: {kind: 'changed', messages: [], dropped: [], cursor: 0},
  read: {kind: 'read', lastReadRev: 1, unread: 0},
  continuity: {kind: 'continuity', what: 'caught-up', count: 26},
  failed: {kind: 'failed', error, final: true},
};

const presenceEvents: {[K in PresenceEvent['kind']]: Extract<PresenceEvent, {kind: K}>} = {
  state: {kind: 'state', people: []},
  diff: {kind: 'diff', changed: [], left: []},
  unknown: {kind: 'unknown'},
};

const change = {
  eventType: 'INSERT',
  schema: 'public',
  table: 't',
  commit_timestamp: '',
  new: {},
  old: {},
  errors: null,
} as const;

const channelEvents: {[K in ChannelEvent['kind']]: Extract<ChannelEvent, {kind: K}>} = {
  status: {kind: 'status', joined: true, live: true, error: null, final: false},
  broadcast: {kind: 'broadcast', event: 'e', payload: 'p', id: null, replayed: false},
  presence: {kind: 'presence', joins: {}, leaves: {}, reset: true},
  change: {kind: 'change', filter: 0, change},
};

const chatsEvents: {[K in ChatsEvent['kind']]: Extract<ChatsEvent, {kind: K}>} = {
  list: {kind: 'list', reset: true, chats: [], gone: [], hasMore: false, fresh: true},
  failed: {kind: 'failed', error, final: true},
};

const hub: {[K in HubMessage['type']]: Extract<HubMessage, {type: K}>[]} = {
  hello: [{type: 'hello', protocol: 1, hub: 'h', lock: null, host: 'leader'}],
  elsewhere: [{type: 'elsewhere'}],
  status: [{type: 'status', status}],
  me: [{type: 'me', person: {userId: 'u', name: 'n', avatarUrl: null}}],
  people: [{type: 'people', people: []}],
  'token-request': [{type: 'token-request', id: '1'}],
  reply: [
    {type: 'reply', id: '1', result: {ok: true, value: null}},
    {type: 'reply', id: '1', result: {ok: false, error}},
  ],
  chat: Object.values(chatEvents).map(event => ({type: 'chat', handle: 'h', event})),
  presence: Object.values(presenceEvents).map(event => ({type: 'presence', handle: 'h', event})),
  outbox: [{type: 'outbox', handle: 'h', event: {reset: true, messages: [], dropped: []}}],
  typing: [{type: 'typing', handle: 'h', userIds: []}],
  channel: Object.values(channelEvents).map(event => ({type: 'channel', handle: 'h', event})),
  chats: Object.values(chatsEvents).map(event => ({type: 'chats', handle: 'h', event})),
  alert: [{type: 'alert', handle: 'h', chatId: 'c'}],
  stats: [{type: 'stats', handle: 'h', stats}],
  'signed-out': [{type: 'signed-out', waiting: 1}],
  problem: [{type: 'problem', error}],
};

export const tabMessages: TabMessage[] = Object.values(tab).flat();
export const hubMessages: HubMessage[] = Object.values(hub).flat();

/** Every copy of `value` in which one field, however deep, is missing or of another kind; with the field's path. */
export function* spoiled(value: object, path = ''): Generator<[path: string, value: unknown]> {
  for (const [name, field] of Object.entries(value)) {
    const at = path ? `${path}.${name}` : name;
    const {[name]: _, ...without} = value as Record<string, unknown>;
    yield [at, without];
    yield [at, {...value, [name]: Symbol.for('another kind')}];
    if (typeof field !== 'object' || field === null || Array.isArray(field)) continue;
    for (const [deeper, copy] of spoiled(field as object, at)) yield [deeper, {...value, [name]: copy}];
  }
}
