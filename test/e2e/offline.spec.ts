// The connection goes and comes back.
import {bringBack, expect, fault, takeDown, test} from './stage.js';

test('what both wrote while one had no connection is in both threads once it is back', async ({visitor, backend}) => {
  const ada = await visitor('Ada');
  const grace = await visitor('Grace');
  const [tab, second, other] = await Promise.all([ada.openReady(), ada.openReady(), grace.openReady()]);
  await tab.send('Before');
  await expect(other.bodies).toHaveText(['Before']);

  await takeDown(backend);
  await expect(tab.status).toContainText(/Reconnecting|Offline/);
  await tab.send('Written offline, one');
  await second.send('Written offline, two');
  await other.send('Written by the other');
  await expect(tab.row('Written offline, one')).toHaveCount(1);
  await expect(tab.thread.getByText('Messages are kept')).toBeVisible();

  await bringBack(backend);
  await expect(tab.status).toContainText('Connected', {timeout: 30_000});
  for (const each of [tab, second, other]) {
    await expect(each.bodies).toHaveCount(4, {timeout: 20_000});
    await expect(each.thread.getByTitle(/^(Waiting to be sent|Sending)$/)).toHaveCount(0);
  }
  const order = await tab.bodies.allTextContents();
  expect(order.filter(text => text.startsWith('Written offline'))).toEqual([
    'Written offline, one',
    'Written offline, two',
  ]);
  await expect(other.bodies).toHaveText(order);
  await expect(second.bodies).toHaveText(order);
});

test('messages missed during a short cut arrive, in order', async ({visitor, backend}) => {
  const ada = await visitor('Ada');
  const grace = await visitor('Grace');
  const [tab, other] = await Promise.all([ada.openReady(), grace.openReady()]);
  await fault(backend, {cut: true});
  for (let n = 0; n < 5; n++) await other.send(`Missed ${n}`);
  await expect(tab.bodies).toHaveText(
    [0, 1, 2, 3, 4].map(n => `Missed ${n}`),
    {timeout: 20_000},
  );
});
