// Who is writing, between real tabs of two people.
import {expect, type Tab, test} from './stage.js';

const indicator = (tab: Tab) => tab.thread.locator('trunk-typing-indicator [part=text]');

test('what one person writes shows at the other, in none of their own tabs, and is gone with the message', async ({
  visitor,
}) => {
  const ada = await visitor('Ada');
  const grace = await visitor('Grace');
  const [writes, other, reads] = await Promise.all([ada.openReady(), ada.openReady(), grace.openReady()]);
  await writes.composer.pressSequentially('Hello, Grace');
  await expect(indicator(reads)).toHaveText(/^\u2068Ada.*\u2069 is typing…$/);
  await expect(indicator(other)).toHaveCount(0);
  await expect(indicator(writes)).toHaveCount(0);
  await writes.composer.press('Enter');
  await expect(reads.bodies.filter({hasText: 'Hello, Grace'})).toHaveCount(1);
  await expect(indicator(reads)).toHaveCount(0);
});

test('a tab that is closed in the middle of a word writes no more, and another one goes on', async ({visitor}) => {
  const ada = await visitor('Ada');
  const grace = await visitor('Grace');
  const [closes, stays, reads] = await Promise.all([ada.openReady(), ada.openReady(), grace.openReady()]);
  await closes.composer.pressSequentially('I was about to');
  await expect(indicator(reads)).toHaveCount(1);
  const closedAt = Date.now();
  await closes.page.close();
  await expect(indicator(reads)).toHaveCount(0);
  test.info().annotations.push({type: 'gone after', description: `${Date.now() - closedAt} ms`});
  await stays.composer.pressSequentially('As I was about to say');
  await expect(indicator(reads)).toHaveCount(1);
});
