import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {ListWatch, type Sight} from './watch.js';

const stored = (seq: number, id = `m${seq}`): Sight => ({id, seq, confirmed: true, token: seq});
const waiting = (n: number, id = `m${n}`): Sight => ({id, seq: null, confirmed: false, token: n});
/** As it is on the screen, where nothing tells the place. */
const row = (n: number): Sight => ({...stored(n), seq: null});

function kinds(...states: Sight[][]): string[] {
  const watch = new ListWatch();
  return states.flatMap(state => watch.see(state)).map(({kind, id}) => `${kind} ${id}`);
}

describe('a watched list', () => {
  it('may grow at both ends, confirm what waits and start over', () => {
    const states = [
      [stored(3), waiting(9)],
      [stored(1), stored(2), stored(3), waiting(9), waiting(10)],
      [stored(1), stored(2), stored(3), stored(9), waiting(10)],
      [stored(9)],
      [stored(1), stored(9), stored(10)],
    ];
    assert.deepEqual(kinds(...states), []);
  });

  it('must not hold an id twice', () => {
    assert.deepEqual(kinds([stored(1), {...waiting(1)}]), ['twice m1']);
  });

  it('must not hold one message under two ids', () => {
    assert.deepEqual(kinds([stored(1), {...stored(2), token: 1}]), ['twice m2']);
  });

  it('may hold many messages whose text is gone', () => {
    assert.deepEqual(
      kinds([
        {...stored(1), token: null},
        {...stored(2), token: null},
        {...stored(3), token: null},
      ]),
      [],
    );
  });

  it('must be in order of place', () => {
    assert.deepEqual(kinds([stored(2), stored(1)]), ['moved m1']);
  });

  it('must not swap rows on the screen, where no place is shown', () => {
    assert.deepEqual(kinds([row(1), row(2), row(3)], [row(1), row(3), row(2)]), ['moved m2']);
  });

  it('must not put a confirmed message behind one that waits', () => {
    assert.deepEqual(kinds([waiting(1), stored(2)]), ['moved m2']);
  });

  it('must not show a confirmed message as waiting again', () => {
    assert.deepEqual(kinds([stored(1)], [waiting(1)]), ['unconfirmed m1']);
  });

  it('must not lose a confirmed message for a moment', () => {
    assert.deepEqual(
      kinds([stored(1), stored(2), stored(3)], [stored(1), stored(3)], [stored(1), stored(2), stored(3)]),
      ['vanished m2'],
    );
    assert.deepEqual(kinds([row(1), row(2)], [row(1)], [row(1), row(2)]), ['vanished m2']);
  });

  it('must not lose all of them', () => {
    assert.deepEqual(kinds([stored(1)], [], [stored(1)]), ['vanished m1']);
    assert.deepEqual(kinds([stored(1)], [waiting(9)]), ['vanished m1']);
  });

  it('must not show as waiting what was confirmed long ago', () => {
    assert.deepEqual(kinds([stored(1)], [stored(5)], [stored(5), waiting(1)]), ['unconfirmed m1']);
  });

  it('may lose what waits, and start over with newer messages', () => {
    assert.deepEqual(kinds([stored(1), stored(2), waiting(9)], [stored(300)], [stored(1), stored(2), stored(300)]), []);
  });

  it('may cut rows from its start, on the screen only, down to the last stored one', () => {
    const [before, after] = [[row(1), row(2), waiting(8), waiting(9)], [waiting(9)]];
    const screen = new ListWatch({isWindow: true});
    assert.deepEqual([...screen.see(before), ...screen.see(after)], []);
    assert.deepEqual(kinds(before, after), ['vanished m1', 'vanished m2']);
    assert.deepEqual(
      screen
        .see([row(3), waiting(9)])
        .concat(screen.see([]))
        .map(({kind, id}) => `${kind} ${id}`),
      ['vanished m3'],
    );
  });

  it('must not show what this tab discarded', () => {
    const watch = new ListWatch();
    watch.see([waiting(1)]);
    watch.discarded('m1');
    assert.deepEqual(watch.see([]), []);
    assert.deepEqual(watch.see([waiting(1)]), [{kind: 'returned', id: 'm1', detail: 'as waiting'}]);
  });

  it('tells a wrong that stays only once', () => {
    assert.deepEqual(kinds([stored(2), stored(1)], [stored(2), stored(1)]), ['moved m1']);
  });
});
