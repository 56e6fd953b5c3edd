import {expect} from '@open-wc/testing';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';
import {OWNER, bodies, code, message, outboxWorld, waits} from './outbox-world.js';

const unreachable = new TrunkError('unreachable', 'no network');

/** An outbox whose message `1` is in the database, and whose answer was lost; it waits for another try. */
async function withLostAnswer(options: Parameters<typeof outboxWorld>[0] = {}) {
  const world = outboxWorld({random: 1 - Number.EPSILON, ...options});
  world.project.faults.loseAnswers = 1;
  world.outbox.setOnline(true, 'ada');
  await world.outbox.accept(message('1'));
  await settle();
  world.told.length = 0;
  const entries = () => world.store.entriesOf(OWNER);
  return {...world, entries, deleted: () => world.project.chats.get('a')?.messages.map(({deletedAt}) => !!deletedAt)};
}

describe('Outbox, asked to discard', () => {
  it('what no try can have stored: asks the database nothing', async () => {
    const {outbox, project, store} = outboxWorld();
    await outbox.accept(message('1'));
    await outbox.discard('1');
    outbox.setOnline(true, 'ada');
    await settle();
    expect(project.log).to.deep.equal([]);
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
  });

  it('what the database refused: asks it nothing', async () => {
    const {outbox, project, clock} = outboxWorld();
    project.faults.refuseBodies.set('1', new TrunkError('forbidden', 'not here'));
    project.faults.request = unreachable;
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    project.faults.request = null;
    await clock.pass(10_000);
    expect(waits(outbox)).to.deep.equal(['1 failed']);
    await outbox.discard('1');
    await clock.pass(10_000);
    expect(project.count('discard')).to.equal(0);
  });

  it('what a try has stored without telling: takes it from view at once, and out of the database', async () => {
    const {outbox, told, entries, deleted, clock} = await withLostAnswer();
    await outbox.discard('1');
    expect(told.at(-1)).to.equal('id-of-a: 1 dropped');
    expect(outbox.waiting).to.deep.equal([]);
    expect(outbox.has('1')).to.equal(false);
    expect(outbox.queued).to.equal(0);
    expect((await entries()).map(({status}) => status)).to.deep.equal(['withdrawn']);
    await clock.pass(10_000);
    expect(deleted()).to.deep.equal([true]);
    expect(await entries()).to.deep.equal([]);
    expect(told.slice(1)).to.deep.equal(['id-of-a: 1 stored']); // as deleted: its place stays
  });

  it('what a try may have stored and did not: finds nothing, and is done', async () => {
    const {outbox, project, told, store, clock} = outboxWorld();
    project.faults.request = unreachable;
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    await outbox.discard('1');
    project.faults.request = null;
    await clock.pass(10_000);
    expect(bodies(project)).to.deep.equal([]);
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
    expect(told.at(-1)).to.equal('id-of-a: 1 dropped');
  });

  it('offline, and the hub dies: the next one finishes it, and nobody sees the message again', async () => {
    const {outbox, project, open, entries, deleted} = await withLostAnswer();
    outbox.setOnline(false, null);
    await outbox.discard('1');
    outbox.close();
    const next = open();
    await next.outbox.load();
    expect(next.told).to.deep.equal([]);
    expect(next.outbox.waiting).to.deep.equal([]);
    next.outbox.setOnline(true, 'ada');
    await settle();
    expect(deleted()).to.deep.equal([true]);
    expect(project.count('send')).to.equal(1);
    expect(await entries()).to.deep.equal([]);
  });

  it('what an earlier hub may have tried: tells the database, too', async () => {
    const {outbox, open, deleted} = await withLostAnswer();
    outbox.close();
    const next = open();
    await next.outbox.discard('1');
    next.outbox.setOnline(true, 'ada');
    await settle();
    expect(deleted()).to.deep.equal([true]);
  });

  it('what must be deleted there, while the database is away: tries again, and keeps what follows in order', async () => {
    const {outbox, project, clock, deleted} = await withLostAnswer();
    await outbox.discard('1');
    project.faults.request = unreachable;
    await outbox.accept(message('2'));
    await clock.pass(60_000);
    project.faults.request = null;
    await clock.pass(60_000);
    expect(bodies(project)).to.deep.equal(['', '2']);
    expect(deleted()).to.deep.equal([true, false]);
  });

  it('what the server can’t delete for a fault of its own: gives up after three tries, and sends what follows', async () => {
    const {outbox, project, database, clock, entries} = await withLostAnswer();
    let tries = 0;
    database.discardMessages = () => (tries++, Promise.reject(new TrunkError('internal', 'a fault')));
    await outbox.discard('1');
    await outbox.accept(message('2'));
    await clock.pass(60_000);
    expect(tries).to.equal(3);
    expect(bodies(project)).to.deep.equal(['1', '2']);
    expect(await entries()).to.deep.equal([]);
  });

  it('what hangs on the way and arrives only after the database was told: it is never stored', async () => {
    const {outbox, project, clock, database, store, told} = outboxWorld();
    project.faults.request = unreachable; // given up by this browser, and still under way
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    await outbox.discard('1');
    project.faults.request = null;
    await clock.pass(10_000);
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
    await database.sendMessages([message('1')]);
    expect(bodies(project)).to.deep.equal([]);
    expect(told.at(-1)).to.equal('id-of-a: 1 dropped');
  });

  it('what a crash of the machine brings back: nobody reads it', async () => {
    const {outbox, project, clock, store, open} = outboxWorld();
    project.faults.request = unreachable;
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    const [before] = await store.entriesOf(OWNER);
    await outbox.discard('1');
    project.faults.request = null;
    await clock.pass(10_000);
    outbox.close();
    if (before) await store.addEntries([before]);
    const next = open();
    next.outbox.setOnline(true, 'ada');
    expect(await next.outbox.flush()).to.equal(0);
    expect(bodies(project)).to.deep.equal([]);
    expect(next.told.at(-1)).to.equal('id-of-a: 1 dropped');
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
  });

  it('what the echo shows to be stored: the echo settles nothing, it is still deleted there', async () => {
    const {outbox, project, clock, deleted} = await withLostAnswer();
    await outbox.discard('1');
    const [echo] = project.chats.get('a')?.messages ?? [];
    if (echo) expect(outbox.settle([echo])).to.deep.equal([]);
    await clock.pass(10_000);
    expect(deleted()).to.deep.equal([true]);
  });

  it('twice, or what was discarded before: says that it doesn’t wait', async () => {
    const {outbox} = await withLostAnswer();
    await outbox.discard('1');
    expect(await outbox.discard('1').catch(code)).to.equal('rejected');
    expect(await outbox.retry('1').catch(code)).to.equal('rejected');
    expect(await outbox.edit('1', 'text').catch(code)).to.equal('rejected');
  });

  it('and to edit in one breath: it is gone, whichever came first', async () => {
    for (const first of ['edit', 'discard']) {
      const {outbox, project, store} = outboxWorld();
      await outbox.accept(message('1'));
      const acts = [() => outbox.edit('1', 'text').catch(code), () => outbox.discard('1').catch(code)];
      if (first === 'discard') acts.reverse();
      await Promise.all(acts.map(act => act()));
      outbox.setOnline(true, 'ada');
      await settle();
      expect(bodies(project), first).to.deep.equal([]);
      expect(await store.entriesOf(OWNER), first).to.deep.equal([]);
      expect(outbox.waiting, first).to.deep.equal([]);
    }
  });

  it('and to edit, behind a request: it is gone as well', async () => {
    const {outbox, project} = outboxWorld();
    outbox.setOnline(true, 'ada');
    project.hold();
    for (const n of ['1', '2']) await outbox.accept(message(n));
    await settle();
    await Promise.all([outbox.edit('2', 'text'), outbox.discard('2')]);
    project.release();
    await settle();
    expect(bodies(project)).to.deep.equal(['1']);
    expect(outbox.waiting).to.deep.equal([]);
  });

  it('everything, by a sign-out: forgets it though the store can’t be read once', async () => {
    const store = new MemoryStore(true);
    const {outbox, project, open, clock} = outboxWorld({store});
    await outbox.accept(message('1'));
    const {entriesOf} = store;
    store.entriesOf = async () => {
      store.entriesOf = entriesOf;
      throw new Error('a moment of weakness');
    };
    await Promise.allSettled([outbox.clear(5_000)]);
    const next = open().outbox;
    await next.load();
    next.setOnline(true, 'ada');
    await clock.pass(1_000);
    expect(bodies(project)).to.deep.equal([]);
  });

  it('everything, by a sign-out: shows nothing of it to the next person', async () => {
    const store = new MemoryStore(true);
    const {outbox, open, clock} = outboxWorld({store});
    outbox.setOnline(false, 'ada');
    await outbox.accept(message('secret'));
    const {entriesOf} = store;
    store.entriesOf = async () => {
      store.entriesOf = entriesOf;
      throw new Error('a moment of weakness');
    };
    await Promise.allSettled([outbox.clear(5_000)]);
    const next = open().outbox;
    await next.load();
    next.setOnline(true, 'ada-2');
    await clock.pass(1_000);
    expect(waits(next)).to.deep.equal([]);
  });

  it('what would go next, while the store is slow: never sends it, and sends what follows', async () => {
    const store = new MemoryStore(true);
    const {outbox, project} = outboxWorld({store});
    outbox.setOnline(true, 'ada');
    project.hold();
    for (const n of ['1', '2', '3']) await outbox.accept(message(n));
    await settle();
    let forget = () => {};
    const remove = store.deleteEntries.bind(store);
    store.deleteEntries = async ids => {
      if (ids.includes('2')) await new Promise<void>(resolve => (forget = resolve));
      return remove(ids);
    };
    const gone = outbox.discard('2');
    await settle();
    project.release();
    await settle();
    expect(bodies(project)).to.deep.equal(['1']);
    forget();
    await gone;
    await settle();
    expect(bodies(project)).to.deep.equal(['1', '3']);
  });

  it('what the store won’t note as withdrawn: says so, keeps it in its place, and sends it', async () => {
    const store = new MemoryStore(true);
    const {outbox, project, clock} = await withLostAnswer({store});
    await outbox.accept(message('2'));
    store.putEntries = () => Promise.reject(new Error('broken disk'));
    expect(await outbox.discard('1').catch(code)).to.equal('storage-refused');
    expect(waits(outbox)).to.deep.equal(['1 queued', '2 queued']);
    await clock.pass(10_000);
    expect(bodies(project)).to.deep.equal(['1', '2']);
  });

  it('what it had tried in vain before: has three tries of its own', async () => {
    const {outbox, project, database, clock} = outboxWorld();
    project.faults.request = new TrunkError('internal', 'a fault');
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await clock.pass(500);
    expect(project.count('send')).to.equal(2);
    let tries = 0;
    database.discardMessages = () => (tries++, Promise.reject(new TrunkError('internal', 'a fault')));
    await outbox.discard('1');
    await clock.pass(60_000);
    expect(tries).to.equal(3);
  });

  it('a whole batch of what was stored without telling: deletes all of it, and sends what follows', async () => {
    const {outbox, project, clock, store} = outboxWorld();
    const ids = Array.from({length: 50}, (_, n) => `m${n}`);
    for (const id of ids) await outbox.accept(message(id));
    project.faults.loseAnswers = 1;
    outbox.setOnline(true, 'ada');
    await settle();
    await outbox.accept(message('after'));
    for (const id of ids) await outbox.discard(id);
    await clock.pass(10_000);
    expect(bodies(project)).to.deep.equal([...ids.map(() => ''), 'after']);
    expect(project.count('discard')).to.be.at.most(2);
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
  });
});
