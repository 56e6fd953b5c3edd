import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {assertSendable} from '../../src/wire/chat.js';
import {FAULTS} from './faults.js';
import {makeSchedule, type FaultPlan, type Schedule} from './schedule.js';

const kinds = Object.keys(FAULTS);
const bursting = new Set(kinds.filter(kind => FAULTS[kind]?.bursts));
const make = (seed: number, sends: number) => makeSchedule(seed, sends, {faults: kinds, bursting});
const orders = ({rounds}: Schedule) => rounds.flat().flatMap(beat => beat.orders);
const faults = ({rounds}: Schedule) => rounds.flat().filter((beat): beat is FaultPlan => beat.kind === 'fault');

describe('a schedule', () => {
  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(make(7, 1_000), make(7, 1_000));
    assert.notDeepEqual(make(7, 1_000), make(8, 1_000));
  });

  for (const [sends, least] of [
    [300, 1],
    [10_000, 20],
  ] as const) {
    it(`of ${sends} messages sends them all and deals every fault at least ${least} times`, () => {
      const schedule = make(1, sends);
      assert.equal(orders(schedule).filter(({kind}) => kind === 'send').length, sends);
      for (const kind of kinds) {
        const dealt = faults(schedule).filter(({fault}) => fault === kind);
        assert(dealt.length >= least, `${kind}: ${dealt.length}`);
        if (bursting.has(kind)) assert(dealt.every(({orders: own}) => own.some(order => order.kind === 'send')));
      }
    });
  }

  it('numbers every order once, and gives every send a text of its own that may be sent', () => {
    const all = orders(make(3, 5_000));
    assert.equal(new Set(all.map(({n}) => n)).size, all.length);
    for (const {n, kind, body} of all) {
      if (kind === 'send') assert(body.startsWith(`#${n} `), body);
      // An edit's text gets the number of the message it goes to.
      assertSendable(kind === 'send' ? body : `#99999 ${body}`);
    }
    assert(all.some(({body}) => body.length > 3_900));
  });

  it('ends every round with words that the other person misses', () => {
    for (const round of make(4, 5_000).rounds) {
      const [fault, words] = round.slice(-2);
      assert(fault?.kind === 'fault' && words?.kind === 'burst');
      assert.notEqual(words.person, fault.person);
    }
  });

  it('edits, deletes, amends, discards and retries between the sends', () => {
    const all = new Set(orders(make(3, 500)).map(({kind}) => kind));
    assert.deepEqual([...all].sort(), ['amend', 'discard', 'edit', 'remove', 'retry', 'send']);
  });
});
