// The end-to-end tests: real tabs, the built demo, the embedded backend. One backend and one site for the whole run
// (test/e2e/serve.ts); every test takes its own chat and people.
import {defineConfig} from 'playwright/test';
import {BROWSER_ARGS, ensureBrowser} from './test/browser.js';

// Playwright wants a default export.
export default defineConfig({
  testDir: 'test/e2e',
  globalSetup: './test/e2e/serve.ts',
  outputDir: 'test-results',
  fullyParallel: true,
  // One: the five tabs of one test keep two cores busy, and a starved worker looks like a dead one.
  workers: 1,
  timeout: 60_000,
  expect: {timeout: 10_000},
  forbidOnly: true,
  reporter: [['list'], ['./test/count-playwright.ts']],
  use: {
    // Recording five tabs takes a third of the time; ask for it with --trace on.
    trace: 'off',
    screenshot: 'only-on-failure',
    launchOptions: {executablePath: ensureBrowser(console.error), args: [...BROWSER_ARGS]},
  },
});
