// More chats open than one connection holds: all of them show everything, and what is looked at is joined.
// How soon that is, with 500 chats in ten tabs, is printed by `npm run bench -- many`.
import pg from 'pg';
import {expect, type Tab, test} from './stage.js';

const TABS = 4;
const CHATS_A_TAB = 30;

test('120 chats in four tabs take at most 90 channels, and each shows all that is written', async ({
  visitor,
  backend,
}) => {
  const database = new pg.Client({connectionString: backend.databaseUrl});
  await database.connect();
  let most = 0;
  const look = setInterval(() => (most = Math.max(most, backend.stats().channels)), 50);
  try {
    const {rows} = await database.query<{id: string}>(
      `insert into public.chats (id, slug, title, kind)
       select gen_random_uuid(), 'many-' || gen_random_uuid(), 'Many', 'room' from generate_series(1, $1::int) returning id`,
      [TABS * CHATS_A_TAB],
    );
    const chats = rows.map(({id}) => id);
    const ada = await visitor('Ada');
    const tabs: [Tab, string[]][] = [];
    for (let n = 0; n < TABS; n++) {
      tabs.push([await ada.openReady(), chats.slice(n * CHATS_A_TAB, (n + 1) * CHATS_A_TAB)]);
    }
    for (const [tab, own] of tabs) await open(tab, own);
    for (const [tab] of tabs) await expect.poll(() => opened(tab)).toBe(CHATS_A_TAB);

    for (const n of [1, 2]) {
      await database.query(
        `insert into public.messages (id, chat_id, sender_id, body)
         select gen_random_uuid(), c, null, $2::int || ' in ' || c from unnest($1::uuid[]) c`,
        [chats, n],
      );
    }
    // Of a parked chat, the next look at the revisions tells: every 30 s, and when the network is back.
    await tabs[0]?.[0].page.evaluate(() => void dispatchEvent(new Event('online')));
    for (const [tab, own] of tabs) {
      const expected = own.map(chat => [`1 in ${chat}`, `2 in ${chat}`]);
      await expect.poll(() => texts(tab)).toEqual(expected);
    }

    const [[tab, own]] = tabs as [[Tab, string[]]];
    const states = await channels(tab);
    const parked =
      own.find(chat => states[`chat:${chat}`] === 'parked') ?? chats.find(chat => states[`chat:${chat}`] === 'parked');
    expect(parked, 'a parked chat').toBeDefined();
    const [front] = tabs.find(([, each]) => each.includes(parked ?? '')) ?? [];
    await front?.page.evaluate(
      chat => document.querySelector('trunk-provider')?.client?.setCurrentChat(chat),
      parked ?? '',
    );
    await expect.poll(async () => (await channels(tab))[`chat:${parked}`]).toBe('joined');
    // Joins take their turns, so the last of them may come after all was shown.
    await expect.poll(() => most, 'channels joined').toBeGreaterThan(80);
    expect(most, 'channels joined').toBeLessThanOrEqual(90);
  } finally {
    clearInterval(look);
    await database.end();
  }
});

function open({page}: Tab, chats: readonly string[]): Promise<void> {
  return page.evaluate(ids => {
    const client = document.querySelector('trunk-provider')?.client;
    const many = ids.map(id => client?.chat(id));
    client?.stats.subscribe(() => {}); // asked for as long as somebody listens
    Object.assign(window, {many});
  }, chats);
}

interface Opened {
  state: {current: {phase: string; fresh?: boolean}};
  messages: {current: readonly {body: string}[]};
}

const opened = ({page}: Tab) =>
  page.evaluate(
    () =>
      (window as unknown as {many: Opened[]}).many.filter(
        ({state: {current}}) => current.phase === 'ready' && current.fresh,
      ).length,
  );

const texts = ({page}: Tab) =>
  page.evaluate(() =>
    (window as unknown as {many: Opened[]}).many.map(({messages}) => messages.current.map(({body}) => body)),
  );

/** The state of each channel, by topic. */
const channels = ({page}: Tab) =>
  page.evaluate(() => {
    const stats = document.querySelector('trunk-provider')?.client?.stats.current;
    return Object.fromEntries((stats?.channels ?? []).map(({topic, state}) => [topic, state as string]));
  });
