// A closed lid, again and again, with tokens that are over by the time it is opened: what the browser asks for when it wakes, and how soon
// every tab shows what was written meanwhile. The browser's processes are stopped, so nothing in them runs, and the server goes on.
import pg from 'pg';
import {Line} from '../chaos/line.js';
import {BackendProcess} from '../support/backend-process.js';
import {servePage} from '../support/page-site.js';
import {Room} from './room.js';
import type {Progress, Table} from './table.js';
import type {} from './pages/many.js';

const TABS = 10;
const CYCLES = 20;
/** Without `--minutes`: a minute of 8 s, so that a run takes three minutes. */
const SHORT_LIFE_MS = 8_000;
const TOKEN_LIFE_MS = 60_000;
/** Longer than anything may take, in ms. */
const PATIENCE_MS = 60_000;

/** @param minutes how long it may take with tokens that live a minute: 23 for all cycles; missing, tokens live 8 s */
export async function benchSleep(progress: Progress, {minutes}: {minutes?: number} = {}): Promise<Table> {
  const life = minutes === undefined ? SHORT_LIFE_MS : TOKEN_LIFE_MS;
  // Awake for less than half a token's life, at which it is renewed; together with the sleep longer than it lives.
  const [awake, asleep] = [life * 0.375, life * 0.75];
  const cycles = Math.max(1, Math.min(CYCLES, Math.round(((minutes ?? Infinity) * 60_000) / (awake + asleep))));
  const site = await servePage('test/bench/pages/many.html');
  const backend = await BackendProcess.start({limits: 'hosted', tuning: {accessTokenMs: life}}, []);
  const line = await Line.open(() => Number(new URL(backend.serving.url).port));
  const database = new pg.Client({connectionString: backend.serving.systemUrl});
  const room = await Room.open('many', site);
  const joins: {isExpired: boolean}[] = [];
  line.listen = ({at, text}) => {
    if (!text.includes('"phx_join"')) return;
    const [, claims = ''] = /"access_token":"[^".]+\.([^".]+)\./.exec(text) ?? [];
    const {exp = 0} = JSON.parse(Buffer.from(claims, 'base64url').toString() || '{}') as {exp?: number};
    joins.push({isExpired: exp * 1_000 <= at});
  };
  try {
    await database.connect();
    const {rows} = await database.query<{id: string}>(
      `insert into chats (id, slug, title, kind) values (gen_random_uuid(), 'sleep', 'Sleep', 'room') returning id`,
    );
    const chat = rows[0]?.id ?? '';
    for (let tab = 0; tab < TABS; tab++) {
      const page = await room.openPage({url: line.url, key: backend.serving.anonKey});
      await page.waitForFunction(() => window.many?.ready(), null, {polling: 100, timeout: PATIENCE_MS});
      await page.evaluate(id => window.many.open([id]), chat);
      await page.waitForFunction(() => window.many.opened() === 1, null, {polling: 100, timeout: PATIENCE_MS});
    }
    const [renewals, shownMs, expired, joined]: [number[], number[], number[], number[]] = [[], [], [], []];
    for (let cycle = 1; cycle <= cycles; cycle++) {
      progress(`cycle ${cycle} of ${cycles}`);
      const wake = await room.sleep();
      const before = {renewals: line.harm.renewals, joins: joins.length};
      await database.query(
        `insert into messages (id, chat_id, sender_id, body) values (gen_random_uuid(), $1, null, 'in sleep ' || $2::int)`,
        [chat, cycle],
      );
      await pause(asleep);
      wake();
      const from = Date.now();
      await Promise.all(room.pages.map(page => page.evaluate(() => window.many.wake())));
      for (const page of room.pages) {
        await page.waitForFunction(n => window.many.shown() === n, cycle, {polling: 20, timeout: PATIENCE_MS});
      }
      shownMs.push(Date.now() - from);
      await pause(Math.max(0, awake - (Date.now() - from)));
      renewals.push(line.harm.renewals - before.renewals);
      joined.push(joins.length - before.joins);
      expired.push(joins.slice(before.joins).filter(({isExpired}) => isExpired).length);
    }
    return {
      title: `${cycles} closed lids, ${TABS} tabs`,
      about: `Tokens live ${life / 1000} s. The browser’s processes are stopped for ${asleep / 1000} s, a message is written meanwhile, and each tab says that it is seen again; then all are awake for ${awake / 1000} s. Limits as of a hosted project.${minutes === undefined ? ' Without `--minutes 23` tokens live that short, so that a run takes three minutes; a project’s live an hour.' : ''}`,
      figures: [
        {name: 'tokens fetched a sleep', unit: '', values: renewals, goal: '1'},
        {name: 'joins a sleep', unit: '', values: joined},
        {name: 'joins with a token that is over', unit: '', values: expired, goal: '0'},
        {name: 'what was written meanwhile is in all tabs after', unit: 'ms', values: shownMs},
      ],
    };
  } finally {
    await room.close();
    await site.close();
    await line.close();
    await database.end().catch(() => {});
    await backend.stop();
  }
}

const pause = (ms: number) => new Promise<void>(done => setTimeout(done, ms));
