// The checkout as the repo tests see it: without what an install, a build or a test run put there. Needs no git.
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const NOT_OURS = new Set(['node_modules', '.git', 'dist', 'test-results', 'coverage', '.trunkline']);

/** Paths from the root of all files of the project, or of one folder of it. */
export function projectFiles(folder = ''): string[] {
  return readdirSync(join(root, folder), {withFileTypes: true})
    .filter(entry => !NOT_OURS.has(entry.name))
    .flatMap(entry => {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      return entry.isDirectory() ? projectFiles(path) : [path];
    });
}

/** The TypeScript sources below these folders: path from the root → text. */
export function readSources(folders: readonly string[]): Map<string, string> {
  const paths = folders.flatMap(folder => projectFiles(folder)).filter(path => path.endsWith('.ts'));
  return new Map(paths.map(path => [path, readText(path)]));
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
