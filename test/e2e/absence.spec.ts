// What a person finds who was away: a copy while nothing can be reached, and where what they missed begins.
import {bringBack, closeForGood, expect, PATIENT, type Tab, takeDown, test} from './stage.js';

/** Until the browser has written down a chat with this text: the worker does it a little later, and ends with the last tab. */
const remembered = (tab: Tab, text: string) =>
  expect
    .poll(
      () =>
        tab.page.evaluate(async () => {
          const result = <T>(request: IDBRequest<T>) =>
            new Promise<T>((resolve, reject) => {
              request.onsuccess = () => resolve(request.result);
              request.onerror = () => reject(request.error);
            });
          const database = await result(indexedDB.open('trunkline'));
          const chats = await result(database.transaction('chats').objectStore('chats').getAll());
          database.close();
          return JSON.stringify(chats);
        }),
      'what the browser remembers',
    )
    .toContain(text);

test('who comes back finds where what they missed begins', async ({visitor}) => {
  const ada = await (await visitor('Ada')).openReady();
  const grace = await visitor('Grace');
  const before = await grace.openReady();
  await ada.send('Before');
  await expect(before.bodies).toHaveText(['Before']);
  await remembered(before, 'Before');
  await closeForGood(before);
  const missed = ['One', 'Two', 'Three', 'Four'];
  for (const text of missed) await ada.send(text);
  await expect(ada.thread.getByTitle('Sent', {exact: true})).toHaveCount(5);

  const tab = await grace.openReady();
  await expect(tab.bodies).toHaveText(['Before', ...missed]);
  await expect(tab.thread.getByRole('separator', {name: '4 messages while you were away'})).toBeVisible();
  await expect(tab.thread.locator('[part=missed] + [part~=message] [part~=body]')).toHaveText('One');
  await expect(tab.thread.locator('[part=banner]')).toHaveCount(0);
});

test('a copy is shown, and called one, while nothing can be reached', async ({visitor, backend}) => {
  const ada = await visitor('Ada');
  const tab = await ada.openReady();
  await tab.send('Remember me');
  await expect(tab.row('Remember me').getByTitle('Sent', {exact: true})).toBeVisible();
  await remembered(tab, 'Remember me');
  await takeDown(backend);
  await closeForGood(tab);

  const later = await ada.open();
  await expect(later.bodies).toHaveText(['Remember me']);
  await expect(later.thread.locator('[part=banner]')).toContainText('Offline copy');
  await later.send('Written meanwhile');
  await expect(later.row('Written meanwhile').getByTitle('Waiting to be sent')).toBeVisible();
  await bringBack(backend);
  await expect(later.row('Written meanwhile').getByTitle('Sent', {exact: true})).toBeVisible(PATIENT);
  await expect(later.thread.locator('[part=banner]')).toHaveCount(0);
});
