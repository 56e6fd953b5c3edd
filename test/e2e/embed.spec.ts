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
