import {expect} from '@open-wc/testing';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';
import {OWNER, bodies, message, outboxWorld as given} from './outbox-world.js';

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
      store.putEntries = store.deleteEntries = () => Promise.reject(new Error('broken disk'));
      const {outbox, project, told} = given({store});
      project.faults.refuseBodies.set('1', new TrunkError('forbidden', 'not here'));
      outbox.setOnline(true, 'ada');
      for (const n of ['1', '2', '3']) await outbox.accept(message(n));
      await settle();
      expect(bodies(project)).to.deep.equal(['2', '3']);
      expect(told).to.include.members(['id-of-a: 1 failed', 'id-of-a: 2 stored', 'id-of-a: 3 stored']);
    });
  });
});
