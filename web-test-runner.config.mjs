// Tests that run inside Chromium: wire, hub, client, components. `npm test` passes the files; `npx wtr --watch` takes them all.
import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {esbuildPlugin} from '@web/dev-server-esbuild';
import {defaultReporter} from '@web/test-runner';
import {playwrightLauncher} from '@web/test-runner-playwright';
import {tsImport} from 'tsx/esm/api';

const {BROWSER_ARGS, ensureBrowser} = await tsImport('./test/browser.ts', import.meta.url);

export default {
  files: 'test/{wire,hub,client,components}/**/*.test.ts',
  hostname: '127.0.0.1',
  nodeResolve: {exportConditions: ['browser', 'development']},
  plugins: [
    // What the build makes of worker/inline.ts (vite.config.ts); nothing that runs here needs it.
    {
      name: 'hub-source',
      resolveImport: ({source}) => (source === 'trunkline:hub-source' ? '/__hub-source.js' : undefined),
      serve: ({path}) => (path === '/__hub-source.js' ? {body: 'export default ""', type: 'js'} : undefined),
    },
    esbuildPlugin({ts: true, target: 'es2022', tsconfig: fileURLToPath(new URL('tsconfig.json', import.meta.url))}),
  ],
  browsers: [
    playwrightLauncher({
      product: 'chromium',
      concurrency: 3,
      launchOptions: {executablePath: ensureBrowser(console.error), headless: true, args: [...BROWSER_ARGS]},
    }),
  ],
  testFramework: {config: {timeout: 10_000}},
  testsStartTimeout: 60_000,
  reporters: [defaultReporter({reportTestProgress: false}), countReporter()],
};

/** Writes {passed, failed, skipped} as JSON to the file TRUNKLINE_COUNTS names. */
function countReporter() {
  return {
    onTestRunFinished({sessions}) {
      const counts = {passed: 0, failed: 0, skipped: 0};
      const addSuite = suite => {
        for (const test of suite.tests) counts[test.skipped ? 'skipped' : test.passed ? 'passed' : 'failed']++;
        suite.suites.forEach(addSuite);
      };
      for (const session of sessions) {
        const before = counts.failed;
        if (session.testResults) addSuite(session.testResults);
        // A file that could not be loaded, or a hook that threw, fails without any test of its own.
        if (!session.passed && counts.failed === before) counts.failed++;
      }
      if (process.env.TRUNKLINE_COUNTS) writeFileSync(process.env.TRUNKLINE_COUNTS, JSON.stringify(counts));
    },
  };
}
