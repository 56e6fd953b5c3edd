import {expect} from '@open-wc/testing';
import type {Transport} from '../../src/hub/transport.js';
import {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';
import {ALMOST_ONE, connected, connectionWorld as given} from './connection-world.js';

describe('Connection', () => {
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
      expect(world.project.count('ping')).to.equal(3);
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
    it('the latency when it opens, and every 5 s while somebody looks', async () => {
      const world = await connected();
      await world.clock.pass(60_000);
      expect(world.project.count('ping')).to.equal(2);
      expect(world.connection.status.latencyMs).to.equal(7);
      world.connection.watchLatency(true);
      await world.clock.pass(20_000);
      expect(world.project.count('ping')).to.equal(7);
      world.connection.watchLatency(false);
      await world.clock.pass(60_000);
      expect(world.project.count('ping')).to.equal(7);
    });

    it('no latency by the first beat of a socket, which waited for the joins', async () => {
      const world = given();
      const open = world.transport.openSocket.bind(world.transport);
      let answer = (_ms: number) => {};
      world.transport.openSocket = (token, listener) => {
        answer = listener.beat;
        return open(token, listener);
      };
      world.project.faults.deaf = true;
      world.connection.start();
      await world.clock.pass(1_000);
      expect([world.project.count('ping'), world.connection.status.state]).to.deep.equal([1, 'connected']);
      answer(400);
      await world.clock.pass(1_000);
      expect([world.project.count('ping'), world.connection.status.latencyMs]).to.deep.equal([2, null]);
      answer(12);
      expect(world.connection.status.latencyMs).to.equal(12);
    });

    it('the latency without a word while no tab is seen, and tells the newest when one is', async () => {
      const world = await connected();
      await world.clock.pass(10_000);
      world.connection.watchLatency(false, false);
      const [told, socket] = [world.shown.length, world.socket];
      world.project.latencyMs = 40;
      socket.ping();
      await world.clock.pass(1_000);
      expect(world.shown).to.have.length(told);
      world.connection.watchLatency(false, true);
      expect(world.shown.slice(told).map(({latencyMs}) => latencyMs)).to.deep.equal([40]);
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
