// Presence is of people: ten tabs are one face, and neither tabs nor short drops make anybody flicker. Against hosted limits.
import type {Source} from '../../src/client/source.js';
import type {PresentPerson} from '../../src/wire/chat.js';
import {bringBack, expect, PATIENT, type Tab, takeDown, test, type Visitor} from './stage.js';

/** Watches in a tab whether Ada was ever shown as gone, and how often the page was told of presence. */
async function watchAda({page}: Tab, userId: string): Promise<() => Promise<string[]>> {
  await page.evaluate(id => {
    const ada = document.querySelector('trunk-provider')?.client?.presence().person(id);
    const seen: string[] = [];
    Object.assign(window, {ada, seenOfAda: seen});
    ada?.subscribe(person => seen.push(person === undefined ? 'unknown' : (person?.status ?? 'gone')));
  }, userId);
  return () => page.evaluate(() => (window as unknown as {seenOfAda: string[]}).seenOfAda);
}

const idOf = ({page}: Tab) =>
  page.evaluate(() => document.querySelector('trunk-provider')?.client?.me.current?.userId ?? '');

/** Tells what this tab knows of the person. */
const say = ({page}: Tab, attention: Record<string, unknown>) =>
  page.evaluate(change => document.querySelector('trunk-provider')?.client?.setAttention(change), attention);

async function openTabs(person: Visitor, count: number): Promise<Tab[]> {
  const tabs: Tab[] = [];
  for (let n = 0; n < count; n++) tabs.push(await person.openReady());
  return tabs;
}

test('ten tabs of a person are one face; nine closed and a drop are no leave', async ({visitor, backend}) => {
  const watcher = await (await visitor('Grace')).openReady();
  const tabs = await openTabs(await visitor('Ada'), 10);
  const [last] = tabs as [Tab];
  await expect(watcher.person('Ada')).toHaveCount(1);
  await expect(watcher.page.locator('trunk-presence-stack')).toContainText('2 people here');
  const seen = await watchAda(watcher, await idOf(last));

  for (const tab of tabs.slice(1)) await tab.page.close();
  await takeDown(backend);
  for (const tab of [last, watcher]) await expect(tab.status).not.toContainText('Connected');
  await bringBack(backend);
  // What she says over her new line is there: no leave is kept back any more.
  await say(last, {visible: false});
  await expect(watcher.page.getByRole('img', {name: /^Ada, away/})).toHaveCount(1, PATIENT);
  // Unknown at first, while the new handle waits for its first word.
  expect([...new Set((await seen()).filter((status, at) => at > 0 || status !== 'unknown'))]).toEqual([
    'online',
    'away',
  ]);
  await expect(watcher.page.locator('trunk-presence-stack')).toContainText('2 people here');
});

test('who goes from page to page, however fast, is never shown as gone', async ({visitor}) => {
  const watcher = await (await visitor('Grace')).openReady();
  const tab = await (await visitor('Ada')).openReady();
  await expect(watcher.person('Ada')).toHaveCount(1);
  const seen = await watchAda(watcher, await idOf(tab));
  let left = 0;
  for (let page = 0; page < 4; page++) {
    left = Date.now();
    await tab.page.reload();
    await expect(tab.person('Ada')).toHaveCount(1);
  }
  // Until the last page has told of itself, be it after all that keeps it from that.
  const lastSeen = () =>
    watcher.page.evaluate(() => (window as unknown as {ada: Source<PresentPerson | null>}).ada.current?.lastSeen ?? 0);
  await expect.poll(lastSeen, PATIENT).toBeGreaterThan(left);
  expect([...new Set(await seen())].filter(status => status !== 'unknown')).toEqual(['online']);
});

test('a storm of switching tabs stays within the budget, and going from tab to tab costs nothing', async ({
  visitor,
  backend,
}) => {
  const tabs = await openTabs(await visitor('Ada'), 5);
  const calls = () => backend.stats().presenceCalls;
  const sayIn = (at: number, attention: Record<string, unknown>) => say(tabs[at] as Tab, attention);
  for (const at of tabs.keys()) await sayIn(at, {visible: at === 0});
  await expect.poll(calls).toBeGreaterThan(0);
  // What opening five tabs had to say is said by then.
  await (tabs[0] as Tab).page.evaluate(() => new Promise(resolve => setTimeout(resolve, 17_000)));

  const before = calls();
  // In between nobody is seen: a call to say so, and one back, where this machine takes longer than such a moment is hidden for.
  let slow = 0;
  for (let n = 1; n <= 10; n++) {
    const since = Date.now();
    await sayIn((n - 1) % 5, {visible: false});
    await sayIn(n % 5, {visible: true});
    if (Date.now() - since > 900) slow++;
  }
  await (tabs[0] as Tab).page.evaluate(() => new Promise(resolve => setTimeout(resolve, 3_000)));
  expect(calls() - before, 'calls for ten switches between tabs of one chat').toBeLessThanOrEqual(2 * slow);

  const start = calls();
  const end = Date.now() + 8_000;
  let during = start;
  for (let n = 0; Date.now() < end; n++) {
    during = calls();
    await sayIn(n % 5, {visible: n % 3 > 0, currentChatId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`});
  }
  expect(during - start, 'calls in 8 s of a storm: no more than in any 30').toBeLessThanOrEqual(5);
  await expect((tabs[0] as Tab).status).toContainText('Connected');
});

test('last seen is true after everybody who knew it is gone', async ({visitor}) => {
  const ada = await visitor('Ada');
  const tab = await ada.openReady();
  const id = await idOf(tab);
  const watcher = await (await visitor('Grace')).openReady();
  await expect(watcher.person('Ada')).toHaveCount(1);
  await watcher.page.close();
  const left = Date.now();
  await tab.page.close();
  await ada.context.close();
  const late = await (await visitor('Grace')).openReady();
  await late.page.evaluate(userId => {
    const avatar = document.createElement('trunk-presence-avatar');
    avatar.userId = userId;
    document.querySelector('trunk-chat-thread')?.after(avatar);
  }, id);
  const avatar = late.page.locator('trunk-provider > trunk-presence-avatar');
  await expect
    .poll(() => avatar.evaluate(element => (element as HTMLElement & {lastSeen: number | null}).lastSeen))
    .toBeGreaterThan(left - 70_000);
});
