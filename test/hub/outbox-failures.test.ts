import {expect} from '@open-wc/testing';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';
import {DAY_MS, OWNER, bodies, message, numbers, outboxWorld as given, sizes, waits} from './outbox-world.js';

describe('Outbox', () => {
  describe('fails', () => {
    it('one bad message alone, with the database’s reason, and goes on with the rest', async () => {
      const {outbox, project, store} = given();
      project.faults.refuseBodies.set('2', new TrunkError('forbidden', 'not here'));
      for (const n of ['1', '2', '3']) await outbox.accept(message(n));
      outbox.setOnline(true, 'ada');
      await settle();
      expect(bodies(project)).to.deep.equal(['1', '3']);
      const [failed] = outbox.waitingIn('id-of-a');
      expect(failed).to.deep.include({body: '2', status: 'failed', error: {code: 'forbidden', message: 'not here'}});
      expect(outbox.queued).to.equal(0);
      expect((await store.entriesOf(OWNER)).map(({status}) => status)).to.deep.equal(['failed']);
    });

    for (const permanent of ['forbidden', 'rejected', 'chat-not-found'] as const) {
      it(`at once and for good when the request is refused as ${permanent}`, async () => {
        const {outbox, project, clock} = given();
        project.faults.request = new TrunkError(permanent, 'no');
        outbox.setOnline(true, 'ada');
        await outbox.accept(message('1'));
        await clock.pass(600_000);
        expect(project.count('send')).to.equal(1);
        expect(outbox.waitingIn('id-of-a')[0]?.status).to.equal('failed');
      });
    }

    for (const passing of ['unreachable', 'rate-limited', 'sign-in-failed', 'key-refused', 'closed'] as const) {
      it(`never because of ${passing}: waits, with patience`, async () => {
        const {outbox, project, clock} = given({random: 1 - Number.EPSILON});
        project.faults.request = new TrunkError(passing, 'not now');
        outbox.setOnline(true, 'ada');
        await outbox.accept(message('1'));
        await clock.pass(999 + 1_999 + 3_999 - 1);
        expect(project.count('send')).to.equal(3);
        await clock.pass(600_000);
        expect(project.count('send')).to.be.within(12, 20);
        expect(outbox.waitingIn('id-of-a')[0]?.status).to.equal('queued');
        project.faults.request = null;
        await clock.pass(60_000);
        expect(bodies(project)).to.deep.equal(['1']);
      });
    }

    it('after three answers of “internal”, counted over hubs', async () => {
      const {outbox, project, clock, open} = given();
      project.faults.request = new TrunkError('internal', 'a fault');
      outbox.setOnline(true, 'ada');
      await outbox.accept(message('1'));
      await clock.pass(500);
      expect(project.count('send')).to.equal(2);
      outbox.close();
      const next = open();
      next.outbox.setOnline(true, 'ada');
      await next.outbox.load();
      await clock.pass(60_000);
      expect(project.count('send')).to.equal(3);
      expect(next.told.at(-1)).to.equal('id-of-a: 1 failed');
    });

    it('after three more when it was retried', async () => {
      const {outbox, project, clock} = given();
      project.faults.request = new TrunkError('internal', 'a fault');
      outbox.setOnline(true, 'ada');
      await outbox.accept(message('1'));
      await clock.pass(60_000);
      await outbox.retry('1');
      await clock.pass(60_000);
      expect(project.count('send')).to.equal(6);
      expect(outbox.waitingIn('id-of-a')[0]?.status).to.equal('failed');
    });

    it('as “internal”, with patience, when the answer leaves a message out', async () => {
      const {outbox, project, clock, database} = given();
      database.sendMessages = async () => (project.log.push('send'), []);
      outbox.setOnline(true, 'ada');
      await outbox.accept(message('1'));
      await clock.pass(60_000);
      expect(project.count('send')).to.equal(3);
      expect(outbox.waitingIn('id-of-a')[0]?.error?.code).to.equal('internal');
    });

    it('not with the store: a note that can’t be made stops nothing', async () => {
      const store = new MemoryStore(true);
      store.putEntries = () => Promise.reject(new Error('broken disk'));
      store.settleEntries = () => Promise.reject(new Error('broken disk'));
      const {outbox, project, told} = given({store});
      project.faults.refuseBodies.set('1', new TrunkError('forbidden', 'not here'));
      outbox.setOnline(true, 'ada');
      for (const n of ['1', '2', '3']) await outbox.accept(message(n));
      await settle();
      expect(bodies(project)).to.deep.equal(['2', '3']);
      expect(told).to.include.members(['id-of-a: 1 failed', 'id-of-a: 2 stored', 'id-of-a: 3 stored']);
    });
  });

  describe('with one message among fifty that the server trips over', () => {
    /** Requests that contain the poison are answered by a fault. */
    function poisoned(options: Parameters<typeof given>[0] = {}) {
      const world = given(options);
      const send = world.database.sendMessages.bind(world.database);
      world.database.sendMessages = async messages => {
        if (!messages.some(({body}) => body.startsWith('poison'))) return send(messages);
        world.project.log.push(`send ${messages.map(({body}) => body).join()}`);
        throw new TrunkError('internal', 'a fault');
      };
      return world;
    }

    it('fails that one alone, after three tries of its own, and stores all others in order', async () => {
      const {outbox, project, clock} = poisoned();
      const texts = numbers(1, 50).map(n => (n === '23' ? 'poison' : n));
      for (const text of texts) await outbox.accept(message(text));
      outbox.setOnline(true, 'ada');
      await clock.pass(600_000);
      expect(bodies(project)).to.deep.equal(texts.filter(text => text !== 'poison'));
      expect(waits(outbox)).to.deep.equal(['poison failed']);
      expect(outbox.waitingIn('id-of-a')[0]?.error?.code).to.equal('internal');
      expect(project.log.filter(line => line === 'send poison')).to.have.length(3);
      expect(sizes(project).filter(size => size > 1)).to.have.length.at.most(30);
    });

    it('counts nothing against the others: those that were in the batch have all their tries left', async () => {
      const {outbox, project, clock, store} = poisoned();
      for (const text of ['1', 'poison a', 'poison b']) await outbox.accept(message(text));
      outbox.setOnline(true, 'ada');
      await settle();
      expect((await store.entriesOf(OWNER)).map(({attempts}) => attempts)).to.deep.equal([0, 0, 0]);
      await clock.pass(600_000);
      expect(project.log.filter(line => line === 'send poison a')).to.have.length(3);
      expect(project.log.filter(line => line === 'send poison b')).to.have.length(3);
      expect(bodies(project)).to.deep.equal(['1']);
    });

    it('sends greater batches after each success, until they are full again', async () => {
      const {outbox, project, clock} = poisoned();
      for (const text of ['poison', ...numbers(1, 60)]) await outbox.accept(message(text));
      outbox.setOnline(true, 'ada');
      await clock.pass(600_000);
      expect(sizes(project)).to.deep.equal([50, 1, 1, 1, 1, 2, 4, 8, 16, 29]);
    });
  });

  it('that the server refuses as a whole for one message: fails that one alone, with its own reason', async () => {
    const {outbox, project, clock, database} = given();
    const send = database.sendMessages.bind(database);
    database.sendMessages = messages =>
      messages.some(({body}) => body === 'poison')
        ? Promise.reject(new TrunkError('rejected', 'unsupported Unicode escape sequence'))
        : send(messages);
    const texts = Array.from({length: 20}, (_, n) => (n === 10 ? 'poison' : `text ${n}`));
    for (const text of texts) await outbox.accept(message(text));
    outbox.setOnline(true, 'ada');
    await clock.pass(60_000);
    expect(bodies(project)).to.deep.equal(texts.filter(text => text !== 'poison'));
    expect(waits(outbox)).to.deep.equal(['poison failed']);
  });

  describe('with a server that asks for patience', () => {
    it('leaves it in peace for as long as it asked, whatever is written meanwhile', async () => {
      const {outbox, project, clock} = given();
      project.faults.request = new TrunkError('rate-limited', 'slowly', undefined, 45_000);
      outbox.setOnline(true, 'ada');
      await outbox.accept(message('1'));
      await settle();
      await outbox.accept(message('2'));
      await clock.pass(44_999);
      expect(project.count('send')).to.equal(1);
      project.faults.request = null;
      await clock.pass(1);
      expect(bodies(project)).to.deep.equal(['1', '2']);
    });

    it('waits its own time when that is longer', async () => {
      const {outbox, project, clock} = given({random: 1 - Number.EPSILON});
      project.faults.request = new TrunkError('rate-limited', 'slowly', undefined, 100);
      outbox.setOnline(true, 'ada');
      await outbox.accept(message('1'));
      await clock.pass(998);
      expect(project.count('send')).to.equal(1);
      await clock.pass(1);
      expect(project.count('send')).to.equal(2);
    });

    it('leaves it in peace in every chat, also in one whose own wait is over meanwhile', async () => {
      const {outbox, project, clock} = given({random: 1 - Number.EPSILON});
      project.faults.request = new TrunkError('unreachable', 'no network');
      outbox.setOnline(true, 'ada');
      await outbox.accept(message('1', 'a'));
      await settle();
      project.faults.request = new TrunkError('rate-limited', 'slowly', undefined, 45_000);
      await outbox.accept(message('2', 'b'));
      await settle();
      expect(project.count('send')).to.equal(2);
      await clock.pass(44_999);
      expect(project.count('send')).to.equal(2);
      project.faults.request = null;
      await clock.pass(1);
      expect([bodies(project, 'a'), bodies(project, 'b')]).to.deep.equal([['1'], ['2']]);
    });

    it('waits no longer than it asked for, though the clock is set back meanwhile', async () => {
      const {outbox, project, clock} = given();
      project.faults.request = new TrunkError('rate-limited', 'slowly', undefined, 45_000);
      outbox.setOnline(true, 'ada');
      await outbox.accept(message('1'));
      await settle();
      project.faults.request = null;
      clock.setBack(DAY_MS);
      await clock.pass(45_000);
      await outbox.accept(message('2', 'b'));
      await settle();
      expect([bodies(project, 'a'), bodies(project, 'b')]).to.deep.equal([['1'], ['2']]);
    });

    it('lets a person’s retry through at once', async () => {
      const {outbox, project} = given();
      project.faults.refuseBodies.set('bad', new TrunkError('forbidden', 'no'));
      outbox.setOnline(true, 'ada');
      await outbox.accept(message('bad'));
      await settle();
      project.faults.request = new TrunkError('rate-limited', 'slowly', undefined, 45_000);
      await outbox.accept(message('1'));
      await settle();
      project.faults.request = null;
      project.faults.refuseBodies.clear();
      await outbox.retry('bad');
      await settle();
      expect(bodies(project)).to.deep.equal(['bad', '1']);
    });
  });

  it('no new message hurries a lane that waits', async () => {
    const {outbox, project, clock} = given({random: 1 - Number.EPSILON});
    project.faults.request = new TrunkError('unreachable', 'no network');
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    for (const n of numbers(2, 9)) await outbox.accept(message(n));
    await settle();
    expect(project.count('send')).to.equal(1);
    expect(await outbox.flush()).to.equal(9);
    expect(project.count('send')).to.equal(1);
    project.faults.request = null;
    await clock.pass(999);
    expect(bodies(project)).to.deep.equal(numbers(1, 9));
  });

  it('every message of a batch says why, when the whole request is refused', async () => {
    const {outbox, project} = given();
    for (const n of ['1', '2']) await outbox.accept(message(n));
    project.faults.request = new TrunkError('forbidden', 'no');
    outbox.setOnline(true, 'ada');
    await settle();
    expect(outbox.waiting.map(({error}) => error?.message)).to.deep.equal(['no', 'no']);
  });

  it('nothing that the echo settled while its request failed', async () => {
    const {outbox, project, clock, told} = given();
    outbox.setOnline(true, 'ada');
    project.hold();
    for (const n of ['1', '2']) await outbox.accept(message(n));
    await settle();
    const echo = {...message('1'), status: 'sent', senderId: 'ada', seq: 1, rev: 1, createdAt: ''} as const;
    outbox.settle([{...echo, editedAt: null, deletedAt: null}]);
    project.faults.request = new TrunkError('unreachable', 'cut off');
    project.release();
    await settle();
    expect(waits(outbox)).to.deep.equal(['2 queued']);
    project.faults.request = null;
    await clock.pass(10_000);
    expect(bodies(project)).to.deep.equal(['2']);
    expect(told.filter(line => line.includes(': 1 '))).to.deep.equal(['id-of-a: 1 queued', 'id-of-a: 1 sending']);
  });

  it('nothing twice, though the store won’t forget what was stored', async () => {
    const store = new MemoryStore(true);
    store.settleEntries = () => Promise.reject(new Error('broken disk'));
    const {outbox, project, told} = given({store});
    outbox.setOnline(true, 'ada');
    for (const n of ['1', '2', '3']) {
      await outbox.accept(message(n));
      await settle();
    }
    expect(bodies(project)).to.deep.equal(['1', '2', '3']);
    expect(project.log).to.deep.equal(['send 1', 'send 2', 'send 3']);
    expect(told.filter(line => line.includes(': 1 '))).to.have.length(3);
  });
});
