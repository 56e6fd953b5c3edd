import {expect} from '@open-wc/testing';
import {browserLocks} from '../../src/hub/browser-environment.js';

const locks = browserLocks(navigator.locks);
const FOR_EVER = 1_000_000;
let count = 0;
const uniqueName = () => `test ${++count} ${Math.random()}`;

/** A holder that lets go when it is told to. */
function holder(name: string, patienceMs = FOR_EVER) {
  let end = () => {};
  const ended = new Promise<void>(resolve => (end = resolve));
  let began = () => {};
  let contested = false;
  const held = new Promise<void>(resolve => (began = resolve));
  const done = locks.within(
    name,
    async () => {
      began();
      await ended;
      return 'done';
    },
    patienceMs,
    () => (contested = true),
  );
  return {held, end, done, isContested: () => contested};
}

describe('The browser’s locks', () => {
  it('let one task in after another, and pass on what becomes of it', async () => {
    const name = uniqueName();
    const first = holder(name);
    await first.held;
    const order: string[] = [];
    const failing = locks.within(name, () => Promise.reject(new Error('by itself')), FOR_EVER).catch(String);
    const last = locks.within(name, async () => void order.push('last'), FOR_EVER);
    void first.done.then(() => order.push('first'));
    first.end();
    expect(await first.done).to.equal('done');
    expect(await failing).to.equal('Error: by itself');
    await last;
    expect(order).to.deep.equal(['first', 'last']);
    expect(first.isContested()).to.equal(false);
  });

  it('tell who holds one when somebody takes it, and nobody who has given it back', async () => {
    const name = uniqueName();
    let robbed = 0;
    const rob = () => navigator.locks.request(name, {steal: true}, () => {});
    await locks.hold(name, () => robbed++);
    await rob();
    await new Promise(requestAnimationFrame);
    expect(robbed).to.equal(1);
    const release = await locks.hold(name, () => robbed++);
    release();
    await rob();
    expect(robbed).to.equal(1);
  });

  it('are taken from a holder that was frozen, whose task ends without them should it live after all', async () => {
    const name = uniqueName();
    const frozen = holder(name);
    await frozen.held;
    const next = holder(name, 20);
    await next.held;
    const {held = [], pending = []} = await navigator.locks.query();
    expect(held.filter(lock => lock.name === name)).to.have.length(1);
    expect(pending.filter(lock => lock.name === name)).to.have.length(0);
    // Both are told at once, while both of their tasks go on.
    expect(next.isContested()).to.equal(true);
    expect(frozen.isContested()).to.equal(true);
    frozen.end();
    expect(await frozen.done).to.equal('done');
    // Nobody is let in beside the one that took it.
    let entered = false;
    const third = locks.within(name, async () => void (entered = true), FOR_EVER);
    await navigator.locks.query();
    expect(entered).to.equal(false);
    next.end();
    await third;
    expect(entered).to.equal(true);
  });

  it('are done without where the browser refuses them', async () => {
    const refusing = {request: () => Promise.reject(new DOMException('no', 'SecurityError'))} as unknown as LockManager;
    let runs = 0;
    expect(await browserLocks(refusing).within('any', async () => ++runs, FOR_EVER)).to.equal(1);
    expect(runs).to.equal(1);
  });
});
