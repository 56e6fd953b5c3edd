// Browsers and set-ups that lack something: each says so, and what can work works.
import {expect, fault, test, type Tab} from './stage.js';

test('without SharedWorker the page hosts the hub, says so, and chats', async ({visitor}) => {
  const ada = await visitor('Ada');
  await ada.context.addInitScript('delete window.SharedWorker');
  const grace = await visitor('Grace');
  const [tab, other] = await Promise.all([ada.openReady(), grace.openReady()]);
  await expect(tab.status).toContainText('this tab only');
  await expect(other.status).not.toContainText('this tab only');
  await tab.send('From a page');
  await expect(other.bodies).toHaveText(['From a page']);
  await other.send('From a worker');
  await expect(tab.bodies).toHaveText(['From a page', 'From a worker']);
});

test('when the worker’s script is not there, the page hosts the hub and chats', async ({visitor}) => {
  const ada = await visitor('Ada');
  const tab = await ada.openReady({setup: 'no-worker'});
  await expect(tab.status).toContainText('this tab only');
  await tab.send('Without a worker');
  await expect(tab.row('Without a worker').getByTitle('Sent')).toBeVisible();
});

test('when IndexedDB is refused, the page says that nothing is kept, and chats', async ({visitor}) => {
  const ada = await visitor('Ada');
  // A worker's globals are out of a test's reach, so the hub has to live in the page for this.
  await ada.context.addInitScript(() => {
    Reflect.deleteProperty(window, 'SharedWorker');
    IDBFactory.prototype.open = () => {
      throw new DOMException('Refused for this test.', 'SecurityError');
    };
  });
  const tab = await ada.openReady();
  await expect(tab.status).toContainText('not kept on disk');
  await expect(tab.thread.getByText('This browser keeps nothing on disk.')).toBeVisible();
  await tab.send('Kept nowhere but here');
  await expect(tab.row('Kept nowhere but here').getByTitle('Sent')).toBeVisible();
});

test('without a key every element says that it is not set up', async ({visitor}) => {
  const tab = await (await visitor('Ada')).open({setup: 'no-key'});
  await expect(tab.status).toContainText('Not configured');
  await expect(tab.thread.getByRole('alert').filter({hasText: 'no-config'})).toBeVisible();
});

test('a key the project refuses is named, and what was typed meanwhile stays', async ({visitor, backend}) => {
  await fault(backend, {delayMs: 2000});
  const tab = await (await visitor('Ada')).open({setup: 'bad-key'});
  await tab.composer.fill('Not to be lost');
  await expect(tab.status).toContainText('Key refused');
  await expect(tab.thread.getByRole('alert').filter({hasText: 'key-refused'})).toBeVisible();
  await expectTextStays(tab);
});

test('a chat that does not exist is named, and what was typed meanwhile stays', async ({visitor, backend}) => {
  const tab = await (await visitor('Ada')).openReady();
  await fault(backend, {delayMs: 2000});
  await tab.thread.evaluate(thread => {
    const element = thread as HTMLElement & {make: boolean; chat: string};
    element.make = false;
    element.chat = 'nobody-made-this-one';
  });
  await tab.composer.fill('Not to be lost');
  await expect(tab.thread.getByRole('alert').filter({hasText: 'chat-not-found'})).toBeVisible();
  await expectTextStays(tab);
});

test('4,000 characters are sent and 4,001 are refused before anything is lost', async ({visitor}) => {
  const tab = await (await visitor('Ada')).openReady();
  const tooLong = 'é'.repeat(4001);
  await tab.send(tooLong);
  await expect(tab.thread.locator('[part~="error"]')).toContainText('4001');
  await expect(tab.composer).toHaveValue(tooLong);
  await expect(tab.bodies).toHaveCount(0);

  await tab.send('é'.repeat(4000));
  await expect(tab.bodies).toHaveCount(1);
  await expect(tab.thread.getByTitle('Sent')).toBeVisible();
  await tab.send('   ');
  await expect(tab.bodies).toHaveCount(1);
});

test('text that looks like HTML stays text, and only web and mail addresses become links', async ({visitor}) => {
  const [tab, other] = await Promise.all([(await visitor('Ada')).openReady(), (await visitor('Grace')).openReady()]);
  const text = '<img src=x onerror="window.hacked=1"> <b>bold</b> https://example.com/a javascript:alert(1)';
  await tab.send(text);
  await expect(other.bodies).toHaveText([text]);
  await expect(other.thread.locator('[part~="body"] a')).toHaveCount(1);
  await expect(other.thread.locator('[part~="body"] a')).toHaveAttribute('href', 'https://example.com/a');
  expect(await other.page.evaluate(() => 'hacked' in window)).toBe(false);
});

/** Sending is refused, in words, and the text is still in the field. */
async function expectTextStays({composer, thread}: Tab): Promise<void> {
  await composer.press('Enter');
  await expect(composer).toHaveValue('Not to be lost');
  await expect(thread.locator('trunk-composer').getByRole('alert')).not.toBeEmpty();
}
