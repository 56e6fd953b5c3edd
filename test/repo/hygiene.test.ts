import assert from 'node:assert/strict';
import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, it} from 'node:test';
import {projectFiles, readText, root} from './sources.js';

interface Package {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  overrides: Record<string, string>;
}

const files = projectFiles();
const texts = files.filter(path => !/\.(png|ico|woff2)$/.test(path)).map(path => [path, readText(path)] as const);
const pages = texts.filter(([path]) => path.endsWith('.md'));
const manifest = JSON.parse(readText('package.json')) as Package;

describe('the checkout', () => {
  it('names no directory of somebody’s machine', () => {
    // Put together here, so that this file does not find itself.
    const private_ = new RegExp(
      ['home', 'root', 'Users', 'work'].map(name => `(?<![\\w.:)}/-])/${name}/[\\w.-]`).join('|'),
    );
    const found = texts
      .filter(([path, text]) => path !== 'package-lock.json' && private_.test(text))
      .map(([path]) => path);
    assert.deepEqual(found, []);
  });

  it('takes packages from whatever registry npm is set to', () => {
    assert.doesNotMatch(readText('package-lock.json'), /"resolved": "(?!demo\/backend")|https?:\/\/[^"]*\.tgz/);
    assert.match(readText('.npmrc'), /^omit-lockfile-registry-resolved=true$/m);
    assert.doesNotMatch(readText('.npmrc'), /registry\s*=\s*http|_auth/);
  });

  it('pins every package to one version', () => {
    const {devDependencies, overrides} = manifest;
    const {optionalDependencies} = JSON.parse(readText('demo/backend/package.json')) as Package;
    const all = Object.entries({...devDependencies, ...optionalDependencies, ...overrides});
    assert.deepEqual(
      all.filter(([, version]) => !/^(npm:[\w-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)),
      [],
    );
  });

  it('asks of an application nothing but Lit, in whatever version 3 it has', () => {
    assert.deepEqual(Object.keys(manifest.dependencies), ['lit']);
    for (const range of Object.values(manifest.dependencies)) assert.match(range, /^\^\d+\.\d+\.\d+$/);
    assert.equal(manifest.optionalDependencies, undefined);
  });

  it('lists in its lock the packages of every platform, which npm 11 insists on', () => {
    const {packages} = JSON.parse(readText('package-lock.json')) as {
      packages: Record<string, {optionalDependencies?: Record<string, string>}>;
    };
    const paths = Object.keys(packages);
    const missing = Object.values(packages)
      .flatMap(({optionalDependencies = {}}) => Object.keys(optionalDependencies))
      .filter(name => !paths.some(path => path.endsWith(`node_modules/${name}`)));
    assert.deepEqual(missing, []);
  });

  it('runs all its tests', () => {
    const only = /\b(?:it|test|describe)\.only\(/;
    assert.deepEqual(
      texts.filter(([path, text]) => /\.(test|spec)\.ts$/.test(path) && only.test(text)).map(([path]) => path),
      [],
    );
  });
});

describe('the pages', () => {
  it('link to files that are there', () => {
    const broken = pages.flatMap(([path, text]) =>
      [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)]
        .map(([, target = '']) => target)
        .filter(target => !existsSync(join(root, dirname(path), target)))
        .map(target => `${path} → ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  it('name commands that exist', () => {
    const unknown = pages.flatMap(([path, text]) =>
      [...text.matchAll(/npm run ([a-z:]+)/g)]
        .map(([, name = '']) => name)
        .filter(name => !(name in manifest.scripts))
        .map(name => `${path}: ${name}`),
    );
    assert.deepEqual(unknown, []);
  });

  it('name files that exist, where they tell where to change what', () => {
    const named = [...readText('CONTRIBUTING.md').matchAll(/`((?:src|components|demo|test|supabase)\/[\w./-]+)`/g)].map(
      ([, path = '']) => path,
    );
    assert.ok(named.length > 10);
    assert.deepEqual(
      named.filter(path => !existsSync(join(root, path))),
      [],
    );
  });

  it('say the size that the elements have', async () => {
    const {measure} = await import('../size.js');
    const [all] = await measure();
    const [, said] = /are (\d+) kB gzipped/.exec(readText('README.md')) ?? [];
    assert.ok(Math.abs(Number(said) - (all?.bytes ?? 0) / 1000) <= 1, `README says ${said} kB, it is ${all?.bytes} B`);
  });
});
