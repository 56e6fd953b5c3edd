// The end-to-end tests: real tabs, the built demo, the embedded backend. One backend and one site a project (test/e2e/serve.ts);
// every test takes its own chat and people. Chromium runs everything; what must hold in every engine, the host ladder and the files that
// come late, runs in the others too. An engine that isn't here has its tests skipped, and test/run.ts says how to get it.
import {defineConfig} from 'playwright/test';
import {BROWSER_ARGS, ensureBrowser} from './test/browser.js';
import type {EngineOptions} from './test/e2e/stage.js';
import {findFirefox, findWebKit} from './test/engines.js';

const chromium = {executablePath: ensureBrowser(console.error), args: [...BROWSER_ARGS]};
const firefox = findFirefox();
const webKit = findWebKit();

// Playwright wants a default export.
export default defineConfig<{}, EngineOptions>({
  testDir: 'test/e2e',
  globalSetup: './test/e2e/serve.ts',
  outputDir: 'test-results',
  fullyParallel: true,
  // Each has a backend of its own. Much of a test is waiting; more than two starve one another on two cores.
  workers: 2,
  timeout: 120_000,
  // Longer than a rung may be silent before the next one is tried (10 s), shorter than the tip check that would heal what is broken (30 s).
  expect: {timeout: 20_000},
  forbidOnly: true,
  reporter: [['list'], ['./test/count-playwright.ts']],
  use: {
    // Recording five tabs takes a third of the time; ask for it with --trace on.
    trace: 'off',
    screenshot: 'only-on-failure',
  },
  projects: [
    {
      name: 'chromium',
      testIgnore: 'webkit.spec.ts',
      use: {launchOptions: chromium},
    },
    {
      name: 'chromium with its back/forward cache',
      testMatch: 'ladder.spec.ts',
      grep: /@cached/,
      // Playwright switches it off.
      use: {cachesPages: true, launchOptions: {...chromium, ignoreDefaultArgs: ['--disable-back-forward-cache']}},
    },
    {
      name: 'firefox',
      testMatch: ['ladder.spec.ts', 'late-parts.spec.ts'],
      grepInvert: /@chromium/,
      // Its back/forward cache takes no page that holds a Web Lock, as each of ours does.
      use: {
        browserName: 'firefox',
        channel: 'moz-firefox',
        launchOptions: {executablePath: firefox.path},
        missing: firefox.missing,
      },
    },
    {
      name: 'webkit',
      testMatch: 'webkit.spec.ts',
      use: {missing: webKit.missing},
    },
  ],
});
