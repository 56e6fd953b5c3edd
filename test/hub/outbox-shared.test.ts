// Two outboxes over one store and one set of locks: the hub and the service worker, or two pages that are hubs.
import {expect} from '@open-wc/testing';
import {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';
import {OWNER, bodies, code, message, numbers, outboxWorld as given, waits} from './outbox-world.js';

describe('Outbox, beside another over the same store', () => {
  it('never stores twice, and keeps each hub’s order, when two hubs share a store', async () => {
    const world = given();
    for (let n = 10; n < 20; n++) await world.outbox.accept(message(String(n)));
    const other = world.open();
    await other.outbox.load();
    world.project.faults.loseAnswers = 1;
    world.outbox.setOnline(true, 'ada');
    other.outbox.setOnline(true, 'ada');
    for (let n = 20; n < 25; n++) {
      await world.outbox.accept(message(`a${n}`));
      await other.outbox.accept(message(`b${n}`));
    }
    await world.clock.pass(60_000);
    const stored = bodies(world.project) ?? [];
    expect(stored).to.have.length(20);
    expect(new Set(stored).size).to.equal(20);
    for (const prefix of ['1', 'a', 'b']) {
      const own = stored.filter(body => body.startsWith(prefix));
      expect(own, prefix).to.deep.equal([...own].sort());
    }
    expect(await world.store.entriesOf(OWNER)).to.deep.equal([]);
  });

  async function two(options: Parameters<typeof given>[0] = {}) {
    const world = given(options);
    const here = {outbox: world.outbox, told: world.told};
    const there = world.open();
    await Promise.all([here.outbox.load(), there.outbox.load()]);
    return {...world, here, there};
  }

  it('drops from the one what the other has sent, at the next look', async () => {
    const {here, project, open, store} = await two();
    for (const n of ['1', '2']) await here.outbox.accept(message(n));
    const worker = open();
    await worker.outbox.load();
    worker.outbox.setOnline(true, 'ada');
    expect(await worker.outbox.flush()).to.equal(0);
    expect(waits(here.outbox)).to.deep.equal(['1 queued', '2 queued']);
    here.outbox.setOnline(true, 'ada');
    await settle();
    expect(here.told.slice(-2)).to.deep.equal(['id-of-a: 1 gone', 'id-of-a: 2 gone']);
    expect(here.outbox.waiting).to.deep.equal([]);
    expect(project.count('send')).to.equal(1);
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
  });

  it('has one wait for the other’s request, and then find nothing left to send', async () => {
    const {here, project, open, locks, lock} = await two();
    for (const n of ['1', '2', '3']) await here.outbox.accept(message(n));
    const worker = open();
    await worker.outbox.load();
    project.hold();
    worker.outbox.setOnline(true, 'ada');
    await settle();
    here.outbox.setOnline(true, 'ada');
    await here.outbox.accept(message('4'));
    await settle();
    expect(project.count('send')).to.equal(1);
    expect(locks.names()).to.include(lock());
    project.release();
    await settle();
    expect(bodies(project)).to.deep.equal(['1', '2', '3', '4']);
    expect(here.outbox.waiting).to.deep.equal([]);
    expect(worker.outbox.waiting).to.deep.equal([]);
    expect(locks.names()).to.deep.equal([]);
  });

  it('sends with the text that the other has edited, and says so', async () => {
    const {here, open, project} = await two();
    await here.outbox.accept(message('1'));
    const other = open();
    await other.outbox.load();
    await here.outbox.edit('1', 'one');
    other.outbox.setOnline(true, 'ada');
    await settle();
    expect(bodies(project)).to.deep.equal(['one']);
    expect(other.told.slice(0, 3)).to.deep.equal(['id-of-a: 1 queued', 'id-of-a: 1 queued', 'id-of-a: 1 sending']);
  });

  it('waits with an edit until the other’s request has been answered', async () => {
    const {here, open, project, clock} = await two();
    await here.outbox.accept(message('1'));
    const worker = open();
    await worker.outbox.load();
    project.hold();
    worker.outbox.setOnline(true, 'ada');
    await settle();
    const edit = here.outbox.edit('1', 'one');
    const gone = here.outbox.discard('1').catch(code);
    await settle();
    expect(waits(here.outbox)).to.deep.equal(['1 queued']);
    project.release();
    expect(await edit).to.equal(false);
    expect(await gone).to.equal('rejected');
    await clock.pass(1_000);
    expect(here.told.at(-1)).to.equal('id-of-a: 1 gone');
    expect(bodies(project)).to.deep.equal(['1']);
  });

  /** The other's request for `1` hangs, and its lock was taken from it: whatever is done here is done at once. */
  async function robbed() {
    const world = await two();
    const other = world.open();
    await world.here.outbox.accept(message('1'));
    await other.outbox.load();
    world.project.hold();
    other.outbox.setOnline(true, 'ada');
    await settle();
    expect(world.project.count('send')).to.equal(1);
    world.locks.rob = true;
    return {...world, other};
  }

  it('keeps an edit that was made while the other was storing the text before it', async () => {
    const {here, other, project, store} = await robbed();
    expect(await here.outbox.edit('1', 'one')).to.equal(true);
    project.release();
    await settle();
    expect(bodies(project)).to.deep.equal(['one']);
    expect(project.count('edit')).to.equal(1);
    for (const {outbox} of [here, other]) outbox.setOnline(true, 'ada');
    await settle();
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
    for (const {outbox} of [here, other]) expect(outbox.waiting).to.deep.equal([]);
  });

  it('keeps an edit that was made while the other tried in vain', async () => {
    const {here, other, project, clock} = await robbed();
    project.faults.request = new TrunkError('unreachable', 'no network');
    expect(await here.outbox.edit('1', 'one')).to.equal(true);
    project.release();
    await settle();
    project.faults.request = null;
    await clock.pass(10_000);
    here.outbox.setOnline(true, 'ada');
    await settle();
    expect(bodies(project)).to.deep.equal(['one']);
    for (const {outbox} of [here, other]) expect(waits(outbox)).to.deep.equal([]);
  });

  it('discards in the database what the other is storing meanwhile', async () => {
    const {here, other, project, store, clock} = await robbed();
    await here.outbox.discard('1');
    project.release();
    await clock.pass(10_000);
    here.outbox.setOnline(true, 'ada');
    await settle();
    expect(project.chats.get('a')?.messages.map(({deletedAt}) => !!deletedAt)).to.deep.equal([true]);
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
    for (const {outbox} of [here, other]) expect(outbox.waiting).to.deep.equal([]);
  });

  it('changes nothing that the other settles in the very moment it is changed', async () => {
    const {here, project, store, open} = await two({locked: false});
    const other = open();
    for (const n of ['1', '2']) await here.outbox.accept(message(n));
    await other.outbox.load();
    const {entriesById} = store;
    // Between the last look at the entry and the change.
    store.entriesById = async ids => {
      const found = await entriesById.call(store, ids);
      other.outbox.setOnline(true, 'ada');
      await other.outbox.flush();
      store.entriesById = entriesById;
      return found;
    };
    expect(await here.outbox.edit('1', 'one')).to.equal(false);
    expect(await here.outbox.discard('2').catch(code)).to.equal('rejected');
    expect(bodies(project)).to.deep.equal(['1', '2']);
    expect(here.told.slice(-2)).to.deep.equal(['id-of-a: 1 gone', 'id-of-a: 2 gone']);
  });

  it('says that a message was stored in the very moment it was discarded', async () => {
    const {outbox: here, project, store, open} = given({locked: false});
    const other = open();
    await here.accept(message('1'));
    await other.outbox.load();
    const {entriesById} = store;
    store.entriesById = async ids => {
      const found = await entriesById.call(store, ids);
      store.entriesById = entriesById;
      other.outbox.setOnline(true, 'ada');
      await other.outbox.flush();
      return found;
    };
    expect(await here.discard('1').catch(code)).to.equal('rejected');
    expect(bodies(project)).to.deep.equal(['1']);
  });

  it('keeps an edit made over an older text, though the other is storing an edit of its own', async () => {
    const {outbox: here, project, store, open, locks} = given();
    const other = open().outbox;
    await here.accept(message('1'));
    await other.load();
    expect(await other.edit('1', 'A')).to.equal(true);
    project.hold();
    other.setOnline(true, 'ada'); // sends A, hangs
    await settle();
    locks.rob = true;
    const {entriesById} = store;
    store.entriesById = async () => {
      store.entriesById = entriesById;
      throw new Error('a moment of weakness');
    };
    expect(await here.edit('1', 'B')).to.equal(true);
    project.release();
    await settle();
    for (const outbox of [here, other]) outbox.setOnline(true, 'ada');
    await settle();
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
    expect(bodies(project)).to.deep.equal(['B']);
  });

  it('looks and waits anew when it was robbed while it looked', async () => {
    const {outbox: here, project, store, open, clock, locks} = given();
    await here.accept(message('1'));
    const other = open().outbox;
    await other.load();
    // The other freezes before its read of the store is answered.
    const {nextEntries} = store;
    let thaw = () => {};
    store.nextEntries = async (...args) => {
      store.nextEntries = nextEntries;
      await new Promise<void>(resolve => (thaw = resolve));
      return nextEntries.apply(store, args);
    };
    other.setOnline(true, 'ada');
    await settle();
    locks.rob = true;
    expect(await here.edit('1', 'one')).to.equal(true); // robs
    await settle();
    locks.rob = false;
    await here.accept(message('2'));
    project.hold();
    thaw();
    await settle();
    const gone = here.discard('2').catch(code);
    await settle();
    project.release();
    expect(await gone).to.equal('rejected');
    await clock.pass(10_000);
    expect(bodies(project)).to.deep.equal(['one', '2']);
  });

  it('never sends what the other has discarded, though the store can’t be read once', async () => {
    const {outbox: here, project, store, open, clock} = given();
    for (const n of ['1', '2']) await here.accept(message(n));
    const other = open().outbox;
    await other.load();
    await here.discard('1');
    const {nextEntries} = store;
    store.nextEntries = async () => {
      store.nextEntries = nextEntries;
      throw new Error('a moment of weakness');
    };
    other.setOnline(true, 'ada');
    await clock.pass(10_000);
    here.setOnline(true, 'ada');
    await clock.pass(10_000);
    expect(bodies(project)).to.deep.equal(['2']);
  });

  it('never sends what the other has discarded', async () => {
    const {here, open, project} = await two();
    for (const n of ['1', '2']) await here.outbox.accept(message(n));
    const other = open();
    await other.outbox.load();
    await here.outbox.discard('1');
    other.outbox.setOnline(true, 'ada');
    await settle();
    expect(bodies(project)).to.deep.equal(['2']);
    expect(other.told).to.include('id-of-a: 1 gone');
  });

  it('takes from the other’s view what is withdrawn, and either finishes it', async () => {
    const {here, open, project} = await two();
    project.faults.loseAnswers = 1;
    here.outbox.setOnline(true, 'ada');
    await here.outbox.accept(message('1'));
    await settle();
    here.outbox.setOnline(false, null);
    const other = open();
    await other.outbox.load();
    await here.outbox.discard('1');
    expect(waits(other.outbox)).to.deep.equal(['1 queued']);
    other.outbox.setOnline(true, 'ada');
    await settle();
    expect(other.told).to.include('id-of-a: 1 dropped');
    expect(project.chats.get('a')?.messages.map(({deletedAt}) => !!deletedAt)).to.deep.equal([true]);
    here.outbox.setOnline(true, 'ada');
    await settle();
    expect(project.count('discard')).to.equal(1);
    expect(here.outbox.waiting).to.deep.equal([]);
  });

  it('edits or discards nothing that the other has withdrawn', async () => {
    const {here, open, project, store} = await two();
    project.faults.loseAnswers = 1;
    here.outbox.setOnline(true, 'ada');
    await here.outbox.accept(message('1'));
    await settle();
    here.outbox.setOnline(false, null);
    const other = open();
    await other.outbox.load();
    await here.outbox.discard('1');
    expect(await other.outbox.edit('1', 'back again').catch(code)).to.equal('rejected');
    expect(await other.outbox.discard('1').catch(code)).to.equal('rejected');
    expect((await store.entriesOf(OWNER)).map(({status}) => status)).to.deep.equal(['withdrawn']);
    expect(other.told.at(-1)).to.equal('id-of-a: 1 dropped');
  });

  it('learns at the next look that what failed here was discarded or sent again there', async () => {
    const {here, open, project, clock} = await two();
    project.faults.request = new TrunkError('forbidden', 'no');
    here.outbox.setOnline(true, 'ada');
    await here.outbox.accept(message('1'));
    await settle();
    project.faults.request = null;
    const other = open();
    await other.outbox.load();
    other.outbox.setOnline(false, 'ada');
    await clock.pass(1);
    await other.outbox.retry('1');
    expect(waits(here.outbox)).to.deep.equal(['1 failed']);
    await here.outbox.accept(message('2'));
    await settle();
    expect(bodies(project)).to.deep.equal(['1', '2']);
    expect(here.outbox.waiting).to.deep.equal([]);
  });

  it('takes in what the other has accepted, in its place', async () => {
    const {here, there, project} = await two();
    await there.outbox.accept(message('1'));
    await here.outbox.accept(message('2'));
    await there.outbox.accept(message('3'));
    project.hold();
    here.outbox.setOnline(true, 'ada');
    await settle();
    expect(here.outbox.waiting.map(({body}) => body)).to.deep.equal(['1', '2', '3']);
    project.release();
    await settle();
    expect(bodies(project)).to.deep.equal(['1', '2', '3']);
    expect(here.told.filter(line => line.endsWith('queued'))).to.have.length(3);
  });

  it('keeps the order over many, whoever sends, each stored once', async () => {
    const {here, there, project, clock, store} = await two();
    const both = [here, there];
    for (let n = 0; n < 130; n++) await both[n % 2]?.outbox.accept(message(String(n)));
    project.faults.loseAnswers = 2;
    for (const {outbox} of both) outbox.setOnline(true, 'ada');
    for (let turn = 0; turn < 30; turn++) {
      await clock.pass(700);
      const which = both[turn % 2]?.outbox;
      which?.setOnline(false, null);
      which?.setOnline(true, 'ada');
    }
    await clock.pass(60_000);
    expect(bodies(project)).to.deep.equal(numbers(0, 129));
    for (const {outbox} of both) expect(outbox.waiting).to.deep.equal([]);
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
  });

  it('sends what the other has left, in every chat, once it is told that the other is gone', async () => {
    const {here, there, project, store} = await two();
    here.outbox.setOnline(true, 'ada');
    for (const [text, chat] of [
      ['a1', 'a'],
      ['b1', 'b'],
    ] as const)
      await there.outbox.accept(message(text, chat));
    there.outbox.close();
    await settle();
    expect(project.count('send')).to.equal(0);
    await here.outbox.takeUp();
    await settle();
    expect([bodies(project, 'a'), bodies(project, 'b')]).to.deep.equal([['a1'], ['b1']]);
    expect(here.told).to.include('id-of-b: b1 queued');
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
  });

  it('takes up also what the other found to be refused, and says so when the store can’t be read', async () => {
    const {here, there, project, store} = await two();
    project.faults.refuseBodies.set('bad', new TrunkError('forbidden', 'no'));
    await there.outbox.accept(message('bad'));
    there.outbox.setOnline(true, 'ada');
    await settle();
    await there.outbox.accept(message('late', 'b'));
    there.outbox.close();
    const {entriesOf} = store;
    store.entriesOf = () => Promise.reject(new Error('broken'));
    expect(await here.outbox.takeUp().catch(code)).to.equal('storage-refused');
    expect(here.outbox.waiting).to.deep.equal([]);
    store.entriesOf = entriesOf;
    await here.outbox.takeUp();
    expect(waits(here.outbox)).to.deep.equal(['bad failed']);
    expect(waits(here.outbox, 'b')).to.deep.equal(['late queued']);
  });

  it('flushes also what it has not read yet', async () => {
    const {here, open, project} = await two();
    await here.outbox.accept(message('1'));
    const worker = open();
    worker.outbox.setOnline(true, 'ada');
    expect(await worker.outbox.flush()).to.equal(0);
    expect(bodies(project)).to.deep.equal(['1']);
  });

  it('says with flush() how much is left that another try may send', async () => {
    const {here, project} = await two({random: 1 - Number.EPSILON});
    for (const n of ['1', '2', 'bad']) await here.outbox.accept(message(n));
    await here.outbox.accept(message('b1', 'b'));
    expect(await here.outbox.flush()).to.equal(4);
    project.faults.refuseBodies.set('bad', new TrunkError('forbidden', 'no'));
    project.faults.request = new TrunkError('unreachable', 'no network');
    here.outbox.setOnline(true, 'ada');
    expect(await here.outbox.flush()).to.equal(4);
    project.faults.request = null;
    here.outbox.setOnline(true, 'ada');
    expect(await here.outbox.flush()).to.equal(0);
    expect(waits(here.outbox)).to.deep.equal(['bad failed']);
    expect(bodies(project, 'b')).to.deep.equal(['b1']);
  });

  it('leaves alone what the other has found to be refused', async () => {
    const {here, open, project} = await two();
    await here.outbox.accept(message('bad'));
    const other = open();
    await other.outbox.load();
    project.faults.refuseBodies.set('bad', new TrunkError('forbidden', 'no'));
    other.outbox.setOnline(true, 'ada');
    await settle();
    here.outbox.setOnline(true, 'ada');
    await settle();
    expect(waits(here.outbox)).to.deep.equal(['bad failed']);
    expect(project.count('send')).to.equal(1);
  });

  it('takes from view what failed here and was discarded there', async () => {
    const {here, open, project, clock} = await two();
    project.faults.request = new TrunkError('forbidden', 'no');
    here.outbox.setOnline(true, 'ada');
    await here.outbox.accept(message('1'));
    await settle();
    const other = open();
    await other.outbox.discard('1'); // it may be stored, for all that this one knows
    project.faults.request = null;
    await here.outbox.accept(message('2'));
    await clock.pass(10_000);
    expect(here.told).to.include('id-of-a: 1 dropped');
    expect(here.outbox.waiting).to.deep.equal([]);
    expect(bodies(project)).to.deep.equal(['2']);
  });

  it('withdraws what it learned of from the other, which may have been tried there', async () => {
    const {here, there, project, store} = await two();
    project.faults.request = new TrunkError('internal', 'a fault');
    await here.outbox.accept(message('first'));
    await here.outbox.accept(message('second'));
    here.outbox.setOnline(true, 'ada');
    await settle(); // from now on one by one
    await there.outbox.accept(message('theirs'));
    await here.outbox.retry('first');
    here.outbox.setOnline(true, 'ada');
    await settle();
    expect(waits(here.outbox)).to.include('theirs queued');
    here.outbox.setOnline(false, null);
    await here.outbox.discard('theirs');
    const [theirs] = await store.entriesById(['theirs']);
    expect(theirs?.status).to.equal('withdrawn');
  });

  it('keeps a discard that the other undid by trying anew, and its chat goes on', async () => {
    const {here, there, project, clock} = await two();
    project.faults.request = new TrunkError('internal', 'a fault');
    here.outbox.setOnline(true, 'ada');
    await here.outbox.accept(message('1'));
    await clock.pass(60_000);
    await there.outbox.accept(message('2'));
    there.outbox.setOnline(true, 'ada');
    await settle();
    expect(waits(here.outbox)).to.include('1 failed');
    await here.outbox.discard('1');
    await there.outbox.retry('1').catch(() => {});
    project.faults.request = null;
    await here.outbox.accept(message('3'));
    for (const {outbox} of [here, there]) outbox.setOnline(true, 'ada');
    await clock.pass(120_000);
    expect(new Set(bodies(project))).to.deep.equal(new Set(['2', '3']));
    expect(here.outbox.waiting).to.deep.equal([]);
  });

  it('tries a failed message anew with the text that the other gave it', async () => {
    const {here, open, project, clock} = await two();
    project.faults.refuseBodies.set('1', new TrunkError('forbidden', 'no'));
    here.outbox.setOnline(true, 'ada');
    await here.outbox.accept(message('1'));
    await settle();
    const other = open();
    expect(await other.outbox.edit('1', 'better')).to.equal(true);
    await here.outbox.retry('1');
    await clock.pass(10_000);
    expect(bodies(project)).to.deep.equal(['better']);
  });

  it('takes out of the database what the other’s try without an answer has stored', async () => {
    const {here, there, project, clock} = await two();
    await here.outbox.accept(message('1'));
    await there.outbox.accept(message('2'));
    project.faults.loseAnswers = 1;
    there.outbox.setOnline(true, 'ada');
    await settle();
    there.outbox.close();
    expect(bodies(project)).to.deep.equal(['1', '2']);
    await here.outbox.discard('1');
    here.outbox.setOnline(true, 'ada');
    await clock.pass(120_000);
    expect(bodies(project)).to.deep.equal(['', '2']);
  });

  it('throws away at once what the other is sending at that moment, and has the database forget it', async () => {
    const {outbox, project, clock, store, open} = given();
    for (const n of ['1', '2']) await outbox.accept(message(n));
    const other = open().outbox;
    await other.load();
    project.hold();
    other.setOnline(true, 'ada');
    await settle();
    const cleared = outbox.clear(5_000);
    await settle();
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
    project.release();
    await clock.pass(60_000);
    await cleared;
    expect(bodies(project)?.join('')).to.equal('');
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
  });
});
