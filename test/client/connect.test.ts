import {expect} from '@open-wc/testing';
import {connect, type ConnectOptions} from '../../src/client/connect.js';
import type {TrunkError} from '../../src/wire/error.js';
import type {Attention} from '../../src/wire/protocol.js';
import {settle} from '../support/fake-clock.js';

const project = {url: 'http://127.0.0.1:9', key: 'key', host: 'page'} as const;
const jwt = (claims: object) => `e30.${btoa(JSON.stringify(claims)).replace(/=+$/, '')}.x`;

/** The status a client ends in because of its options. */
async function refusal(options: ConnectOptions): Promise<{reason: string; detail: string; code: string | undefined}> {
  const client = connect(options);
  await new Promise<void>(resolve => {
    client.status.subscribe(({state}) => state === 'error' && resolve());
  });
  const {reason, detail} = client.status.current;
  const code = client.problem.current?.code;
  client.close();
  return {reason, detail, code};
}

describe('connect', () => {
  const wrong: [what: string, options: ConnectOptions, code: string, detail: RegExp][] = [
    ['no URL', {...project, url: ''}, 'no-config', /No URL/],
    ['no key', {...project, key: ''}, 'no-config', /No key/],
    ['a URL that is none', {...project, url: 'my project'}, 'bad-config', /"my project" is not/],
    ['a URL of another kind', {...project, url: 'postgres://x'}, 'bad-config', /not postgres:/],
    ['the secret key', {...project, key: 'sb_secret_1'}, 'bad-config', /secret key/],
    ['a host that is none', {...project, host: 'banana' as never}, 'bad-config', /shared-worker, relay, leader, page/],
    ['a long name', {...project, userName: 'a'.repeat(81)}, 'bad-config', /longer than 80/],
    ['the old secret key', {...project, key: jwt({role: 'service_role'})}, 'bad-config', /secret key/],
  ];
  for (const [what, options, code, detail] of wrong) {
    it(`never throws: ${what} shows in the status`, async () => {
      const shown = await refusal(options);
      expect(shown).to.include({reason: code, code});
      expect(shown.detail).to.match(detail);
    });
  }

  it('says when the page has nobody signed in', async () => {
    const shown = await refusal({...project, accessToken: () => Promise.reject(new Error('signed out'))});
    expect(shown).to.include({reason: 'sign-in-failed', code: 'sign-in-failed'});
    const noPerson = await refusal({...project, accessToken: async () => jwt({role: 'anon'})});
    expect(noPerson).to.include({reason: 'sign-in-failed', code: 'sign-in-failed'});
  });

  it('takes an anon key, which is a JWT too', async () => {
    const client = connect({...project, key: jwt({role: 'anon'})});
    await new Promise(resolve => queueMicrotask(() => resolve(null)));
    expect(client.problem.current).to.equal(null);
    expect(client.status.current.host).to.equal('page');
    client.close();
  });

  it('starts the worker at once, before the page goes on to draw itself', () => {
    const names: string[] = [];
    const real = globalThis.SharedWorker;
    globalThis.SharedWorker = class extends EventTarget {
      readonly port = new MessageChannel().port1;
      constructor(_address: string, {name = ''}: WorkerOptions) {
        super();
        names.push(name);
      }
    } as unknown as typeof SharedWorker;
    try {
      const client = connect({url: project.url, key: project.key});
      expect(names).to.have.length(1);
      client.close();
    } finally {
      globalThis.SharedWorker = real;
    }
  });

  it('names a service worker that is not there, and goes on', async () => {
    const client = connect({...project, serviceWorkerUrl: '/no-such-service-worker.js'});
    const problem = await new Promise<TrunkError>(resolve => {
      client.problem.subscribe(error => error?.code === 'service-worker-failed' && resolve(error));
    });
    expect(problem.message).to.include('/no-such-service-worker.js');
    expect(problem.cause).to.be.instanceOf(Error);
    expect(client.update.current).to.equal(null);
    expect(client.status.current.state).not.to.equal('error');
    client.close();
  });

  it('leaves the hub when the browser freezes the page, and comes back once when it thaws', async () => {
    const client = connect(project);
    const said: string[] = [];
    client.suspend = () => void said.push('left');
    client.resume = () => void said.push('back');
    document.dispatchEvent(new Event('freeze'));
    document.dispatchEvent(new Event('resume'));
    // Both are heard of a page that is frozen in the back/forward cache.
    dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));
    document.dispatchEvent(new Event('freeze'));
    document.dispatchEvent(new Event('resume'));
    dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
    expect(said.filter(each => each === 'back')).to.have.length(2);
    expect(said.at(-1)).to.equal('back');
    client.close();
  });

  it('asks the hub for a sign of life when the tab is looked at and when the network is back', async () => {
    const client = connect(project);
    const pokes: string[] = [];
    client.poke = why => void pokes.push(why);
    dispatchEvent(new Event('online'));
    document.dispatchEvent(new Event('visibilitychange'));
    expect(pokes).to.deep.equal(['online', 'visible']);
    client.close();
  });

  describe('says of its person', () => {
    const undo: (() => void)[] = [];
    const replace = (target: object, name: string, value: unknown) => {
      Object.defineProperty(target, name, {value, configurable: true, writable: true});
      undo.push(() => Reflect.deleteProperty(target, name));
    };
    afterEach(() => undo.splice(0).forEach(each => each()));

    /** What a client says, all together, as time and the page go on. */
    function given() {
      let now = 1_000_000;
      const realNow = Date.now;
      Date.now = () => now;
      undo.push(() => (Date.now = realNow));
      const client = connect(project);
      undo.push(() => client.close());
      const said: Partial<Attention>[] = [];
      client.setAttention = change => void said.push(change);
      return {said, pass: (ms: number) => (now += ms), now: () => now};
    }

    it('whether the tab is seen', () => {
      const {said, pass, now} = given();
      const seenAt = now();
      replace(document, 'visibilityState', 'hidden');
      pass(60_000);
      document.dispatchEvent(new Event('visibilitychange'));
      expect(said.at(-1)).to.include({visible: false, lastActive: seenAt});
      replace(document, 'visibilityState', 'visible');
      document.dispatchEvent(new Event('visibilitychange'));
      expect(said.at(-1)).to.include({visible: true, lastActive: now()});
    });

    it('whether its window is the one in front', () => {
      const {said} = given();
      for (const [focused, type] of [
        [false, 'blur'],
        [true, 'focus'],
      ] as const) {
        replace(document, 'hasFocus', () => focused);
        dispatchEvent(new Event(type));
        expect(said.at(-1)).to.include({focused});
      }
    });

    for (const type of ['pointerdown', 'pointermove', 'keydown', 'scroll'])
      it(`that they are active: ${type}, at most once in 10 s`, () => {
        const {said, pass, now} = given();
        const act = () => document.body.dispatchEvent(new Event(type));
        act();
        pass(9_999);
        act();
        expect(said).to.deep.equal([]);
        pass(1);
        act();
        act();
        expect(said).to.deep.equal([{lastActive: now()}]);
      });

    for (const [what, battery, saveData, frugal] of [
      ['a low battery', {charging: false, level: 0.2}, false, true],
      ['a battery that is charged', {charging: true, level: 0.2}, false, false],
      ['a full battery', {charging: false, level: 0.21}, false, false],
      ['a wish to save data', {charging: true, level: 1}, true, true],
    ] as const)
      it(`that there is ${what}`, async () => {
        const source = Object.assign(new EventTarget(), {...battery});
        replace(navigator, 'getBattery', () => Promise.resolve(source));
        replace(navigator, 'connection', {saveData});
        const {said} = given();
        await settle();
        expect(said).to.deep.equal([{frugal}]);
        Object.assign(source, {charging: false, level: 0.1});
        source.dispatchEvent(new Event('levelchange'));
        expect(said.at(-1)).to.deep.equal({frugal: true});
      });
  });

  it('leaves the hub on pagehide, and listens to nothing once closed', async () => {
    const client = connect(project);
    let left = 0;
    client.suspend = () => void left++;
    let back = 0;
    client.resume = () => void back++;
    let pokes: string[] = [];
    client.poke = why => void pokes.push(why);
    dispatchEvent(new PageTransitionEvent('pagehide'));
    dispatchEvent(new PageTransitionEvent('pageshow'));
    dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
    for (const type of ['online', 'offline']) dispatchEvent(new Event(type));
    document.dispatchEvent(new Event('visibilitychange'));
    expect([left, back]).to.deep.equal([1, 1]);
    expect(pokes.slice(0, 2)).to.deep.equal(['online', 'offline']);
    client.close();
    pokes = [];
    for (const type of ['online', 'offline', 'pagehide']) dispatchEvent(new Event(type));
    document.dispatchEvent(new Event('visibilitychange'));
    expect([left, back, pokes]).to.deep.equal([1, 1, []]);
  });
});
