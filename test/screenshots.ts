// `npm run screenshots`: writes docs/screenshot-*.png from the real demo: two people, real text, phone and desktop, light and dark.
import {mkdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {chromium, type Browser, type FrameLocator, type Page} from 'playwright';
import {startBackend} from '../demo/backend/start-backend.js';
import {BROWSER_ARGS, ensureBrowser} from './browser.js';
import serve from './e2e/serve.js';
import {serveSite} from './e2e/site.js';

const docs = fileURLToPath(new URL('../docs/', import.meta.url));
const SIZES = [
  {width: 1280, height: 800},
  {width: 390, height: 780},
];

const TALK: readonly [who: 'Ada' | 'Grace', text: string][] = [
  ['Ada', 'Morning! I moved the engine notes into the shared folder.'],
  ['Grace', 'Thank you. Is the section on the difference tables in there too?'],
  ['Ada', 'It is, from page 12 on:\nhttps://example.org/notes/difference-tables'],
  ['Grace', 'Reading it on the train. Half of it is tunnels, so my answers may come in bunches.'],
  ['Grace', 'The bit about carrying is clearer than what I had.'],
  ['Ada', 'Good. Then I’ll send it to the printer at four unless you find something.'],
  ['Grace', 'Page 14, second line: “it’s” should be “its”. Nothing else.'],
  ['Ada', 'Fixed. I have this chat open in three tabs and it is still one connection.'],
];

const ELSEWHERE = [
  ['garden', 'The kettle is on, whoever comes by.'],
  ['engine-room', 'Bearings arrive on Thursday 🚂'],
] as const;

const tidySite = await serve();
const backend = await startBackend();
const site = await serveSite(process.env['TRUNKLINE_SITE'] ?? '', backend);
const browser = await chromium.launch({executablePath: ensureBrowser(console.error), args: [...BROWSER_ARGS]});
try {
  mkdirSync(docs, {recursive: true});
  const ada = await open(browser, 'Ada');
  const grace = await open(browser, 'Grace');
  for (const [who, text] of TALK) {
    await write(who === 'Ada' ? ada : grace, text);
    for (const each of [ada, grace]) await seen(each, text);
  }
  // Two more rooms for the list; in one of them something is unread.
  for (const [room, text] of ELSEWHERE) {
    for (const page of [ada, grace]) await visit(page, room);
    await write(grace, text);
    await seen(grace, text);
    await visit(ada, 'lobby');
    await write(grace, 'One more thing: bring the long ruler.');
    await seen(grace, 'One more thing');
  }
  await visit(grace, 'lobby');
  await ada.locator('trunk-chat-list [part~="badge"]').first().waitFor();
  await ada.getByRole('img', {name: /^Grace, online/}).waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const size of SIZES) {
      await ada.emulateMedia({colorScheme, reducedMotion: 'reduce'});
      await ada.setViewportSize(size);
      await ada.locator('.chats').evaluate((chats: HTMLDetailsElement, open) => (chats.open = open), size.width > 800);
      await shoot(ada, `demo-${size.width}-${colorScheme}`);
    }
  }
  // What the connection does, opened by hand.
  await ada.locator('trunk-monitor').getByText('Connection monitor').click();
  await ada.locator('trunk-monitor').getByText('presence:global').first().waitFor();
  await ada.evaluate(() => new Promise(done => setTimeout(done, 12_000))); // some beats and rates to draw
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const size of SIZES) {
      await ada.emulateMedia({colorScheme, reducedMotion: 'reduce'});
      await ada.setViewportSize(size);
      await shoot(ada, `monitor-${size.width}-${colorScheme}`);
    }
  }
  await Promise.all([ada.context().close(), grace.context().close()]);

  const four = await (await browser.newContext({locale: 'en-GB', timezoneId: 'UTC'})).newPage();
  await four.goto(`${site.url('good')}tabs.html?chat=engine`);
  const frames = [0, 1, 2, 3].map(index => four.frameLocator('iframe').nth(index));
  const turns = {Ada: [0, 1], Grace: [2, 3]};
  for (const [who, text] of TALK) {
    // Each person writes now in one of their tabs, now in the other.
    const at = turns[who].reverse()[0] ?? 0;
    await write(frames[at] ?? four, text);
    for (const frame of frames) await seen(frame, text);
  }
  await four.getByText('2 sockets').waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const size of SIZES) {
      await four.emulateMedia({colorScheme, reducedMotion: 'reduce'});
      await four.setViewportSize(size);
      await shoot(four, `tabs-${size.width}-${colorScheme}`);
    }
  }
} finally {
  await browser.close();
  await site.close();
  await backend.close();
  tidySite();
}

async function open(from: Browser, user: string): Promise<Page> {
  const page = await (await from.newContext({locale: 'en-GB', timezoneId: 'UTC', deviceScaleFactor: 1})).newPage();
  await page.goto(`${site.url('good')}?user=${user}&chat=lobby`);
  await page.locator('trunk-connection-status').getByText('Connected').waitFor();
  await page
    .locator('trunk-chat-thread')
    .getByRole('textbox', {name: /^Write to/})
    .waitFor();
  return page;
}

async function visit(page: Page, room: string): Promise<void> {
  const user = new URL(page.url()).searchParams.get('user') ?? '';
  await page.goto(`${site.url('good')}?user=${user}&chat=${room}`);
  await page
    .locator('trunk-chat-thread')
    .getByRole('textbox', {name: /^Write to/})
    .waitFor();
}

async function write(where: Page | FrameLocator, text: string): Promise<void> {
  const composer = where.locator('trunk-chat-thread').getByRole('textbox', {name: /^Write to/});
  await composer.fill(text);
  await composer.press('Enter');
}

async function seen(where: Page | FrameLocator, text: string): Promise<void> {
  const body = where.locator('[part~="message"] [part~="body"]').filter({hasText: text.split('\n')[0] ?? text});
  await body.last().waitFor();
}

async function shoot(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({path: `${docs}screenshot-${name}.png`});
  console.log(`docs/screenshot-${name}.png`);
}
