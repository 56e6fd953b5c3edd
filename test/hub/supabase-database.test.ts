// What an answer of PostgREST's means, over a fake `fetch`. What a real one answers is tested against the embedded backend.
import {expect} from '@open-wc/testing';
import {SupabaseDatabase} from '../../src/hub/supabase/supabase-database.js';
import {TrunkError} from '../../src/wire/error.js';
import type {HubConfig} from '../../src/wire/protocol.js';

const CONFIG: HubConfig = {
  url: 'https://project.example',
  key: 'key',
  identity: {kind: 'anonymous', name: 'Ada'},
  userName: 'Ada',
  avatarUrl: '',
};

interface Answered {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

function given(...answers: (Answered | Error)[]) {
  const asked: {path: string; method: string; bearer: string; body: unknown}[] = [];
  const tokens: boolean[] = [];
  globalThis.fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    asked.push({
      path: String(input).replace(`${CONFIG.url}/rest/v1/`, ''),
      method: init?.method ?? 'GET',
      bearer: headers.get('authorization') ?? '',
      body: JSON.parse(String(init?.body ?? 'null')) as unknown,
    });
    const answer = answers.shift() ?? {status: 200, body: []};
    if (answer instanceof Error) throw answer;
    const {status, body, headers: extra} = answer;
    return new Response(body === undefined ? null : JSON.stringify(body), {status, headers: extra ?? {}});
  };
  const database = new SupabaseDatabase(CONFIG, async fresh => (tokens.push(fresh), `token-${tokens.length}`), 5_000, {
    now: () => Date.now(),
  });
  const refusal = async () => {
    const thrown: unknown = await database.changesSince('c', 0, 500).catch((error: unknown) => error);
    if (!(thrown instanceof TrunkError)) throw new Error('was not refused');
    return thrown;
  };
  return {database, asked, tokens, refusal};
}

const error = (code: string, message = 'words') => ({code, message, details: null, hint: null});

describe('SupabaseDatabase', () => {
  const real = globalThis.fetch;
  afterEach(() => (globalThis.fetch = real));

  it('looks up the profiles of those who can have one, whoever else is named beside them', async () => {
    const {database, asked} = given();
    const [ada, grace] = [crypto.randomUUID(), crypto.randomUUID().toUpperCase()];
    await database.profiles([ada, 'not a uuid', `${ada})`, '', 'constructor', grace]);
    expect(asked.map(({path}) => path.split('&').at(-1))).to.deep.equal([`id=in.(${ada},${grace})`]);
    expect(await database.profiles(['not a uuid'])).to.deep.equal([]);
    expect(asked).to.have.length(1);
  });

  describe('takes for passing', () => {
    it('no answer at all', async () => {
      const {refusal} = given(new TypeError('Failed to fetch'));
      expect(await refusal()).to.include({code: 'unreachable', retryAfterMs: 0});
    });

    for (const status of [502, 503, 504, 520]) {
      it(`an answer of ${status}, whatever it says`, async () => {
        const {refusal} = given({status, body: 'words of a proxy'});
        expect((await refusal()).code).to.equal('unreachable');
      });
    }

    for (const [state, status] of [
      ['40001', 500],
      ['40P01', 500],
      ['55P03', 500],
      ['57P01', 500],
      ['57P03', 503],
      ['53300', 503],
      ['08006', 500],
      ['40001', 400],
    ] as const) {
      it(`SQLSTATE ${state} with ${status}`, async () => {
        const {refusal} = given({status, body: error(state)});
        expect((await refusal()).code).to.equal('unreachable');
      });
    }
  });

  describe('takes for a fault or a refusal', () => {
    for (const [what, status, state, code] of [
      ['another fault of the database', 500, 'XX000', 'internal'],
      ['a statement that took too long', 500, '57014', 'internal'],
      ['a rule that says no', 403, '42501', 'forbidden'],
      ['a constraint', 400, '23514', 'rejected'],
      ['missing tables', 404, 'PGRST202', 'rejected'],
      ['a chat that isn’t there', 404, 'PT404', 'chat-not-found'],
    ] as const) {
      it(`${what}: ${code}`, async () => {
        const {refusal} = given({status, body: error(state)});
        expect((await refusal()).code).to.equal(code);
      });
    }

    it('a wrong key, asking once', async () => {
      const {refusal, asked} = given({status: 401, body: {message: 'Invalid API key'}});
      expect((await refusal()).code).to.equal('key-refused');
      expect(asked).to.have.length(1);
    });
  });

  describe('asked for patience', () => {
    for (const [header, ms] of [
      ['7', 7_000],
      [' 120 ', 120_000],
      ['0', 0],
      ['86400', 600_000],
      ['soon', 0],
      ['-5', 0],
    ] as const) {
      it(`reads Retry-After: ${header} as ${ms} ms`, async () => {
        const {refusal} = given({status: 429, body: error('x'), headers: {'retry-after': header}});
        expect(await refusal()).to.include({code: 'rate-limited', retryAfterMs: ms});
      });
    }

    it('reads a date', async () => {
      const date = new Date(Date.now() + 30_000).toUTCString();
      const {refusal} = given({status: 429, body: error('x'), headers: {'retry-after': date}});
      expect((await refusal()).retryAfterMs).to.be.within(20_000, 30_000);
      const past = given({status: 429, body: error('x'), headers: {'retry-after': new Date(0).toUTCString()}});
      expect((await past.refusal()).retryAfterMs).to.equal(0);
    });

    it('heeds it also while the project is down', async () => {
      const {refusal} = given({status: 503, body: error('x'), headers: {'retry-after': '7'}});
      expect(await refusal()).to.include({code: 'unreachable', retryAfterMs: 7_000});
    });
  });

  it('asks once more with a fresh token when the account behind the token is gone', async () => {
    const words =
      'insert or update on table "chat_members" violates foreign key constraint "chat_members_user_id_fkey"';
    const gone = {status: 409, body: error('23503', words)};
    const {database, tokens} = given(gone, {status: 200, body: []});
    expect(await database.changesSince('c', 3, 500)).to.deep.equal([]);
    expect(tokens).to.deep.equal([false, true]);
    const other = {status: 409, body: error('23503', 'violates foreign key constraint "messages_reply_in_chat"')};
    const {refusal, tokens: asked} = given(other);
    expect((await refusal()).code).to.equal('rejected');
    expect(asked).to.deep.equal([false]);
  });

  it('asks once more with a fresh token when the token is refused', async () => {
    const expired = {status: 401, body: error('PGRST303', 'JWT expired')};
    const {database, asked, tokens} = given(expired, {status: 200, body: []});
    expect(await database.changesSince('c', 3, 500)).to.deep.equal([]);
    expect(tokens).to.deep.equal([false, true]);
    expect(asked.map(({bearer}) => bearer)).to.deep.equal(['Bearer token-1', 'Bearer token-2']);
    expect(asked[1]).to.deep.include({
      path: 'rpc/changes_since',
      method: 'POST',
      body: {chat_id: 'c', rev: 3, limit: 500},
    });
    const refused = given(expired, expired);
    expect((await refused.refusal()).code).to.equal('sign-in-failed');
    expect(refused.asked).to.have.length(2);
  });

  it('says of each message what became of it', async () => {
    const stored = {id: '1', chat_id: 'c', sender_id: 'ada', body: 'hi', seq: 1, rev: 1, created_at: 'now'};
    const {database} = given({
      status: 200,
      body: [
        {id: '1', stored, code: null, reason: null},
        {id: '2', stored: null, code: '42501', reason: 'not a member'},
        {id: '3', stored: null, code: '23514', reason: 'too long'},
        {id: '4', stored: null, code: '40001', reason: 'not a state of a message'},
        {id: '5', stored: null, code: '23D01', reason: 'discarded'},
      ],
    });
    const results = await database.sendMessages([]);
    const said = results.map(result => {
      if ('stored' in result) return result.stored.body;
      return 'error' in result ? result.error.code : 'discarded';
    });
    expect(said).to.deep.equal(['hi', 'forbidden', 'rejected', 'rejected', 'discarded']);
  });

  it('refuses to change what is not there, or not this person’s', async () => {
    const row = {id: 'm', chat_id: 'c', sender_id: 'ada', body: 'hi', seq: 1, rev: 1, created_at: 'now'};
    for (const [there, expected] of [
      [[row], 'forbidden'],
      [[], 'rejected'],
    ] as const) {
      for (const act of ['editMessage', 'deleteMessage'] as const) {
        const {database} = given({status: 200, body: []}, {status: 200, body: there});
        expect(await database[act]('m', 'text').catch((thrown: TrunkError) => thrown.code)).to.equal(expected);
      }
    }
  });

  it('pages a list of chats by its last row, and reads rows as lists show them', async () => {
    const row = {
      ...{
        id: 'c',
        slug: null,
        title: 'Engine',
        kind: 'direct',
        last_rev: 9,
        last_read_rev: 4,
        unread: 2,
        other_id: 'grace',
      },
      ...{active_at: '2026-11-23T12:00:00.123456+00:00', last_message: null},
    };
    const {database, asked} = given({status: 200, body: [row]}, {status: 200, body: []}, {status: 200, body: []});
    const [chat] = await database.myChats({after: null, limit: 50});
    expect(chat).to.deep.equal({
      ...{chat: {id: 'c', slug: null, title: 'Engine', kind: 'direct'}, rev: 9, last: null, unread: 2, lastReadRev: 4},
      ...{activeAt: row.active_at, otherId: 'grace'},
    });
    await database.myChats({after: chat ?? null, limit: 50});
    await database.myChats({ids: ['c', 'd']});
    expect(asked.map(({path, body}) => [path, body])).to.deep.equal([
      ['rpc/my_chats', {limit: 50}],
      // To the microsecond, as it came: a page must begin where the last one ended.
      ['rpc/my_chats', {limit: 50, before: row.active_at, before_id: 'c'}],
      ['rpc/my_chats', {ids: ['c', 'd'], limit: 2}],
    ]);
  });

  it('marks a chat as read, and learns how it stands', async () => {
    const {database, asked} = given({status: 200, body: [{last_read_rev: 7, last_rev: 9, unread: 1}]});
    expect(await database.markRead('c', 7)).to.deep.equal({lastReadRev: 7, unread: 1, rev: 9});
    expect(asked[0]?.body).to.deep.equal({chat_id: 'c', rev: 7});
  });

  it('finds messages by their ids', async () => {
    const {database, asked} = given({status: 200, body: []});
    expect(await database.findMessages(['a', 'b'])).to.deep.equal([]);
    expect(asked[0]).to.include({method: 'GET', path: 'messages?id=in.(a,b)'});
  });
});
