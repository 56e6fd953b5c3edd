// The files of dist/ on a page that knows nothing of bundlers, as the README shows it.
import {expect, test} from './stage.js';

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
