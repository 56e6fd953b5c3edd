// The backend as a process of its own, which benchmarks and the fuzz run use: it ends in good order, whatever it still
// had to say.
import {test} from 'node:test';
import pg from 'pg';
import {BackendProcess} from '../support/backend-process.js';

test('a log line that nobody listens to any more does not keep it from ending in good order', async () => {
  const backend = await BackendProcess.start({limits: 'off'});
  const client = new pg.Client({connectionString: backend.serving.systemUrl});
  client.on('error', () => {}); // Postgres ends with its backend
  await client.connect();
  // Messages that are announced and not read yet are lost with the connections, and that is logged.
  const send = () => client.query(`select realtime.send('{}', 'e', 't') from generate_series(1, 500)`);
  await send();
  const until = (async () => {
    for (;;) await send();
  })().catch(() => {});
  await backend.stop();
  await until;
});
