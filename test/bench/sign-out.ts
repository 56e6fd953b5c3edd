// A person signs out in one of ten tabs: how soon nothing of them is left in any tab, in the browser's storage and at the server.
import pg from 'pg';
import {BackendProcess} from '../support/backend-process.js';
import {servePage} from '../support/page-site.js';
import {countsOf, Room} from './room.js';
import type {Progress, Table} from './table.js';
import type {} from './pages/many.js';

const RUNS = 5;
const TABS = 10;
const CHATS = 5;
const MESSAGES = 50;
/** Longer than anything may take, in ms. */
const PATIENCE_MS = 60_000;

export async function benchSignOut(progress: Progress): Promise<Table> {
  const site = await servePage('test/bench/pages/many.html');
  const backend = await BackendProcess.start({limits: 'hosted'}, []);
  const database = new pg.Client({connectionString: backend.serving.systemUrl});
  const values = {tabs: [] as number[], server: [] as number[], kept: [] as number[]};
  try {
    await database.connect();
    const {rows: chats} = await database.query<{id: string}>(
      `insert into chats (id, slug, title, kind)
       select gen_random_uuid(), 'left-' || n, 'Left', 'room' from generate_series(1, $1::int) n returning id`,
      [CHATS],
    );
    const ids = chats.map(({id}) => id);
    await database.query(
      `insert into messages (id, chat_id, sender_id, body)
       select gen_random_uuid(), c, null, 'Message ' || n from unnest($1::uuid[]) c, generate_series(1, $2::int) n`,
      [ids, MESSAGES],
    );
    for (let run = 1; run <= RUNS; run++) {
      progress(`run ${run} of ${RUNS}`);
      const room = await Room.open('many', site);
      try {
        for (let tab = 0; tab < TABS; tab++) {
          const page = await room.openPage({url: backend.serving.url, key: backend.serving.anonKey});
          await page.waitForFunction(() => window.many?.ready(), null, {polling: 50, timeout: PATIENCE_MS});
          await page.evaluate(own => (window.many.people(), window.many.open(own)), ids);
        }
        for (const page of room.pages) {
          const shown = (count: number) => window.many.shown() >= count;
          await page.waitForFunction(shown, CHATS * MESSAGES, {polling: 50, timeout: PATIENCE_MS});
        }
        const [first, second] = room.pages;
        if (!first || !second) throw new Error('There are no tabs.');
        const userId = await first.evaluate(() => window.many.userId());
        const [from, atServer, inStorage] = await Promise.all([
          first.evaluate(() => window.many.signOut()),
          until(async () => {
            const {sockets, channels} = await countsOf(backend);
            return sockets === 0 && channels === 0;
          }),
          until(async () => !(await second.evaluate(id => window.many.keeps(id), userId))),
        ]);
        for (const page of room.pages) {
          await page.waitForFunction(() => window.many.over() !== null, null, {polling: 20, timeout: PATIENCE_MS});
        }
        const overs = await Promise.all(room.pages.map(page => page.evaluate(() => window.many.over() ?? Infinity)));
        values.tabs.push(Math.max(...overs) - from);
        values.server.push(atServer - from);
        values.kept.push(inStorage - from);
      } finally {
        await room.close();
      }
    }
  } finally {
    await site.close();
    await database.end().catch(() => {});
    await backend.stop();
  }
  return {
    title: `A sign-out in one of ${TABS} tabs`,
    about: `${RUNS} runs, ${CHATS} chats of ${MESSAGES} messages and presence in each tab, limits as of a hosted project. What is looked for from outside is looked for every few ms.`,
    figures: [
      {name: 'until no tab shows anything of the person', unit: 'ms', values: values.tabs, goal: '≤ 500'},
      {
        name: 'until the server has no socket, channel or presence of them',
        unit: 'ms',
        values: values.server,
        goal: '≤ 500',
      },
      {name: 'until the browser keeps nothing of them', unit: 'ms', values: values.kept, goal: '≤ 500'},
    ],
  };
}

/** Resolves with when it first held, in ms since 1970. */
async function until(holds: () => Promise<boolean>): Promise<number> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end;) if (await holds()) return Date.now();
  throw new Error('Something of the person is left.');
}
