// One behaviour suite for every rung of the host ladder, in every engine that Playwright drives (playwright.config.ts): whichever
// rung the tabs of a browser stand on, what one says is in all of them once, and the hub's end costs nobody anything. What needs
// Chromium's own protocol is marked so.
import {expect, holdMessages, type Tab, test, type Visitor} from './stage.js';

const RUNGS = ['shared-worker', 'relay', 'leader', 'page'] as const;
type Rung = (typeof RUNGS)[number];

/** Opens a tab that is forced onto a rung. */
async function openOn(person: Visitor, rung: Rung, chat: string): Promise<Tab> {
  const query = new URLSearchParams({user: person.name, chat, host: rung});
  const tab = await person.openReady({path: `?${query}`});
  expect(await tab.host()).toBe(rung);
  return tab;
}

const expectEach = (tabs: readonly Tab[], texts: string[]) =>
  Promise.all(tabs.map(tab => expect(tab.bodies).toHaveText(texts)));

for (const rung of RUNGS) {
  const [count, sockets] = rung === 'page' ? [2, 2] : [10, 1];

  test(`${count} tabs on ${rung}: ${sockets} socket(s), one join a topic, and the first may end in mid-message`, async ({
    visitor,
    chat,
    backend,
  }) => {
    const before = backend.stats();
    const ada = await visitor('Ada');
    const first = await openOn(ada, rung, chat);
    const others: Tab[] = [];
    // One after the other: nine at once is what a slow machine chokes on, not what is tested.
    while (others.length < count - 1) others.push(await openOn(ada, rung, chat));
    const last = others.at(-1) as Tab;
    const joinsOfOneChannel = () => {
      const {joins, channels} = backend.stats();
      return (joins - before.joins) / channels;
    };
    await expect.poll(joinsOfOneChannel).toBe(1);
    // Nobody opened one and left it again.
    expect(backend.stats()).toMatchObject({sockets, socketsOpened: before.socketsOpened + sockets});

    const watcher = await (await visitor('Grace')).openReady();
    await last.send('Before');
    await expectEach([first, ...others, watcher], ['Before']);
    await expect(watcher.person('Ada')).toHaveCount(1);
    await expect(last.person('Grace')).toHaveCount(1);

    const letGo = await holdMessages(backend);
    await last.send('Meanwhile');
    await expect(last.row('Meanwhile').getByTitle('Sending')).toBeVisible();
    await first.page.close();
    await letGo();
    await expect(last.row('Meanwhile').getByTitle('Sent', {exact: true})).toBeVisible();
    await watcher.send('After');
    await expectEach([...others, watcher], ['Before', 'Meanwhile', 'After']);
    for (const tab of others) {
      await expect(tab.status).toContainText('Connected');
      expect(await tab.host()).toBe(rung);
    }
    await expect(watcher.person('Ada')).toHaveCount(1);
    // Grace's is one more.
    await expect.poll(() => backend.stats().sockets).toBe(rung === 'page' ? count : 2);
  });

  test(
    `a tab on ${rung} that was left for elsewhere comes back to what it missed`,
    {tag: '@cached'},
    async ({visitor, chat, backend, site, cachesPages}) => {
      const ada = await visitor('Ada');
      const tab = await openOn(ada, rung, chat);
      const other = await openOn(ada, rung, chat);
      await tab.send('Before');
      await expectEach([tab, other], ['Before']);

      await tab.page.evaluate(() => Object.assign(window, {kept: true}));
      await tab.page.goto(`${site.url('good')}config.json`);
      // Whoever waits for one that is kept waits for ever.
      await expect.poll(() => lockHolders(other)).toEqual({hubs: 1, tabs: 1});
      await other.send('Missed');
      await expect(other.row('Missed').getByTitle('Sent', {exact: true})).toBeVisible();
      // Playwright's own goBack() waits for a load, and none comes of a page that was kept.
      await tab.page.evaluate(() => void setTimeout(() => history.back()));
      await expect.poll(() => tab.page.url()).toContain(`chat=${chat}`);
      await tab.ready();
      await expectEach([tab], ['Before', 'Missed']);
      // A hub that ends with its page writes down what it remembers, and a browser drops a page whose writing others wait for.
      if (cachesPages && rung !== 'page') expect(await howItCameBack(tab)).toEqual({kept: true, why: null});

      await tab.send('Back');
      // Where each tab is a hub of its own, who writes at the same time may come first.
      await expect(tab.row('Back').getByTitle('Sent', {exact: true})).toBeVisible();
      await other.send('Welcome');
      await expectEach([tab, other], ['Before', 'Missed', 'Back', 'Welcome']);
      await expect(other.thread.getByTitle('Sent', {exact: true})).toHaveCount(4);
      await expect.poll(() => backend.stats().sockets).toBe(sockets);
    },
  );
}

for (const rung of ['shared-worker', 'relay', 'leader'] as const) {
  test(`three tabs that open on ${rung} at once, as in a browser that starts again, agree on one hub`, async ({
    visitor,
    chat,
    backend,
  }) => {
    const before = backend.stats();
    const ada = await visitor('Ada');
    const tabs = await Promise.all([openOn(ada, rung, chat), openOn(ada, rung, chat), openOn(ada, rung, chat)]);
    await Promise.all(tabs.map((tab, at) => tab.send(`From ${at}`)));
    for (const tab of tabs) await expect(tab.bodies).toHaveCount(3);
    expect(await lockHolders(tabs[0])).toEqual({hubs: 1, tabs: 3});
    expect(backend.stats()).toMatchObject({sockets: 1, socketsOpened: before.socketsOpened + 1});
  });

  test(
    `the hub on ${rung} is killed while a tab writes, and nothing is lost or doubled`,
    {tag: '@chromium'},
    async ({visitor, chat, backend}) => {
      const ada = await visitor('Ada');
      const [first, other, third] = [
        await openOn(ada, rung, chat),
        await openOn(ada, rung, chat),
        await openOn(ada, rung, chat),
      ];
      await first.send('Before');
      await expectEach([other, third], ['Before']);
      const letGo = await holdMessages(backend);
      await other.send('Meanwhile');
      await expect(other.row('Meanwhile').getByTitle('Sending')).toBeVisible();
      await killHub(first, rung);
      await other.send('After');
      await letGo();
      await expectEach([other, third], ['Before', 'Meanwhile', 'After']);
      await expect(other.thread.getByTitle('Sent', {exact: true})).toHaveCount(3);
      await expect.poll(() => backend.stats().sockets).toBe(1);
    },
  );
}

for (const [first, second] of [
  ['shared-worker', 'leader'],
  ['leader', 'shared-worker'],
  ['relay', 'leader'],
  ['leader', 'relay'],
] as const) {
  test(
    `a tab on ${second} joins the hub of one on ${first}, and takes over when that goes`,
    {tag: '@chromium'},
    async ({visitor, chat, backend}) => {
      const ada = await visitor('Ada');
      const one = await openOn(ada, first, chat);
      const two = await ada.openReady({path: `?${new URLSearchParams({user: ada.name, chat, host: second})}`});
      await one.send('One');
      await two.send('Two');
      await expectEach([one, two], ['One', 'Two']);
      expect(backend.stats().sockets).toBe(1);
      await one.page.close();
      await two.send('Three');
      await expect(two.row('Three').getByTitle('Sent', {exact: true})).toBeVisible();
      await expect(two.bodies).toHaveText(['One', 'Two', 'Three']);
      await expect.poll(() => backend.stats().sockets).toBe(1);
    },
  );
}

/** Whether the page is the one that was left, and what the browser says against keeping it; null when nothing. */
function howItCameBack({page}: Tab): Promise<{kept: boolean; why: unknown}> {
  return page.evaluate(() => {
    type Entry = PerformanceEntry & {notRestoredReasons?: {toJSON(): unknown} | null};
    const [entry] = performance.getEntriesByType('navigation') as Entry[];
    return {kept: 'kept' in window, why: entry?.notRestoredReasons?.toJSON() ?? null};
  });
}

/** How many hubs and tabs of this profile hold their lock. */
function lockHolders({page}: Tab): Promise<{hubs: number; tabs: number}> {
  return page.evaluate(async () => {
    const {held = []} = await navigator.locks.query();
    const count = (kind: string) => held.filter(({name}) => name?.startsWith(kind)).length;
    return {hubs: count('trunk:hub:'), tabs: count('trunk:tab:')};
  });
}

/** Ends the worker, or, where a tab leads, the first tab's process. */
async function killHub({page}: Tab, rung: Rung): Promise<void> {
  if (rung === 'leader') {
    const session = await page.context().newCDPSession(page);
    // Never answered: the one who would is gone.
    void session.send('Page.crash').catch(() => {});
    return;
  }
  const session = await page.context().browser()?.newBrowserCDPSession();
  const {targetInfos = []} = (await session?.send('Target.getTargets')) ?? {};
  const worker = targetInfos.find(({type}) => type === 'shared_worker');
  expect(worker).toBeDefined();
  await session?.send('Target.closeTarget', {targetId: worker?.targetId ?? ''});
}
