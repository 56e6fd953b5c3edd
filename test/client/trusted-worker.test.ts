import {expect} from '@open-wc/testing';
import {POLICY_NAME, SharedWorker} from '../../src/client/trusted-worker.js';

describe('a trusted worker', () => {
  it('refuses a script of another origin at once, in every browser', () => {
    expect(() => new SharedWorker('https://elsewhere.example/worker.js', {name: 'w'})).to.throw(
      TypeError,
      'https://elsewhere.example',
    );
  });

  it('gives the browser an address that the policy vouched for, and its options', async () => {
    const real = globalThis.SharedWorker;
    const given: unknown[][] = [];
    globalThis.SharedWorker = class {
      constructor(...all: unknown[]) {
        given.push(all);
      }
    } as never;
    try {
      new SharedWorker('/worker.js', {type: 'module', name: 'w'});
      new SharedWorker(URL.createObjectURL(new Blob()), {name: 'w'});
    } finally {
      globalThis.SharedWorker = real;
    }
    expect(given[0]?.[0]).to.be.instanceOf(
      (globalThis as unknown as {TrustedScriptURL: new () => object}).TrustedScriptURL,
    );
    expect(String(given[0]?.[0])).to.equal(`${location.origin}/worker.js`);
    expect(given[0]?.[1]).to.deep.equal({type: 'module', name: 'w'});
    expect(String(given[1]?.[0])).to.match(new RegExp(`^blob:${location.origin}/`));
    expect(POLICY_NAME).to.equal('trunkline');
  });
});
