import {expect} from '@open-wc/testing';
import {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';
import {ALMOST_ONE, connected, connectionWorld as given} from './connection-world.js';

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
      expect(project.log).to.deep.equal(['sign in Ada', 'socket token-1', 'ping', 'ping']);
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
        world.project.faults.request = new TrunkError('unreachable', 'no network');
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

    it('at once when somebody comes, but not without network', async () => {
      const world = given({random: ALMOST_ONE});
      world.project.faults.refuseSockets = true;
      world.connection.start();
      await world.clock.pass(20_000);
      const {length} = world.tries;
      world.connection.start();
      await settle();
      expect(world.tries).to.have.length(length + 1);
      world.connection.poke('offline');
      world.connection.start();
      await settle();
      expect(world.tries).to.have.length(length + 1);
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
      world.project.faults.request = new TrunkError('unreachable', 'no network');
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
      world.project.faults.request = new TrunkError('unreachable', 'no network');
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
});
