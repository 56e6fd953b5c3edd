// Whichever rung of the host ladder the tabs of a browser stand on: one socket, one hub, and the next one when it goes.
import {expect, test, type Tab, type Visitor} from './stage.js';

/** Opens a tab that is forced onto a rung. */
async function openOn(person: Visitor, host: string, chat: string): Promise<Tab> {
  const query = new URLSearchParams({user: person.name, chat, host});
  return person.openReady({path: `?${query}`});
}

const WORDS: Record<string, RegExp> = {
  'shared-worker': /Connected/,
  relay: /relayed worker/,
  leader: /held by one tab/,
};

for (const host of ['shared-worker', 'relay', 'leader']) {
  test(`ten tabs on the rung ${host} are one socket, and the one that began may go`, async ({
    visitor,
    chat,
    backend,
  }) => {
    const ada = await visitor('Ada');
    const tabs: Tab[] = [];
    for (let n = 0; n < 10; n++) tabs.push(await openOn(ada, host, chat));
    const [first, ...others] = tabs as [Tab, ...Tab[]];
    const last = others.at(-1) as Tab;
    for (const tab of tabs) await expect(tab.status).toContainText(WORDS[host] as RegExp);
    const {sockets, joins} = backend.stats();
    expect(sockets).toBe(1);
    await last.send('Before');
    await expect(first.bodies).toHaveText(['Before']);
    expect(backend.stats().joins).toBe(joins);

    await first.page.close();
    await last.send('After');
    for (const tab of others) await expect(tab.bodies).toHaveText(['Before', 'After']);
    await expect(last.row('After').getByTitle('Sent')).toBeVisible();
    await expect.poll(() => backend.stats().sockets).toBe(1);
  });
}

for (const [first, second] of [
  ['shared-worker', 'leader'],
  ['leader', 'shared-worker'],
  ['relay', 'leader'],
  ['leader', 'relay'],
] as const) {
  test(`a tab on ${second} joins the hub of one on ${first}, and takes over when that goes`, async ({
    visitor,
    chat,
    backend,
  }) => {
    const ada = await visitor('Ada');
    const one = await openOn(ada, first, chat);
    const two = await openOn(ada, second, chat);
    await one.send('One');
    await two.send('Two');
    await expect(one.bodies).toHaveText(['One', 'Two']);
    expect(backend.stats().sockets).toBe(1);
    await one.page.close();
    await two.send('Three');
    await expect(two.row('Three').getByTitle('Sent')).toBeVisible({timeout: 20_000});
    await expect(two.bodies).toHaveText(['One', 'Two', 'Three']);
    await expect.poll(() => backend.stats().sockets).toBe(1);
  });
}

test('the leader’s crash costs the others nothing', async ({visitor, chat, backend}) => {
  const ada = await visitor('Ada');
  const leader = await openOn(ada, 'leader', chat);
  const other = await openOn(ada, 'leader', chat);
  const third = await openOn(ada, 'leader', chat);
  await leader.send('Before');
  await expect(other.bodies).toHaveText(['Before']);
  const session = await ada.context.newCDPSession(leader.page);
  void session.send('Page.crash').catch(() => {});
  await other.send('After');
  await expect(third.bodies).toHaveText(['Before', 'After']);
  await expect(other.row('After').getByTitle('Sent')).toBeVisible();
  await expect.poll(() => backend.stats().sockets).toBe(1);
});
