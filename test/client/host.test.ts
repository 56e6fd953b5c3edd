import {expect} from '@open-wc/testing';
import {availableHosts, hubName, openHost} from '../../src/client/host.js';
import {PROTOCOL_VERSION, type HubConfig, type HubFrame} from '../../src/wire/protocol.js';
import {FakeClock} from '../support/fake-clock.js';
import {fakeTimers} from '../support/fake-timers.js';

const config: HubConfig = {
  url: 'https://project.example',
  key: 'secret-looking-key',
  identity: {kind: 'anonymous', name: 'Ada'},
  userName: 'Ada',
  avatarUrl: '',
};

const nextFrame = (port: {addEventListener: MessagePort['addEventListener']; start?: () => void}) =>
  new Promise<HubFrame>(resolve => {
    port.addEventListener('message', event => resolve((event as MessageEvent).data as HubFrame));
    port.start?.();
  });

describe('hubName', () => {
  it('is one name for tabs that may share a hub, whatever they show', () => {
    expect(hubName({...config, userName: 'Countess', avatarUrl: 'https://x'})).to.equal(hubName(config));
    expect(hubName(config)).to.match(new RegExp(`^trunkline:${PROTOCOL_VERSION}:[0-9a-f]{16}$`));
  });

  it('differs by project, key and person', () => {
    const others: HubConfig[] = [
      {...config, url: 'https://other.example'},
      {...config, key: 'another'},
      {...config, identity: {kind: 'anonymous', name: 'Grace'}},
      {...config, identity: {kind: 'token', userId: 'Ada'}},
    ];
    expect(new Set([config, ...others].map(hubName)).size).to.equal(5);
  });

  it('gives nothing of the key away', () => {
    expect(hubName(config)).not.to.contain('secret');
  });
});

describe('availableHosts', () => {
  it('has the worker first where there is one, and the page always', () => {
    const locks = {navigator: {locks: {}}};
    const channel = {BroadcastChannel: class {}};
    const worker = {SharedWorker: class {}};
    expect(availableHosts({...worker, ...channel, ...locks})).to.deep.equal([
      'shared-worker',
      'relay',
      'leader',
      'page',
    ]);
    expect(availableHosts({...channel, ...locks})).to.deep.equal(['leader', 'page']);
    expect(availableHosts({...worker, ...channel})).to.deep.equal(['shared-worker', 'page']);
    expect(availableHosts({...locks})).to.deep.equal(['page']);
    expect(availableHosts({})).to.deep.equal(['page']);
  });
});

describe('openHost', () => {
  it('reports a worker whose script is not there', async () => {
    const host = await openHost('shared-worker', config, {workerUrl: '/no/such/worker.js'});
    expect((await host.failed).code).to.equal('worker-failed');
    host.close();
  });

  it('asks a second time where the browser lost the word that the first worker failed, and not where it lives', async () => {
    const clock = new FakeClock();
    const restore = fakeTimers(clock);
    const real = globalThis.SharedWorker;
    const made: (EventTarget & {hub: MessagePort})[] = [];
    class Silent extends EventTarget {
      readonly port: MessagePort;
      readonly hub: MessagePort;
      constructor() {
        super();
        ({port1: this.port, port2: this.hub} = new MessageChannel());
        made.push(this);
      }
    }
    globalThis.SharedWorker = Silent as unknown as typeof SharedWorker;
    try {
      const host = await openHost('shared-worker', config, {});
      await clock.pass(2_000);
      expect(made).to.have.length(2);
      made[1]?.dispatchEvent(new ErrorEvent('error', {message: 'no such file'}));
      expect((await host.failed).cause).to.equal('no such file');
      host.close();

      const living = await openHost('shared-worker', config, {});
      const greeted = nextFrame(living.port as MessagePort);
      made[2]?.hub.postMessage([{type: 'hello'}]);
      await greeted;
      await clock.pass(10_000);
      expect(made).to.have.length(3);
      living.close();
    } finally {
      globalThis.SharedWorker = real;
      restore();
    }
  });

  it('refuses at once a worker of another origin', async () => {
    const error = await openHost('shared-worker', config, {workerUrl: 'https://elsewhere.example/worker.js'}).then(
      host => host.failed,
      (thrown: unknown) => thrown,
    );
    expect(error).to.have.property('code', 'worker-failed');
  });

  it('opens the worker, which says hello, one hub for all who ask by one name', async () => {
    const hosts = await Promise.all([openHost('shared-worker', config, {}), openHost('shared-worker', config, {})]);
    const frames = await Promise.all(hosts.map(({port}) => nextFrame(port as MessagePort)));
    const [first, second] = frames.map(([hello]) => hello);
    expect(first).to.include({type: 'hello', protocol: PROTOCOL_VERSION});
    expect(second).to.deep.equal(first);
    for (const host of hosts) host.close();
  });

  it('opens a hub in the page, which says hello', async () => {
    const host = await openHost('page', config, {});
    const [hello] = await nextFrame(host.port as MessagePort);
    expect(hello).to.include({type: 'hello', protocol: PROTOCOL_VERSION});
    host.close();
  });

  it('opens a hub that says so when the browser refuses IndexedDB', async () => {
    const {indexedDB} = globalThis;
    const refuse = {
      open: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    };
    Object.defineProperty(globalThis, 'indexedDB', {value: refuse, configurable: true});
    try {
      const host = await openHost('page', {...config, url: 'http://127.0.0.1:9'}, {});
      const problem = new Promise<HubFrame[number]>(resolve => {
        host.port.addEventListener('message', ({data}) => {
          for (const message of data as HubFrame) if (message.type === 'problem') resolve(message);
        });
      });
      await nextFrame(host.port as MessagePort);
      const attention = {visible: true, lastActive: 0, currentChatId: null};
      host.port.postMessage({
        type: 'hello',
        protocol: PROTOCOL_VERSION,
        session: 's',
        lock: null,
        config: {...config, url: 'http://127.0.0.1:9'},
        attention,
      });
      expect(await problem).to.have.nested.property('error.code', 'storage-refused');
      host.port.postMessage({type: 'bye'});
      host.close();
    } finally {
      Object.defineProperty(globalThis, 'indexedDB', {value: indexedDB, configurable: true});
    }
  });
});
