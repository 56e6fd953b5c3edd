// Makes HTTP requests of every kind the backend serves, most of them broken in one or more places. It doesn't send them
// and doesn't know what an answer should be.
import {deepRequest} from './deep-requests.js';
import {mutatedJson, nastyTexts, nastyValue, type Random} from './random.js';
import {someToken, type Tokens} from './tokens.js';

export interface SomeRequest {
  method: string;
  /** As on the request line. */
  path: string;
  headers: Record<string, string>;
  body: string | Buffer;
}

export interface RequestWorld {
  tokens: Tokens;
  chatId: string;
}

const tables = ['messages', 'chats', 'chat_members', 'profiles', 'nope', 'pg_class', 'messages/1', 'rpc', 'rpc/', ''];
const routines = 'send_messages changes_since messages_before chat_tips open_chat nope stamp_message'.split(' ');
const selects = [
  '*',
  'id',
  'id,body',
  '*,chats(*)',
  'id,chats!inner(id,title)',
  'a:body',
  'body::int',
  'attachments->0->>x',
];
const brokenSelects = [
  '(',
  'id,',
  ',',
  'chats(',
  'chats(*',
  '...chats(id)',
  'body::',
  'id::text; drop',
  'count()',
  'rev.sum()',
  'x->',
  'nope(*)',
  'chats!nope(*)',
  '"',
  'body->>',
];
const columns = [
  'id',
  'body',
  'rev',
  'chat_id',
  'attachments',
  'deleted_at',
  'nope',
  'attachments->0',
  'body->>x',
  'chats.id',
  'or',
  'and',
  'not.or',
];
const operators =
  'eq neq gt gte lt lte like ilike match imatch in is isdistinct fts plfts cs cd ov sl adj nope not.eq not.in eq(any) like(all) fts(english) fts(nope) eq(any'.split(
    ' ',
  );
const orders = ['rev', 'rev.desc', 'rev.desc.nullslast', 'nope', 'rev.up', 'chats(title)', '(', 'rev,', 'rev.asc.desc'];
const prefers =
  'return=representation return=minimal return=nope count=exact count=nope resolution=merge-duplicates resolution=ignore-duplicates missing=default handling=strict max-affected=1 max-affected=x tx=rollback timezone=X ,,, ='.split(
    ' ',
  );
const accepts = [
  '*/*',
  'application/json',
  'application/vnd.pgrst.object+json',
  'text/csv',
  'x',
  '',
  'application/vnd.pgrst.array+json;nulls=stripped',
];
const emails = ['fuzz@example.com', 'FUZZ@EXAMPLE.COM', 'a@b', '@', 'x'.repeat(300) + '@example.com'];

/** Percent-encodes most of the time; what it leaves, a request line can carry. */
function part(random: Random, text: string): string {
  if (random.chance(0.05)) return random.pick(['%', '%zz', '%00', '%ff', '%ed%a0%80', '+', '%C0%AF']);
  return random.chance(0.9) ? encodeURIComponent(Buffer.from(text).toString()) : text.replace(/[^\x21-\x7e]|[#]/g, '_');
}

function operand(random: Random, world: RequestWorld): string {
  return random.pick(['1', 'x', world.chatId, 'null', '(1,2)', '("a","b', '{a,b}', '[1,2)', '(((', '%', ...nastyTexts]);
}

function query(random: Random, world: RequestWorld): string {
  const pairs: string[] = [];
  const add = (key: string, value: string) => pairs.push(`${part(random, key)}=${part(random, value)}`);
  if (random.chance(0.5)) add('select', random.pick(random.chance(0.75) ? selects : brokenSelects));
  for (let n = random.pick([0, 0, 1, 1, 2]); n > 0; n--) {
    const key = random.chance(0.9) ? random.pick(columns) : random.pick(nastyTexts);
    const logic = `(${random.pick(columns)}.${random.pick(operators)}.${operand(random, world)},body.eq.x)`;
    add(key, /(or|and)$/.test(key) ? logic : `${random.pick(operators)}.${operand(random, world)}`);
  }
  if (random.chance(0.2)) add('order', random.pick(orders));
  if (random.chance(0.2))
    add(
      random.pick(['limit', 'offset', 'messages.limit']),
      random.pick(['1', '0', '-1', 'x', '1e3', '99999999999999999999', '']),
    );
  if (random.chance(0.1))
    add(random.pick(['columns', 'on_conflict', 'chat_id', 'rev', 'ids', 'messages']), random.pick(nastyTexts));
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

function argumentsOf(routine: string, {chatId}: RequestWorld, message: unknown): unknown {
  switch (routine) {
    case 'send_messages':
      return {messages: [message, message]};
    case 'chat_tips':
      return {ids: [chatId]};
    case 'open_chat':
      return {chat: 'fuzz', make: true};
    default:
      return {chat_id: chatId, ...(routine === 'changes_since' ? {rev: 0} : {seq: null})};
  }
}

function rest(random: Random, world: RequestWorld): Pick<SomeRequest, 'path' | 'body'> {
  const message = {id: random.uuid(), chat_id: world.chatId, body: 'fuzz'};
  if (random.chance(0.4)) {
    const routine = random.pick(routines);
    const good = random.chance(0.5) ? argumentsOf(routine, world, message) : undefined;
    const body =
      good ??
      random.pick<unknown>([
        {messages: [message]},
        {chat_id: world.chatId, rev: 0},
        {ids: [world.chatId]},
        {chat: 'fuzz', make: true},
        {chat: random.pick(nastyTexts), make: true, title: random.pick(nastyTexts)},
        nastyValue(random),
      ]);
    return {
      path: `/rest/v1/rpc/${part(random, routine)}${random.chance(0.4) ? query(random, world) : ''}`,
      body: mutatedJson(random, body),
    };
  }
  const body = random.pick<unknown>([
    message,
    [message, message],
    {body: 'edited'},
    {id: world.tokens.userId, display_name: 'F'},
  ]);
  return {
    path: `/rest/v1/${part(random, random.pick(random.chance(0.8) ? tables.slice(0, 4) : tables))}${query(random, world)}`,
    body: mutatedJson(random, body),
  };
}

function auth(random: Random): Pick<SomeRequest, 'path' | 'body'> {
  const path = random.pick([
    ...['signup', 'signup', 'token?grant_type=password', 'token?grant_type=refresh_token', 'token?grant_type=nope'],
    ...['token', 'user', 'logout', 'logout?scope=nope', 'admin/users', 'admin/users?page=x&per_page=-1', 'health'],
    ...['admin/users?page=99999999999999999999', `admin/users/${random.uuid()}`, 'admin/users/x', 'otp', 'verify'],
    ...[
      'settings',
      '.well-known/jwks.json',
      'admin/users/%00',
      'recover',
      `admin/users/${random.pick(['', '%', '-'.repeat(36)])}`,
    ],
  ]);
  const body = {
    email: random.pick([...emails, ...nastyTexts]),
    password: random.pick(['secret-1', 'x', ...nastyTexts]),
    refresh_token: random.pick(nastyTexts),
    data: {name: 'F'},
    ...(random.chance(0.3)
      ? {
          id: random.pick(nastyTexts),
          ban_duration: random.pick(['24h', 'none', ...nastyTexts]),
          role: random.pick(nastyTexts),
          app_metadata: nastyValue(random),
        }
      : {}),
  };
  return {path: `/auth/v1/${path}`, body: mutatedJson(random, random.chance(0.8) ? body : {})};
}

function broadcast(random: Random, world: RequestWorld): Pick<SomeRequest, 'path' | 'body'> {
  const topic = random.pick(['fuzz-1', `chat:${world.chatId}`, `chat:${world.chatId}:live`, 'a\0b', ...nastyTexts]);
  if (random.chance(0.5)) {
    const path = `/realtime/v1/api/broadcast/${part(random, topic)}/events/${part(random, random.pick(['ev', ...nastyTexts]))}`;
    return {path: `${path}${random.pick(['', '?private=true', '?private=nope'])}`, body: mutatedJson(random, {a: 1})};
  }
  const message = {topic, event: 'ev', payload: {a: 1}, private: random.chance(0.4)};
  return {path: '/realtime/v1/api/broadcast', body: mutatedJson(random, {messages: [message, message]})};
}

export function someRequest(random: Random, world: RequestWorld): SomeRequest {
  if (random.chance(0.6)) return deepRequest(random, world);
  const kind = random.below(10);
  const {path, body} =
    kind < 6
      ? rest(random, world)
      : kind < 8
        ? auth(random)
        : kind < 9
          ? broadcast(random, world)
          : {
              path: random.pick([
                '/',
                '/nope',
                '/rest/v1',
                '/rest',
                '//',
                '/realtime/v1/websocket?apikey=x',
                '/stats',
                '/auth/v1',
                '/faults',
                '/rest/v1/../../x',
                '/storage/v1/object',
              ]),
              body: '',
            };
  const headers: Record<string, string> = {'content-type': 'application/json'};
  if (random.chance(0.95)) headers['apikey'] = random.chance(0.9) ? world.tokens.anon : someToken(random, world.tokens);
  if (random.chance(0.9))
    headers['authorization'] =
      `Bearer ${random.chance(0.6) ? world.tokens.user : random.chance(0.3) ? world.tokens.service : someToken(random, world.tokens)}`;
  if (random.chance(0.3)) headers['prefer'] = [random.pick(prefers), random.pick(prefers)].join(', ');
  if (random.chance(0.2)) headers['accept'] = random.pick(accepts);
  if (random.chance(0.1)) headers['range'] = random.pick(['0-1', '5-', '9-2', 'x', 'bytes=0-1', '99999999999-']);
  if (random.chance(0.05))
    headers['content-type'] = random.pick([
      'text/plain',
      'application/octet-stream',
      '',
      'a/b;c',
      'application/json; charset=x',
    ]);
  if (random.chance(0.03))
    headers[random.pick(['accept-profile', 'content-profile'])] = random.pick(['auth', 'public', '"', 'x'.repeat(200)]);
  if (random.chance(0.02)) headers['x-fuzz'] = 'y'.repeat(random.pick([10, 5_000, 20_000]));
  if (random.chance(0.01)) headers['upgrade'] = 'websocket';
  const read = random.chance(0.45);
  const method = read
    ? random.pick(['GET', 'GET', 'GET', 'HEAD', 'OPTIONS'])
    : random.pick([...Array<string>(8).fill('POST'), 'PATCH', 'PATCH', 'DELETE', 'DELETE', 'PUT', 'PROPFIND']);
  const oversized = random.chance(0.0005);
  return {
    method,
    path,
    headers,
    body: read && random.chance(0.9) ? '' : oversized ? Buffer.alloc(21_000_000, '[') : body,
  };
}
