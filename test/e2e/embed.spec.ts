// The files of dist/ on pages that know nothing of bundlers: the README's own, and those of demo/embed.
import type {Browser, Locator, Page} from 'playwright/test';
import {startBackend} from '../../demo/backend/start-backend.js';
import type {HubClient} from '../../src/client/hub-client.js';
import {startPlainBrowser} from './plain-browser.js';
import {expect, PATIENT, Tab, test, type Visitor} from './stage.js';

type Trunkline = {trunkline: HubClient};

/** What the page's own code sees of the connection. */
const host = (page: Page) => page.evaluate(() => (window as unknown as Trunkline).trunkline.status.current.host);

/** One of demo/embed's pages, in a chat of this test's own. */
function openPage(person: Visitor, path: string, chat: string): Promise<Tab> {
  const [page = '', query = ''] = path.split('?');
  return person.openReady({path: `embed/${page}?${query}&chat=${chat}&user=${person.name}`});
}

test('a plain page with a script tag chats over the shared worker', async ({visitor, backend}) => {
  const ada = await visitor('Ada');
  const [first, second] = [await ada.open({path: 'embed/page.html'}), await ada.open({path: 'embed/page.html'})];
  await Promise.all([first.ready(), second.ready()]);
  await expect(first.status).not.toContainText('this tab only');
  await first.send('From a plain page');
  await expect(second.bodies).toHaveText(['From a plain page']);
  expect(backend.stats().sockets).toBe(1);
});

test('a plain page has its service worker, which keeps nothing of the page', async ({visitor}) => {
  const {page} = await (await visitor('Ada')).openReady({path: 'embed/page.html'});
  const state = () =>
    page.evaluate(async () => {
      const active = (await navigator.serviceWorker.getRegistration())?.active;
      return `${active?.state} ${active && new URL(active.scriptURL).pathname}`;
    });
  await expect.poll(state).toBe('activated /good/embed/trunkline-sw.js');
  expect(await page.evaluate(() => caches.keys())).toEqual([]);
  expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
});

test('a script tag from another origin: one socket for all tabs, one global, and nothing asked of the site itself', async ({
  visitor,
  site,
  chat,
  backend,
}) => {
  const ada = await visitor('Ada');
  const asked: string[] = [];
  ada.context.on('request', request => request.resourceType() === 'script' && asked.push(request.url()));
  await ada.context.addInitScript(() => {
    const before = new Set(Reflect.ownKeys(window));
    Object.assign(document, {added: () => Reflect.ownKeys(window).filter(key => !before.has(key))});
  });
  const tabs: Tab[] = [];
  for (let n = 0; n < 3; n++) tabs.push(await openPage(ada, 'cdn.html', chat));
  for (const tab of tabs) {
    await expect(tab.status).toContainText('relayed worker');
    await expect(tab.status).not.toContainText('worker-failed');
  }
  await tabs[0]?.send('From a customer');
  for (const tab of tabs) await expect(tab.row('From a customer').getByTitle('Sent', {exact: true})).toBeVisible();
  expect(backend.stats().sockets).toBe(1);
  const globals = await tabs[0]?.page.evaluate(() =>
    (document as unknown as {added(): PropertyKey[]}).added().map(String),
  );
  expect(globals).toEqual(['trunkline']);
  const cdn = site.url('good').replace('127.0.0.1', 'localhost');
  expect(asked.length).toBeGreaterThan(3);
  expect(asked.filter(url => !url.startsWith(`${cdn}embed/`) && !url.startsWith('blob:'))).toEqual([]);
});

test('a one-line worker file of the site’s makes the script of another origin an ordinary shared worker', async ({
  visitor,
  chat,
  backend,
}) => {
  const ada = await visitor('Ada');
  const tabs = [
    await openPage(ada, 'cdn.html?worker=worker.js', chat),
    await openPage(ada, 'cdn.html?worker=worker.js', chat),
  ];
  for (const {page} of tabs) expect(await host(page)).toBe('shared-worker');
  await tabs[0]?.send('Over one line');
  await expect((tabs[1] as Tab).bodies).toHaveText(['Over one line']);
  expect(backend.stats().sockets).toBe(1);
});

for (const [what, worker] of [
  ['of another origin', 'http://localhost:1/trunkline-worker.js'],
  ['that is not there', 'no-such-worker.js'],
  ['that is HTML', 'index.html'],
  ['that imports from a CDN without CORS', 'no-cors-worker.js'],
] as const) {
  test(`a worker file ${what} is named, and the tabs share a worker all the same`, async ({visitor, chat, backend}) => {
    const ada = await visitor('Ada');
    const tab = await openPage(ada, `cdn.html?worker=${encodeURIComponent(worker)}`, chat);
    const other = await openPage(ada, `cdn.html?worker=${encodeURIComponent(worker)}`, chat);
    await expect(tab.status).toContainText('relayed worker worker-failed');
    const problem = await tab.page.evaluate(() => {
      const error = (window as unknown as Trunkline).trunkline.problem.current;
      return `${error?.code}: ${error?.message}`;
    });
    expect(problem).toMatch(/^worker-failed: .*Check that its script/);
    await tab.send('Still here');
    await expect(other.bodies).toHaveText(['Still here']);
    expect(backend.stats().sockets).toBe(1);
  });
}

test.describe('a strict site', () => {
  /** The page's own count, what the browser sent to the report address, and its console. */
  async function openStrict(person: Visitor, query: string, chat: string) {
    const complaints: string[] = [];
    person.context.on('request', request => {
      if (request.url().endsWith('/csp-report')) complaints.push(request.postData() ?? 'a report');
    });
    person.context.on('console', message => {
      if (message.type() === 'error' || /Content.Security|Trusted/i.test(message.text()))
        complaints.push(message.text());
    });
    const tabs = [
      await openPage(person, `strict.html?${query}`, chat),
      await openPage(person, `strict.html?${query}`, chat),
    ];
    return {tabs: tabs as [Tab, Tab], complaints, count: tabs.map(({page}) => page.locator('#violations'))};
  }

  async function expectToChat([first, second]: [Tab, Tab]): Promise<void> {
    await first.send('Past the guards, **not** <b>HTML</b>: https://example.com');
    await expect(second.bodies).toHaveText(['Past the guards, **not** <b>HTML</b>: https://example.com']);
    await second.send('And back');
    await expect(first.row('And back')).toBeVisible();
  }

  for (const [what, query, rung] of [
    ['without unsafe-inline, demanding Trusted Types', '', 'shared-worker'],
    ['that names the policies', 'csp=named', 'shared-worker'],
    ['that allows our script from a CDN', 'from=cdn', 'relay'],
    ['with a worker file of its own for the CDN’s script', 'from=cdn&worker=trunkline-worker.js', 'shared-worker'],
  ] as const) {
    test(`${what} has nothing to complain about, and shares one socket over the ${rung}`, async ({
      visitor,
      chat,
      backend,
    }) => {
      const {tabs, complaints, count} = await openStrict(await visitor('Ada'), query, chat);
      for (const {page} of tabs) expect(await host(page)).toBe(rung);
      await expectToChat(tabs);
      expect(backend.stats().sockets).toBe(1);
      for (const violations of count) await expect(violations).toHaveText('no violations');
      expect(complaints).toEqual([]);
    });
  }

  for (const [what, query] of [
    ['that refuses our policy', 'csp=refused'],
    ['that allows no workers', 'csp=no-worker'],
    ['that takes our script from a CDN and blobs from nobody', 'from=cdn&csp=no-blob'],
  ] as const) {
    test(`${what} gets one tab that leads, in its page`, async ({visitor, chat, backend}) => {
      const ada = await visitor('Ada');
      const {tabs, count} = await openStrict(ada, query, chat);
      for (const tab of tabs) await expect(tab.status).toContainText('held by one tab');
      await expectToChat(tabs);
      expect(backend.stats().sockets).toBe(1);
      const why = () => (window as unknown as Trunkline).trunkline.status.current.hostReason;
      expect(await tabs[1].page.evaluate(why)).toMatch(/^shared-worker: \S/);
      // The browser counts an attempt that it refuses; that the page heard of it shows that the page would hear of any.
      for (const violations of count) await expect(violations).toContainText(/worker-src|trusted-types/);
      await tabs[0].page.close();
      await tabs[1].send('The next one leads');
      await expect(tabs[1].row('The next one leads').getByTitle('Sent', {exact: true})).toBeVisible();
    });
  }
});

test('the style sheets of other people change no pixel of the elements', async ({visitor, chat}) => {
  const ada = await visitor('Ada');
  const look = async (css: string) => {
    const tab = await openPage(ada, `host-css.html?css=${css}`, chat);
    if (css === 'none') {
      await tab.send('Ein Donaudampfschifffahrtsgesellschaftskapitän schreibt: https://example.com/a?b=c 🚢');
      await tab.send('שלום, this line begins at the right');
    }
    await expect(tab.thread.getByTitle('Sent', {exact: true})).toHaveCount(2);
    await tab.page.evaluate(async () => {
      // The same place on the screen, whatever the page around does; and the same ground for what has none of its own.
      const stage = document.querySelector('#stage') as HTMLElement;
      Object.assign(stage.style, {position: 'fixed', inset: '0 auto auto 0', width: '620px', background: 'white'});
      (document.activeElement as HTMLElement | null)?.blur();
      await document.fonts.ready;
    });
    const pictures: Record<string, string> = {};
    for (const name of ['trunk-connection-status', 'trunk-presence-avatar', 'trunk-chat-thread']) {
      const element = tab.page.locator(`#stage > ${name}`);
      const picture = await element.screenshot({animations: 'disabled', caret: 'hide'});
      pictures[name] = picture.toString('base64');
    }
    await tab.page.close();
    return pictures;
  };
  const plain = await look('none');
  for (const css of ['bootstrap5', 'bootstrap3', 'tailwind', 'root', 'reset', 'shout']) {
    const pictures = await look(css);
    for (const [name, picture] of Object.entries(plain)) {
      expect(pictures[name] === picture, `${name} under ${css} looks as without`).toBe(true);
    }
  }
});

test('a widget in another site’s frame works in its partition, and says where it is', async ({
  site,
  chat,
  launchOptions,
  backend,
}) => {
  const browser = await startPlainBrowser(launchOptions.executablePath ?? '', launchOptions.args ?? []);
  try {
    const open = async (path: string) => {
      const page = await browser.context.newPage();
      await page.goto(`${site.url('good')}embed/${path}?chat=${chat}`);
      return page;
    };
    const inFrame = async () => {
      const page = await open('widget-host.html');
      const tab = new Tab(page, page.frameLocator('iframe'));
      await tab.ready();
      return tab;
    };
    const [first, second] = [await inFrame(), await inFrame()];
    for (const tab of [first, second]) {
      await expect(tab.status).toContainText(`embedded in ${new URL(site.url('good')).host}`);
      await expect(tab.status).not.toContainText(/worker-failed|storage-refused|this tab only/);
    }
    await first.send('From the newspaper');
    await expect(second.bodies).toHaveText(['From the newspaper']);
    expect(backend.stats().sockets).toBe(1);
    // The same widget by itself is another visitor: what it keeps is not what the frames keep.
    const page = await browser.context.newPage();
    await page.goto(`${site.url('good').replace('127.0.0.1', 'localhost')}embed/widget.html?chat=${chat}`);
    const alone = new Tab(page);
    await alone.ready();
    await expect(alone.status).not.toContainText('embedded');
    await expect(alone.bodies).toHaveText(['From the newspaper']);
    expect(backend.stats().sockets).toBe(2);
  } finally {
    await browser.close();
  }
  await expect.poll(() => backend.stats().sockets).toBe(0);
});

test('two versions of the script on one page are one client, and a tag of another project is told so', async ({
  visitor,
  chat,
  backend,
}) => {
  const ada = await visitor('Ada');
  const errors: string[] = [];
  ada.context.on('weberror', error => errors.push(error.error().message));
  const tab = await openPage(ada, 'cdn.html', chat);
  await tab.page.evaluate(async () => {
    const tag = (query: string, change: Record<string, string>) =>
      new Promise((resolve, reject) => {
        const [first] = document.querySelectorAll<HTMLScriptElement>('script[data-url]');
        const next = document.createElement('script');
        Object.assign(next.dataset, first?.dataset, change);
        Object.assign(next, {type: 'module', src: `${first?.src}${query}`, onload: resolve, onerror: reject});
        document.head.append(next);
      });
    const page = window as unknown as Trunkline & {first: HubClient};
    page.first = page.trunkline;
    await tag('?v=2', {});
    if (page.first.problem.current) throw page.first.problem.current;
    await tag('?v=3', {url: 'https://another.example'});
  });
  const [isSame, code] = await tab.page.evaluate(() => {
    const page = window as unknown as Trunkline & {first: HubClient};
    return [page.first === page.trunkline, page.trunkline.problem.current?.code] as const;
  });
  expect(isSame).toBe(true);
  expect(code).toBe('bad-config');
  expect(errors).toEqual([]);
  await tab.send('Once');
  await expect(tab.row('Once').getByTitle('Sent', {exact: true})).toBeVisible();
  expect(backend.stats().sockets).toBe(1);
});

test('a frame that its page writes itself has the page’s own worker, by the address that its base makes', async ({
  visitor,
  chat,
  site,
}) => {
  const ada = await visitor('Ada');
  const tab = await openPage(ada, 'cdn.html', chat);
  const folder = `${site.url('good')}embed/`;
  const written = await tab.page.evaluate(folder => {
    const {url, key} = document.querySelector<HTMLScriptElement>('script[data-url]')?.dataset ?? {};
    const frame = document.createElement('iframe');
    frame.srcdoc = `<base href="${folder}"><script type="module" src="trunkline.js" data-user-name="Grace"
      data-url="${url}" data-key="${key}" data-worker-url="trunkline-worker.js"></script>`;
    document.body.append(frame);
    return new Promise<{host: string; hostReason: string; embeddedIn: string}>(resolve => {
      frame.onload = () => {
        const {status} = (frame.contentWindow as unknown as Trunkline).trunkline;
        const look = () => status.current.state === 'connected' && resolve(status.current);
        status.subscribe(look);
        look();
      };
    });
  }, folder);
  expect(written).toMatchObject({host: 'shared-worker', hostReason: '', embeddedIn: ''});
});

test('two projects on one page are two hubs that know nothing of each other', async ({visitor, chat, backend}) => {
  const other = await startBackend();
  try {
    const ada = await visitor('Ada');
    const tab = await openPage(ada, 'cdn.html', chat);
    await tab.page.evaluate(
      ([url, key, room]) => {
        const provider = Object.assign(document.createElement('trunk-provider'), {url, key, userName: 'Ada'});
        const thread = Object.assign(document.createElement('trunk-chat-thread'), {
          chat: room,
          make: true,
          id: 'other',
        });
        provider.append(document.createElement('trunk-connection-status'), thread);
        document.querySelector('article')?.append(provider);
      },
      [other.url, other.anonKey, chat] as const,
    );
    const field = (within: Locator) => within.getByRole('textbox', {name: /^Write to/});
    const [mine, theirs] = [tab.page.locator('section trunk-chat-thread'), tab.page.locator('#other')];
    await field(theirs).fill('For the other project');
    await field(theirs).press('Enter');
    await expect(theirs.getByTitle('Sent', {exact: true})).toBeVisible();
    await field(mine).fill('For this one');
    await field(mine).press('Enter');
    await expect(mine.getByTitle('Sent', {exact: true})).toBeVisible();
    await expect(mine.locator('[part~="body"]')).toHaveText(['For this one']);
    await expect(theirs.locator('[part~="body"]')).toHaveText(['For the other project']);
    expect([backend.stats().sockets, other.stats().sockets]).toEqual([1, 1]);
  } finally {
    await other.close();
  }
});

/** Ways a worker comes to stand still, as under a debugger: at its next call, or in the middle of a write, which keeps everybody else from the store. */
const STOPS = {
  'stops answering': {order: {method: 'Debugger.pause'}, isTaken: ({id}: DebuggerWord) => id === 1},
  'stands still in mid-write': {
    order: {method: 'Runtime.evaluate', params: {expression: `(${stopInMidWrite})()`}},
    isTaken: ({method}: DebuggerWord) => method === 'Debugger.paused',
  },
};

/** An answer to an order, or news. */
interface DebuggerWord {
  id?: number;
  method?: string;
}

function stopInMidWrite(): void {
  indexedDB.open('trunkline').onsuccess = ({target}) => {
    const database = (target as IDBOpenDBRequest).result;
    const write = database.transaction(['outbox', 'chats'], 'readwrite');
    write.objectStore('outbox').count().onsuccess = () => {
      debugger;
    };
  };
}

for (const [what, {order, isTaken}] of Object.entries(STOPS)) {
  test(`a hub that ${what} is left for one that does, and nothing is lost`, async ({
    visitor,
    chat,
    browser,
    backend,
  }) => {
    const [first, second] = await twoTabs(visitor, chat);
    const worker = await stop(browser, order, isTaken);
    await first.send('While it stood still');
    // What a person does when nothing happens: looks away and back.
    for (const {page} of [first, second]) {
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    }
    for (const tab of [first, second]) {
      await expect(tab.bodies).toHaveText(['Before', 'While it stood still'], PATIENT);
      await expect(tab.row('While it stood still').locator('[part~="meta"]')).toBeVisible();
    }
    await expect(first.row('While it stood still').getByTitle('Sent', {exact: true})).toBeVisible(PATIENT);
    // The silent one keeps its socket until the server misses its heartbeats.
    expect(backend.stats().sockets).toBeLessThanOrEqual(2);
    await worker.end();
  });
}

test('a hub that goes on after it was left lets go of its socket, and of a tab that noticed nothing', async ({
  visitor,
  chat,
  browser,
  backend,
}) => {
  const [hidden, seen] = await twoTabs(visitor, chat);
  await hidden.page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', {value: 'hidden'});
    document.dispatchEvent(new Event('visibilitychange'));
  });
  const {order, isTaken} = STOPS['stops answering'];
  const worker = await stop(browser, order, isTaken);
  await seen.send('While it stood still');
  await expect(seen.row('While it stood still').getByTitle('Sent', {exact: true})).toBeVisible(PATIENT);
  await worker.goOn();
  await expect.poll(() => backend.stats().sockets, PATIENT).toBe(1);
  await seen.send('After');
  await expect(hidden.bodies).toHaveText(['Before', 'While it stood still', 'After'], PATIENT);
  expect(backend.stats().sockets).toBe(1);
});

/** Two tabs of one person on a worker of its own file, which have both shown what one of them wrote. */
async function twoTabs(visitor: (name: string) => Promise<Visitor>, chat: string): Promise<[Tab, Tab]> {
  const ada = await visitor('Ada');
  const page = 'cdn.html?worker=worker.js';
  const [first, second] = [await openPage(ada, page, chat), await openPage(ada, page, chat)];
  await first.send('Before');
  await expect(second.bodies).toHaveText(['Before']);
  return [first, second];
}

/** Has the worker stand still, as under a debugger: it keeps its locks and its socket, and hears nothing. */
async function stop(browser: Browser, order: object, isTaken: (word: DebuggerWord) => boolean) {
  const session = await browser.newBrowserCDPSession();
  const {targetInfos} = await session.send('Target.getTargets');
  const worker = targetInfos.find(({type, url}) => type === 'shared_worker' && url.endsWith('worker.js'));
  const targetId = worker?.targetId ?? '';
  const {sessionId} = await session.send('Target.attachToTarget', {targetId, flatten: false});
  const taken = new Promise<void>(resolve => {
    session.on('Target.receivedMessageFromTarget', ({message}) => {
      if (isTaken(JSON.parse(message) as DebuggerWord)) resolve();
    });
  });
  for (const [id, each] of [{method: 'Debugger.enable'}, order].entries()) {
    await session.send('Target.sendMessageToTarget', {sessionId, message: JSON.stringify({id, ...each})});
  }
  await taken;
  return {
    goOn: () => session.send('Target.detachFromTarget', {sessionId}),
    end: () => session.send('Target.closeTarget', {targetId}),
  };
}
