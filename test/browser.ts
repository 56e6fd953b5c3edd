// Finds a Chromium or Chrome for the tests, and gets one where there is none. Asks each candidate for its version, because
// a file that exists may still lack the libraries it needs. Knows nothing of who drives it.
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {homedir} from 'node:os';
import {delimiter, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {chromium} from 'playwright';

/** What a test browser needs to run as root, in a container, without a display, and without calls home. */
export const BROWSER_ARGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'];

/** The path of a browser that starts, or null. `CHROME_PATH` wins, then PATH, the usual places, and Playwright's own. */
export function findBrowser(): string | null {
  const told = process.env['CHROME_PATH'];
  if (told) {
    if (starts(told)) return told;
    throw new Error(`CHROME_PATH is ${told}, which is not a browser that starts here. Correct it or unset it.`);
  }
  return [...onPath(), ...usualPlaces(), chromium.executablePath()].find(starts) ?? null;
}

/**
 * The path of a browser, installed first where need be: Playwright's own download, else Debian's package when this is root.
 * Throws a sentence saying what to install.
 */
export function ensureBrowser(say: (line: string) => void): string {
  const found = findBrowser();
  if (found) return found;

  say('No Chromium or Chrome here; downloading Playwright’s…');
  const cli = fileURLToPath(new URL('../node_modules/playwright/cli.js', import.meta.url));
  run(process.execPath, [cli, 'install', 'chromium']);
  const downloaded = findBrowser();
  if (downloaded) return downloaded;

  if (process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('That did not work; installing Debian’s chromium…');
    run('apt-get', ['update']);
    run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium']);
    const installed = findBrowser();
    if (installed) return installed;
  }
  throw new Error(
    'The tests need Chromium or Chrome and could not get one. Install either (on Debian: apt-get install chromium), or set CHROME_PATH to it.',
  );
}

function onPath(): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return NAMES.flatMap(name => folders.map(folder => join(folder, name + suffix)));
}

function usualPlaces(): string[] {
  if (process.platform === 'darwin') {
    const apps = ['Google Chrome', 'Chromium'].map(name => `Applications/${name}.app/Contents/MacOS/${name}`);
    return ['/', homedir()].flatMap(base => apps.map(app => join(base, app)));
  }
  if (process.platform === 'win32') {
    const bases = ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].map(name => process.env[name]);
    return bases.flatMap(base => (base ? [join(base, 'Google', 'Chrome', 'Application', 'chrome.exe')] : []));
  }
  return [];
}

/** True when the browser at this path can be started here. */
export function starts(path: string): boolean {
  if (!existsSync(path)) return false;
  // Chrome on Windows opens a window instead of printing its version.
  if (process.platform === 'win32') return true;
  return spawnSync(path, ['--version'], {stdio: 'ignore', timeout: 20_000}).status === 0;
}

function run(command: string, args: string[]): void {
  const env = {...process.env, DEBIAN_FRONTEND: 'noninteractive'};
  // An installer's standard output is noise; what goes wrong comes on standard error.
  spawnSync(command, args, {stdio: ['ignore', 'ignore', 'inherit'], timeout: 240_000, env});
}
