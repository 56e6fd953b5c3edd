import {expect} from '@open-wc/testing';
import {Signal} from '../../src/client/source.js';

describe('Signal', () => {
  it('calls a listener at once, then on every change', () => {
    const signal = new Signal(1);
    const heard: number[] = [];
    signal.subscribe(value => heard.push(value));
    signal.set(2);
    signal.set(2);
    signal.set(3);
    expect(heard).to.deep.equal([1, 2, 3]);
    expect(signal.current).to.equal(3);
  });

  it('tells NaN once, and -0 after 0', () => {
    const signal = new Signal(NaN);
    let calls = 0;
    signal.subscribe(() => calls++);
    signal.set(NaN);
    expect(calls).to.equal(1);
    signal.set(0);
    signal.set(-0);
    expect(calls).to.equal(3);
  });

  it('is silent after the undo, which may come twice', () => {
    const signal = new Signal(1);
    const heard: number[] = [];
    const listener = (value: number) => heard.push(value);
    const [first] = [signal.subscribe(listener), signal.subscribe(listener)];
    first();
    first();
    signal.set(2);
    expect(heard).to.deep.equal([1, 1, 2]);
  });

  it('does not tell a listener that another one has just undone', () => {
    const signal = new Signal(1);
    const heard: number[] = [];
    let undo = () => {};
    signal.subscribe(value => value === 2 && undo());
    undo = signal.subscribe(value => heard.push(value));
    signal.set(2);
    expect(heard).to.deep.equal([1]);
  });

  it('never tells an old value after a newer one', () => {
    const signal = new Signal(1);
    const heard: number[] = [];
    signal.subscribe(value => value === 2 && signal.set(3));
    signal.subscribe(value => heard.push(value));
    signal.set(2);
    expect(heard).to.deep.equal([1, 3]);
  });

  it('tells the others when a listener throws, and reports the error', () => {
    const signal = new Signal(1);
    const heard: number[] = [];
    const reported: unknown[] = [];
    const before = globalThis.reportError;
    globalThis.reportError = error => void reported.push(error);
    try {
      signal.subscribe(value => {
        if (value === 2) throw new Error('the page’s own');
      });
      signal.subscribe(value => heard.push(value));
      signal.set(2);
    } finally {
      globalThis.reportError = before;
    }
    expect(heard).to.deep.equal([1, 2]);
    expect(String(reported[0])).to.contain('the page’s own');
  });
});
