// What the tests of the connection share: a connection to a project, and everything it said.
import {Connection, type LineStatus, type Reach} from '../../src/hub/connection.js';
import {Credentials} from '../../src/hub/credentials.js';
import type {Socket, Transport} from '../../src/hub/transport.js';
import {FakeClock} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

export const ALMOST_ONE = 1 - Number.EPSILON;

export function connectionWorld({random = 0.5}: {random?: number} = {}) {
  const clock = new FakeClock();
  const project = new FakeProject();
  const transport = project.transport('ada', undefined, () => clock.now());
  const world = {
    clock,
    project,
    transport,
    random,
    said: [] as string[],
    reaches: [] as Reach[],
    shown: [] as LineStatus[],
    connection: null as unknown as Connection,
    /** The one opened last. */
    socket: null as unknown as Socket,
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
      return (world.socket = transport.openSocket(token, listener));
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
    reach: reach => world.reaches.push(reach),
    changed: () => world.shown.push(world.connection.status),
  });
  return world;
}

export async function connected(options: {random?: number} = {}) {
  const world = connectionWorld(options);
  world.connection.start();
  await world.clock.pass(0);
  return world;
}
