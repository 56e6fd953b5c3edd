// The monitor in the real demo: a person opens it and sees what the connection does, as it does it.
import {expect, test} from './stage.js';

test('the monitor opens in the demo and follows what happens', async ({visitor}) => {
  const ada = await visitor('Ada');
  const [tab, other] = [await ada.openReady(), await ada.openReady()];
  const monitor = tab.page.locator('trunk-monitor');
  await tab.page.bringToFront();
  await expect(monitor.locator('trunk-monitor-panel')).toHaveCount(0);
  await monitor.getByText('Connection monitor').click();
  await expect(monitor.getByText('shared worker')).toBeVisible();
  await expect(monitor.getByRole('heading', {name: '2 tabs'})).toBeVisible();
  await expect(monitor.getByText('presence:global').first()).toBeVisible();
  await other.page.close();
  await expect(monitor.getByRole('heading', {name: '1 tab', exact: true})).toBeVisible();
});
