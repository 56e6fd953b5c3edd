// A Chromium as people have it: without the flags by which Playwright makes tests steady, which also switch off the back/forward cache and
// that what a frame of another site keeps is kept apart for each site around it.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {chromium, type BrowserContext} from 'playwright';

export interface PlainBrowser {
  context: BrowserContext;
  close(): Promise<void>;
}

export async function startPlainBrowser(executable: string, args: readonly string[]): Promise<PlainBrowser> {
  const profile = mkdtempSync(join(tmpdir(), 'trunkline-plain-'));
  const own = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`, '--no-default-browser-check'];
  const child = spawn(executable, [...own, ...args, 'about:blank'], {stdio: ['ignore', 'ignore', 'pipe']});
  const exited = once(child, 'exit');
  const close = async () => {
    child.kill();
    await exited;
    // The browser's other processes may write on for a moment; rmSync would ask again without looking at what they wrote.
    await rm(profile, {recursive: true, force: true, maxRetries: 10});
  };
  try {
    let address = '';
    for await (const line of createInterface(child.stderr)) {
      address = /DevTools listening on (ws:\S+)/.exec(line)?.[1] ?? '';
      if (address) break;
    }
    // Nobody reads on; a full pipe would stop the browser.
    child.stderr.resume();
    const browser = await chromium.connectOverCDP(address);
    const [context = await browser.newContext()] = browser.contexts();
    return {
      context,
      async close() {
        await browser.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
