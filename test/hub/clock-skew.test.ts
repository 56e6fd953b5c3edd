// A browser's clock may be a day wrong, either way. Tokens are judged by what the server says of their life, so nothing is renewed in
// a loop and no dead token is used for long. The anonymous account is one of a project's Auth in memory.
import {expect} from '@open-wc/testing';
import {Credentials} from '../../src/hub/credentials.js';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {signInAnonymously} from '../../src/hub/supabase/anonymous.js';
import {SupabaseTransport} from '../../src/hub/supabase/supabase-transport.js';
import type {Credential} from '../../src/hub/transport.js';
import {TrunkError} from '../../src/wire/error.js';
import type {HubConfig} from '../../src/wire/protocol.js';
import {FakeLocks} from '../support/fake-browser.js';
import {FakeClock, settle} from '../support/fake-clock.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CONFIG: HubConfig = {
  url: 'https://project.example',
  key: 'key',
  identity: {kind: 'anonymous', name: 'Ada'},
  userName: 'Ada',
  avatarUrl: '',
};

const encode = (value: unknown) => btoa(JSON.stringify(value)).replace(/=+$/, '');
const jwt = (claims: Record<string, unknown>) => `${encode({alg: 'HS256'})}.${encode(claims)}.sig`;

describe('A clock that is a day wrong', () => {
  for (const [how, skew] of [
    ['a day ahead', DAY],
    ['right', 0],
    ['a day behind', -DAY],
  ] as const) {
    describe(`(${how})`, () => {
      const real = globalThis.fetch;
      let server: ReturnType<typeof fakeAuth>;
      let clock: FakeClock;

      beforeEach(() => {
        clock = new FakeClock();
        server = fakeAuth(() => clock.now() - skew);
        globalThis.fetch = server.fetch;
      });
      afterEach(() => {
        globalThis.fetch = real;
      });

      /** The hub's credentials, over the kept account of this store. */
      function anonymous(store = new MemoryStore(true)) {
        const sign = (spent: string | null) =>
          signInAnonymously(CONFIG, store, new FakeLocks(), 'Ada', clock.now(), spent);
        const credentials = new Credentials(clock, sign, () => {});
        return {store, credentials, sign};
      }

      it('renews an anonymous account’s token once an hour, a minute before its end by the server’s clock', async () => {
        const {credentials} = anonymous();
        await credentials.get();
        await nextTurn();
        for (let minute = 0; minute < 10 * 60; minute++) {
          await clock.pass(60_000);
          await nextTurn();
          const {token} = await credentials.get();
          expect(server.livesFor(token), `after ${minute} minutes`).to.be.greaterThan(0);
        }
        expect(server.asked.filter(path => path.includes('signup'))).to.have.length(1);
        expect(server.asked.length).to.be.within(10, 13);
        credentials.close();
      });

      it('gives the next hub a token that lives, of the same account', async () => {
        const {credentials, store} = anonymous();
        const first = await credentials.get();
        credentials.close();
        for (const [wait, most] of [
          [60_000, 1],
          [HOUR - 120_000, 2],
          [2 * DAY, 3],
        ] as const) {
          await clock.pass(wait);
          const next = anonymous(store);
          const credential = await next.credentials.get();
          next.credentials.close();
          expect(credential.userId).to.equal(first.userId);
          expect(server.livesFor(credential.token), String(wait)).to.be.greaterThan(60_000);
          expect(server.asked.length, String(wait)).to.be.at.most(most + 1);
        }
      });

      it('never gives a spent token again', async () => {
        const {sign} = anonymous();
        const first = await sign(null);
        const second = await sign(first.token);
        expect(second.token).not.to.equal(first.token);
        expect(second.userId).to.equal(first.userId);
      });

      it('judges a page’s token by its own life', () => {
        const now = clock.now() - skew;
        const transport = new SupabaseTransport(CONFIG, new MemoryStore(true), clock, null);
        const fresh = jwt({sub: 'ada', iat: now / 1000, exp: (now + HOUR) / 1000});
        expect(transport.readToken(fresh)).to.deep.equal({
          token: fresh,
          userId: 'ada',
          expiresAt: clock.now() + HOUR,
        });
      });

      it('renews a page’s token once an hour at most, and again when the server refuses it', async () => {
        const transport = new SupabaseTransport(CONFIG, new MemoryStore(true), clock, null);
        let asked = 0;
        // A page that caches its token until its last minute, by a clock that is right.
        let cached = {token: '', end: 0};
        const accessToken = async (): Promise<Credential> => {
          asked++;
          const now = clock.now() - skew;
          if (cached.end - now < 60_000) {
            cached = {token: jwt({sub: 'ada', iat: now / 1000, exp: (now + HOUR) / 1000}), end: now + HOUR};
          }
          return transport.readToken(cached.token);
        };
        const credentials = new Credentials(clock, accessToken, () => {});
        await credentials.get();
        await clock.pass(10 * HOUR + 60_000);
        expect(asked).to.be.within(9, 22);
        const {token} = await credentials.get();
        const {exp} = JSON.parse(atob(token.split('.')[1] ?? '')) as {exp: number};
        expect(exp * 1000 - (clock.now() - skew)).to.be.greaterThan(0);
        credentials.close();
      });
    });
  }
});

describe('A page’s token', () => {
  const clock = new FakeClock();
  const transport = new SupabaseTransport(CONFIG, new MemoryStore(true), clock, null);
  const at = (ms: number) => (clock.now() + ms) / 1000;

  it('ends when it says so, where the clock may be right', () => {
    for (const [iat, exp] of [
      [0, HOUR],
      [-30 * 60_000, 30 * 60_000],
      [59_000, HOUR],
      [-HOUR + 1_000, 1_000],
    ] as const) {
      const token = jwt({sub: 'ada', iat: at(iat), exp: at(exp)});
      expect(transport.readToken(token).expiresAt, `${iat} to ${exp}`).to.equal(clock.now() + exp);
    }
  });

  it('has its whole life before it, where the clock says that it is over or not begun', () => {
    for (const [iat, exp] of [
      [61_000, HOUR],
      [-2 * HOUR, -HOUR],
      [-HOUR, 0],
    ] as const) {
      const token = jwt({sub: 'ada', iat: at(iat), exp: at(exp)});
      expect(transport.readToken(token).expiresAt, `${iat} to ${exp}`).to.equal(clock.now() + exp - iat);
    }
  });

  it('without a beginning ends when it says so', () => {
    expect(transport.readToken(jwt({sub: 'ada', exp: at(-HOUR)})).expiresAt).to.equal(clock.now() - HOUR);
  });

  it('that is none of a person is refused', () => {
    for (const token of ['', 'x', 'x.y.z', jwt({}), jwt({sub: 'ada'}), jwt({exp: at(HOUR)}), jwt({sub: 1, exp: 2})]) {
      let code = '';
      try {
        transport.readToken(token);
      } catch (thrown) {
        code = TrunkError.from(thrown).code;
      }
      expect(code, token).to.equal('sign-in-failed');
    }
  });
});

describe('Signing out of an anonymous account', () => {
  const real = globalThis.fetch;
  afterEach(() => (globalThis.fetch = real));

  it('forgets it at once, and also what a sign-in under way would bring back', async () => {
    const clock = new FakeClock();
    const server = fakeAuth(() => clock.now());
    globalThis.fetch = server.fetch;
    const [store, locks] = [new MemoryStore(true), new FakeLocks()];
    const sign = () => signInAnonymously(CONFIG, store, locks, 'Ada', Date.now(), null);
    const first = await sign();
    const key = 'trunkline:session:https://project.example:Ada';
    const again = signInAnonymously(CONFIG, store, locks, 'Ada', Date.now(), first.token);
    await settle();
    await new SupabaseTransport(CONFIG, store, clock, locks).signOutAnonymously('Ada');
    const next = sign();
    await again;
    expect((await next).userId).not.to.equal(first.userId);
    await server.loggedOut;
    expect(await store.getItem(key)).to.contain((await next).token);
  });
});

/** The client's own promises go through the event loop. */
function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });
}

/** A project's Auth: anonymous sign-up, and refresh tokens that are good once. */
function fakeAuth(now: () => number) {
  const asked: string[] = [];
  let count = 0;
  let logOut = () => {};
  const loggedOut = new Promise<void>(resolve => (logOut = resolve));
  const refresh = new Map<string, string>();
  const session = (sub: string) => {
    const iat = Math.floor(now() / 1000);
    const token = jwt({sub, iat, exp: iat + 3600, n: ++count});
    refresh.set(`refresh-${count}`, sub);
    return {
      access_token: token,
      token_type: 'bearer',
      expires_in: 3600,
      expires_at: iat + 3600,
      refresh_token: `refresh-${count}`,
      user: {id: sub, aud: 'authenticated', app_metadata: {}, user_metadata: {}, created_at: ''},
    };
  };
  const answer = (body: unknown, status = 200) =>
    new Response(JSON.stringify(body), {status, headers: {'content-type': 'application/json'}});
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const path = String(input).replace(`${CONFIG.url}/auth/v1/`, '');
    asked.push(path);
    if (path.startsWith('signup')) return answer(session(`ada-${count + 1}`));
    if (path.startsWith('token')) {
      const {refresh_token} = JSON.parse(String(init?.body)) as {refresh_token: string};
      const sub = refresh.get(refresh_token);
      refresh.delete(refresh_token);
      return sub ? answer(session(sub)) : answer({code: 400, error_code: 'refresh_token_not_found', msg: 'no'}, 400);
    }
    if (path.startsWith('logout')) logOut();
    return answer({});
  };
  const livesFor = (token: string) => {
    const {exp} = JSON.parse(atob(token.split('.')[1] ?? '')) as {exp: number};
    return exp * 1000 - now();
  };
  return {asked, fetch, livesFor, loggedOut};
}
