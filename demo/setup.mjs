// Makes a checkout ready to run: the right Node, and node_modules as package-lock.json says. It runs before anything is
// installed, so it is plain JavaScript without imports from npm. Does nothing when the last install still stands.
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

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

// tsx, which runs the TypeScript after this, keeps what it transformed in the temporary folder, for ever, and can't be told
// another. So the temporary folder is one of ours while tsx loads. What this process starts goes without.
const variable = process.platform === 'win32' ? 'TEMP' : 'TMPDIR';
const temporary = process.env[variable];
try {
  const cache = `${root}node_modules/.cache/trunkline-tsx`;
  mkdirSync(cache, {recursive: true});
  accessSync(cache, constants.W_OK);
  process.env[variable] = cache;
} catch {
  process.env.TSX_DISABLE_CACHE = '1'; // a node_modules that can't be written
}
await import('tsx');
if (temporary === undefined) delete process.env[variable];
else process.env[variable] = temporary;
process.env.TSX_DISABLE_CACHE = '1';
