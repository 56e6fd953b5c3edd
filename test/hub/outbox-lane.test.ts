import {expect} from '@open-wc/testing';
import {Lane, MAX_BATCH} from '../../src/hub/outbox-lane.js';
import {TrunkError, type ErrorCode} from '../../src/wire/error.js';
import {FakeLocks} from '../support/fake-browser.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import type {Held} from '../../src/hub/outbox-queue.js';
import {message} from './outbox-world.js';

function given({random = 1 - Number.EPSILON, locked = true} = {}) {
  const clock = new FakeClock();
  const locks = new FakeLocks();
  const lane = new Lane(
    clock,
    () => random,
    locked ? locks : null,
    'the lock',
    () => {},
  );
  return {clock, locks, lane};
}

/** Work that goes on until it is told to end. */
function work(done: string[], name: string) {
  let end = () => {};
  const ended = new Promise<void>(resolve => (end = resolve));
  const task = async () => {
    done.push(`${name} begins`);
    await ended;
    done.push(`${name} ends`);
  };
  return {task, end};
}

const held = (body: string): Held => ({
  order: 1,
  owner: 'ada',
  message: message(body),
  status: 'queued',
  error: null,
  attempts: 0,
  userId: null,
  acceptedAt: 0,
  was: [],
});

const because = (code: ErrorCode) => new TrunkError(code, 'no');

describe('Lane', () => {
  describe('runs', () => {
    it('begins again when it is forgiven while a run is just ending in a wait', async () => {
      const {lane, clock} = given();
      let tries = 0;
      const next = async () => {
        tries++;
        lane.wait(0, () => {});
        if (tries === 1) queueMicrotask(() => lane.reset());
        return false;
      };
      await lane.run(next, false);
      expect(tries).to.equal(2);
      await clock.pass(0);
    });

    it('until there is nothing more to do', async () => {
      const {lane} = given();
      let left = 3;
      await lane.run(() => left > 0 && Promise.resolve(left-- > 0), false);
      expect(left).to.equal(0);
    });

    it('once at a time: whoever asks meanwhile waits for the same end', async () => {
      const {lane} = given();
      const done: string[] = [];
      const first = work(done, 'first');
      let runs = 0;
      const next = () => runs++ === 0 && first.task().then(() => true);
      const ends = Promise.all([lane.run(next, false), lane.run(next, false), lane.run(next, true)]);
      await settle();
      expect(done).to.deep.equal(['first begins']);
      first.end();
      await ends;
      expect(runs).to.equal(2); // the first step, and the look that found nothing
    });

    it('again for what came in at the very moment of its last look', async () => {
      // Once at each tick until long after the run has ended.
      for (let tick = 0; tick < 30; tick++) {
        const {lane} = given();
        const work = ['first'];
        const sent: string[] = [];
        const next = () => {
          if (work.length === 0) return false;
          return Promise.resolve().then(() => sent.push(...work.splice(0)) > 0);
        };
        void lane.run(next, false);
        for (let passed = 0; passed < tick; passed++) await Promise.resolve();
        work.push('second');
        void lane.run(next, false);
        await settle();
        expect(sent, `tick ${tick}`).to.deep.equal(['first', 'second']);
      }
    });

    it('not while it waits, unless it must be now', async () => {
      const {lane, clock} = given();
      let runs = 0;
      const next = () => (runs++, false as const);
      lane.wait(0, () => void lane.run(next, true));
      await lane.run(next, false);
      expect(runs).to.equal(0);
      await lane.run(next, true);
      expect(runs).to.equal(1);
      await clock.pass(60_000);
      expect(runs).to.equal(1); // the wait was cut short
      await lane.run(next, false);
      expect(runs).to.equal(2);
    });

    it('again after a step that threw', async () => {
      const {lane} = given();
      const fault = await lane
        .run(() => Promise.reject(new Error('a fault')), false)
        .catch((error: Error) => error.message);
      expect(fault).to.equal('a fault');
      let runs = 0;
      await lane.run(() => (runs++, false), false);
      expect(runs).to.equal(1);
    });
  });

  for (const locked of [true, false]) {
    describe(locked ? 'under its lock' : 'without Web Locks', () => {
      it('does one thing after the other', async () => {
        const {lane, locks} = given({locked});
        const done: string[] = [];
        const [a, b] = [work(done, 'a'), work(done, 'b')];
        const both = Promise.all([lane.alone(a.task), lane.alone(b.task)]);
        await settle();
        expect(locks.names()).to.deep.equal(locked ? ['the lock'] : []);
        b.end();
        await settle();
        expect(done).to.deep.equal(['a begins']);
        a.end();
        await both;
        expect(done).to.deep.equal(['a begins', 'a ends', 'b begins', 'b ends']);
        expect(locks.names()).to.deep.equal([]);
      });

      it('lets changes go on beside a request, and nothing else before they are done', async () => {
        const {lane, locks} = given({locked});
        const done: string[] = [];
        const [request, change, other] = [work(done, 'request'), work(done, 'change'), work(done, 'other')];
        const all = [lane.alone(() => lane.fly(request.task)), lane.alone(other.task)];
        await settle();
        all.push(lane.besideRequest(change.task));
        await settle();
        expect(done).to.deep.equal(['request begins', 'change begins']);
        request.end();
        other.end();
        await settle();
        expect(done).to.deep.equal(['request begins', 'change begins', 'request ends']);
        if (locked) expect(locks.names()).to.deep.equal(['the lock']);
        change.end();
        await Promise.all(all);
        expect(done.slice(3)).to.deep.equal(['change ends', 'other begins', 'other ends']);
      });

      it('makes changes one after the other beside a request, and in turn when there is none', async () => {
        const {lane} = given({locked});
        const done: string[] = [];
        const [request, a, b] = [work(done, 'request'), work(done, 'a'), work(done, 'b')];
        const all = [lane.alone(() => lane.fly(request.task))];
        await settle();
        all.push(lane.besideRequest(a.task), lane.besideRequest(b.task));
        b.end();
        await settle();
        expect(done).to.deep.equal(['request begins', 'a begins']);
        a.end();
        request.end();
        await Promise.all(all);
        expect(done.slice(-2)).to.deep.equal(['b begins', 'b ends']);
        const [c, d] = [work(done, 'c'), work(done, 'd')];
        void lane.alone(c.task);
        void lane.besideRequest(d.task);
        d.end();
        await settle();
        expect(done.at(-1)).to.equal('c begins');
      });

      it('goes on after something that failed', async () => {
        const {lane, locks} = given({locked});
        const fault = lane.alone(() => Promise.reject(new Error('a fault'))).catch((error: Error) => error.message);
        expect(await fault).to.equal('a fault');
        expect(await lane.alone(async () => 'fine')).to.equal('fine');
        const request = lane.alone(() => lane.fly(() => Promise.reject(new Error('cut off')))).catch(() => 'cut off');
        await settle();
        expect(await lane.besideRequest(async () => 'fine')).to.equal('fine');
        expect(await request).to.equal('cut off');
        expect(locks.names()).to.deep.equal([]);
      });
    });
  }

  describe('fits into a request', () => {
    it(`the first ${MAX_BATCH}`, () => {
      const {lane} = given();
      const entries = Array.from({length: 51}, (_, n) => held(String(n)));
      expect(lane.fit(entries)).to.deep.equal(entries.slice(0, 50));
      expect(lane.fit(entries.slice(0, 3))).to.have.length(3);
    });

    it('64 KiB, and one message whatever it weighs', () => {
      const {lane} = given();
      const attachment = {url: 'x'.repeat(70_000), name: 'n', type: 't', size: 1};
      const heavy = {...held('heavy'), message: {...message('heavy'), attachments: [attachment]}};
      expect(lane.fit([heavy, held('1')])).to.deep.equal([heavy]);
      expect(lane.fit([held('1'), heavy, held('2')])).to.have.length(1);
    });

    it('one, after a fault of the server’s own, and twice as many after each success', () => {
      const {lane} = given();
      const entries = Array.from({length: 9}, (_, n) => held(String(n)));
      lane.judge(because('unreachable'), 9);
      expect(lane.fit(entries)).to.have.length(9);
      lane.judge(because('internal'), 9);
      expect(lane.fit(entries)).to.have.length(1);
      for (const more of [2, 4, 8, 9]) {
        lane.succeeded();
        expect(lane.fit(entries)).to.have.length(more);
      }
    });
  });

  describe('judges a failure', () => {
    for (const code of ['unreachable', 'closed', 'rate-limited', 'sign-in-failed', 'key-refused'] as const) {
      it(`as passing when it is ${code}: it counts for nothing`, () => {
        const verdict = given().lane.judge(because(code), 1);
        expect(verdict).to.include({counts: false, goOn: false});
        expect(verdict.isOver(99)).to.equal(false);
      });
    }

    for (const code of ['forbidden', 'rejected', 'chat-not-found', 'message-too-long'] as const) {
      it(`as final when it is ${code}: the rest goes on at once`, () => {
        const verdict = given().lane.judge(because(code), 1);
        expect(verdict).to.include({counts: false, goOn: true});
        expect(verdict.isOver(0)).to.equal(true);
      });
    }

    it('as counting against a message only when it was alone, and as final at the third time', () => {
      const {lane} = given();
      expect(lane.judge(because('internal'), 2).counts).to.equal(false);
      const verdict = lane.judge(because('internal'), 1);
      expect(verdict).to.include({counts: true, goOn: false});
      expect([2, 3].map(attempts => verdict.isOver(attempts))).to.deep.equal([false, true]);
    });
  });

  describe('waits', () => {
    it('longer each time, up to a minute, and anew after a success', async () => {
      const {lane, clock} = given();
      const waits: number[] = [];
      for (let n = 0; n < 9; n++) {
        const from = clock.now();
        lane.wait(0, () => waits.push(clock.now() - from));
        await clock.pass(60_000);
      }
      expect(waits).to.deep.equal([999, 1_999, 3_999, 7_999, 15_999, 31_999, 59_999, 59_999, 59_999]);
      lane.succeeded();
      const from = clock.now();
      lane.wait(0, () => waits.push(clock.now() - from));
      await clock.pass(60_000);
      expect(waits.at(-1)).to.equal(999);
    });

    it('as long as the server asked for, when that is longer', async () => {
      for (const [asked, waited] of [
        [30_000, 30_000],
        [500, 999],
      ] as const) {
        const {lane, clock} = given();
        const from = clock.now();
        let at = 0;
        lane.wait(asked, () => (at = clock.now() - from));
        await clock.pass(60_000);
        expect(at).to.equal(waited);
      }
    });

    it('once, however often it is told to, and not once closed or forgiven', async () => {
      const {lane, clock} = given();
      let woken = 0;
      for (let n = 0; n < 3; n++) lane.wait(0, () => woken++);
      await clock.pass(60_000);
      expect(woken).to.equal(1);
      for (const end of [() => lane.close(), () => lane.reset()]) {
        lane.wait(0, () => woken++);
        end();
        await clock.pass(60_000);
        expect(woken).to.equal(1);
      }
    });
  });
});
