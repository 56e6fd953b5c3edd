import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {checkReach, type Asked} from './check-reach.js';
import type {Wrong} from './checker.js';
import {SampleRun} from './sample-run.js';

/** @param happened how often the only kind of fault did harm */
function reach(asked: Partial<Asked>, happened: number): Wrong[] {
  const run = new SampleRun();
  for (let n = 0; n < 25; n++) {
    run.break('delay');
    Object.assign(run.faults.at(-1) ?? {}, {happened: n < happened});
  }
  const wrongs: Wrong[] = [];
  checkReach({messages: 8, rounds: 22, kinds: ['delay'], ...asked}, run, wrong => wrongs.push(wrong));
  return wrongs;
}

describe('a run', () => {
  it('must have every kind of fault happen 20 times, whatever was tried', () => {
    assert.deepEqual(reach({}, 20), []);
    assert.deepEqual(reach({rounds: 100}, 20), []);
    assert.deepEqual(reach({}, 19), ['faults']);
  });

  it('must have it happen in nine of ten rounds of a short schedule', () => {
    assert.deepEqual(reach({rounds: 10}, 9), []);
    assert.deepEqual(reach({rounds: 10}, 8), ['faults']);
    assert.deepEqual(reach({rounds: 1}, 0), ['faults']);
  });

  it('must have every kind happen', () => {
    assert.deepEqual(reach({kinds: ['delay', 'offline']}, 20), ['faults']);
  });

  it('must have sent what was asked for', () => {
    assert.deepEqual(reach({messages: 9}, 20), ['unsent']);
  });
});
