import {expect} from '@open-wc/testing';
import type {Store} from '../../src/hub/environment.js';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {Outbox} from '../../src/hub/outbox.js';
import type {OutgoingMessage} from '../../src/wire/chat.js';
import {TrunkError} from '../../src/wire/error.js';
import {FakeLocks} from '../support/fake-browser.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

const OWNER = 'project ada';

/** A browser's disk, locks and project; any number of outboxes over them. */
function given({
  store = new MemoryStore(true),
  random = 0.5,
  locked = true,
}: {store?: Store; random?: number; locked?: boolean} = {}) {
  const clock = new FakeClock();
  const locks = new FakeLocks();
  const project = new FakeProject();
  for (const slug of ['a', 'b']) project.addChat(slug);
  const database = project.transport('ada').database(async () => 'token');
  /** An outbox, and what it told: `chat: id status`, `chat: id stored`, `chat: id dropped`. */
  const open = () => {
    const told: string[] = [];
    const outbox = new Outbox({clock, random: () => random, locks: locked ? locks : null, store, database}, OWNER, {
      waiting: (chat, messages) => told.push(...messages.map(({id, status}) => `${chat}: ${id} ${status}`)),
      dropped: (chat, ids) => told.push(...ids.map(id => `${chat}: ${id} dropped`)),
      stored: (chat, messages) => told.push(...messages.map(({id}) => `${chat}: ${id} stored`)),
    });
    return {outbox, told};
  };
  const {outbox, told} = open();
  return {clock, locks, project, database, store, open, outbox, told};
}

function message(body: string, chat = 'a'): OutgoingMessage {
  return {id: body.slice(0, 9), chatId: `id-of-${chat}`, body, replyTo: null, attachments: [], sentAt: ''};
}

const bodies = (project: FakeProject, chat = 'a') => project.chats.get(chat)?.messages.map(({body}) => body);
const code = (error: TrunkError) => error.code;

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
      store.addEntry = () => Promise.reject(new DOMException('full', 'QuotaExceededError'));
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
      const sizes = project.log.filter(line => line.startsWith('send')).map(line => line.split(',').length);
      expect(sizes).to.deep.equal([50, 50, 20]);
      expect(bodies(project)).to.deep.equal(Array.from({length: 120}, (_, n) => String(n)));
    });

    it('at most 64 KiB in a request, in bytes and not in characters', async () => {
      const {outbox, project} = given();
      for (let n = 10; n < 20; n++) await outbox.accept(message(`${n}${'海'.repeat(3_998)}`));
      outbox.setOnline(true, 'ada');
      await settle();
      const sizes = project.log.filter(line => line.startsWith('send')).map(line => line.split(',').length);
      expect(sizes).to.deep.equal([5, 5]);
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
      store.putEntry = store.deleteEntries = () => Promise.reject(new Error('broken disk'));
      const {outbox, project, told} = given({store});
      project.faults.refuseBodies.set('1', new TrunkError('forbidden', 'not here'));
      outbox.setOnline(true, 'ada');
      for (const n of ['1', '2', '3']) await outbox.accept(message(n));
      await settle();
      expect(bodies(project)).to.deep.equal(['2', '3']);
      expect(told).to.include.members(['id-of-a: 1 failed', 'id-of-a: 2 stored', 'id-of-a: 3 stored']);
    });
  });

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
      await outbox.discard('1');
      release();
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
      outbox.settle(['1', 'unknown']);
      await settle();
      expect(outbox.queued).to.equal(0);
      expect(await store.entriesOf(OWNER)).to.deep.equal([]);
      await clock.pass(60_000);
      expect(project.count('send')).to.equal(1);
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
      const {message: theirs} = await world.store.addEntry({
        owner: 'project grace',
        message: message('hers'),
        status: 'queued',
        error: null,
        attempts: 0,
      });
      world.outbox.setOnline(true, 'ada');
      await world.outbox.load();
      await settle();
      expect(bodies(world.project)).to.deep.equal([]);
      expect((await world.store.entriesOf('project grace'))[0]?.message).to.deep.equal(theirs);
    });
  });

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
});
