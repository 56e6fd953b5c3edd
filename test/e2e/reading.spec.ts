// Reading: history, what holds still while it loads, and what a screen reader and a keyboard find.
import {randomUUID} from 'node:crypto';
import pg from 'pg';
import type {Backend} from '../../demo/backend/start-backend.js';
import {expect, expectAccessible, test, type Tab} from './stage.js';

test('scrolling up loads the whole history without moving what is being read', async ({visitor, backend, chat}) => {
  const ada = await visitor('Ada');
  const tab = await ada.openReady();
  await tab.send('The first word');
  await expect(tab.row('The first word').getByTitle('Sent', {exact: true})).toBeVisible();
  await writeHistory(backend, chat, 260);
  await tab.page.reload();
  await expect(tab.row('Line 260')).toBeVisible();
  await expect(tab.row('Line 1')).toHaveCount(0);

  const log = tab.thread.getByRole('log');
  const start = tab.thread.getByText('This is where it began.');
  let moved = 0;
  await expect(async () => {
    moved = Math.max(moved, await scrollUpAndMeasure(tab));
    expect(await start.isVisible()).toBe(true);
  }).toPass({intervals: [50], timeout: 25_000});
  // A pixel is rounding; a line is twenty.
  expect(moved).toBeLessThan(3);
  await expect(tab.row('The first word')).toBeVisible();

  await tab.thread.getByRole('button', {name: 'Latest messages'}).click();
  await expect(tab.row('Line 260')).toBeVisible();
  await expect
    .poll(() => log.evaluate(element => element.scrollHeight - element.scrollTop - element.clientHeight))
    .toBeLessThan(3);
});

test('what arrives while one reads further up is announced by a button and does not scroll', async ({
  visitor,
  backend,
  chat,
}) => {
  const tab = await (await visitor('Ada')).openReady();
  const other = await (await visitor('Grace')).openReady();
  await tab.send('The first word');
  await expect(tab.row('The first word').getByTitle('Sent', {exact: true})).toBeVisible();
  await writeHistory(backend, chat, 60);
  await expect(tab.row('Line 60')).toBeVisible();
  await tab.thread.getByRole('log').hover();
  await tab.page.mouse.wheel(0, -500);
  await expect(tab.thread.getByRole('button', {name: 'Latest messages'})).toBeVisible();
  const before = await tab.thread.getByRole('log').evaluate(log => log.scrollTop);
  await other.send('Are you there?');
  await tab.thread.getByRole('button', {name: '1 new message'}).click();
  expect(before).toBeGreaterThan(0);
  await expect(tab.row('Are you there?')).toBeInViewport();
});

test('the demo page has no accessibility violation, light or dark', async ({visitor}) => {
  const tab = await (await visitor('Ada')).openReady();
  const other = await (await visitor('Grace')).openReady();
  await tab.send('See https://example.com for more.');
  await other.send('Thank you!');
  await expect(tab.bodies).toHaveCount(2);
  await expectAccessible(tab.page);
});

test('a chat can be read and written with the keyboard alone', async ({visitor}) => {
  const tab = await (await visitor('Ada')).openReady();
  await tab.composer.focus();
  await tab.page.keyboard.type('Line one');
  await tab.page.keyboard.press('Shift+Enter');
  await tab.page.keyboard.type('Line two');
  await expect(tab.bodies).toHaveCount(0);
  await tab.page.keyboard.press('Enter');
  await expect(tab.bodies).toHaveText(['Line one\nLine two']);
  await tab.page.keyboard.press('Shift+Tab');
  await tab.page.keyboard.press('ArrowUp');
  await expect(tab.thread.locator('[part~="message"]:focus')).toContainText('Line two');
});

/** Messages of somebody who is no longer there, written as the owner of the database. */
async function writeHistory(backend: Backend, chat: string, count: number): Promise<void> {
  const client = new pg.Client({connectionString: backend.databaseUrl});
  await client.connect();
  try {
    const {rowCount} = await client.query(
      `insert into public.messages (id, chat_id, sender_id, body)
       select line.id, chats.id, null, 'Line ' || line.at
       from public.chats, unnest($2::uuid[]) with ordinality as line (id, at) where slug = $1 order by line.at`,
      [chat, Array.from({length: count}, () => randomUUID())],
    );
    expect(rowCount).toBe(count);
  } finally {
    await client.end();
  }
}

/** Scrolls up by most of what is in view, waits for what that brings, and says by how many px the row in the middle moved of itself. */
function scrollUpAndMeasure(tab: Tab): Promise<number> {
  return tab.thread.getByRole('log').evaluate(async log => {
    log.scrollTop = Math.max(0, log.scrollTop - 500);
    const frame = () => new Promise(requestAnimationFrame);
    await frame();
    const {top, height} = log.getBoundingClientRect();
    const row = [...log.querySelectorAll('[part~=message]')].find(
      each => each.getBoundingClientRect().top > top + height / 3,
    );
    const before = row?.getBoundingClientRect().top ?? 0;
    for (let n = 0; n < 8; n++) await frame();
    return row?.isConnected ? Math.abs(row.getBoundingClientRect().top - before) : 0;
  });
}
