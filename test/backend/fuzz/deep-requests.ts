// Makes REST requests that are good, and then wrong in one place or two: an operand, an operator, a column, a header, a value in
// the body. Most get past every parser and reach Postgres, which is where the next mistakes are.
import {comparisons, operators, readPairs, selects, shapes} from './good-queries.js';
import {mutateValue, nastyTexts, type Random} from './random.js';
import type {RequestWorld, SomeRequest} from './requests.js';
import {someToken} from './tokens.js';

/** A request in parts, so that one of them can be changed. */
interface Draft {
  method: string;
  path: string;
  pairs: [key: string, value: string][];
  headers: Record<string, string>;
  /** Text goes as it is, anything else as JSON. */
  body: unknown;
}

const prefers =
  'return=representation return=minimal return=headers-only count=exact count=planned count=estimated resolution=merge-duplicates resolution=ignore-duplicates missing=default missing=null handling=strict handling=lenient max-affected=3 tx=rollback timezone=Asia/Tokyo timezone=x count=x'.split(
    ' ',
  );
const accepts = [
  'application/json',
  'application/vnd.pgrst.object+json',
  'text/csv',
  'application/vnd.pgrst.array+json;nulls=stripped',
  'application/vnd.pgrst.object+json;nulls=stripped',
  '*/*;q=0.1, text/csv;q=0.2',
];

function rowOf(random: Random, table: string): Record<string, unknown> {
  const id = random.below(50);
  if (table === 'pair') return {a: random.below(9), b: random.below(9), c: random.pick(nastyTexts.slice(0, 15))};
  if (table === 'no_key') return {a: id, b: random.pick(nastyTexts.slice(0, 15))};
  return {...(random.chance(0.6) ? {id} : {}), n: random.below(99), note: random.pick(['x', '', 'é', null])};
}

const writable = ['made', 'pair', 'no_key'];

function writeDraft(random: Random): Draft {
  const table = random.pick(writable);
  const row = rowOf(random, table);
  const rows = Array.from({length: 1 + random.below(3)}, () => ({
    ...row,
    ...(table === 'pair' ? {b: random.below(9)} : {}),
  }));
  const keyed: [string, string][] =
    table === 'pair'
      ? [
          ['a', `eq.${row['a']}`],
          ['b', `eq.${row['b']}`],
        ]
      : [[table === 'made' ? 'id' : 'a', `eq.${row['id'] ?? 1}`]];
  const shown: [string, string][] = random.chance(0.5) ? [['select', random.pick(['*', 'n', 'a', 'id,note'])]] : [];
  const headers = {'content-type': 'application/json'};
  const path = `/rest/v1/${table}`;
  switch (random.below(8)) {
    case 0:
      return {
        method: 'PATCH',
        path,
        pairs: [...keyed, ...shown],
        headers,
        body: random.chance(0.5) ? {...row, id: undefined} : rows,
      };
    case 1:
    case 2:
      return {
        method: 'DELETE',
        path,
        pairs: [[table === 'made' ? 'id' : 'a', `gte.${random.below(60)}`], ...shown],
        headers: {},
        body: '',
      };
    case 3:
      return {method: 'PUT', path, pairs: [...keyed, ...shown], headers, body: row};
    case 4: {
      const names = Object.keys(row);
      const lines = [names, ...rows.map(one => Object.values(one).map(value => JSON.stringify(value ?? 'NULL')))];
      return {
        method: 'POST',
        path,
        pairs: shown,
        headers: {'content-type': 'text/csv'},
        body: lines.map(line => line.join(',')).join('\n'),
      };
    }
    case 5: {
      const form = new URLSearchParams(Object.entries(row).map(([name, value]) => [name, String(value)]));
      return {
        method: 'POST',
        path,
        pairs: shown,
        headers: {'content-type': 'application/x-www-form-urlencoded'},
        body: form.toString(),
      };
    }
    default: {
      const columns: [string, string][] = random.chance(0.2) ? [['columns', Object.keys(row).join(',')]] : [];
      const conflict: [string, string][] = random.chance(0.3) ? [['on_conflict', table === 'pair' ? 'a,b' : 'id']] : [];
      return {
        method: 'POST',
        path,
        pairs: [...columns, ...conflict, ...shown],
        headers,
        body: random.pick<unknown>([row, rows, rows, [], [{}, {}]]),
      };
    }
  }
}

function callDraft(random: Random, world: RequestWorld): Draft {
  const [name, args, of] = random.pick<[string, Record<string, unknown>, string?]>([
    ['some_t', {x: random.below(4)}, 't'],
    ['some_t', {}, 't'],
    ['one_t', {}, 't'],
    ['sum_up', {list: [1, random.below(9)]}],
    ['ints', {}],
    ['joined', {v: ['a', random.pick(nastyTexts.slice(0, 12))]}],
    ['greet', {who: random.pick(nastyTexts.slice(0, 12)), times: random.below(4)}],
    ['zone', {}],
    ['nothing', {}],
    ['changes_since', {chat_id: world.chatId, rev: random.below(5)}],
    ['messages_before', {chat_id: world.chatId}],
    ['chat_tips', {ids: [world.chatId]}],
    ['open_chat', {chat: 'fuzz', make: random.chance(0.5)}],
    ['send_messages', {messages: [{id: random.uuid(), chat_id: world.chatId, body: 'deep'}]}],
  ]);
  const path = `/rest/v1/rpc/${name}`;
  const pairs = of === undefined ? [] : readPairs(random, of);
  if (random.chance(0.4)) {
    const text = (value: unknown) =>
      Array.isArray(value) ? `{${value.map(one => JSON.stringify(one)).join(',')}}` : String(value);
    const given = Object.entries(args).map(([key, value]): [string, string] => [key, text(value)]);
    return {method: 'GET', path, pairs: [...given, ...pairs], headers: {}, body: ''};
  }
  return {method: 'POST', path, pairs, headers: {'content-type': 'application/json'}, body: args};
}

function goodDraft(random: Random, world: RequestWorld): Draft {
  const kind = random.next();
  if (kind < 0.5) {
    const table = random.pick(['t', 't', 't', ...Object.keys(selects)]);
    return {
      method: random.chance(0.9) ? 'GET' : 'HEAD',
      path: `/rest/v1/${table}`,
      pairs: readPairs(random, table),
      headers: {},
      body: '',
    };
  }
  return kind < 0.75 ? writeDraft(random) : callDraft(random, world);
}

/** Changes one thing, so that what is left is still deep. */
function spoil(random: Random, draft: Draft): void {
  const at = random.below(draft.pairs.length);
  const pair = draft.pairs[at];
  switch (random.below(9)) {
    case 0: // an operand
      if (pair) pair[1] = pair[1].replace(/[^.]*$/, random.chance(0.5) ? random.pick(nastyTexts.slice(0, 40)) : '');
      return;
    case 1: // an operator
      if (pair && !/^(select|order|limit|offset|columns|on_conflict)$/.test(pair[0]))
        pair[1] = `${random.pick([...comparisons, ...operators])}.${pair[1].slice(pair[1].indexOf('.') + 1)}`;
      return;
    case 2: // a name
      if (pair)
        pair[0] = random.pick([
          ...Object.keys(shapes['t'] ?? {}),
          'nope',
          'kids.id',
          'kids.nope',
          'tableoid',
          'id->0',
          'data->',
        ]);
      return;
    case 3: // a letter anywhere
      if (pair && pair[1].length > 0) {
        const where = random.below(pair[1].length);
        pair[1] =
          pair[1].slice(0, where) +
          random.pick([',', '.', '(', ')', '"', '\\', ':', '!', '*', '->', '{', '']) +
          pair[1].slice(where + 1);
      }
      return;
    case 4:
      if (pair) draft.pairs.push([...pair]);
      return;
    case 5:
    case 6:
      if (typeof draft.body === 'object') draft.body = mutateValue(random, draft.body);
      else if (draft.body === '' && pair) pair[1] += random.pick(['', ',', '.', '::int', ' ', '%']);
      else draft.body = `${String(draft.body).slice(0, random.below(40))}${random.pick(nastyTexts.slice(0, 30))}`;
      return;
    case 7:
      draft.headers['range'] = random.pick(['0-1', '2-', '5-1', 'x']);
      return;
    default:
      draft.pairs.push([
        random.pick(['select', 'order', 'limit', 'kids.limit', 'nope', 'columns']),
        random.pick([...nastyTexts, '1', 'id', 'id']).slice(0, 200),
      ]);
  }
}

export function deepRequest(random: Random, world: RequestWorld): SomeRequest {
  const draft = goodDraft(random, world);
  if (random.chance(0.35)) draft.headers['prefer'] = [random.pick(prefers), random.pick(prefers)].join(', ');
  if (random.chance(0.2)) draft.headers['accept'] = random.pick(accepts);
  for (let n = random.pick([0, 1, 1, 1, 2]); n > 0; n--) spoil(random, draft);
  const {tokens} = world;
  const token = random.chance(0.02)
    ? someToken(random, tokens)
    : random.pick([tokens.service, tokens.service, tokens.user, tokens.anon]);
  const encode = (text: string) => encodeURIComponent(Buffer.from(text).toString());
  const query = draft.pairs.map(([key, value]) => `${encode(key)}=${encode(value)}`).join('&');
  const body = typeof draft.body === 'string' ? draft.body : (JSON.stringify(draft.body) ?? '');
  return {
    method: draft.method,
    path: `${draft.path}${query === '' ? '' : `?${query}`}`.slice(0, 8000),
    headers: {apikey: tokens.anon, authorization: `Bearer ${token}`, ...draft.headers},
    body,
  };
}
