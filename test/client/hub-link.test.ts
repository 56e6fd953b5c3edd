import {expect} from '@open-wc/testing';
import type {Host} from '../../src/client/host.js';
import {HubLink} from '../../src/client/hub-link.js';
import {TrunkError} from '../../src/wire/error.js';
import {PROTOCOL_VERSION, type HubConfig, type HubMessage, type TabMessage} from '../../src/wire/protocol.js';
import type {HostKind} from '../../src/wire/status.js';
import {FakeLocks} from '../support/fake-browser.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {fakeTimers} from '../support/fake-timers.js';

const config = {
  url: 'https://p',
  key: 'k',
  identity: {kind: 'anonymous', name: ''},
  userName: '',
  avatarUrl: '',
} as HubConfig;
const hello = (hub: string, lock: string | null = null, host: HostKind = 'shared-worker'): HubMessage => ({
  type: 'hello',
  protocol: PROTOCOL_VERSION,
  hub,
  lock,
  host,
});

const OTHER_VERSION = 'shared-worker: The hub’s script is of another version than the page’s.';

/** A hub at the other end of a port, as a test plays it. */
class Script {
  readonly heard: TabMessage[] = [];
  closed = false;
  /** What was said before somebody listened, as a port keeps it. */
  #kept: unknown[] = [];
  #listener = (event: {data: unknown}): void => void this.#kept.push(event.data);
  fail: (error: TrunkError) => void = () => {};
  readonly kind: HostKind;

  constructor(kind: HostKind) {
    this.kind = kind;
  }

  say(frame: unknown): void {
    this.#listener({data: frame});
  }

  /** As a hub that lives on this rung. */
  greet(hub = 'h1', lock: string | null = null): void {
    this.say([hello(hub, lock, this.kind)]);
  }

  get types(): string[] {
    return this.heard.map(({type}) => type);
  }

  host(): Host {
    return {
      port: {
        postMessage: message => void this.heard.push(message as TabMessage),
        addEventListener: (_type, listener) => {
          this.#listener = listener;
          queueMicrotask(() => this.#kept.splice(0).forEach(frame => this.say(frame)));
        },
      },
      failed: new Promise(resolve => (this.fail = resolve)),
      findsNext: this.kind === 'leader',
      close: () => (this.closed = true),
    };
  }
}

describe('HubLink', () => {
  let clock: FakeClock;
  let restore = () => {};
  beforeEach(() => {
    clock = new FakeClock();
    restore = fakeTimers(clock);
  });
  afterEach(() => restore());

  /** A link over these rungs; `play` answers when a rung is opened. */
  function given(
    play: (script: Script) => void,
    hosts: HostKind[] = ['shared-worker', 'page'],
    promised: HostKind | null = null,
  ) {
    const locks = new FakeLocks();
    const world = {
      locks,
      scripts: [] as Script[],
      stays: true,
      visible: true,
      said: [] as string[],
      problems: [] as string[],
      doubted: [] as boolean[],
      ping: (): Promise<unknown> => Promise.resolve(),
      link: null as unknown as HubLink,
    };
    let ids = 0;
    world.link = new HubLink(
      {
        hosts,
        promised,
        locks: locks.manager,
        uuid: () => `s${++ids}`,
        openHost: async (kind, _config, isDoubted) => {
          const script = new Script(kind);
          world.doubted.push(isDoubted);
          world.scripts.push(script);
          play(script);
          return script.host();
        },
      },
      {
        greeted: () => world.said.push('greeted'),
        message: message => world.said.push(message.type),
        host: (kind, why) => world.said.push(`host ${kind}${why && ` (${why})`}`),
        lost: error => world.said.push(`lost ${error.code}`),
        problem: error => world.problems.push(error.code),
        attention: () => ({visible: world.visible, lastActive: 0, currentChatId: null}),
        isStaying: () => world.stays,
        ping: () => world.ping(),
        outdated: () => world.said.push('outdated'),
      },
    );
    return world;
  }
  const greets = (script: Script) => queueMicrotask(() => queueMicrotask(() => script.greet()));
  /** Once the link listens. */
  async function open(world: ReturnType<typeof given>): Promise<Script> {
    void world.link.open(config);
    await settle();
    return world.scripts.at(-1) as Script;
  }

  it('follows to the channel when the hub on a rung says that another one serves, without calling it a problem', async () => {
    const world = given(script => {
      const frame = script.kind === 'leader' ? [hello('h1', null, 'relay')] : [{type: 'elsewhere'}];
      queueMicrotask(() => queueMicrotask(() => script.say(frame)));
    });
    await open(world);
    const {scripts, problems} = world;
    expect(scripts.map(({kind}) => kind)).to.deep.equal(['shared-worker', 'leader']);
    // Where the hub lives, not how it is reached.
    expect(world.said).to.deep.equal(['host relay', 'greeted']);
    expect(scripts[0]?.closed).to.equal(true);
    expect(problems).to.deep.equal([]);
  });

  it('does without a lock where the browser refuses them', async () => {
    const world = given(greets);
    world.locks.refuse = true;
    const script = await open(world);
    expect(world.said).to.deep.equal(['host shared-worker', 'greeted']);
    expect(script.heard[0]).to.include({type: 'hello', lock: null});
    expect(world.problems).to.deep.equal([]);
  });

  it('takes its lock, says hello with its name, and greets when the hub does', async () => {
    const world = given(() => {});
    const script = await open(world);
    expect(script.heard).to.have.length(1);
    expect(script.heard[0]).to.deep.include({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      session: 's1',
      lock: 'trunk:tab:s1',
      config,
    });
    expect(world.locks.names()).to.deep.equal(['trunk:tab:s1']);
    script.say([hello('h1'), {type: 'token-request', id: '1'}]);
    await settle();
    expect(world.said).to.deep.equal(['host shared-worker', 'greeted', 'token-request']);
    await clock.pass(60_000);
    expect(world.scripts).to.have.length(1);
  });

  const ways: [how: string, play: (script: Script) => void, ms: number, why: string][] = [
    [
      'throws',
      script =>
        script.kind === 'shared-worker' && fails(new TrunkError('worker-failed', 'no', new TypeError('not yours'))),
      0,
      'TypeError: not yours',
    ],
    ['throws something else', script => script.kind === 'shared-worker' && fails(new Error('no')), 0, 'Error: no'],
    ['is silent for 10 s', () => {}, 10_000, 'The hub did not answer within 10 s.'],
    [
      'says that it failed',
      script =>
        queueMicrotask(() => script.kind === 'shared-worker' && script.fail(new TrunkError('worker-failed', '404'))),
      0,
      '404',
    ],
  ];
  function fails(error: Error): never {
    throw error;
  }
  for (const [how, play, ms, why] of ways) {
    it(`takes the next rung when one ${how}, and reports it`, async () => {
      const world = given(play);
      await open(world);
      await clock.pass(ms - 1 < 0 ? 0 : ms - 1);
      if (ms > 0) expect(world.scripts).to.have.length(1);
      await clock.pass(1);
      const [first, second] = world.scripts;
      expect(second?.kind).to.equal('page');
      if (ms > 0) expect([first?.closed, first?.types]).to.deep.equal([true, ['hello', 'bye']]);
      second?.greet();
      await settle();
      expect(world.said).to.deep.equal([`host page (shared-worker: ${why})`, 'greeted']);
      expect(world.problems).to.have.length(1);
      expect(world.locks.names()).to.have.length(1);
    });
  }

  for (const [promised, problems] of [
    [null, []],
    ['shared-worker', ['worker-failed']],
  ] as const) {
    it(`${promised ? 'says' : 'does not say'} that a rung failed which ${promised ? 'the site set up' : 'nobody promised'}, when a lower one shares`, async () => {
      const play = (script: Script) => {
        if (script.kind === 'shared-worker') throw new TrunkError('worker-failed', 'HTML is no script');
        greets(script);
      };
      const world = given(play, ['shared-worker', 'relay', 'page'], promised);
      await open(world);
      expect(world.said).to.deep.equal(['host relay (shared-worker: HTML is no script)', 'greeted']);
      expect(world.problems).to.deep.equal(problems);
    });
  }

  it('says when no rung holds, and walks down again every 5 s', async () => {
    const world = given(() => fails(new TrunkError('worker-failed', 'no')));
    void world.link.open(config);
    await settle();
    expect(world.said).to.deep.equal(['lost worker-failed']);
    expect(world.scripts).to.have.length(2);
    await clock.pass(4_999);
    expect(world.scripts).to.have.length(2);
    await clock.pass(1);
    expect(world.scripts).to.have.length(4);
    world.link.close();
    await clock.pass(60_000);
    expect(world.scripts).to.have.length(4);
  });

  it('says hello again, and greets, when another hub speaks on the same port', async () => {
    const world = given(() => {});
    const script = await open(world);
    script.greet();
    script.greet();
    script.say([hello('h2')]);
    expect(script.types).to.deep.equal(['hello', 'hello']);
    expect(script.heard[1]).to.equal(script.heard[0]);
    expect(world.said.filter(each => each === 'greeted')).to.have.length(2);
  });

  it('opens a host again when the hub’s lock is free', async () => {
    const world = given(() => {});
    const release = await world.locks.hold('trunk:hub:h1');
    const script = await open(world);
    script.say([hello('h1', 'trunk:hub:h1')]);
    await settle();
    expect(world.scripts).to.have.length(1);
    release();
    await settle();
    expect(world.scripts).to.have.length(2);
    expect(world.scripts[1]?.heard[0]).to.include({session: 's2'});
    expect(world.locks.names()).to.deep.equal(['trunk:tab:s2']);
  });

  it('reports what it doesn’t understand, and takes in the rest', async () => {
    const world = given(() => {});
    const script = await open(world);
    script.say('no list');
    script.say([{type: 'dance'}, hello('h1'), null]);
    expect(world.problems).to.deep.equal(['malformed', 'malformed', 'malformed']);
    expect(world.said).to.deep.equal(['host shared-worker', 'greeted']);
  });

  it('leaves a rung whose hub is of another version at once, and says when that is a newer one', async () => {
    for (const [protocol, said] of [
      [99, ['outdated', `host page (${OTHER_VERSION})`, 'greeted']],
      [0, [`host page (${OTHER_VERSION})`, 'greeted']],
    ] as const) {
      const world = given(script => {
        if (script.kind === 'page') greets(script);
        else queueMicrotask(() => queueMicrotask(() => script.say([{...hello('h1'), protocol}])));
      });
      await open(world);
      await settle();
      expect(world.scripts.map(({kind}) => kind)).to.deep.equal(['shared-worker', 'page']);
      expect(world.scripts[0]?.types).to.deep.equal(['hello', 'bye']);
      expect(world.said).to.deep.equal(said);
      expect(world.problems).to.deep.equal(['protocol-mismatch']);
      world.link.close();
    }
  });

  it('asks a hub in another tab once a minute while nobody sees the page', async () => {
    const world = given(greets, ['leader']);
    world.visible = false;
    let asked = 0;
    world.ping = async () => void asked++;
    await open(world);
    await settle();
    await clock.pass(59_999);
    expect(asked).to.equal(0);
    await clock.pass(60_001);
    expect(asked).to.equal(2);
  });

  it('asks it every 5 s from when somebody sees the page', async () => {
    const world = given(greets, ['leader']);
    world.visible = false;
    let asked = 0;
    world.ping = async () => void asked++;
    await open(world);
    await clock.pass(10_000);
    world.visible = true;
    await world.link.check();
    await clock.pass(5_000);
    expect(asked).to.equal(2);
    world.link.close();
  });

  it('asks a hub in another tab every 5 s whether it lives, and doubts it when it doesn’t answer', async () => {
    const world = given(greets, ['leader']);
    let asked = 0;
    world.ping = async () => void asked++;
    await open(world);
    await settle();
    await clock.pass(10_000);
    expect(asked).to.equal(2);
    world.ping = () => new Promise(() => {});
    await clock.pass(5_000 + 1_999);
    expect(world.doubted).to.deep.equal([false]);
    await clock.pass(1);
    await settle();
    expect(world.doubted).to.deep.equal([false, true]);
    world.link.close();
    const after = asked;
    await clock.pass(60_000);
    expect(asked).to.equal(after);
  });

  it('asks a worker every 20 s while somebody sees the page, and else when somebody comes', async () => {
    const world = given(greets, ['shared-worker']);
    let asked = 0;
    world.ping = async () => void asked++;
    await open(world);
    await settle();
    await clock.pass(40_000);
    expect(asked).to.equal(2);
    world.visible = false;
    await clock.pass(20_000);
    expect([asked, clock.timers]).to.deep.equal([3, 0]);
    world.visible = true;
    await world.link.check();
    await world.link.check();
    expect([asked, clock.timers]).to.deep.equal([5, 1]);
    world.ping = () => new Promise(() => {});
    await clock.pass(20_000 + 2_000);
    await settle();
    expect(world.doubted).to.deep.equal([false, true]);
    world.link.close();
  });

  it('waits for a worker’s word for 10 s, and for 5 s when it did not answer a ping', async () => {
    const world = given(() => {});
    const first = await open(world);
    await clock.pass(9_999);
    first.greet();
    await settle();
    world.ping = () => new Promise(() => {});
    void world.link.check();
    await clock.pass(2_000 + 4_999);
    expect(world.scripts).to.have.length(2);
    await clock.pass(1);
    await settle();
    expect(world.scripts.map(({kind}) => kind)).to.deep.equal(['shared-worker', 'shared-worker', 'page']);
    world.link.close();
  });

  it('hears nothing from a rung it has left', async () => {
    const world = given(() => {});
    const first = await open(world);
    await clock.pass(10_000);
    first.say([hello('late'), {type: 'token-request', id: '1'}]);
    expect(world.said).to.deep.equal([]);
  });

  it('holds neither lock nor port while suspended, and comes back as another session', async () => {
    const world = given(() => {});
    const first = await open(world);
    first.say([hello('h1')]);
    await settle();
    world.link.resume();
    await settle();
    expect(world.scripts).to.have.length(1);
    world.link.suspend();
    await settle();
    expect([first.closed, first.types.at(-1), world.locks.names()]).to.deep.equal([true, 'bye', []]);
    world.link.post({type: 'poke', why: 'online'});
    await clock.pass(60_000);
    expect(world.scripts).to.have.length(1);
    world.link.resume();
    await settle();
    expect(world.scripts[1]?.heard[0]).to.include({session: 's2'});
  });

  it('checks that the hub lives: 2 s without an answer, and it opens another', async () => {
    const world = given(() => {});
    const script = await open(world);
    world.ping = () => Promise.reject(new Error('never asked'));
    await world.link.check();
    script.greet();
    world.ping = async () => {};
    await world.link.check();
    await clock.pass(10_000);
    expect(world.scripts).to.have.length(1);
    world.ping = () => new Promise(() => {});
    void world.link.check();
    await clock.pass(1_999);
    expect(world.scripts).to.have.length(1);
    await clock.pass(1);
    expect(world.scripts).to.have.length(2);
  });

  it('leaves for good when closed, whatever was under way', async () => {
    for (const moment of ['lock', 'host', 'handshake', 'open'] as const) {
      const world = given(moment === 'open' ? greets : () => {});
      void world.link.open(config);
      if (moment === 'host') await Promise.resolve();
      if (moment === 'handshake' || moment === 'open') await settle();
      world.link.close();
      world.link.close();
      await clock.pass(60_000);
      expect(world.locks.names(), moment).to.deep.equal([]);
      expect(world.scripts.length, moment).to.be.at.most(1);
      expect(
        world.scripts.every(({closed, types}) => closed || types.length === 0),
        moment,
      ).to.equal(true);
      world.link.resume();
      await settle();
      expect(world.scripts.length, moment).to.be.at.most(1);
    }
  });
});
