// The npm package as an application gets it: built, packed, and unpacked into a folder of its own with the application's files. Knows
// nothing of what the application does.
import {execFileSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'vite';
import {later} from '../support/backend.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const shell = process.platform === 'win32';

const scratch = mkdtempSync(join(tmpdir(), 'trunkline-packages-'));
later(() => rmSync(scratch, {recursive: true, force: true, maxRetries: 5}));
let tarball: Promise<string> | undefined;

/** The tarball of this checkout, made once; `dist/` of the checkout stays as it is. */
function pack(): Promise<string> {
  return (tarball ??= make());
}

async function make(): Promise<string> {
  const from = join(scratch, 'package');
  const configFile = join(root, 'vite.config.ts');
  const shared = {root, configFile, logLevel: 'error'} as const;
  await build({...shared, mode: 'production', build: {outDir: join(from, 'dist/npm')}});
  await build({...shared, mode: 'embed', build: {outDir: join(from, 'dist')}});
  tsc('-p', join(root, 'tsconfig.dist.json'), '--outDir', join(from, 'dist/types'));
  for (const name of ['package.json', 'README.md', 'LICENSE', 'custom-elements.json', 'types', 'supabase']) {
    cpSync(join(root, name), join(from, name), {recursive: true});
  }
  execFileSync(npm, ['pack', '--ignore-scripts', '--silent', '--workspaces=false'], {cwd: from, shell, stdio: 'pipe'});
  const name = readdirSync(from).find(file => file.endsWith('.tgz'));
  if (!name) throw new Error('npm pack made no tarball.');
  return join(from, name);
}

/**
 * A folder with the files of `test/packages/apps/<name>` and the package installed.
 * @param packages of the registry, pinned; none: what Trunkline needs is this checkout's, and no network is used
 */
export async function app(name: string, packages: readonly string[] = []): Promise<string> {
  const folder = mkdtempSync(join(scratch, 'app-'));
  cpSync(join(root, 'test/packages/apps', name), folder, {recursive: true});
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}');
  const file = await pack();
  if (packages.length > 0) {
    const flags = ['--no-audit', '--no-fund', '--silent', '--ignore-scripts'];
    execFileSync(npm, ['install', ...flags, file, ...packages], {cwd: folder, shell, stdio: 'pipe', timeout: 180_000});
    return folder;
  }
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'trunkline'), {recursive: true});
  execFileSync('tar', ['-xzf', file, '-C', join(modules, 'trunkline'), '--strip-components', '1']);
  for (const name of ['lit', '@lit']) symlinkSync(join(root, 'node_modules', name), join(modules, name), 'junction');
  return folder;
}

/** Runs this checkout's TypeScript, or an application's own; throws its words when it objects. */
export function tsc(...words: string[]): void {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  runNode(root, join(dirname(manifest), 'bin/tsc'), ...words);
}

/** Runs Node in a folder and returns what it prints. */
export function runNode(cwd: string, ...words: string[]): string {
  try {
    return execFileSync(process.execPath, words, {cwd, encoding: 'utf8', stdio: 'pipe', timeout: 180_000});
  } catch (error) {
    const {stdout = '', stderr = ''} = error as {stdout?: string; stderr?: string};
    throw new Error(`node ${words.join(' ')}\n${stdout}${stderr}`);
  }
}
