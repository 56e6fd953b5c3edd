import {expect} from '@open-wc/testing';
import {Connection, type LineStatus} from '../../src/hub/connection.js';
import {Credentials} from '../../src/hub/credentials.js';
import type {Transport} from '../../src/hub/transport.js';
import {TrunkError} from '../../src/wire/error.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

const ALMOST_ONE = 1 - Number.EPSILON;

/** A connection to a project, and everything it said. */
function given({random = 0.5}: {random?: number} = {}) {
  const clock = new FakeClock();
  const project = new FakeProject();
  const transport = project.transport('ada', undefined, () => clock.now());
  const world = {
    clock,
    project,
    transport,
    random,
    said: [] as string[],
    shown: [] as LineStatus[],
    connection: null as unknown as Connection,
    /** When sockets were opened, in ms since the start. */
    tries: [] as number[],
    /** `state reason`, each only when it differs from the one before. */
    get states() {
      const lines = world.shown.map(({state, reason}) => `${state} ${reason}`);
      return lines.filter((line, at) => line !== lines[at - 1]);
    },
  };
  const start = clock.now();
  const spied: Pick<Transport, 'openSocket' | 'probe'> = {
    openSocket: (token, listener) => {
      world.tries.push(clock.now() - start);
      return transport.openSocket(token, listener);
    },
    probe: () => transport.probe(),
  };
  const credentials = new Credentials(
    clock,
    () => transport.signInAnonymously('Ada', null),
    () => {},
  );
  world.connection = new Connection(clock, () => world.random, credentials, spied, {
    up: () => world.said.push('up'),
    down: reason => world.said.push(`down ${reason}`),
    changed: () => world.shown.push(world.connection.status),
  });
  return world;
}

async function connected(options: {random?: number} = {}) {
  const world = given(options);
  world.connection.start();
  await world.clock.pass(0);
  return world;
}

describe('Connection', () => {
  describe('comes up', () => {
    it('with a token first, and only then a socket', async () => {
      const {clock, project, connection, states, said} = given();
      project.hold();
      connection.start();
      await settle();
      expect(project.log).to.deep.equal(['sign in Ada']);
      expect(connection.socket).to.equal(null);
      project.release();
      await clock.pass(0);
      expect(project.log).to.deep.equal(['sign in Ada', 'socket token-1', 'ping']);
      expect(said).to.deep.equal(['up']);
      expect(connection.socket).not.to.equal(null);
      expect(states).to.deep.equal([]);
    });

    it('telling each step', async () => {
      const world = await connected();
      expect(world.states).to.deep.equal(['connecting signing-in', 'connecting opening', 'connected open']);
    });

    it('once, however often it is started', async () => {
      const {connection, project} = await connected();
      connection.start();
      connection.start();
      await settle();
      expect(project.count('socket')).to.equal(1);
    });

    it('when the socket speaks before openSocket() has returned it', async () => {
      const world = given();
      const socket = {join: () => ({}) as never, setToken() {}, ping() {}, close() {}};
      world.transport.openSocket = (_token, listener) => {
        listener.opened();
        return socket;
      };
      world.connection.start();
      await settle();
      expect(world.connection.socket).to.equal(socket);
      expect(world.said).to.deep.equal(['up']);
    });

    it('not when the socket falls before openSocket() has returned it', async () => {
      const world = given({random: ALMOST_ONE});
      const open = world.transport.openSocket.bind(world.transport);
      world.transport.openSocket = (_token, listener) => {
        listener.down('server-restart');
        world.transport.openSocket = open;
        return {join: () => ({}) as never, setToken() {}, ping() {}, close() {}};
      };
      world.connection.start();
      await settle();
      expect(world.connection.status).to.include({state: 'disconnected', reason: 'server-restart'});
      await world.clock.pass(499);
      expect(world.connection.status.state).to.equal('connected');
      expect(world.said).to.deep.equal(['up']);
    });

    it('with the time of the state, not of its reason', async () => {
      const world = given();
      const start = world.clock.now();
      world.project.faults.stallSockets = true;
      await world.clock.pass(100);
      world.connection.start();
      await world.clock.pass(500);
      expect(world.connection.status).to.include({state: 'connecting', reason: 'opening', since: start});
    });
  });

  describe('tries again', () => {
    it('after a random wait with a ceiling that doubles from 0.5 s to 30 s', async () => {
      const world = given({random: ALMOST_ONE});
      world.project.faults.refuseSockets = true;
      world.connection.start();
      await world.clock.pass(120_000);
      const waits = world.tries.slice(1).map((at, n) => at - (world.tries[n] ?? 0));
      expect(waits.slice(0, 8)).to.deep.equal([499, 999, 1_999, 3_999, 7_999, 15_999, 29_999, 29_999]);
    });

    it('within nothing when chance says so', async () => {
      const world = given({random: 0});
      world.project.faults.refuseSockets = true;
      world.connection.start();
      await settle();
      world.project.faults.refuseSockets = false;
      await world.clock.pass(0);
      expect(world.connection.status.state).to.equal('connected');
    });

    it('when the server can’t be reached for a token', async () => {
      const world = given();
      world.project.faults.request = new TrunkError('unreachable', 'no network');
      world.connection.start();
      await world.clock.pass(1_000);
      expect(world.connection.status).to.include({state: 'disconnected', reason: 'socket-closed'});
      expect(world.project.count('sign in')).to.be.greaterThan(1);
      world.project.faults.request = null;
      await world.clock.pass(5_000);
      expect(world.connection.status.state).to.equal('connected');
    });

    it('when a socket doesn’t open within 10 s', async () => {
      const world = given();
      world.project.faults.stallSockets = true;
      world.connection.start();
      await world.clock.pass(9_999);
      expect(world.tries).to.have.length(1);
      expect(world.project.sockets.size).to.equal(1);
      await world.clock.pass(1);
      expect(world.project.sockets.size).to.equal(0);
      await world.clock.pass(500);
      expect(world.tries).to.have.length(2);
    });

    it('patiently when sockets open and fall at once: only 10 s of health forgive', async () => {
      const world = await connected({random: ALMOST_ONE});
      for (const wait of [500, 1_000, 2_000, 4_000]) {
        await world.clock.pass(9_999);
        world.project.cut();
        await world.clock.pass(wait - 2);
        expect(world.connection.socket, `before ${wait}`).to.equal(null);
        await world.clock.pass(1);
        expect(world.connection.socket, `after ${wait}`).not.to.equal(null);
      }
      await world.clock.pass(10_000);
      world.project.cut();
      await world.clock.pass(499);
      expect(world.connection.socket).not.to.equal(null);
    });
  });

  describe('hides', () => {
    it('a loss shorter than 1.5 s', async () => {
      const world = await connected({random: ALMOST_ONE});
      world.shown.length = 0;
      world.project.cut();
      await world.clock.pass(1_499);
      expect(world.said).to.deep.equal(['up', 'down socket-closed', 'up']);
      await world.clock.pass(10_000);
      expect(world.states.filter(state => state !== 'connected open')).to.deep.equal([]);
    });

    it('nothing longer, and gives the reason', async () => {
      const world = await connected();
      world.project.faults.refuseSockets = true;
      world.project.cut('server-restart');
      await world.clock.pass(1_499);
      expect(world.connection.status.state).to.equal('connected');
      await world.clock.pass(1);
      expect(world.connection.status).to.include({state: 'disconnected', reason: 'socket-closed', latencyMs: null});
      expect(world.connection.status.detail).to.match(/Trying again/);
      expect(world.said).to.deep.equal(['up', 'down server-restart']);
    });

    it('nothing of an earlier loss: after a rest it is connecting again', async () => {
      const world = await connected();
      world.project.cut();
      await world.clock.pass(1_000);
      world.project.faults.stallSockets = true;
      world.connection.rest();
      world.connection.start();
      await settle();
      expect(world.connection.status).to.include({state: 'connecting', reason: 'opening'});
    });

    it('no old guess at the reason: what came back online fails as a socket again', async () => {
      const world = await connected();
      world.project.faults.refuseSockets = true;
      world.project.cut();
      world.connection.poke('offline');
      await world.clock.pass(2_000);
      expect(world.connection.status.reason).to.equal('offline');
      world.project.faults.refuseSockets = false;
      await world.clock.pass(60_000);
      expect(world.connection.status.state).to.equal('connected');
      world.project.faults.refuseSockets = true;
      world.project.cut();
      await world.clock.pass(2_000);
      expect(world.connection.status.reason).to.equal('socket-closed');
      expect(world.connection.status.since).to.be.greaterThan(world.clock.now() - 2_000);
    });

    it('no second loss behind the first: each has its own 1.5 s', async () => {
      const world = await connected({random: ALMOST_ONE});
      world.project.cut();
      await world.clock.pass(1_000);
      expect(world.connection.socket).not.to.equal(null);
      world.project.cut();
      world.project.faults.stallSockets = true;
      await world.clock.pass(1_000);
      expect(world.connection.status.state).to.equal('connected');
      await world.clock.pass(500);
      expect(world.connection.status.state).to.equal('disconnected');
    });

    it('no error: that is told at once', async () => {
      const world = await connected();
      world.project.faults.refuseKey = true;
      world.project.faults.refuseSockets = true;
      world.project.cut();
      await world.clock.pass(600);
      expect(world.connection.status).to.include({state: 'error', reason: 'key-refused', detail: 'wrong key'});
    });
  });

  describe('stops', () => {
    it('when the probe says that the key is refused, and tries no more', async () => {
      const world = given();
      world.project.faults.refuseKey = true;
      world.project.faults.refuseSockets = true;
      world.connection.start();
      await world.clock.pass(600_000);
      expect(world.connection.status).to.include({state: 'error', reason: 'key-refused'});
      expect(world.tries).to.have.length(1);
    });

    it('not when the probe merely fails', async () => {
      const world = given();
      world.project.faults.refuseSockets = true;
      world.connection.start();
      await settle();
      world.project.faults.request = new TrunkError('unreachable', 'no network');
      await world.clock.pass(60_000);
      expect(world.connection.status.state).to.equal('disconnected');
    });

    it('not for a socket that was open: that key was good', async () => {
      const world = await connected();
      world.project.cut();
      await settle();
      expect(world.project.count('probe')).to.equal(0);
    });

    it('when nobody may sign in, until a tab pokes it, and looks once a minute', async () => {
      const world = given();
      world.project.faults.request = new TrunkError('sign-in-failed', 'anonymous sign-ins are off');
      world.connection.start();
      await world.clock.pass(59_000);
      expect(world.connection.status).to.include({state: 'error', reason: 'sign-in-failed'});
      expect(world.project.count('sign in')).to.equal(1);
      await world.clock.pass(60_000);
      expect(world.project.count('sign in')).to.equal(2);
      world.project.faults.request = null;
      world.connection.poke('visible');
      await world.clock.pass(0);
      expect(world.connection.status.state).to.equal('connected');
    });

    it('until a tab that comes in starts it again', async () => {
      const world = given();
      world.project.faults.request = new TrunkError('key-refused', 'wrong key');
      world.connection.start();
      await settle();
      expect(world.connection.status.reason).to.equal('key-refused');
      world.project.faults.request = null;
      world.connection.start();
      await world.clock.pass(0);
      expect(world.connection.status.state).to.equal('connected');
    });

    it('when the socket can’t even be made', async () => {
      const world = given();
      world.transport.openSocket = () => {
        throw new TrunkError('bad-config', 'no such address');
      };
      world.connection.start();
      await world.clock.pass(60_000);
      expect(world.connection.status).to.include({state: 'error', detail: 'no such address'});
    });
  });

  describe('is poked', () => {
    for (const why of ['online', 'visible', 'pageshow'] as const) {
      it(`by “${why}” while it waits: tries at once`, async () => {
        const world = await connected({random: ALMOST_ONE});
        world.project.faults.refuseSockets = true;
        world.project.cut();
        await world.clock.pass(8_000);
        world.project.faults.refuseSockets = false;
        expect(world.connection.socket).to.equal(null);
        world.connection.poke(why);
        await world.clock.pass(0);
        expect(world.connection.socket).not.to.equal(null);
      });
    }

    it('by “offline” while it waits: tells why, and goes on waiting', async () => {
      const world = given({random: ALMOST_ONE});
      world.project.faults.refuseSockets = true;
      world.connection.start();
      await settle();
      const tries = world.tries.length;
      world.connection.poke('offline');
      await settle();
      expect(world.connection.status).to.include({state: 'disconnected', reason: 'offline'});
      expect(world.tries).to.have.length(tries);
      world.project.faults.refuseSockets = false;
      await world.clock.pass(60_000);
      expect(world.connection.status.reason).to.equal('open');
    });

    it('while it is on its way: nothing doubles', async () => {
      const world = given();
      world.project.faults.stallSockets = true;
      world.connection.start();
      world.connection.poke('online');
      await settle();
      world.connection.poke('visible');
      await settle();
      expect(world.tries).to.have.length(1);
    });

    it('while open: a socket that answers stays', async () => {
      const world = await connected();
      world.connection.poke('visible');
      await world.clock.pass(60_000);
      expect(world.tries).to.have.length(1);
      expect(world.project.count('ping')).to.equal(2);
    });

    it('while open: a socket that is silent for 4 s is dead', async () => {
      const world = await connected();
      world.project.faults.deaf = true;
      world.connection.poke('pageshow');
      await world.clock.pass(3_999);
      expect(world.said).to.deep.equal(['up']);
      await world.clock.pass(1);
      expect(world.said).to.deep.equal(['up', 'down heartbeat-timeout']);
      expect(world.project.sockets.size).to.equal(0);
    });

    it('while it rests or is closed: nothing happens', async () => {
      const world = given();
      world.connection.poke('online');
      await world.clock.pass(1_000);
      world.connection.close();
      world.connection.poke('online');
      world.connection.start();
      await world.clock.pass(60_000);
      expect(world.tries).to.deep.equal([]);
    });
  });

  describe('measures', () => {
    it('the latency once when it opens, and every 5 s while somebody looks', async () => {
      const world = await connected();
      await world.clock.pass(60_000);
      expect(world.project.count('ping')).to.equal(1);
      expect(world.connection.status.latencyMs).to.equal(7);
      world.connection.watchLatency(true);
      await world.clock.pass(20_000);
      expect(world.project.count('ping')).to.equal(6);
      world.connection.watchLatency(false);
      await world.clock.pass(60_000);
      expect(world.project.count('ping')).to.equal(7);
    });

    it('no oftener when watchers come and go', async () => {
      const world = await connected();
      for (let n = 0; n < 5; n++) {
        world.connection.watchLatency(true);
        world.connection.watchLatency(false);
      }
      world.connection.watchLatency(true);
      await world.clock.pass(0);
      const before = world.project.count('ping');
      await world.clock.pass(50_000);
      expect(world.project.count('ping') - before).to.equal(10);
    });

    it('on the next socket too', async () => {
      const world = await connected();
      world.connection.watchLatency(true);
      world.project.cut();
      await world.clock.pass(20_000);
      expect(world.connection.status.latencyMs).to.equal(7);
      const before = world.project.count('ping');
      await world.clock.pass(10_000);
      expect(world.project.count('ping') - before).to.equal(2);
    });
  });

  describe('goes down', () => {
    it('to rest when nobody needs it, and comes up again', async () => {
      const world = await connected();
      world.connection.rest();
      expect(world.said).to.deep.equal(['up', 'down idle']);
      expect(world.connection.status).to.include({state: 'disconnected', reason: 'idle'});
      expect(world.project.sockets.size).to.equal(0);
      await world.clock.pass(60_000);
      expect(world.tries).to.have.length(1);
      world.connection.start();
      await world.clock.pass(0);
      expect(world.connection.status.state).to.equal('connected');
    });

    it('from every state, leaving no timer and no socket behind', async () => {
      const ways: [state: string, arrange: (world: ReturnType<typeof given>) => Promise<void>][] = [
        ['idle', async () => {}],
        ['signing-in', async world => (world.project.hold(), world.connection.start(), settle())],
        ['opening', async world => ((world.project.faults.stallSockets = true), world.connection.start(), settle())],
        ['open', async world => (world.connection.start(), settle())],
        ['waiting', async world => ((world.project.faults.refuseSockets = true), world.connection.start(), settle())],
        [
          'stopped',
          async world => (
            (world.project.faults.request = new TrunkError('sign-in-failed', 'no')),
            world.connection.start(),
            settle()
          ),
        ],
      ];
      for (const [state, arrange] of ways) {
        for (const how of ['rest', 'close'] as const) {
          const world = given();
          await arrange(world);
          world.connection[how]();
          world.connection[how]();
          const {shown, tries, said} = world;
          const before = [shown.length, tries.length, said.length];
          world.project.release();
          await world.clock.pass(600_000);
          expect([shown.length, tries.length, said.length], `${how} in ${state}`).to.deep.equal(before);
          expect(world.project.sockets.size, `${how} in ${state}`).to.equal(0);
        }
      }
    });

    it('for good when closed, and says so', async () => {
      const world = await connected();
      world.connection.close();
      expect(world.connection.status).to.include({state: 'error', reason: 'closed'});
      world.connection.rest();
      world.connection.start();
      await world.clock.pass(60_000);
      expect(world.connection.status.reason).to.equal('closed');
      expect(world.tries).to.have.length(1);
    });

    it('deaf to the sockets it has left', async () => {
      const world = given();
      const listeners: Parameters<Transport['openSocket']>[1][] = [];
      const open = world.transport.openSocket.bind(world.transport);
      world.transport.openSocket = (token, listener) => {
        listeners.push(listener);
        return open(token, listener);
      };
      world.connection.start();
      await world.clock.pass(0);
      world.project.cut();
      await world.clock.pass(1_000);
      const socket = world.connection.socket;
      listeners[0]?.down('heartbeat-timeout');
      listeners[0]?.opened();
      listeners[0]?.beat(999);
      expect(world.connection.socket).to.equal(socket);
      expect(world.said).to.deep.equal(['up', 'down socket-closed', 'up']);
      expect(world.connection.status.latencyMs).to.equal(7);
    });
  });
});
