import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {describe, it} from 'node:test';
import {PROTOCOL_VERSION} from '../../src/wire/protocol.js';
import {readText} from './sources.js';

/** What the contract says, by version. A line is added for a new version and never changed once it was released. */
const FINGERPRINTS: Record<number, string> = {
  1: 'afb250ad40ef18bbca986e6597388a25',
};

const CONTRACT = ['protocol', 'chat', 'status', 'topic', 'error'].map(name => `src/wire/${name}.ts`);

describe('the protocol', () => {
  it('has a new version whenever the contract changes', () => {
    const fingerprint = fingerprintOf(CONTRACT.map(readText));
    assert.equal(
      FINGERPRINTS[PROTOCOL_VERSION],
      fingerprint,
      `The contract in src/wire is not that of version ${PROTOCOL_VERSION}: bump the version. Raise PROTOCOL_VERSION and add ` +
        `\`${PROTOCOL_VERSION + 1}: '${fingerprintOf(CONTRACT.map(readText).map(raised))}'\` to FINGERPRINTS. ` +
        `Only while version ${PROTOCOL_VERSION} was never released may its line be changed, to '${fingerprint}'.`,
    );
  });

  it('has no fingerprint of a version that is yet to come, and each but once', () => {
    const versions = Object.keys(FINGERPRINTS).map(Number);
    assert.equal(Math.max(...versions), PROTOCOL_VERSION);
    assert.equal(new Set(Object.values(FINGERPRINTS)).size, versions.length);
  });

  const same: [what: string, source: string][] = [
    ['a comment', `/** More. */ export type A = {kind: 'a b'; /* x */ n: number}; // less`],
    ['white space', `export type A = {\n  kind: 'a b';\n  n: number\n};\n`],
  ];
  for (const [what, source] of same) {
    it(`is not changed by ${what}`, () => {
      assert.equal(fingerprintOf([source]), fingerprintOf([`export type A = {kind: 'a b'; n: number};`]));
    });
  }

  const other: [what: string, source: string][] = [
    ['a field', `export type A = {kind: 'a b'; n: number; m: number};`],
    ['a name in quotes', `export type A = {kind: 'a  b'; n: number};`],
    ['a default', `export const URL = 'https://a'; // b`],
  ];
  for (const [what, source] of other) {
    it(`is changed by ${what}`, () => {
      const before = source.startsWith('export const')
        ? `export const URL = 'https://c'; // b`
        : `export type A = {kind: 'a b'; n: number};`;
      assert.notEqual(fingerprintOf([source]), fingerprintOf([before]));
    });
  }
});

/** Of the sources without their comments and white space; what stands in quotes counts to the letter. */
function fingerprintOf(sources: readonly string[]): string {
  const token = /\/\*[^]*?\*\/|\/\/.*|\s+|('(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`)/g;
  const hash = createHash('sha256');
  for (const source of sources) hash.update(source.replace(token, (_, quoted?: string) => quoted ?? '')).update('\0');
  return hash.digest('hex').slice(0, 32);
}

/** The source as it will be once the version is raised. */
function raised(source: string): string {
  return source.replace(/(PROTOCOL_VERSION = )\d+/, (_, start: string) => start + (PROTOCOL_VERSION + 1));
}
