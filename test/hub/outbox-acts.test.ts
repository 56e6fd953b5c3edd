import {expect} from '@open-wc/testing';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';
import {OWNER, bodies, code, message, outboxWorld as given} from './outbox-world.js';

describe('Outbox', () => {
  describe('is told', () => {
    async function withFailed() {
      const world = given();
      world.project.faults.refuseBodies.set('1', new TrunkError('forbidden', 'not here'));
      world.outbox.setOnline(true, 'ada');
      await world.outbox.accept(message('1'));
      await settle();
      return world;
    }

    it('to retry: sends again, in the old place', async () => {
      const {outbox, project} = await withFailed();
      project.faults.refuseBodies.clear();
      outbox.setOnline(false, null);
      await outbox.accept(message('2'));
      await outbox.retry('1');
      expect(outbox.waitingIn('id-of-a').map(({body, status}) => `${body} ${status}`)).to.deep.equal([
        '1 queued',
        '2 queued',
      ]);
      outbox.setOnline(true, 'ada');
      await settle();
      expect(bodies(project)).to.deep.equal(['1', '2']);
    });

    it('to retry what waits anyway: changes nothing', async () => {
      const {outbox, told} = given();
      await outbox.accept(message('1'));
      await outbox.retry('1');
      expect(told).to.have.length(1);
    });

    it('to discard: forgets it, here and in the store', async () => {
      const {outbox, store, told} = await withFailed();
      await outbox.discard('1');
      expect(told.at(-1)).to.equal('id-of-a: 1 dropped');
      expect(await store.entriesOf(OWNER)).to.deep.equal([]);
      expect(await outbox.discard('1').catch(code)).to.equal('rejected');
      expect(await outbox.retry('1').catch(code)).to.equal('rejected');
    });

    it('to discard what is being sent: refuses', async () => {
      const {outbox, project} = given();
      outbox.setOnline(true, 'ada');
      project.hold();
      await outbox.accept(message('1'));
      await settle();
      expect(outbox.waitingIn('id-of-a')[0]?.status).to.equal('sending');
      expect(await outbox.discard('1').catch(code)).to.equal('rejected');
      project.release();
      await settle();
      expect(bodies(project)).to.deep.equal(['1']);
    });

    it('to discard just before it comes online: never sends it', async () => {
      const {outbox, project, told} = given();
      await outbox.accept(message('1'));
      const gone = outbox.discard('1');
      await Promise.resolve();
      outbox.setOnline(true, 'ada');
      await gone;
      await settle();
      expect(bodies(project)).to.deep.equal([]);
      expect(told.at(-1)).to.equal('id-of-a: 1 dropped');
    });

    it('to discard while another hub holds the lock: never sends it', async () => {
      const {outbox, project, locks} = given();
      const release = await locks.hold(`trunk:outbox:${OWNER}:id-of-a`);
      outbox.setOnline(true, 'ada');
      for (const n of ['1', '2']) await outbox.accept(message(n));
      await settle();
      const gone = outbox.discard('1');
      await settle();
      release();
      await gone;
      await settle();
      expect(bodies(project)).to.deep.equal(['2']);
    });

    it('to discard what the store won’t forget: says so, and keeps it', async () => {
      const store = new MemoryStore(true);
      store.deleteEntries = () => Promise.reject(new Error('broken disk'));
      const {outbox} = given({store});
      await outbox.accept(message('1'));
      expect(await outbox.discard('1').catch(code)).to.equal('storage-refused');
      expect(outbox.waitingIn('id-of-a')).to.have.length(1);
    });

    it('by the echo before the answer: settles once, and the answer changes nothing', async () => {
      const {outbox, project, store, clock} = given();
      project.faults.loseAnswers = 1;
      outbox.setOnline(true, 'ada');
      await outbox.accept(message('1'));
      await settle();
      const [echo] = project.chats.get('a')?.messages ?? [];
      if (echo) outbox.settle([echo, {...echo, id: 'unknown'}]);
      await settle();
      expect(outbox.queued).to.equal(0);
      expect(await store.entriesOf(OWNER)).to.deep.equal([]);
      await clock.pass(60_000);
      expect(project.count('send')).to.equal(1);
    });
  });
});
