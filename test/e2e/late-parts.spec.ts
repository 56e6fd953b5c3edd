// The files of dist/ that a page asks for late, in every engine that Playwright drives: the first request for one really fails, and a later
// one succeeds. Firefox remembers a failed import as long as its page lives.
import type {Page} from 'playwright/test';
import {addEveryElement, EVERY_ELEMENT, lookAtEveryElement} from './every-element.js';
import {expect, test, type Tab, type Visitor} from './stage.js';

/** It is asked for again by itself after two seconds, and then after eight. */
const SOON = {timeout: 30_000};
const LIST =
  '<trunk-presence-stack></trunk-presence-stack><trunk-chat-list></trunk-chat-list><trunk-monitor></trunk-monitor>';

/** A page with our script of another origin and these elements, which writes down the code of every error it is told of. */
async function open(person: Visitor, chat: string, elements = ''): Promise<Tab> {
  await person.context.addInitScript(() => {
    const codes: string[] = [];
    Object.assign(window, {codes});
    document.addEventListener('trunk-error', event => {
      codes.push(`${(event.target as Element).localName} ${(event as Event & {error: {code: string}}).error.code}`);
    });
  });
  const tab = await person.open({path: `embed/cdn.html?chat=${chat}&user=${person.name}`});
  await tab.page.evaluate(html => document.querySelector('article')?.insertAdjacentHTML('afterbegin', html), elements);
  return tab;
}

const codes = ({page}: Tab, of: string) =>
  page.evaluate(name => (window as unknown as {codes: string[]}).codes.filter(code => code.startsWith(name)), of);

const goOnline = (page: Page) => page.evaluate(() => void dispatchEvent(new Event('online')));

/** The chunk of this name can't be had until the answer is called. */
async function withhold({context}: Visitor, name: string, status?: number): Promise<() => Promise<void>> {
  const pattern = new RegExp(`/chunks/${name}-[^/]*\\.js`);
  await context.route(pattern, route => (status ? route.fulfill({status, body: ''}) : route.abort()));
  return () => context.unroute(pattern);
}

test('every element is drawn as dist/ has it, and no error is left over', async ({visitor, chat}) => {
  const tab = await open(await visitor('Ada'), chat);
  await tab.ready();
  await tab.page.evaluate(addEveryElement, chat);
  await expect.poll(() => tab.page.evaluate(lookAtEveryElement)).toEqual(EVERY_ELEMENT);
});

test('a thread says that its late part did not come, goes on without, and has it once it can be had', async ({
  visitor,
  chat,
}) => {
  const ada = await visitor('Ada');
  const release = await withhold(ada, 'thread-later');
  const tab = await open(ada, chat);
  await tab.ready();
  await expect.poll(() => codes(tab, 'trunk-chat-thread')).toEqual(['trunk-chat-thread load-failed']);
  await tab.send('Written without');
  await expect(tab.row('Written without').getByTitle('Sent', {exact: true})).toBeVisible();
  await tab.composer.press('ArrowUp');
  await expect(tab.thread).toContainText('reload the page');

  await release();
  const grace = await visitor('Grace');
  const other = await grace.openReady({chat});
  await goOnline(tab.page);
  await expect(tab.row('Written without').getByRole('button', {name: /^Edit/})).toBeAttached();
  await tab.composer.press('ArrowUp');
  await expect(tab.composer).toHaveValue('Written without');
  await tab.composer.press('Escape');
  await other.send('Said aloud');
  await expect(tab.thread.locator('[data-announcements]')).toContainText('Said aloud');
});

test('a page without the file of its host says why by a code, and connects once it can be had', async ({
  visitor,
  chat,
  backend,
}) => {
  const ada = await visitor('Ada');
  const release = await withhold(ada, 'lower-hosts', 503);
  const tab = await open(ada, chat);
  await expect(tab.status).toContainText('Reload needed');
  await expect(tab.status).toContainText('reload the page');
  expect(await codes(tab, 'trunk-connection-status')).toEqual(['trunk-connection-status load-failed']);
  await release();
  await expect(tab.status).toContainText('Connected', SOON);
  await tab.ready();
  await tab.send('Late, but there');
  await expect(tab.row('Late, but there').getByTitle('Sent', {exact: true})).toBeVisible();
  expect(backend.stats().sockets).toBe(1);
});

test('a list whose file was not there for a moment comes by itself', async ({visitor, chat}) => {
  const ada = await visitor('Ada');
  const release = await withhold(ada, 'chat-list-view', 404);
  const tab = await open(ada, chat, LIST);
  await expect.poll(() => codes(tab, 'trunk-chat-list')).toEqual(['trunk-chat-list load-failed']);
  await release();
  await expect(tab.page.getByRole('navigation', {name: 'Chats'})).toBeVisible(SOON);
  expect(await codes(tab, 'trunk-chat-list')).toHaveLength(1);
});

test('what a press asks for says that it can’t be had, and the next press brings it', async ({visitor, chat}) => {
  const ada = await visitor('Ada');
  const releases = [await withhold(ada, 'presence-list'), await withhold(ada, 'monitor-panel')];
  const tab = await open(ada, chat, LIST);
  const people = tab.page.locator('trunk-presence-stack').getByRole('button');
  await people.click();
  await expect(tab.page.locator('trunk-presence-stack').getByRole('alert')).toContainText('reload the page');
  const monitor = tab.page.locator('trunk-monitor');
  await monitor.locator('summary').click();
  await expect(monitor.getByRole('alert')).toContainText('could not be loaded');
  expect(await codes(tab, 'trunk-monitor')).toEqual(['trunk-monitor load-failed']);

  for (const release of releases) await release();
  await people.click();
  await expect(tab.page.locator('trunk-presence-list')).toContainText(ada.name);
  await expect(tab.page.locator('trunk-presence-stack').getByRole('alert')).toHaveCount(0);
  await monitor.getByRole('button', {name: 'Try again'}).click();
  await expect(monitor.locator('trunk-monitor-panel')).toBeVisible();
});
