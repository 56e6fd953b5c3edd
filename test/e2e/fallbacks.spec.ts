// Browsers and set-ups that lack something: each says so, and what can work works.
import {expect, test, type Tab} from './stage.js';

test('without SharedWorker one tab holds the connection for all, says so, and chats', async ({visitor, backend}) => {
  const ada = await visitor('Ada');
  await ada.context.addInitScript('delete window.SharedWorker');
  const grace = await visitor('Grace');
  const [tab, second, other] = await Promise.all([ada.openReady(), ada.openReady(), grace.openReady()]);
  for (const each of [tab, second]) await expect(each.status).toContainText('held by one tab');
  await expect(other.status).not.toContainText('held by one tab');
  await tab.send('From a tab');
  await expect(other.bodies).toHaveText(['From a tab']);
  await other.send('From a worker');
  for (const each of [tab, second]) await expect(each.bodies).toHaveText(['From a tab', 'From a worker']);
  expect(backend.stats().sockets).toBe(2);
});

test('when the worker’s script is not there, its tabs share a worker made from a blob', async ({visitor, backend}) => {
  const ada = await visitor('Ada');
  const [tab, second] = await Promise.all([ada.openReady({setup: 'no-worker'}), ada.openReady({setup: 'no-worker'})]);
  for (const each of [tab, second]) {
    await expect(each.status).toContainText('relayed worker');
    await expect(each.status).not.toContainText('worker-failed');
  }
  await tab.send('Without a file');
  await expect(second.row('Without a file').getByTitle('Sent', {exact: true})).toBeVisible();
  expect(backend.stats().sockets).toBe(1);
});

for (const host of ['shared-worker', 'relay', 'leader']) {
  test(`when IndexedDB never answers, tabs on the rung ${host} share one hub all the same, and say that nothing is kept`, async ({
    visitor,
    chat,
    site,
    backend,
  }) => {
    const ada = await visitor('Ada');
    const page = await ada.context.newPage();
    await page.goto(`${site.url('good')}config.json`);
    // Whoever wants a newer version waits until a page with an older one lets go of it.
    await page.evaluate(
      () =>
        new Promise(resolve => {
          const request = indexedDB.open('trunkline', 1);
          request.onsuccess = () => resolve(Object.assign(window, {kept: request.result}) && null);
        }),
    );
    const path = `?${new URLSearchParams({user: ada.name, chat, host})}`;
    const tabs = await Promise.all([ada.open({path}), ada.open({path})]);
    for (const tab of tabs) {
      await expect(tab.status).toContainText('Connected', {timeout: 20_000});
      await expect(tab.status).toContainText('not kept on disk storage-refused');
      expect(await tab.host()).toBe(host);
    }
    expect(backend.stats().sockets).toBe(1);
    await tabs[0].send('Kept nowhere');
    await expect(tabs[1].row('Kept nowhere').getByTitle('Sent', {exact: true})).toBeVisible();
  });
}

test('when no worker and no lock can be had, the page hosts the hub, names the failure, and chats', async ({
  visitor,
}) => {
  const ada = await visitor('Ada');
  await ada.context.addInitScript(() => {
    const codes: string[] = [];
    Object.assign(window, {codes});
    window.addEventListener('trunk-error', event => codes.push((event as Event & {error: {code: string}}).error.code));
    LockManager.prototype.request = () => Promise.reject(new DOMException('Refused for this test.', 'SecurityError'));
  });
  const tab = await ada.openReady({setup: 'no-worker'});
  await expect(tab.status).toContainText('this tab only worker-failed');
  expect(await tab.page.evaluate(() => (window as unknown as {codes: string[]}).codes)).toContain('worker-failed');
  await tab.send('Without a worker');
  await expect(tab.row('Without a worker').getByTitle('Sent', {exact: true})).toBeVisible();
});

test('when the browser refuses IndexedDB, locks and localStorage, the page says that nothing is kept, and chats', async ({
  visitor,
}) => {
  const ada = await visitor('Ada');
  // A worker's globals are out of a test's reach, so the hub has to live in the page for this.
  await ada.context.addInitScript(() => {
    const refusal = () => new DOMException('Refused for this test.', 'SecurityError');
    const refuse = () => {
      throw refusal();
    };
    Reflect.deleteProperty(window, 'SharedWorker');
    IDBFactory.prototype.open = refuse;
    LockManager.prototype.request = () => Promise.reject(refusal());
    LockManager.prototype.query = () => Promise.reject(refusal());
    Object.defineProperty(window, 'localStorage', {get: refuse});
  });
  await expectNothingIsKept(await ada.openReady());
});

test('when the browser is set to let no site keep data, the page says that nothing is kept, and chats', async ({
  visitor,
}) => {
  const ada = await visitor('Ada', {blocksSiteData: true});
  const tab = await ada.openReady();
  await expect(tab.page.evaluate(() => navigator.locks.query())).rejects.toThrow(/denied|SecurityError/i);
  await expect(tab.status).toContainText('this tab only');
  await expectNothingIsKept(tab);
});

test('without a key every element says that it is not set up', async ({visitor}) => {
  const tab = await (await visitor('Ada')).open({setup: 'no-key'});
  await expect(tab.status).toContainText('Not configured');
  await expect(tab.thread.getByRole('alert').filter({hasText: 'no-config'})).toBeVisible();
});

test('a key the project refuses is named, and what was typed meanwhile stays', async ({visitor}) => {
  const tab = await (await visitor('Ada')).open({setup: 'bad-key'});
  await expect(tab.status).toContainText('Key refused');
  await expect(tab.thread.getByRole('alert').filter({hasText: 'key-refused'})).toBeVisible();

  await changeAndType(tab, 'trunk-provider', {key: 'another.bad.key'});
  await expect(tab.thread.getByRole('alert').filter({hasText: 'key-refused'})).toBeVisible();
  await expectTextStays(tab);
});

test('a chat that does not exist is named, and what was typed meanwhile stays', async ({visitor}) => {
  const tab = await (await visitor('Ada')).openReady();
  await changeAndType(tab, 'trunk-chat-thread', {make: false, chat: 'nobody-made-this-one'});
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
  await expect(tab.thread.getByTitle('Sent', {exact: true})).toBeVisible();
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

/** Changes an element, and types into the thread before any answer can come: nothing here waits for more than microtasks. */
async function changeAndType(tab: Tab, element: string, change: Record<string, unknown>): Promise<void> {
  await tab.page.evaluate(
    async ([name, properties]) => {
      type Lit = HTMLElement & {updateComplete: Promise<boolean>};
      const changed = document.querySelector(name) as Lit;
      const thread = document.querySelector('trunk-chat-thread') as Lit;
      await Object.assign(changed, properties).updateComplete;
      await thread.updateComplete;
      thread.shadowRoot?.querySelector<HTMLElement>('trunk-composer')?.focus();
      document.execCommand('insertText', false, 'Not to be lost');
    },
    [element, change] as const,
  );
  await expect(tab.composer).toHaveValue('Not to be lost');
}

/** Sending is refused, in words, and the text is still in the field. */
async function expectTextStays({composer, thread}: Tab): Promise<void> {
  await composer.press('Enter');
  await expect(composer).toHaveValue('Not to be lost');
  await expect(thread.locator('trunk-composer').getByRole('alert')).not.toBeEmpty();
}

/** Says so in both elements, with the code, and a message goes out all the same. */
async function expectNothingIsKept(tab: Tab): Promise<void> {
  await expect(tab.status).toContainText('not kept on disk storage-refused');
  await expect(tab.thread.getByText('This browser keeps nothing on disk.')).toContainText('storage-refused');
  await tab.send('Kept nowhere but here');
  await expect(tab.row('Kept nowhere but here').getByTitle('Sent', {exact: true})).toBeVisible();
}
