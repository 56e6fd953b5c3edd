// The connection goes and comes back.
import {bringBack, expect, fault, PATIENT, takeDown, test} from './stage.js';

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
  for (const each of [tab, second, other]) {
    await expect(each.status).toContainText('Connected', PATIENT);
    await expect(each.bodies).toHaveCount(4);
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

test('behind a proxy that lets no WebSocket through, messages go out and come in all the same', async ({
  visitor,
  backend,
}) => {
  await fault(backend, {refuseSocketsForMs: 3_600_000});
  const [tab, other] = await Promise.all([(await visitor('Ada')).open(), (await visitor('Grace')).open()]);
  for (const each of [tab, other]) {
    await expect(each.composer).toHaveAccessibleName(/^Write to/);
    await expect(each.status).toContainText('No live updates');
  }
  for (const text of ['One', 'Two']) await tab.send(text);
  await expect(tab.thread.getByTitle('Sent', {exact: true})).toHaveCount(2);
  await expect(tab.thread.getByText('Live updates don’t get through here')).toBeVisible();
  await expect(other.bodies).toHaveText(['One', 'Two'], PATIENT);
  expect((await backend.stats()).sockets).toBe(0);

  await bringBack(backend);
  for (const each of [tab, other]) await expect(each.status).toContainText('Connected', PATIENT);
  await other.send('Three');
  await expect(tab.bodies).toHaveText(['One', 'Two', 'Three']);
  await expect(tab.thread.locator('[part=banner], [part=missed]')).toHaveCount(0);
});

test('messages missed during a short cut arrive, in order', async ({visitor, backend}) => {
  const ada = await visitor('Ada');
  const grace = await visitor('Grace');
  const [tab, other] = await Promise.all([ada.openReady(), grace.openReady()]);
  await fault(backend, {cut: true});
  for (let n = 0; n < 5; n++) await other.send(`Missed ${n}`);
  await expect(tab.bodies).toHaveText([0, 1, 2, 3, 4].map(n => `Missed ${n}`));
});
