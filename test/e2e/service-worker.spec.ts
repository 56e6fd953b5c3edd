// The service worker of the built demo, in a real browser: opening without a network, sending after the last tab, new versions.
import pg from 'pg';
import type {BrowserContext, Page} from 'playwright/test';
import {startBackend, type Backend} from '../../demo/backend/start-backend.js';
import {bringBack, closeForGood, expect, expectAccessible, Tab, takeDown, test, type Visitor} from './stage.js';

test('the demo opens without a network after the first visit', async ({visitor, backend, site, chat}) => {
  const ada = await visitor('Ada');
  const tab = await ada.openReady();
  await tab.send('Read before the tunnel');
  await expect(tab.row('Read before the tunnel').getByTitle('Sent', {exact: true})).toBeVisible();
  await controlled(tab.page);
  await expect.poll(() => tab.page.evaluate(isKept, 'Read before the tunnel'), 'the chat is remembered').toBe(true);

  await goOffline(ada.context, backend);
  const before = site.requests().length;
  // What the page asks for; that the browser looks for a new service worker, no emulated outage keeps from happening.
  const asked = () =>
    site
      .requests()
      .slice(before)
      .filter(path => path !== 'trunkline-sw.js');
  await tab.page.reload();
  await expect(tab.page.getByText('You are Ada.')).toBeVisible();
  await expect(tab.bodies).toHaveText(['Read before the tunnel']);
  await tab.send('Written in the tunnel');
  await expect(tab.row('Written in the tunnel').getByTitle('Waiting to be sent')).toBeVisible();
  // The page, its scripts and styles, the SharedWorker and its parts: none of them was asked for.
  expect(asked()).toEqual([]);
  await expect(tab.status).not.toContainText('this tab only');

  const another = await ada.open();
  await expect(another.bodies).toHaveText(['Read before the tunnel', 'Written in the tunnel']);
  const {page} = await ada.open({path: `tabs.html?chat=${chat}`});
  await expect(new Tab(page, page.frameLocator('iframe').first()).bodies).toHaveCount(2);
  expect(asked()).toEqual([]);
});

test('what was written without a network is sent once it is back, although no tab is left', async ({
  visitor,
  backend,
}, info) => {
  const ada = await visitor('Ada');
  const tab = await ada.openReady();
  await controlled(tab.page);
  const text = `Written in ${info.testId}, sent by nobody’s tab`;

  await goOffline(ada.context, backend);
  await tab.send(text);
  await expect(tab.row(text).getByTitle('Waiting to be sent')).toBeVisible();
  await expect.poll(() => tab.page.evaluate(syncTags), 'syncs the browser holds back').toEqual(['trunk-outbox']);
  await closeForGood(tab); // and with it every hub that could send it
  await bringBack(backend);
  expect(await countStored(backend, text)).toBe(0);

  const back = performance.now();
  await ada.context.setOffline(false);
  await expect.poll(() => countStored(backend, text), {intervals: [10]}).toBe(1);
  info.annotations.push({type: 'network back to stored', description: `${Math.round(performance.now() - back)} ms`});

  const next = await ada.openReady();
  await expect(next.bodies).toHaveText([text]);
  await expect(next.row(text).getByTitle('Sent', {exact: true})).toBeVisible();
  await expect(next.status).not.toContainText('waiting');
  expect(await countStored(backend, text)).toBe(1);
  expect(await next.page.evaluate(syncTags)).toEqual([]);
});

test('a site’s own service worker that takes ours in sends what waits, too', async ({visitor, backend}, info) => {
  const ada = await visitor('Ada');
  const open = async () => {
    const tab = await ada.open({path: 'embed/page.html'});
    await tab.page
      .locator('trunk-provider')
      .evaluate(provider => provider.setAttribute('service-worker-url', 'own-sw.js'));
    return tab;
  };
  const tab = await open();
  await controlled(tab.page);
  await tab.ready();
  const text = `Written in ${info.testId} on a plain page`;

  await goOffline(ada.context, backend);
  await tab.send(text);
  await expect.poll(() => tab.page.evaluate(syncTags), 'syncs the browser holds back').toEqual(['trunk-outbox']);
  await closeForGood(tab); // and with it every hub that could send it
  await bringBack(backend);
  await ada.context.setOffline(false);
  await expect.poll(() => countStored(backend, text)).toBe(1);
});

test('Supabase and the site’s configuration are never answered from a cache', async ({visitor, backend, site}) => {
  const ada = await visitor('Ada');
  const tab = await ada.openReady();
  await controlled(tab.page);
  const answers = new Map<string, boolean>();
  tab.page.on('response', response => answers.set(response.url(), response.fromServiceWorker()));
  await tab.page.reload();
  await tab.ready();
  const settings = `${backend.url}/auth/v1/settings`;
  const asked = await tab.page.evaluate(async address => (await fetch(address)).status, settings);
  expect(asked).toBe(401); // no key was sent; what counts is who answered
  expect(answers.get(settings)).toBe(false);
  expect(answers.get(`${site.url('good')}config.json`)).toBe(false);
  expect(answers.get(tab.page.url())).toBe(true);

  const kept = await tab.page.evaluate(async () => {
    const caches_ = await Promise.all((await caches.keys()).map(name => caches.open(name)));
    return (await Promise.all(caches_.map(cache => cache.keys()))).flat().map(({url}) => url);
  });
  expect(kept.length).toBeGreaterThan(8);
  expect(kept.filter(url => !url.startsWith(site.url('good')))).toEqual([]);
  expect(kept.filter(url => /config\.json|\/(rest|auth|realtime)\//.test(url))).toEqual([]);
  await ada.context.setOffline(true);
  await expect(tab.page.evaluate(address => fetch(address).then(String), settings)).rejects.toThrow(/Failed to fetch/);
});

test('a new version waits, every tab says so, and one press updates every tab once', async ({visitor, site}) => {
  const ada = await visitor('Ada');
  const tabs = [await ada.openReady({setup: 'changing'})];
  await controlled((tabs[0] as Tab).page);
  tabs.push(await ada.openReady({setup: 'changing'}));
  const version = await versionOf((tabs[0] as Tab).page);
  for (const {page} of tabs) await expect(page.getByRole('button', {name: 'Update'})).toHaveCount(0);

  site.release();
  // Whoever comes next finds it, and it waits for those who are there.
  tabs.push(await ada.openReady({setup: 'changing'}));
  const loads = tabs.map(({page}) => countLoads(page));
  for (const {page} of tabs) {
    await expect(page.getByRole('status').getByText('A newer version is ready.')).toBeVisible();
    expect(await versionOf(page)).toBe(version);
  }

  await expectAccessible((tabs[2] as Tab).page);

  await (tabs[0] as Tab).composer.fill('Half a thought');
  await (tabs[1] as Tab).page.getByRole('button', {name: 'Update'}).click();
  for (const tab of tabs) {
    await expect(tab.page.locator('html')).toHaveAttribute('data-version', String(Number(version) + 1));
    await tab.ready();
    await expect(tab.page.getByRole('button', {name: 'Update'})).toHaveCount(0);
  }
  await expect((tabs[0] as Tab).composer).toHaveValue('Half a thought');
  expect(loads.map(count => count())).toEqual([1, 1, 1]);
});

test('an old page out of the cache finds the backend of today', async ({visitor, site, backend}) => {
  const ada = await visitor('Ada');
  const tab = await ada.openReady({setup: 'changing'});
  await tab.send('To the first backend');
  await expect(tab.row('To the first backend').getByTitle('Sent', {exact: true})).toBeVisible();
  await controlled(tab.page);
  const version = (await versionOf(tab.page)) ?? '';

  const today = await startBackend({jwtSecret: 'another project, which knows none of the accounts of the first'});
  try {
    site.release();
    site.moveTo(today);
    await tab.page.reload();
    await tab.ready();
    expect(await versionOf(tab.page)).toBe(version);
    await tab.send('To the second backend');
    await expect(tab.bodies).toHaveText(['To the second backend']);
    await expect(tab.row('To the second backend').getByTitle('Sent', {exact: true})).toBeVisible();
    expect(await countStored(today, 'To the second backend')).toBe(1);
    await tab.page.getByRole('button', {name: 'Update'}).click();
    await expect(tab.page.locator('html')).not.toHaveAttribute('data-version', version);
    await tab.ready();
    await expect(tab.bodies).toHaveText(['To the second backend']);
  } finally {
    site.moveTo(backend);
    await tab.page.close();
    await today.close();
  }
});

test('when the service worker’s script is not there, the page names the failure and chats', async ({visitor}) => {
  const ada = await visitor('Ada');
  const problems = await listenForProblems(ada);
  const tab = await ada.openReady({setup: 'no-service-worker'});
  await expect.poll(() => problems(tab.page)).toEqual(['service-worker-failed']);
  await tab.send('Without a service worker');
  await expect(tab.row('Without a service worker').getByTitle('Sent', {exact: true})).toBeVisible();
});

test('when one of its files is not there, the page names the failure and chats', async ({visitor}) => {
  const ada = await visitor('Ada');
  const problems = await listenForProblems(ada);
  const tab = await ada.openReady({setup: 'no-worker'});
  await expect.poll(() => problems(tab.page)).toContain('service-worker-failed');
  await tab.send('Without a shell');
  await expect(tab.row('Without a shell').getByTitle('Sent', {exact: true})).toBeVisible();
});

test('when the browser refuses service workers, the page names the failure and chats', async ({visitor}) => {
  const ada = await visitor('Ada', {blocksSiteData: true});
  const problems = await listenForProblems(ada);
  const tab = await ada.openReady();
  await expect.poll(() => problems(tab.page)).toContain('service-worker-failed');
  await tab.send('Nothing is kept');
  await expect(tab.row('Nothing is kept').getByTitle('Sent', {exact: true})).toBeVisible();
});

/** Until the service worker has installed all it keeps, and answers this page. */
async function controlled(page: Page): Promise<void> {
  await expect
    .poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state), 'controller')
    .toBe('activated');
}

/**
 * No network for the pages and the service worker. A SharedWorker is out of Playwright's reach, so for it the backend refuses.
 */
async function goOffline(context: BrowserContext, backend: Backend): Promise<void> {
  await takeDown(backend);
  await context.setOffline(true);
}

/** Runs in the page: is this text anywhere in its IndexedDB? */
async function isKept(text: string): Promise<boolean> {
  const answer = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const found = (await indexedDB.databases()).map(async ({name = ''}) => {
    const database = await answer(indexedDB.open(name));
    const stores = [...database.objectStoreNames].map(store =>
      answer(database.transaction(store).objectStore(store).getAll()),
    );
    const rows = await Promise.all(stores);
    database.close();
    return JSON.stringify(rows).includes(text);
  });
  return (await Promise.all(found)).some(Boolean);
}

/** Runs in the page. */
async function syncTags(): Promise<string[]> {
  const registration = (await navigator.serviceWorker.ready) as unknown as {sync: {getTags(): Promise<string[]>}};
  return registration.sync.getTags();
}

async function countStored(backend: Backend, body: string): Promise<number> {
  const client = new pg.Client({connectionString: backend.databaseUrl});
  await client.connect();
  try {
    const {rows} = await client.query<{count: number}>(
      'select count(*)::int as count from public.messages where body = $1',
      [body],
    );
    return rows[0]?.count ?? 0;
  } finally {
    await client.end();
  }
}

function versionOf(page: Page): Promise<string | null> {
  return page.locator('html').getAttribute('data-version');
}

/** Counts how often this page loads from now on. */
function countLoads(page: Page): () => number {
  let count = 0;
  page.on('load', () => count++);
  return () => count;
}

/** The codes of all that this person's tabs report from now on. */
async function listenForProblems({context}: Visitor): Promise<(page: Page) => Promise<string[]>> {
  await context.addInitScript(() => {
    const codes: string[] = [];
    Object.assign(window, {codes});
    window.addEventListener('trunk-error', event => codes.push((event as Event & {error: {code: string}}).error.code));
  });
  return page => page.evaluate(() => (window as unknown as {codes: string[]}).codes);
}
