// A person with many chats open in many tabs, against a project with the limits of a hosted one: how many channels that takes, whether
// every chat shows all that is written, and how soon when there is no room for all of them.
import pg from 'pg';
import {Line} from '../chaos/line.js';
import {BackendProcess} from '../support/backend-process.js';
import {servePage} from '../support/page-site.js';
import {countsOf, Room} from './room.js';
import {percentile, type Progress, type Table} from './table.js';
import type {} from './pages/many.js';

const TABS = 10;
const CHATS_A_TAB = 50;
/** Messages written into each chat, one chat after the other. */
const BURST = 5;
/** Parked chats that get news, and of them those brought to the front. */
const PARKED = 20;
/** Longer than anything may take, in ms. */
const PATIENCE_MS = 120_000;

export async function benchMany(progress: Progress): Promise<Table> {
  const site = await servePage('test/bench/pages/many.html');
  const backend = await BackendProcess.start({limits: 'hosted'}, []);
  const line = await Line.open(() => Number(new URL(backend.serving.url).port));
  const database = new pg.Client({connectionString: backend.serving.systemUrl});
  const room = await Room.open('many', site);
  const watch = new Watch(line, backend);
  try {
    await database.connect();
    const chats = await makeRooms(database, TABS * CHATS_A_TAB);
    for (let tab = 0; tab < TABS; tab++) {
      const page = await room.openPage({url: line.url, key: backend.serving.anonKey});
      await page.waitForFunction(() => window.many?.ready(), null, {polling: 100, timeout: PATIENCE_MS});
    }

    progress(`opening ${chats.length} chats`);
    const tabOf = (chat: string) => room.pages[Math.floor(chats.indexOf(chat) / CHATS_A_TAB)] ?? never();
    const openedFrom = Date.now();
    for (const [tab, page] of room.pages.entries()) {
      await page.evaluate(own => window.many.open(own), chats.slice(tab * CHATS_A_TAB, (tab + 1) * CHATS_A_TAB));
    }
    // What the person writes at once, in the last chat asked for.
    const last = chats.at(-1) ?? never();
    const sent = tabOf(last).evaluate(chat => window.many.use(chat, 'in the middle of it'), last);
    for (const page of room.pages) {
      await page.waitForFunction(count => window.many.opened() === count, CHATS_A_TAB, {
        polling: 50,
        timeout: PATIENCE_MS,
      });
    }
    const openMs = Date.now() - openedFrom;
    const used = await sent;
    await watch.untilChannelsRest();

    progress(`${BURST} messages into each`);
    const written = new Map<string, number>();
    const write = async (chat: string, text: string) => {
      written.set(text, Date.now());
      await database.query(
        `insert into messages (id, chat_id, sender_id, body)
         select gen_random_uuid(), $1::uuid, null, $2`,
        [chat, text],
      );
    };
    for (let n = 0; n < BURST; n++) for (const chat of chats) await write(chat, `${n} in ${chat}`);
    const burstMs = Date.now() - Math.min(...written.values());
    await untilAllShown(room, database, chats);
    const burst = await latencies(room, written);
    const wrong = await compare(room, database, chats);

    progress('news in parked chats');
    written.clear();
    const parked = chats.filter(chat => !watch.joined.has(chat)).slice(0, PARKED);
    for (const chat of parked) await write(chat, `news in ${chat}`);
    await untilAllShown(room, database, chats);
    const news = await latencies(room, written);

    progress('parked chats brought to the front');
    const fronts: number[] = [];
    for (const chat of parked) {
      if (watch.joined.has(chat)) continue;
      const joined = watch.whenJoined(chat);
      const from = await tabOf(chat).evaluate(id => window.many.look(id), chat);
      fronts.push((await joined) - from);
    }
    const wrongAtLast = await compare(room, database, chats);
    return {
      title: `${chats.length} chats open in ${TABS} tabs`,
      about: `Limits as of a hosted project, which allows 100 channels a socket and 100 joins and messages a second. ${BURST} messages are written into each chat, ${chats.length * BURST} in ${(burstMs / 1000).toFixed(1)} s; what Supabase drops for its rate is found by the next look at the chats’ revisions. A chat is parked when there is no room for its channel.`,
      figures: [
        {name: 'channels joined, at most', unit: '', values: [watch.most], goal: '≤ 90'},
        {name: 'joins a second, at most', unit: '', values: [watch.mostJoins], goal: '≤ 100'},
        {name: 'until all chats are open', unit: 'ms', values: [openMs]},
        {name: 'the chat looked at, asked for last, until it is open', unit: 'ms', values: [used.opened]},
        {name: 'a message into it, until it is stored', unit: 'ms', values: [used.stored]},
        {
          name: 'chats that show something else than the table holds',
          unit: '',
          values: [wrong, wrongAtLast],
          goal: '0',
        },
        {name: 'burst: a message until it is shown, p50', unit: 'ms', values: [percentile(burst, 0.5)]},
        {name: 'burst: the last one', unit: 'ms', values: [Math.max(...burst)]},
        {name: 'news in a parked chat until it is shown', unit: 'ms', values: news, goal: 'max ≤ 35,000'},
        {
          name: 'a parked chat brought to the front, until it is joined',
          unit: 'ms',
          values: fronts,
          goal: 'max ≤ 1,000',
        },
      ],
    };
  } finally {
    watch.stop();
    await room.close();
    await site.close();
    await line.close();
    await database.end().catch(() => {});
    await backend.stop();
  }
}

/** Ids of so many rooms. */
async function makeRooms(database: pg.Client, count: number): Promise<string[]> {
  const {rows} = await database.query<{id: string}>(
    `insert into chats (id, slug, title, kind)
     select gen_random_uuid(), 'many-' || n, 'Many ' || n, 'room' from generate_series(1, $1::int) n returning id`,
    [count],
  );
  // Slugs open rooms and ids do too: what is asked for is the id.
  return rows.map(({id}) => id);
}

async function inTable(database: pg.Client, chats: readonly string[]): Promise<Map<string, string[]>> {
  const {rows} = await database.query<{chat_id: string; body: string}>(
    'select chat_id, body from messages where chat_id = any ($1) order by seq',
    [chats],
  );
  const table = new Map<string, string[]>(chats.map(chat => [chat, []]));
  for (const {chat_id: chat, body} of rows) table.get(chat)?.push(body);
  return table;
}

async function untilAllShown(room: Room, database: pg.Client, chats: readonly string[]): Promise<void> {
  const table = await inTable(database, chats);
  for (const [tab, page] of room.pages.entries()) {
    const own = chats.slice(tab * CHATS_A_TAB, (tab + 1) * CHATS_A_TAB);
    const count = own.reduce((sum, chat) => sum + (table.get(chat)?.length ?? 0), 0);
    await page.waitForFunction(n => window.many.shown() >= n, count, {polling: 100, timeout: PATIENCE_MS});
  }
}

/** Chats whose tab shows something else, or in another order, than the table holds. */
async function compare(room: Room, database: pg.Client, chats: readonly string[]): Promise<number> {
  const table = await inTable(database, chats);
  const shown = (await Promise.all(room.pages.map(page => page.evaluate(() => window.many.texts())))).flat();
  return chats.length - shown.filter(([chat, texts]) => texts.join('\n') === table.get(chat)?.join('\n')).length;
}

async function latencies(room: Room, written: ReadonlyMap<string, number>): Promise<number[]> {
  const all = (await Promise.all(room.pages.map(page => page.evaluate(() => window.many.arrivals())))).flat();
  return all.flatMap(([text, at]) => (written.has(text) ? [at - (written.get(text) ?? at)] : []));
}

/** What the server sees of the person's channels. */
class Watch {
  /** Ids of the chats whose channels are joined, or about to be. */
  readonly joined = new Set<string>();
  most = 0;
  mostJoins = 0;
  #joins: number[] = [];
  #channels = 0;
  readonly #backend: BackendProcess;
  readonly #waiting = new Map<string, (at: number) => void>();
  readonly #timer: NodeJS.Timeout;

  constructor(line: Line, backend: BackendProcess) {
    this.#backend = backend;
    line.listen = ({at, text}) => this.#hear(at, text);
    this.#timer = setInterval(() => void this.#look().catch(() => {}), 100);
  }

  /** Resolves with when the chat's join was asked for, in ms since 1970; the answer takes some ms. */
  whenJoined(chat: string): Promise<number> {
    return new Promise(resolve => this.#waiting.set(chat, resolve));
  }

  async untilChannelsRest(): Promise<void> {
    for (let calm = 0, before = -1; calm < 20; calm++, before = this.#channels) {
      if (this.#channels !== before) calm = 0;
      await new Promise(done => setTimeout(done, 200));
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    this.#channels = (await countsOf(this.#backend)).channels;
    this.most = Math.max(this.most, this.#channels);
  }

  #hear(at: number, text: string): void {
    const [, chat = '', event] = /"realtime:chat:([0-9a-f-]{36})","(phx_join|phx_leave)"/.exec(text) ?? [];
    if (event === 'phx_leave') this.joined.delete(chat);
    if (event !== 'phx_join') return;
    this.joined.add(chat);
    this.#joins = [...this.#joins.filter(each => each > at - 1_000), at];
    this.mostJoins = Math.max(this.mostJoins, this.#joins.length);
    this.#waiting.get(chat)?.(at);
  }
}

function never(): never {
  throw new Error('There is no such chat.');
}
