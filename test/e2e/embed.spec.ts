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

test.describe('a strict site', () => {
  /** The page's own count, what the browser sent to the report address, and its console. */
  async function openStrict(person: Visitor, query: string, chat: string) {
    const complaints: string[] = [];
    person.context.on('request', request => {
      if (request.url().endsWith('/csp-report')) complaints.push(request.postData() ?? 'a report');
    });
    person.context.on('console', message => {
      if (message.type() === 'error' || /Content.Security|Trusted/i.test(message.text()))
        complaints.push(message.text());
    });
    const tabs = [
      await openPage(person, `strict.html?${query}`, chat),
      await openPage(person, `strict.html?${query}`, chat),
    ];
    return {tabs: tabs as [Tab, Tab], complaints, count: tabs.map(({page}) => page.locator('#violations'))};
  }

  async function expectToChat([first, second]: [Tab, Tab]): Promise<void> {
    await first.send('Past the guards, **not** <b>HTML</b>: https://example.com');
    await expect(second.bodies).toHaveText(['Past the guards, **not** <b>HTML</b>: https://example.com']);
    await second.send('And back');
    await expect(first.row('And back')).toBeVisible();
  }

  for (const [what, query, rung] of [
    ['without unsafe-inline, demanding Trusted Types', '', 'shared-worker'],
    ['that names the policies', 'csp=named', 'shared-worker'],
    ['that allows our script from a CDN', 'from=cdn', 'relay'],
    ['with a worker file of its own for the CDN’s script', 'from=cdn&worker=trunkline-worker.js', 'shared-worker'],
  ] as const) {
    test(`${what} has nothing to complain about, and shares one socket over the ${rung}`, async ({
      visitor,
      chat,
      backend,
    }) => {
      const {tabs, complaints, count} = await openStrict(await visitor('Ada'), query, chat);
      for (const {page} of tabs) expect(await host(page)).toBe(rung);
      await expectToChat(tabs);
      expect(backend.stats().sockets).toBe(1);
      for (const violations of count) await expect(violations).toHaveText('no violations');
      expect(complaints).toEqual([]);
    });
  }

  for (const [what, query] of [
    ['that refuses our policy', 'csp=refused'],
    ['that allows no workers', 'csp=no-worker'],
    ['that takes our script from a CDN and blobs from nobody', 'from=cdn&csp=no-blob'],
  ] as const) {
    test(`${what} gets one tab that leads, in its page`, async ({visitor, chat, backend}) => {
      const ada = await visitor('Ada');
      const {tabs, count} = await openStrict(ada, query, chat);
      for (const tab of tabs) await expect(tab.status).toContainText('held by one tab');
      await expectToChat(tabs);
      expect(backend.stats().sockets).toBe(1);
      // The browser counts an attempt that it refuses; that the page heard of it shows that the page would hear of any.
      for (const violations of count) await expect(violations).toContainText(/worker-src|trusted-types/);
      await tabs[0].page.close();
      await tabs[1].send('The next one leads');
      await expect(tabs[1].row('The next one leads').getByTitle('Sent')).toBeVisible({timeout: 20_000});
    });
  }
});
