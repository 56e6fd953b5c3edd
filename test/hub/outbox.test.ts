import {expect} from '@open-wc/testing';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';
import {Outbox} from '../../src/hub/outbox.js';
import {OWNER, bodies, code, counted, message, numbers, outboxWorld as given, sizes} from './outbox-world.js';

describe('Outbox', () => {
  describe('accepts', () => {
    it('only what is in the store, and tells of it after', async () => {
      const {outbox, store, told} = given();
      await outbox.accept(message('1'));
      expect((await store.entriesOf(OWNER)).map(entry => entry.message.body)).to.deep.equal(['1']);
      expect(told).to.deep.equal(['id-of-a: 1 queued']);
      expect(outbox.queued).to.equal(1);
      expect(outbox.waitingIn('id-of-a')).to.have.length(1);
      expect(outbox.waitingIn('id-of-b')).to.have.length(0);
    });

    it('twice with the effect of once', async () => {
      const {outbox, project, told} = given();
      await Promise.all([outbox.accept(message('1')), outbox.accept(message('1'))]);
      await outbox.accept(message('1'));
      expect(told).to.have.length(1);
      outbox.setOnline(true, 'ada');
      await settle();
      expect(bodies(project)).to.deep.equal(['1']);
    });

    it('nothing the database would refuse', async () => {
      const {outbox, store} = given();
      expect(await outbox.accept(message(' \n')).catch(code)).to.equal('empty-message');
      expect(await outbox.accept(message('x'.repeat(4_001))).catch(code)).to.equal('message-too-long');
      expect(await outbox.accept(message('\ud800')).catch(code)).to.equal('invalid-text');
      expect(await store.entriesOf(OWNER)).to.deep.equal([]);
    });

    it('nothing that the browser refuses to keep', async () => {
      const store = new MemoryStore();
      store.addEntries = () => Promise.reject(new DOMException('full', 'QuotaExceededError'));
      const {outbox, told} = given({store});
      expect(await outbox.accept(message('1')).catch(code)).to.equal('storage-refused');
      expect(told).to.deep.equal([]);
      expect(outbox.queued).to.equal(0);
    });
  });

  describe('sends', () => {
    it('in the order written, one chat not waiting for another', async () => {
      const {outbox, project, clock} = given();
      const refuse = new TrunkError('unreachable', 'no network');
      outbox.setOnline(true, 'ada');
      project.faults.request = refuse;
      for (const n of ['1', '2', '3']) await outbox.accept(message(n));
      await settle();
      project.faults.request = null;
      for (const n of ['4', '5']) await outbox.accept(message(n, 'b'));
      await settle();
      expect(bodies(project, 'b')).to.deep.equal(['4', '5']);
      expect(bodies(project, 'a')).to.deep.equal([]);
      await clock.pass(1_000);
      expect(bodies(project, 'a')).to.deep.equal(['1', '2', '3']);
      expect(outbox.queued).to.equal(0);
    });

    it('queued, sending, stored: told in this order, and forgotten by the store', async () => {
      const {outbox, store, told} = given();
      outbox.setOnline(true, 'ada');
      await outbox.accept(message('1'));
      await settle();
      expect(told).to.deep.equal(['id-of-a: 1 queued', 'id-of-a: 1 sending', 'id-of-a: 1 stored']);
      expect(await store.entriesOf(OWNER)).to.deep.equal([]);
    });

    it('one request a chat at a time, without Web Locks too', async () => {
      const {outbox, project} = given({locked: false});
      outbox.setOnline(true, 'ada');
      project.hold();
      for (const n of ['1', '2', '3']) await outbox.accept(message(n));
      outbox.setOnline(true, 'ada');
      await settle();
      expect(project.count('send')).to.equal(1);
      project.release();
      await settle();
      expect(bodies(project)).to.deep.equal(['1', '2', '3']);
    });

    it('in the name of who is signed in', async () => {
      const {outbox} = given();
      await outbox.accept(message('1'));
      expect(outbox.waitingIn('id-of-a')[0]?.senderId).to.equal(null);
      outbox.setOnline(false, 'ada');
      outbox.setOnline(false, null);
      expect(outbox.waitingIn('id-of-a')[0]?.senderId).to.equal('ada');
    });

    it('at once again after an outage, forgetting how long it had waited', async () => {
      const {outbox, project, clock} = given({random: 1 - Number.EPSILON});
      outbox.setOnline(true, 'ada');
      project.faults.request = new TrunkError('unreachable', 'no network');
      await outbox.accept(message('1'));
      await clock.pass(300_000);
      project.faults.request = null;
      project.faults.loseAnswers = 1;
      outbox.setOnline(false, null);
      outbox.setOnline(true, 'ada');
      await settle();
      expect(outbox.queued).to.equal(1);
      await clock.pass(999);
      expect(outbox.queued).to.equal(0);
    });

    it('with a new back-off after each success', async () => {
      const {outbox, project, clock} = given({random: 1 - Number.EPSILON});
      outbox.setOnline(true, 'ada');
      for (const n of ['1', '2', '3']) {
        project.faults.loseAnswers = 2;
        await outbox.accept(message(n));
        await settle();
        await clock.pass(999 + 1_999);
        expect(outbox.queued, n).to.equal(0);
      }
    });

    it('at most 50 in a request', async () => {
      const {outbox, project} = given();
      for (let n = 0; n < 120; n++) await outbox.accept(message(String(n)));
      outbox.setOnline(true, 'ada');
      await settle();
      await settle();
      expect(sizes(project)).to.deep.equal([50, 50, 20]);
      expect(bodies(project)).to.deep.equal(Array.from({length: 120}, (_, n) => String(n)));
    });

    it('at most 64 KiB in a request, in bytes and not in characters', async () => {
      const {outbox, project} = given();
      for (let n = 10; n < 20; n++) await outbox.accept(message(`${n}${'海'.repeat(3_998)}`));
      outbox.setOnline(true, 'ada');
      await settle();
      expect(sizes(project)).to.deep.equal([5, 5]);
    });

    it('once, when the answer is lost after the commit', async () => {
      const {outbox, project, clock, told} = given();
      project.faults.loseAnswers = 2;
      outbox.setOnline(true, 'ada');
      for (const n of ['1', '2']) await outbox.accept(message(n));
      await clock.pass(10_000);
      expect(bodies(project)).to.deep.equal(['1', '2']);
      expect(project.chats.get('a')?.lastRev).to.equal(2);
      expect(told.filter(line => line.endsWith('stored'))).to.deep.equal(['id-of-a: 1 stored', 'id-of-a: 2 stored']);
    });

    it('nothing while offline, and everything when online again', async () => {
      const {outbox, project, clock} = given();
      await outbox.accept(message('1'));
      await clock.pass(600_000);
      expect(project.count('send')).to.equal(0);
      outbox.setOnline(true, 'ada');
      await settle();
      outbox.setOnline(false, null);
      await outbox.accept(message('2'));
      await clock.pass(600_000);
      expect(bodies(project)).to.deep.equal(['1']);
      outbox.setOnline(true, 'ada');
      await settle();
      expect(bodies(project)).to.deep.equal(['1', '2']);
    });

    it('what was accepted while a request was under way, after it', async () => {
      const {outbox, project} = given();
      outbox.setOnline(true, 'ada');
      project.hold();
      await outbox.accept(message('1'));
      await settle();
      await outbox.accept(message('2'));
      await settle();
      expect(project.count('send')).to.equal(1);
      project.release();
      await settle();
      expect(bodies(project)).to.deep.equal(['1', '2']);
    });
  });

  describe('after a hub that died', () => {
    it('takes up what it left, in the old order, before anything new', async () => {
      const world = given();
      for (const n of ['1', '2']) await world.outbox.accept(message(n));
      world.outbox.close();
      const {outbox, told} = world.open();
      outbox.setOnline(true, 'ada');
      await outbox.accept(message('3'));
      await settle();
      expect(bodies(world.project)).to.deep.equal(['1', '2', '3']);
      expect(told.slice(0, 2)).to.deep.equal(['id-of-a: 1 queued', 'id-of-a: 2 queued']);
    });

    it('knows the failed ones too, and can be asked before it has read them', async () => {
      const world = given();
      world.project.faults.refuseBodies.set('1', new TrunkError('forbidden', 'not here'));
      world.outbox.setOnline(true, 'ada');
      await world.outbox.accept(message('1'));
      await settle();
      world.project.faults.refuseBodies.clear();
      const {outbox} = world.open();
      outbox.setOnline(true, 'ada');
      void outbox.load();
      await outbox.retry('1');
      await settle();
      expect(bodies(world.project)).to.deep.equal(['1']);
    });

    it('says when the browser can’t read them, and sends what is new all the same', async () => {
      const store = new MemoryStore(true);
      store.entriesOf = () => Promise.reject(new Error('broken disk'));
      const {outbox, project} = given({store});
      outbox.setOnline(true, 'ada');
      expect(await outbox.load().catch(code)).to.equal('storage-refused');
      await outbox.accept(message('1'));
      await settle();
      expect(bodies(project)).to.deep.equal(['1']);
    });

    it('leaves the messages of another person alone', async () => {
      const world = given();
      const hers = world.open('project grace');
      await hers.outbox.accept(message('hers'));
      world.outbox.setOnline(true, 'ada');
      await world.outbox.load();
      await settle();
      expect(bodies(world.project)).to.deep.equal([]);
      expect((await world.store.entriesOf('project grace'))[0]?.message).to.deep.equal(message('hers'));
    });
  });

  it('tries no more once closed', async () => {
    const {outbox, project, clock} = given();
    project.faults.request = new TrunkError('unreachable', 'no network');
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    outbox.close();
    project.faults.request = null;
    await clock.pass(600_000);
    expect(project.count('send')).to.equal(1);
  });

  it('sends no further batch once closed in mid-request', async () => {
    const {outbox, project} = given();
    for (const n of numbers(1, 60)) await outbox.accept(message(n));
    project.hold();
    outbox.setOnline(true, 'ada');
    await settle();
    outbox.close();
    project.release();
    await settle();
    expect(bodies(project)).to.deep.equal(numbers(1, 50));
  });

  it('takes no lock and asks the store nothing, when nothing is to go out', async () => {
    const {store, calls} = counted(new MemoryStore(true));
    const {outbox, project} = given({store});
    project.faults.refuseBodies.set('bad', new TrunkError('forbidden', 'no'));
    await outbox.accept(message('bad'));
    outbox.setOnline(true, 'ada');
    await settle();
    calls.clear();
    outbox.setOnline(true, 'ada');
    await outbox.flush();
    expect([...calls.keys()]).to.deep.equal([]);
  });

  it('holds a message no more when it tells that it is stored', async () => {
    const world = given();
    const held: boolean[] = [];
    const {clock, locks, store, database} = world;
    const outbox: Outbox = new Outbox({clock, random: () => 0.5, locks, store, database}, OWNER, {
      waiting() {},
      dropped() {},
      gone() {},
      stored: () => held.push(outbox.has('1')),
    });
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    expect(held).to.deep.equal([false]);
  });
});
