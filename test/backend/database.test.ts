// A server that speaks as much of Postgres's protocol as it takes to let somebody in, and throws them out in the same breath.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer, type AddressInfo, type Server} from 'node:net';
import {after, before, describe, it} from 'node:test';
import {Database, isConnectionError} from '../../demo/backend/database.js';

/** https://www.postgresql.org/docs/current/protocol-message-formats.html: a letter, the length, the body. */
function frame(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const LET_IN = frame('R', Buffer.alloc(4));
const READY = frame('Z', Buffer.from('I'));
const THROWN_OUT = frame('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'));

describe('Connections', () => {
  let server: Server;
  before(async () => {
    server = createServer(socket => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(Buffer.concat([LET_IN, READY, THROWN_OUT])));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  it('that Postgres ends while they are handed out fail the work, and not the process', async () => {
    const url = `postgresql://postgres:none@127.0.0.1:${(server.address() as AddressInfo).port}/postgres`;
    const database = new Database(url, url);
    for (let n = 0; n < 3; n++) {
      const error = await database.asSystem(client => client.query('select 1')).catch((thrown: unknown) => thrown);
      assert.ok(isConnectionError(error), String(error));
    }
    await database.close();
  });
});
