// The files of dist/ on a page that knows nothing of bundlers, as the README shows it.
import {expect, Tab, test} from './stage.js';

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

test('a script from another origin shares one socket, over a worker made from a blob', async ({
  visitor,
  site,
  backend,
}) => {
  const ada = await visitor('Ada');
  const address = `${site.url('good')}embed/customer.html`.replace('127.0.0.1', 'localhost');
  const tabs: Tab[] = [];
  for (let n = 0; n < 3; n++) {
    const tab = new Tab(await ada.context.newPage());
    await tab.page.goto(address);
    await tab.ready();
    tabs.push(tab);
  }
  for (const tab of tabs) {
    await expect(tab.status).toContainText('relayed worker');
    await expect(tab.status).not.toContainText('worker-failed');
  }
  await tabs[0]?.send('From a customer');
  for (const tab of tabs) await expect(tab.row('From a customer').getByTitle('Sent')).toBeVisible();
  expect(backend.stats().sockets).toBe(1);
});
