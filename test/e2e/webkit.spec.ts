// The host ladder in WebKitGTK, which is not Safari but has its engine: what three tabs say reaches all of them over one socket, and the
// one that began may be left for elsewhere and closed. Playwright drives no browser here; test/support/webdriver.ts does.
import {findWebKit} from '../engines.js';
import {ENTER, WebKit, type WebKitTab} from '../support/webdriver.js';
import {addEveryElement, EVERY_ELEMENT, lookAtEveryElement} from './every-element.js';
import {expect, test as base} from './stage.js';

const test = base.extend<{}, {webKit: WebKit}>({
  webKit: [
    async ({}, use) => {
      const webKit = await WebKit.start(findWebKit());
      await use(webKit);
      await webKit.close();
    },
    {scope: 'worker'},
  ],
});

const composer = () =>
  document
    .querySelector('trunk-chat-thread')
    ?.shadowRoot?.querySelector('trunk-composer')
    ?.shadowRoot?.querySelector('textarea');

/** What a person sees in a tab, and the rung it says it stands on. */
const look = () => {
  type Provider = HTMLElement & {client?: {status: {current: {host: string}}}};
  const thread = document.querySelector('trunk-chat-thread')?.shadowRoot;
  const status = document.querySelector('trunk-connection-status')?.shadowRoot;
  const field = thread?.querySelector('trunk-composer')?.shadowRoot?.querySelector('textarea');
  return {
    connected: Boolean(status?.textContent?.includes('Connected')),
    ready: Boolean(field?.getAttribute('aria-label')?.startsWith('Write to')),
    host: document.querySelector<Provider>('trunk-provider')?.client?.status.current.host,
    bodies: [...(thread?.querySelectorAll('[part~="message"] [part~="body"]') ?? [])].map(each => each.textContent),
    sent: thread?.querySelectorAll('[title="Sent"]').length,
  };
};

const expectSeen = (tab: WebKitTab, seen: Partial<ReturnType<typeof look>>) =>
  expect.poll(() => tab.evaluate(look)).toMatchObject(seen);

for (const host of ['shared-worker', 'relay', 'leader']) {
  test(`three tabs of WebKit on ${host} are one socket, and the one that began may go`, async ({
    webKit,
    site,
    backend,
    chat,
  }) => {
    const url = `${site.url('good')}?${new URLSearchParams({user: `Ada ${host}`, chat, host})}`;
    const tabs: WebKitTab[] = [];
    for (let n = 0; n < 3; n++) {
      const tab = await webKit.open(url);
      await expectSeen(tab, {connected: true, ready: true, host});
      tabs.push(tab);
    }
    const [first, second, third] = tabs as [WebKitTab, WebKitTab, WebKitTab];
    expect(backend.stats().sockets).toBe(1);
    await first.type(composer, `One${ENTER}`);
    await expectSeen(second, {bodies: ['One']});
    await third.type(composer, `Two${ENTER}`);
    for (const tab of tabs) await expectSeen(tab, {bodies: ['One', 'Two'], sent: 2});

    await first.evaluate(() => void Object.assign(window, {kept: true}));
    await first.goto(`${site.url('good')}config.json`);
    await second.type(composer, `Missed${ENTER}`);
    await expectSeen(second, {bodies: ['One', 'Two', 'Missed'], sent: 3});
    await first.back();
    await expectSeen(first, {bodies: ['One', 'Two', 'Missed'], connected: true, host});
    expect(await first.evaluate(() => 'kept' in window)).toBe(true);
    await first.type(composer, `Back${ENTER}`);
    for (const tab of tabs) await expectSeen(tab, {bodies: ['One', 'Two', 'Missed', 'Back'], sent: 4});

    await first.close();
    await third.type(composer, `After${ENTER}`);
    for (const tab of [second, third]) {
      await expectSeen(tab, {bodies: ['One', 'Two', 'Missed', 'Back', 'After'], sent: 5, connected: true, host});
    }
    await expect.poll(() => backend.stats().sockets).toBe(1);
    for (const tab of [second, third]) await tab.close();
    await expect.poll(() => backend.stats().sockets).toBe(0);
  });
}

test('every element is drawn in WebKit as dist/ has it, and no error is left over', async ({webKit, site, chat}) => {
  const tab = await webKit.open(`${site.url('good')}embed/cdn.html?${new URLSearchParams({user: 'Ada', chat})}`);
  await expectSeen(tab, {connected: true, ready: true});
  await tab.evaluate(addEveryElement, chat);
  await expect.poll(() => tab.evaluate(lookAtEveryElement), {timeout: 20_000}).toEqual(EVERY_ELEMENT);
  await tab.close();
});
