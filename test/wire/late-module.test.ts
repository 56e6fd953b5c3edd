import {expect} from '@open-wc/testing';
import type {TrunkError} from '../../src/wire/error.js';
import {lateModule} from '../../src/wire/late-module.js';

/** What a browser says that remembers a failed import, each time the same. */
const remembered = (file: string) => new TypeError(`error loading dynamically imported module: ${file}`);
const here = new URL('../support/late-sample.ts', import.meta.url).href;

const codeOf = (loading: Promise<unknown>) =>
  loading.then(
    () => 'loaded',
    ({code}: TrunkError) => code,
  );

describe('a module that is loaded late', () => {
  it('is imported once, whoever asks, and gives out its export', async () => {
    let imports = 0;
    const load = lateModule(async () => ({part: ++imports}), 'part');
    expect(await Promise.all([load(), load()])).to.deep.equal([1, 1]);
    expect(await load()).to.equal(1);
  });

  it('says by a code that it did not come, keeps the browser’s error, and is asked for at the next call', async () => {
    const cause = new TypeError('Importing a module script failed.');
    let fails = true;
    const load = lateModule(async () => {
      if (fails) throw cause;
      return {part: 'it'};
    }, 'part');
    const error = await load().catch((thrown: TrunkError) => thrown);
    expect(error).to.include({code: 'load-failed', cause});
    fails = false;
    expect(await load()).to.equal('it');
  });

  it('comes from a browser that remembers the failure, as one instance for all', async () => {
    type Sample = typeof import('../support/late-sample.js');
    const load = lateModule((): Promise<Sample> => Promise.reject(remembered(here)), 'Sample');
    const [first, second] = await Promise.all([load(), load()]);
    expect(first.isHere).to.equal(true);
    expect(second).to.equal(first);
    expect(await load()).to.equal(first);
  });

  it('is found where a bundler made the whole module one export of its chunk', async () => {
    type Sample = typeof import('../support/late-sample.js');
    const load = lateModule((): Promise<Sample['whole']> => Promise.reject(remembered(here)), 'Part');
    expect((await load()).isHere).to.equal(true);
  });

  it('is not taken for another file, which an error may name, too', async () => {
    const load = lateModule((): Promise<{missing: string}> => Promise.reject(remembered(here)), 'missing');
    expect(await codeOf(load())).to.equal('load-failed');
  });

  it('says the same code when the file stays away', async () => {
    const load = lateModule((): Promise<{part: string}> => Promise.reject(remembered(`${here}/nothing.js`)), 'part');
    expect(await codeOf(load())).to.equal('load-failed');
  });
});
