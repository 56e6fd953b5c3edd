// The engines besides Chromium that the tests run in where they are: Firefox, which Playwright drives, and WebKitGTK, which
// test/support/webdriver.ts does. Says how to get what is missing; installs nothing. Knows nothing of who drives them.
import {existsSync, readdirSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {starts} from './browser.js';
import type {WebKitPrograms} from './support/webdriver.js';

/** A sentence for whoever reads the tests' output; empty when all is here. */
interface Missing {
  missing: string;
}

/** Firefox 153 or later, or ESR of that: `FIREFOX_PATH`, else the first one found. */
export function findFirefox(): Missing & {path: string} {
  const told = process.env['FIREFOX_PATH'];
  const places = told ? [told] : [...['firefox-esr', 'firefox', 'firefox.exe'].flatMap(onPath), ...usualFirefoxes()];
  const path = places.find(starts);
  if (path) return {path, missing: ''};
  if (told)
    throw new Error(`FIREFOX_PATH is ${told}, which is not a browser that starts here. Correct it or unset it.`);
  return {
    path: '',
    missing: 'Firefox is not here. Install it (on Debian: apt-get install firefox-esr), or set FIREFOX_PATH to it.',
  };
}

/** WebKitGTK with its driver, and a display for it. */
export function findWebKit(): Missing & WebKitPrograms {
  const [driver = ''] = onPath('WebKitWebDriver');
  const [display = ''] = onPath('Xvfb');
  const browser = miniBrowsers().find(existsSync) ?? '';
  const missing =
    driver && display && browser
      ? ''
      : 'WebKitGTK, its driver or Xvfb is not here. Install them (on Debian: apt-get install webkit2gtk-driver xvfb; Linux only).';
  return {driver, display, browser, missing};
}

function onPath(name: string): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return folders.map(folder => join(folder, name)).filter(existsSync);
}

function usualFirefoxes(): string[] {
  if (process.platform === 'darwin') return ['/Applications/Firefox.app/Contents/MacOS/firefox'];
  if (process.platform !== 'win32') return [];
  const bases = ['PROGRAMFILES', 'PROGRAMFILES(X86)'].map(name => process.env[name]);
  return bases.flatMap(base => (base ? [join(base, 'Mozilla Firefox', 'firefox.exe')] : []));
}

/** Where distributions put WebKitGTK's own small browser. */
function miniBrowsers(): string[] {
  const libraries = existsSync('/usr/lib') ? readdirSync('/usr/lib').map(folder => join('/usr/lib', folder)) : [];
  return ['/usr/libexec', '/usr/lib', ...libraries].map(folder => join(folder, 'webkit2gtk-4.1', 'MiniBrowser'));
}
