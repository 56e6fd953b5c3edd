// Tabs that go away: by closing, by reloading in mid-send, by crashing.
import {bringBack, expect, fault, holdMessages, PATIENT, takeDown, test} from './stage.js';

test('a closed tab gives its channels back, and the last one takes the person away', async ({
  visitor,
  backend,
  chat,
}) => {
  const ada = await visitor('Ada');
  const grace = await visitor('Grace');
  const watcher = await grace.openReady();
  const tab = await ada.openReady();
  await expect(watcher.person('Ada')).toHaveCount(1);
  // A person's browser joins one channel for who is here, one for their inbox and two a chat, whatever the number of tabs.
  const expectChannels = (count: number) => expect.poll(() => backend.stats().channels, 'channels').toBe(count);
  await expectChannels(8);

  const elsewhere = await ada.openReady({chat: `${chat}-side`});
  await expectChannels(10);
  await elsewhere.page.close();
  await expectChannels(8);
  await expect(watcher.person('Ada')).toHaveCount(1);
  expect(backend.stats().sockets).toBe(2);

  await tab.page.close();
  await expect(watcher.person('Ada')).toHaveCount(0);
  await expect.poll(() => backend.stats().sockets).toBe(1);
});

test('after the last tab, the person goes at once, what waits is sent, and then the socket closes', async ({
  visitor,
  backend,
}) => {
  const watcher = await (await visitor('Grace')).openReady();
  const tab = await (await visitor('Ada')).openReady();
  await expect(watcher.person('Ada')).toHaveCount(1);
  const letGo = await holdMessages(backend);
  await tab.send('Under way');
  await expect(tab.row('Under way').getByTitle('Sending')).toBeVisible();
  await tab.send('Behind it');
  await expect(tab.row('Behind it').getByTitle('Waiting to be sent')).toBeVisible();
  const {presenceCalls} = backend.stats();

  // A worker with an extended lifetime outlives its tabs by minutes, if it likes.
  await tab.page.close();
  // Sooner than the budget of presence (15.5 s) would make anything else wait.
  await expect.poll(() => backend.stats().presenceCalls, {timeout: 12_000}).toBe(presenceCalls + 1);
  expect(backend.stats().sockets).toBe(2);
  await letGo();
  await expect(watcher.bodies).toHaveText(['Under way', 'Behind it']);
  expect(backend.stats().sockets).toBe(2);
  await expect.poll(() => backend.stats().sockets).toBe(1);
  await expect(watcher.person('Ada')).toHaveCount(0);
});

test('a message sent right before a reload is stored exactly once', async ({visitor}) => {
  const ada = await visitor('Ada');
  const tab = await ada.openReady();
  const texts = ['First, then reload', 'Second, then reload', 'Third, then reload'];
  for (const text of texts) {
    await tab.ready();
    await tab.send(text);
    await tab.page.reload();
  }
  await expect(tab.bodies).toHaveText(texts);
  await expect(tab.thread.getByTitle('Sent', {exact: true})).toHaveCount(3);
});

test('a reload while the database is storing the message neither loses nor doubles it', async ({visitor, backend}) => {
  const ada = await visitor('Ada');
  const tab = await ada.openReady();
  const letGo = await holdMessages(backend);
  await tab.send('Under way');
  await expect(tab.row('Under way').getByTitle('Sending')).toBeVisible();
  await tab.page.reload();
  await expect(tab.row('Under way')).toBeVisible();
  await letGo();
  await expect(tab.row('Under way').getByTitle('Sent', {exact: true})).toBeVisible();
  await expect(tab.bodies).toHaveText(['Under way']);
});

test('a message that was stored but whose answer got lost is not stored twice', async ({visitor, backend}) => {
  const [tab, other] = [await (await visitor('Ada')).openReady(), await (await visitor('Grace')).openReady()];
  await fault(backend, {loseAnswers: {path: '/rest/v1/rpc/send_messages', count: 2}});
  await tab.send('Said once');
  await tab.send('Said after');
  for (const each of [tab, other]) await expect(each.bodies).toHaveText(['Said once', 'Said after']);
  await expect(tab.thread.getByTitle('Sent', {exact: true})).toHaveCount(2);
});

test('a message written without a connection outlives a reload of the only tab', async ({visitor, backend}) => {
  const ada = await visitor('Ada');
  const grace = await visitor('Grace');
  const other = await grace.openReady();
  const tab = await ada.openReady();
  await takeDown(backend);
  await tab.send('Written in the tunnel');
  await expect(tab.row('Written in the tunnel').getByTitle('Waiting to be sent')).toBeVisible();
  await tab.page.reload();
  await bringBack(backend);
  await expect(tab.row('Written in the tunnel').getByTitle('Sent', {exact: true})).toBeVisible(PATIENT);
  await expect(other.bodies).toHaveText(['Written in the tunnel'], PATIENT);
});

test('a crashed tab takes its person away, and the other tabs of a person go on', async ({visitor, backend}) => {
  const ada = await visitor('Ada');
  const grace = await visitor('Grace');
  const watcher = await grace.openReady();
  const first = await ada.openReady();
  const second = await ada.openReady();

  await crash(first);
  await second.send('Still here after the crash');
  await expect(second.row('Still here after the crash').getByTitle('Sent', {exact: true})).toBeVisible();
  await expect(watcher.bodies).toHaveText(['Still here after the crash']);
  await expect(watcher.person('Ada')).toHaveCount(1);
  await expect.poll(() => backend.stats().sockets).toBe(2);

  await crash(second);
  await expect(watcher.person('Ada')).toHaveCount(0, PATIENT);
  await expect.poll(() => backend.stats().sockets).toBe(1);
});

async function crash({page}: {page: import('playwright/test').Page}): Promise<void> {
  const crashed = page.waitForEvent('crash');
  const session = await page.context().newCDPSession(page);
  // Never answered: the one who would is gone.
  void session.send('Page.crash').catch(() => {});
  await crashed;
}
