// Tabs from before and from after a deploy that changed what tab and hub tell each other, side by side on one site.
import {bringBack, expect, takeDown, test, type Tab, type Visitor} from './stage.js';

const HOSTS = ['shared-worker', 'relay', 'leader', 'page'] as const;

/** The page from after the deploy. */
const NEXT = 'next/index.html';

function pathOf({name}: Visitor, host: string, chat: string, page = ''): string {
  return `${page}?${new URLSearchParams({user: name, chat, host})}`;
}

function openOn(person: Visitor, host: string, chat: string, page = ''): Promise<Tab> {
  return person.openReady({path: pathOf(person, host, chat, page)});
}

/** Has the page write down the code of every problem it is told of. */
async function listen(person: Visitor): Promise<void> {
  await person.context.addInitScript(() => {
    const codes: string[] = [];
    Object.assign(window, {codes});
    window.addEventListener('trunk-error', event => codes.push((event as Event & {error: {code: string}}).error.code));
  });
}

const codes = (tab: Tab) => tab.page.evaluate(() => (window as unknown as {codes: string[]}).codes);
const NEWER = 'newer version: reload';

for (const host of HOSTS) {
  test(`on the rung ${host}, tabs of two versions chat side by side, and the old ones are told once`, async ({
    visitor,
    chat,
    backend,
  }) => {
    const ada = await visitor('Ada');
    await listen(ada);
    const old = await openOn(ada, host, chat);
    await expect(old.status).not.toContainText(NEWER);
    const next = await ada.open({path: pathOf(ada, host, chat, NEXT)});
    // What a person may be kept waiting by a deploy, from the page's load on.
    for (const tab of [next, old]) await expect(tab.status).toContainText('Connected', {timeout: 5_000});
    await next.ready();
    await expect(old.status).toContainText(NEWER);
    expect(backend.stats().sockets).toBe(2);

    await old.send('From the old one');
    await next.send('From the new one');
    for (const tab of [old, next]) {
      // An event may be lost on the way, and is then found by the tip check, every 30 s.
      await expect(tab.bodies).toHaveCount(2, {timeout: 40_000});
      await expect(tab.row('From the old one')).toBeVisible();
      await expect(tab.row('From the new one')).toBeVisible();
    }
    // An old page out of a cache, say, while the new hub is there.
    const late = await openOn(ada, host, chat);
    await expect(late.status).toContainText(NEWER);
    await expect(late.bodies).toHaveCount(2);
    for (const tab of [old, late]) expect(await codes(tab)).toEqual(['newer-version']);
    expect(await codes(next)).toEqual([]);
    await expect(next.status).not.toContainText(NEWER);

    await old.page.close();
    await late.page.close();
    await expect.poll(() => backend.stats().sockets, {timeout: 3_000}).toBe(1);
    await next.send('After them');
    await expect(next.row('After them').getByTitle('Sent', {exact: true})).toBeVisible();
  });
}

for (const host of HOSTS) {
  test(`on the rung ${host}, what waited in the last old tab when it was closed goes out from a new one`, async ({
    visitor,
    chat,
    backend,
  }) => {
    const ada = await visitor('Ada');
    const old = await openOn(ada, host, chat);
    const next = await openOn(ada, host, chat, NEXT);
    await expect(old.status).toContainText(NEWER);
    await takeDown(backend);
    await old.send('A last word');
    await expect(old.row('A last word').getByTitle('Waiting to be sent')).toBeVisible();
    await old.page.close();
    await expect(next.row('A last word').getByTitle('Waiting to be sent')).toBeVisible();
    await bringBack(backend);
    await expect(next.row('A last word').getByTitle('Sent', {exact: true})).toBeVisible({timeout: 40_000});
    await expect(next.bodies).toHaveText(['A last word']);
  });
}

test('a page whose worker’s file is of the next version takes the next rung, and says that a newer version is there', async ({
  visitor,
  backend,
}) => {
  const ada = await visitor('Ada');
  const tabs = [await ada.openReady({setup: 'mixed'}), await ada.openReady({setup: 'mixed'})] as const;
  for (const tab of tabs) {
    await expect(tab.status).toContainText('relayed worker');
    await expect(tab.status).toContainText(NEWER);
  }
  await tabs[0].send('All the same');
  await expect(tabs[1].row('All the same').getByTitle('Sent', {exact: true})).toBeVisible();
  expect(backend.stats().sockets).toBe(1);
});

test('a leading tab whose worker’s file is of the next version makes its own', async ({visitor, chat, backend}) => {
  const ada = await visitor('Ada');
  const query = new URLSearchParams({user: ada.name, chat, host: 'leader'});
  const tab = await ada.openReady({setup: 'mixed', path: `?${query}`});
  await expect(tab.status).toContainText('held by one tab');
  await tab.send('All the same');
  await expect(tab.row('All the same').getByTitle('Sent', {exact: true})).toBeVisible();
  expect(backend.stats().sockets).toBe(1);
});
