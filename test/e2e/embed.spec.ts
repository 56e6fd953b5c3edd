// The files of dist/ on pages that know nothing of bundlers: the README's own, and those of demo/embed.
import type {Page} from 'playwright/test';
import type {HubClient} from '../../src/client/hub-client.js';
import {expect, test, type Tab, type Visitor} from './stage.js';

type Trunkline = {trunkline: HubClient};

/** What the page's own code sees of the connection. */
const host = (page: Page) => page.evaluate(() => (window as unknown as Trunkline).trunkline.status.current.host);

/** One of demo/embed's pages, in a chat of this test's own. */
function openPage(person: Visitor, path: string, chat: string): Promise<Tab> {
  const [page = '', query = ''] = path.split('?');
  return person.openReady({path: `embed/${page}?${query}&chat=${chat}&user=${person.name}`});
}

test('a plain page with a script tag chats over the shared worker', async ({visitor, backend}) => {
  const ada = await visitor('Ada');
  const [first, second] = [await ada.open({path: 'embed/page.html'}), await ada.open({path: 'embed/page.html'})];
  await Promise.all([first.ready(), second.ready()]);
  await expect(first.status).not.toContainText('this tab only');
  await first.send('From a plain page');
  await expect(second.bodies).toHaveText(['From a plain page']);
  expect(backend.stats().sockets).toBe(1);
});

test('a plain page has its service worker, which keeps nothing of the page', async ({visitor}) => {
  const {page} = await (await visitor('Ada')).openReady({path: 'embed/page.html'});
  const state = () =>
    page.evaluate(async () => {
      const active = (await navigator.serviceWorker.getRegistration())?.active;
      return `${active?.state} ${active && new URL(active.scriptURL).pathname}`;
    });
  await expect.poll(state).toBe('activated /good/embed/trunkline-sw.js');
  expect(await page.evaluate(() => caches.keys())).toEqual([]);
  expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
});

test('a script tag from another origin: one socket for all tabs, one global, and nothing asked of the site itself', async ({
  visitor,
  site,
  chat,
  backend,
}) => {
  const ada = await visitor('Ada');
  const asked: string[] = [];
  ada.context.on('request', request => request.resourceType() === 'script' && asked.push(request.url()));
  await ada.context.addInitScript(() => {
    const before = new Set(Reflect.ownKeys(window));
    Object.assign(document, {added: () => Reflect.ownKeys(window).filter(key => !before.has(key))});
  });
  const tabs: Tab[] = [];
  for (let n = 0; n < 3; n++) tabs.push(await openPage(ada, 'cdn.html', chat));
  for (const tab of tabs) {
    await expect(tab.status).toContainText('relayed worker');
    await expect(tab.status).not.toContainText('worker-failed');
  }
  await tabs[0]?.send('From a customer');
  for (const tab of tabs) await expect(tab.row('From a customer').getByTitle('Sent')).toBeVisible();
  expect(backend.stats().sockets).toBe(1);
  const globals = await tabs[0]?.page.evaluate(() =>
    (document as unknown as {added(): PropertyKey[]}).added().map(String),
  );
  expect(globals).toEqual(['trunkline']);
  const cdn = site.url('good').replace('127.0.0.1', 'localhost');
  expect(asked.length).toBeGreaterThan(3);
  expect(asked.filter(url => !url.startsWith(`${cdn}embed/`) && !url.startsWith('blob:'))).toEqual([]);
});

test('a one-line worker file of the site’s makes the script of another origin an ordinary shared worker', async ({
  visitor,
  chat,
  backend,
}) => {
  const ada = await visitor('Ada');
  const tabs = [
    await openPage(ada, 'cdn.html?worker=worker.js', chat),
    await openPage(ada, 'cdn.html?worker=worker.js', chat),
  ];
  for (const {page} of tabs) expect(await host(page)).toBe('shared-worker');
  await tabs[0]?.send('Over one line');
  await expect((tabs[1] as Tab).bodies).toHaveText(['Over one line']);
  expect(backend.stats().sockets).toBe(1);
});

for (const [what, worker] of [
  ['of another origin', 'http://localhost:1/trunkline-worker.js'],
  ['that is not there', 'no-such-worker.js'],
  ['that is HTML', 'index.html'],
  ['that imports from a CDN without CORS', 'no-cors-worker.js'],
] as const) {
  test(`a worker file ${what} is named, and the tabs share a worker all the same`, async ({visitor, chat, backend}) => {
    const ada = await visitor('Ada');
    const tab = await openPage(ada, `cdn.html?worker=${encodeURIComponent(worker)}`, chat);
    const other = await openPage(ada, `cdn.html?worker=${encodeURIComponent(worker)}`, chat);
    await expect(tab.status).toContainText('relayed worker worker-failed');
    const problem = await tab.page.evaluate(() => {
      const error = (window as unknown as Trunkline).trunkline.problem.current;
      return `${error?.code}: ${error?.message}`;
    });
    expect(problem).toMatch(/^worker-failed: .*Check that its script/);
    await tab.send('Still here');
    await expect(other.bodies).toHaveText(['Still here']);
    expect(backend.stats().sockets).toBe(1);
  });
}
