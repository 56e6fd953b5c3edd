// Makes a checkout ready to run: the right Node, and node_modules as package-lock.json says. It runs before anything is
// installed, so it is plain JavaScript without imports from npm. Does nothing when the last install still stands.
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

// tsx, which runs the TypeScript after this, would keep a cache in the temporary folder for ever.
process.env.TSX_DISABLE_CACHE ??= '1';

const root = fileURLToPath(new URL('..', import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Trunkline needs Node 20.19 or newer; this is ${process.versions.node}. Get one from https://nodejs.org.`,
  );
  process.exit(1);
}

const stamp = `${root}node_modules/.trunkline-setup`;
const wanted = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .update(process.version + process.platform + process.arch)
  .digest('hex');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.error('Installing packages…');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const {status} = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
    // Playwright's own browser download is a step of `npm test`, and only where no browser is installed.
    env: {...process.env, PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1'},
  });
  if (status !== 0) {
    console.error('npm ci failed; its own words are above. Check the network, then try again.');
    process.exit(status ?? 1);
  }
  writeFileSync(stamp, wanted);
}
