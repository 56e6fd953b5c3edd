// What people do to messages of their own, across tabs and people, and how they sign out.
import {bringBack, expect, PATIENT, type Tab, takeDown, test} from './stage.js';

/** Presses a button beside or under the message with this text. */
async function press(tab: Tab, text: string, button: string): Promise<void> {
  await tab.row(text).hover();
  await tab.row(text).getByRole('button', {name: button, exact: true}).click();
}

const signOut = (tab: Tab, choice: 'keep' | 'discard' | null = null) =>
  tab.page.evaluate(choice => {
    const provider = document.querySelector('trunk-provider');
    provider?.addEventListener('trunk-sign-out', event => choice && event.respondWith(choice), {once: true});
    return provider?.signOut();
  }, choice);

test('an own message is edited and deleted, and everybody sees it', async ({visitor}) => {
  const ada = await visitor('Ada');
  const [tab, second] = [await ada.openReady(), await ada.openReady()];
  const other = await (await visitor('Grace')).openReady();
  await tab.send('Frist');
  await expect(tab.row('Frist').getByTitle('Sent', {exact: true})).toBeVisible();
  await expect(other.row('Frist').getByRole('button')).toHaveCount(0);

  await tab.composer.press('ArrowUp');
  await expect(tab.composer).toHaveValue('Frist');
  await tab.send('First');
  for (const each of [tab, second, other]) {
    await expect(each.bodies).toHaveText(['First']);
    await expect(each.thread.locator('[part=edited]')).toBeVisible();
  }
  await press(second, 'First', 'Delete');
  await second.row('First').getByRole('group').getByRole('button', {name: 'Delete'}).click();
  for (const each of [tab, second, other]) await expect(each.bodies).toHaveText(['This message was deleted.']);
});

test('what waits is edited and discarded in another tab than the one that wrote it', async ({visitor, backend}) => {
  const ada = await visitor('Ada');
  const [tab, second] = [await ada.openReady(), await ada.openReady()];
  const other = await (await visitor('Grace')).openReady();
  await takeDown(backend);
  await expect(tab.status).not.toContainText('Connected');
  for (const text of ['One', 'Tow', 'Three']) await tab.send(text);
  await expect(second.bodies).toHaveText(['One', 'Tow', 'Three']);

  await press(second, 'Tow', 'Edit');
  await second.send('Two');
  await expect(tab.bodies).toHaveText(['One', 'Two', 'Three']);
  await press(second, 'Three', 'Discard');
  await second.row('Three').getByRole('group').getByRole('button', {name: 'Discard'}).click();
  await expect(tab.bodies).toHaveText(['One', 'Two']);

  await bringBack(backend);
  for (const each of [tab, second, other]) {
    await expect(each.status).toContainText('Connected', PATIENT);
    await expect(each.bodies).toHaveText(['One', 'Two']);
  }
});

test('a stored message that can’t be changed now says why, and the text stays', async ({visitor, backend}) => {
  const tab = await (await visitor('Ada')).openReady();
  await tab.send('Frist');
  await expect(tab.row('Frist').getByTitle('Sent', {exact: true})).toBeVisible();
  await takeDown(backend);
  await expect(tab.status).not.toContainText('Connected');
  await press(tab, 'Frist', 'Edit');
  await tab.send('First');
  await expect(tab.thread.getByRole('alert').filter({hasText: /\S/})).toBeVisible();
  await expect(tab.composer).toHaveValue('First');
  await expect(tab.bodies).toHaveText(['Frist']);
  await bringBack(backend);
  await expect(tab.status).toContainText('Connected', PATIENT);
  await tab.composer.press('Enter');
  await expect(tab.bodies).toHaveText(['First']);
});

test('a person signs out in one tab, and no tab shows anything of them', async ({visitor, backend}) => {
  const ada = await visitor('Ada');
  const [tab, second] = [await ada.openReady(), await ada.openReady()];
  const other = await (await visitor('Grace')).openReady();
  await tab.send('Before I go');
  await expect(other.bodies).toHaveText(['Before I go']);
  expect(await signOut(tab)).toBe(true);
  for (const each of [tab, second]) {
    await expect(each.thread).toContainText('You are signed out');
    await expect(each.status).toContainText('Signed out');
    await expect(each.bodies).toHaveCount(0);
  }
  await expect(other.bodies).toHaveText(['Before I go']);
  await expect.poll(() => backend.stats().sockets).toBe(1);
});

test('a sign-out in one of three tabs leaves nothing of the person, here or at others, and the next one sees nothing of it', async ({
  visitor,
  backend,
  chat,
}) => {
  const ada = await visitor('Ada');
  const grace = await visitor('Grace');
  const other = `${chat}-other`;
  const first = await ada.openReady({chat: other});
  const tabs = [await ada.openReady(), await ada.openReady(), first];
  const [tab] = tabs as [Tab];
  await first.page.goto(tab.page.url());
  for (const each of tabs) await each.ready();
  const theirs = await grace.openReady({chat: other});
  await theirs.send('Are you there?');
  await expect(tab.page).toHaveTitle(/^\(1\) /);
  await tab.send('Before I go');
  for (const each of tabs) await expect(each.bodies).toHaveText(['Before I go']);
  await expect(theirs.person('Ada')).toHaveCount(1);
  const userId = await tab.page.evaluate(() => document.querySelector('trunk-provider')?.client?.me.current?.userId);
  // What is remembered of a chat is written a little later: there is something to find.
  await expect.poll(() => keptIn(tab)).toContain('Before I go');
  expect(await keptIn(tab)).toContain(userId);

  expect(await signOut(tab)).toBe(true);
  for (const each of tabs) {
    await expect(each.thread).toContainText('You are signed out');
    await expect(each.bodies).toHaveCount(0);
    await expect(each.page).not.toHaveTitle(/^\(/);
    await expect(each.page.locator('trunk-chat-list [part~=chat]')).toHaveCount(0);
    await expect(each.person('Ada')).toHaveCount(0);
  }
  await expect(theirs.person('Ada')).toHaveCount(0);
  await expect.poll(() => backend.stats().sockets).toBe(1);
  for (const trace of ['Before I go', 'Are you there?', 'Ada', 'Grace', String(userId), chat]) {
    await expect.poll(() => keptIn(tab), trace).not.toContain(trace);
  }

  const next = await ada.openReady({chat: `${chat}-next`});
  await expect(next.page.locator('trunk-chat-list [part~=chat]')).toHaveCount(1);
  await expect(next.bodies).toHaveCount(0);
  await expect(next.page).not.toHaveTitle(/^\(/);
  const kept = await keptIn(next);
  for (const trace of ['Before I go', 'Are you there?', String(userId)]) expect(kept).not.toContain(trace);
});

/** Everything that this browser keeps for the site, as text. */
function keptIn({page}: Tab): Promise<string> {
  return page.evaluate(async () => {
    const done = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error as Error);
      });
    const kept: unknown[] = [{...localStorage}, {...sessionStorage}];
    for (const {name = ''} of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const objects = database.transaction(store).objectStore(store);
        kept.push(store, await done(objects.getAllKeys()), await done(objects.getAll()));
      }
      database.close();
    }
    for (const name of await caches.keys()) {
      for (const {url} of await (await caches.open(name)).keys()) kept.push(url);
    }
    return JSON.stringify(kept);
  });
}

test('signing out with unsent messages does nothing unless the page decides', async ({visitor, backend}) => {
  const ada = await visitor('Ada');
  const tab = await ada.openReady();
  await takeDown(backend);
  await expect(tab.status).not.toContainText('Connected');
  await tab.send('Not sent yet');
  await expect(tab.row('Not sent yet').getByTitle('Waiting to be sent')).toBeVisible();
  expect(await signOut(tab)).toBe(false);
  await expect(tab.bodies).toHaveText(['Not sent yet']);
  expect(await signOut(tab, 'discard')).toBe(true);
  await expect(tab.thread).toContainText('You are signed out');
  await bringBack(backend);
});
