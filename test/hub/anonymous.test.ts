// What a project may answer to an anonymous sign-in, and what becomes of the account that this browser keeps.
import {expect} from '@open-wc/testing';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {endSession, signInAnonymously} from '../../src/hub/supabase/anonymous.js';
import {sessionKey} from '../../src/hub/supabase/session-key.js';
import {TrunkError} from '../../src/wire/error.js';
import type {HubConfig} from '../../src/wire/protocol.js';

const CONFIG: HubConfig = {
  url: 'https://project.example',
  key: 'key',
  identity: {kind: 'anonymous', name: 'Ada'},
  userName: 'Ada',
  avatarUrl: '',
};
const KEY = sessionKey(CONFIG.url, 'Ada');
const NOW = 1_800_000_000_000;

const jwt = (sub: string, seconds: number) =>
  `h.${btoa(JSON.stringify({sub, iat: NOW / 1000, exp: NOW / 1000 + seconds}))}.s`;
const session = (sub: string, seconds = 3600) => ({
  access_token: jwt(sub, seconds),
  refresh_token: `refresh-${sub}`,
  user: {id: sub},
});
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), {status});

describe('signInAnonymously', () => {
  const real = globalThis.fetch;
  let asked: {path: string; body: unknown; headers: Headers}[] = [];
  let store: MemoryStore;

  /** The project answers in this order. */
  function answers(...replies: (() => Response)[]): void {
    asked = [];
    globalThis.fetch = async (input, init) => {
      const path = String(input).replace(`${CONFIG.url}/auth/v1/`, '');
      asked.push({path, body: JSON.parse(String(init?.body ?? 'null')), headers: new Headers(init?.headers)});
      const reply = replies.shift();
      if (!reply) throw new TypeError('Failed to fetch');
      return reply();
    };
  }
  const signIn = (spent: string | null = null) => signInAnonymously(CONFIG, store, null, 'Ada', NOW, spent);
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'none',
      (error: unknown) => (error as TrunkError).code,
    );

  beforeEach(() => (store = new MemoryStore(true)));
  afterEach(() => (globalThis.fetch = real));

  it('makes an account with the name, and keeps it', async () => {
    answers(() => json(session('ada')));
    const credential = await signIn();
    expect(credential).to.deep.equal({token: jwt('ada', 3600), userId: 'ada', expiresAt: NOW + 3_600_000});
    expect(asked[0]).to.deep.include({path: 'signup', body: {data: {display_name: 'Ada'}}});
    expect(asked[0]?.headers.get('apikey')).to.equal('key');
    expect(await signIn()).to.deep.equal(credential);
    expect(asked).to.have.length(1);
  });

  it('exchanges a token that is spent or ends soon', async () => {
    await store.setItem(KEY, JSON.stringify(session('ada', 60)));
    answers(
      () => json(session('ada')),
      () => json(session('ada', 7200)),
    );
    const {token} = await signIn();
    expect(asked[0]).to.deep.include({
      path: 'token?grant_type=refresh_token',
      body: {refresh_token: 'refresh-ada'},
    });
    expect((await signIn(token)).token).to.equal(jwt('ada', 7200));
  });

  it('replaces an account that is gone', async () => {
    await store.setItem(KEY, JSON.stringify(session('ada', 60)));
    answers(
      () => json({code: 'refresh_token_not_found', message: 'Invalid Refresh Token'}, 400),
      () => json(session('bob')),
    );
    expect((await signIn()).userId).to.equal('bob');
    expect(await store.getItem(KEY)).to.contain('refresh-bob');
  });

  it('starts over when what is kept can’t be read', async () => {
    for (const kept of ['{', 'null', '{}', '{"access_token": 1}']) {
      await store.setItem(KEY, kept);
      answers(() => json(session('ada')));
      expect((await signIn()).userId, kept).to.equal('ada');
    }
  });

  const PASSING: readonly [what: string, reply: (() => Response) | null, code: string][] = [
    ['no network', null, 'unreachable'],
    ['a broken project', () => json({message: 'no'}, 503), 'unreachable'],
    ['a proxy’s page', () => new Response('<h1>Sign in</h1>'), 'unreachable'],
    ['a proxy’s refusal', () => new Response('<h1>No</h1>', {status: 403}), 'unreachable'],
    ['too many', () => json({code: 'over_request_rate_limit', message: 'Slow down'}, 429), 'rate-limited'],
    ['a wrong key', () => json({message: 'Invalid API key'}, 401), 'key-refused'],
  ];
  for (const [what, reply, code] of PASSING) {
    it(`keeps the account through ${what}, and says ${code}`, async () => {
      const kept = JSON.stringify(session('ada', 60));
      await store.setItem(KEY, kept);
      answers(...(reply ? [reply] : []));
      expect(await codeOf(signIn())).to.equal(code);
      expect(asked).to.have.length(1);
      expect(await store.getItem(KEY)).to.equal(kept);
    });
  }

  it('says what to switch on when the project wants no anonymous people', async () => {
    answers(() => json({code: 'anonymous_provider_disabled', msg: 'Anonymous sign-ins are disabled'}, 422));
    const error = (await signIn().catch((thrown: unknown) => thrown)) as TrunkError;
    expect(error).to.be.instanceOf(TrunkError);
    expect(error.code).to.equal('sign-in-failed');
    expect(error.message).to.contain('Anonymous sign-ins are disabled').and.to.contain('Enable anonymous sign-ins');
  });

  it('ends a kept session with its own token', async () => {
    answers(() => json(null));
    await endSession(CONFIG, JSON.stringify(session('ada')));
    expect(asked[0]?.path).to.equal('logout?scope=local');
    expect(asked[0]?.headers.get('authorization')).to.equal(`Bearer ${jwt('ada', 3600)}`);
  });
});
