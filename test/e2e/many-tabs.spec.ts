// The main job: two people, many tabs, one socket each.
import {expect, Tab, test} from './stage.js';
import {statesOf, watchMessage} from './watch-message.js';

test('a message typed in any of 3 + 2 tabs is in all five, once, in one order, over two sockets', async ({
  visitor,
  backend,
}, info) => {
  const openedBefore = backend.stats().socketsOpened;
  const ada = await visitor('Ada');
  const grace = await visitor('Grace');
  const tabs = [await ada.openReady(), await grace.openReady()];
  tabs.push(...(await Promise.all([ada.openReady(), ada.openReady(), grace.openReady()])));

  await Promise.all(tabs.map((tab, at) => tab.send(`Said in tab ${at}`)));
  await expectSameThread(tabs, 5);
  await Promise.all(tabs.map((tab, at) => tab.send(`And again in tab ${at}`)));
  await expectSameThread(tabs, 10);

  // What a bill counts: two, and nobody ever opened a third.
  const stats = backend.stats();
  expect(stats).toMatchObject({sockets: 2, socketsOpened: openedBefore + 2});
  await info.attach('stats', {body: JSON.stringify(stats), contentType: 'application/json'});

  const [first] = tabs as [Tab];
  const before = await first.bodies.allTextContents();
  await Promise.all(tabs.map(tab => tab.page.reload()));
  await expectSameThread(tabs, 10);
  expect(await first.bodies.allTextContents()).toEqual(before);
  await expect.poll(() => backend.stats().sockets).toBe(2);
});

test('the sender’s own bubble goes from waiting to sent and is never two', async ({visitor}) => {
  const tab = await (await visitor('Ada')).openReady();
  const text = 'Only one of me';
  await watchMessage(tab, text);
  await tab.send(text);
  await expect(tab.row(text).getByTitle('Sent', {exact: true})).toBeVisible();

  const seen = await statesOf(tab);
  expect(Math.max(...seen.map(({count}) => count))).toBe(1);
  expect(['Waiting to be sent', 'Sending']).toContain(seen[0]?.state);
  expect(seen.at(-1)?.state).toBe('Sent');
  expect(seen.filter(({state}) => state === 'Not sent')).toEqual([]);
});

test('what five tabs write at once comes in one order to both people', async ({visitor}) => {
  const ada = await visitor('Ada');
  const grace = await visitor('Grace');
  const tabs = await Promise.all([ada, grace, ada, grace, ada].map(person => person.openReady()));
  await Promise.all(
    tabs.map(async (tab, at) => {
      for (let n = 0; n < 6; n++) await tab.send(`${at}.${n}`);
    }),
  );
  const order = await expectSameThread(tabs, 30);
  // Each tab's own messages keep the order in which they were written.
  for (const at of tabs.keys()) {
    expect(order.filter(text => text.startsWith(`${at}.`))).toEqual([0, 1, 2, 3, 4, 5].map(n => `${at}.${n}`));
  }
});

test('people see each other as present, each person once', async ({visitor}) => {
  const ada = await visitor('Ada');
  const grace = await visitor('Grace');
  const [first, second, other] = await Promise.all([ada.openReady(), ada.openReady(), grace.openReady()]);
  for (const tab of [first, second]) await expect(tab.person('Grace')).toHaveCount(1);
  await expect(other.person('Ada')).toHaveCount(1);
});

test('the page of four frames shows two people talking', async ({visitor, chat}) => {
  const guest = await visitor('Guest');
  const {page} = await guest.open({path: `tabs.html?chat=${chat}`});
  await expect(page.locator('iframe')).toHaveCount(4);
  const tabs = [0, 1, 2, 3].map(at => new Tab(page, page.frameLocator('iframe').nth(at)));
  for (const tab of tabs) await tab.ready();
  await (tabs[0] as Tab).send('Hello from the first frame');
  await expectSameThread(tabs, 1);
});

/** All tabs show the same `count` messages in the same order, each of them once and none waiting. */
async function expectSameThread(tabs: readonly Tab[], count: number): Promise<string[]> {
  await Promise.all(tabs.map(tab => expect(tab.bodies).toHaveCount(count)));
  const [first] = tabs as [Tab];
  await expect(first.thread.getByTitle(/^(Waiting to be sent|Sending)$/)).toHaveCount(0);
  const order = await first.bodies.allTextContents();
  expect(new Set(order).size).toBe(count);
  for (const tab of tabs) await expect.poll(() => tab.bodies.allTextContents()).toEqual(order);
  return order;
}
