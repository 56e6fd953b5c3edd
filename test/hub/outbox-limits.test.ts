import {expect} from '@open-wc/testing';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';
import {DAY_MS, OWNER, bodies, code, counted, message, numbers, outboxWorld as given, waits} from './outbox-world.js';

describe('Outbox, at its limits', () => {
  it('keeps 5,000 messages over all chats, refuses the next, and has room again for as many as it sent', async () => {
    const {outbox, project, store} = given();
    await Promise.all(numbers(1, 4_999).map(n => outbox.accept(message(n))));
    await outbox.accept(message('in b', 'b'));
    for (const chat of ['a', 'b']) {
      expect(await outbox.accept(message('too much', chat)).catch(code), chat).to.equal('outbox-full');
    }
    expect(await store.entriesOf(OWNER)).to.have.length(5_000);
    await outbox.accept(message('1')); // it is there already
    outbox.setOnline(true, 'ada');
    await settle();
    outbox.setOnline(false, null);
    await settle();
    const sent = (bodies(project) ?? []).length + (bodies(project, 'b') ?? []).length;
    expect(sent).to.be.greaterThan(0);
    for (let n = 0; n < sent; n++) await outbox.accept(message(`more ${n}`));
    expect(await outbox.accept(message('too much')).catch(code)).to.equal('outbox-full');
    outbox.setOnline(true, 'ada');
    for (let turn = 0; turn < 400 && outbox.queued > 0; turn++) await settle();
    const wanted = [...numbers(1, 4_999), ...Array.from({length: sent}, (_, n) => `more ${n}`)];
    expect(bodies(project)).to.deep.equal(wanted);
  });

  it('refuses what comes at once beyond the limit, and accepts exactly the rest', async () => {
    const {outbox, store} = given();
    await outbox.load();
    const answers = await Promise.all(numbers(1, 5_010).map(n => outbox.accept(message(n)).then(() => 'kept', code)));
    expect(answers.slice(0, 5_000).every(answer => answer === 'kept')).to.equal(true);
    expect(answers.slice(5_000)).to.deep.equal(Array(10).fill('outbox-full'));
    expect(await store.entriesOf(OWNER)).to.have.length(5_000);
  });

  it('keeps 20 MiB in bytes of JSON, and has room again when something is discarded', async () => {
    const {outbox} = given();
    const attachment = {url: `https://files.example/${'x'.repeat(1024 * 1024 - 300)}`, name: 'f', type: 't', size: 1};
    const big = (id: string) => ({...message(id), attachments: [attachment]});
    for (let n = 0; n < 20; n++) await outbox.accept(big(`big ${n}`));
    expect(await outbox.accept(big('too big')).catch(code)).to.equal('outbox-full');
    await outbox.accept(message('small'));
    await outbox.discard('big 7');
    await outbox.accept(big('fits'));
    expect(await outbox.accept(big('again')).catch(code)).to.equal('outbox-full');
  });

  it('has room again for what the store refused', async () => {
    const store = new MemoryStore(true);
    const {outbox} = given({store});
    const add = store.addEntries.bind(store);
    store.addEntries = () => Promise.reject(new Error('just now'));
    await outbox.load();
    const refused = await Promise.all(numbers(1, 5_000).map(n => outbox.accept(message(n)).catch(code)));
    expect(new Set(refused)).to.deep.equal(new Set(['storage-refused']));
    store.addEntries = add;
    const kept = await Promise.all(numbers(1, 5_000).map(n => outbox.accept(message(n)).then(() => 'kept', code)));
    expect(new Set(kept)).to.deep.equal(new Set(['kept']));
  });

  it('sends 5,000 in 100 requests, with a few looks into the store a request', async () => {
    const {store, calls} = counted(new MemoryStore(true));
    const {outbox, project} = given({store});
    await Promise.all(numbers(1, 5_000).map(n => outbox.accept(message(n))));
    calls.clear();
    outbox.setOnline(true, 'ada');
    for (let turn = 0; turn < 400 && outbox.queued > 0; turn++) await settle();
    expect(bodies(project)).to.deep.equal(numbers(1, 5_000));
    expect(project.count('send')).to.equal(100);
    expect([...calls.values()].reduce((sum, count) => sum + count, 0)).to.be.at.most(300);
    expect(calls.get('entriesOf') ?? 0).to.equal(0);
    expect(calls.get('entriesById') ?? 0).to.equal(0);
  });
});

describe('Outbox, with a message of long ago', () => {
  it('fails it visibly after seven days, blocks nothing behind it, and sends it when told to, for another seven', async () => {
    const {outbox, project, clock, store} = given();
    await outbox.accept(message('old'));
    await clock.pass(7 * DAY_MS + 1);
    await outbox.accept(message('new'));
    outbox.setOnline(true, 'ada');
    await settle();
    expect(bodies(project)).to.deep.equal(['new']);
    expect(waits(outbox)).to.deep.equal(['old failed']);
    expect(outbox.waitingIn('id-of-a')[0]?.error?.code).to.equal('expired');
    expect((await store.entriesOf(OWNER))[0]).to.deep.include({status: 'failed'});
    outbox.setOnline(false, null);
    await outbox.retry('old');
    await clock.pass(7 * DAY_MS);
    outbox.setOnline(true, 'ada');
    await settle();
    expect(bodies(project)).to.deep.equal(['new', 'old']);
  });

  it('sends what waited seven days and no longer', async () => {
    const {outbox, project, clock} = given();
    await outbox.accept(message('1'));
    await clock.pass(7 * DAY_MS);
    outbox.setOnline(true, 'ada');
    await settle();
    expect(bodies(project)).to.deep.equal(['1']);
  });

  it('says so when a hub takes it up, though there is no network', async () => {
    const {open, outbox, clock} = given();
    await outbox.accept(message('old'));
    await clock.pass(7 * DAY_MS);
    await outbox.accept(message('new'));
    await clock.pass(1);
    const next = open();
    await next.outbox.load();
    expect(waits(next.outbox)).to.deep.equal(['old failed', 'new queued']);
    expect(next.told.at(-1)).to.equal('id-of-a: old failed');
    expect(next.outbox.waiting[0]?.error?.code).to.equal('expired');
  });

  it('finds it stored, when a try without an answer had stored it', async () => {
    const {outbox, project, open, clock} = given();
    project.faults.loseAnswers = 1;
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    outbox.close(); // the lid is shut, for eight days
    expect(bodies(project)).to.deep.equal(['1']);
    await clock.pass(8 * DAY_MS);
    const next = open().outbox;
    await next.load();
    next.setOnline(true, 'ada');
    await clock.pass(10_000);
    expect(waits(next)).to.deep.equal([]);
  });

  it('goes on even when the store can’t note it', async () => {
    const store = new MemoryStore(true);
    const {outbox, project, clock} = given({store});
    for (let n = 0; n < 120; n++) await outbox.accept(message(`old ${n}`));
    await clock.pass(8 * DAY_MS);
    await outbox.accept(message('new'));
    store.putEntries = () => Promise.reject(new Error('broken disk'));
    outbox.setOnline(true, 'ada');
    await settle();
    await settle();
    expect(bodies(project)).to.deep.equal(['new']);
    expect(outbox.waiting.filter(({status}) => status === 'failed')).to.have.length(120);
  });

  it('still withdraws it, however old it is', async () => {
    const {outbox, project, clock} = given();
    project.faults.loseAnswers = 1;
    outbox.setOnline(true, 'ada');
    await outbox.accept(message('1'));
    await settle();
    outbox.setOnline(false, null);
    await outbox.discard('1');
    await clock.pass(30 * DAY_MS);
    outbox.setOnline(true, 'ada');
    await settle();
    expect(bodies(project)).to.deep.equal(['']);
  });
});

describe('Outbox, with another account signed in than the one that wrote', () => {
  it('never sends it by itself, says why, and sends what this account writes', async () => {
    const {outbox, project, open} = given();
    outbox.setOnline(false, 'ada');
    await outbox.accept(message('of ada'));
    outbox.close();
    const next = open();
    next.outbox.setOnline(true, 'grace');
    await next.outbox.accept(message('of grace'));
    await settle();
    expect(bodies(project)).to.deep.equal(['of grace']);
    expect(waits(next.outbox)).to.deep.equal(['of ada failed']);
    expect(next.outbox.waiting[0]?.error?.code).to.equal('signed-out');
  });

  it('takes it over when told to retry, also for the next hub', async () => {
    const {outbox, project, open, clock} = given();
    outbox.setOnline(false, 'ada');
    await outbox.accept(message('1'));
    outbox.close();
    const second = open();
    second.outbox.setOnline(true, 'grace');
    await second.outbox.load();
    await settle();
    project.faults.request = new TrunkError('unreachable', 'no network');
    await second.outbox.retry('1');
    second.outbox.close();
    project.faults.request = null;
    const third = open();
    third.outbox.setOnline(true, 'grace');
    await third.outbox.load();
    await clock.pass(10_000);
    expect(bodies(project)).to.deep.equal(['1']);
  });

  it('sends what was written before anybody was known', async () => {
    const {outbox, project} = given();
    await outbox.accept(message('1'));
    outbox.setOnline(true, 'ada');
    await settle();
    expect(bodies(project)).to.deep.equal(['1']);
  });

  it('sends nothing of anybody else’s outbox in the same store', async () => {
    const {outbox, open, project, store} = given();
    const other = open('project grace');
    await other.outbox.accept(message('hers'));
    await outbox.accept(message('mine'));
    outbox.setOnline(true, 'ada');
    expect(await outbox.flush()).to.equal(0);
    expect(bodies(project)).to.deep.equal(['mine']);
    await outbox.clear(1_000);
    expect(await store.entriesOf('project grace')).to.have.length(1);
  });
});
