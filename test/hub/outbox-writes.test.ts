// How messages get into the store: together, in order, and never half.
import {expect} from '@open-wc/testing';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {settle} from '../support/fake-clock.js';
import {OWNER, bodies, code, counted, message, numbers, outboxWorld as given} from './outbox-world.js';

/** A disk whose writes wait until they are let go. */
function slowStore() {
  const store = new MemoryStore(true);
  const writes: {bodies: string[]; go: () => void; fail: () => void}[] = [];
  const add = store.addEntries.bind(store);
  store.addEntries = async drafts => {
    const texts = drafts.map(draft => draft.message.body);
    await new Promise<void>((resolve, reject) => {
      writes.push({bodies: texts, go: resolve, fail: () => reject(new DOMException('full', 'QuotaExceededError'))});
    });
    return add(drafts);
  };
  return {store, writes};
}

describe('Outbox, accepting many', () => {
  it('puts what comes while the store writes into the next write, in the order given', async () => {
    const {store, writes} = slowStore();
    const {outbox, project, told} = given({store});
    await outbox.load();
    const kept: string[] = [];
    for (const n of numbers(1, 9)) void outbox.accept(message(n)).then(() => kept.push(n));
    await settle();
    expect(writes.map(write => write.bodies)).to.deep.equal([['1']]);
    writes[0]?.go();
    await settle();
    expect(kept).to.deep.equal(['1']);
    expect(writes.map(write => write.bodies)).to.deep.equal([['1'], numbers(2, 9)]);
    writes[1]?.go();
    await settle();
    expect(kept).to.deep.equal(numbers(1, 9));
    expect(told.map(line => line.split(' ')[1])).to.deep.equal(numbers(1, 9));
    outbox.setOnline(true, 'ada');
    await settle();
    expect(bodies(project)).to.deep.equal(numbers(1, 9));
  });

  it('needs a few writes for a thousand at once', async () => {
    const {store, calls} = counted(new MemoryStore(true));
    const {outbox} = given({store});
    await outbox.load();
    await Promise.all(numbers(1, 1_000).map(n => outbox.accept(message(n))));
    expect(calls.get('addEntries')).to.be.at.most(3);
    expect((await store.entriesOf(OWNER)).map(entry => entry.message.body)).to.deep.equal(numbers(1, 1_000));
  });

  it('rejects exactly those of a refused write, and writes on', async () => {
    const {store, writes} = slowStore();
    const {outbox, told} = given({store});
    await outbox.load();
    const answers = ['1', '2', '3'].map(n => outbox.accept(message(n)).then(() => 'kept', code));
    await settle();
    writes[0]?.go();
    await settle();
    const later = outbox.accept(message('4')).then(() => 'kept', code);
    await settle();
    expect(writes[1]?.bodies).to.deep.equal(['2', '3']);
    writes[1]?.fail();
    await settle();
    writes[2]?.go();
    expect(await Promise.all([...answers, later])).to.deep.equal([
      'kept',
      'storage-refused',
      'storage-refused',
      'kept',
    ]);
    expect(told).to.deep.equal(['id-of-a: 1 queued', 'id-of-a: 4 queued']);
    expect((await store.entriesOf(OWNER)).map(entry => entry.message.body)).to.deep.equal(['1', '4']);
    expect(outbox.queued).to.equal(2);
  });

  it('sends nothing before it is kept', async () => {
    const {store, writes} = slowStore();
    const {outbox, project} = given({store});
    outbox.setOnline(true, 'ada');
    void outbox.accept(message('1'));
    await settle();
    expect(project.log).to.deep.equal([]);
    writes[0]?.go();
    await settle();
    expect(bodies(project)).to.deep.equal(['1']);
  });

  it('keeps the same message once, though it comes twice into one write', async () => {
    const {store, writes} = slowStore();
    const {outbox, project} = given({store});
    await outbox.load();
    const kept = ['0', '1', '1', '1'].map(n => outbox.accept(message(n)));
    for (const at of [0, 1]) {
      await settle();
      writes[at]?.go();
    }
    await Promise.all(kept);
    outbox.setOnline(true, 'ada');
    await settle();
    expect(bodies(project)).to.deep.equal(['0', '1']);
    expect(outbox.queued).to.equal(0);
  });

  it('has it taken in by the next hub, when this one ended in mid-write', async () => {
    const {store, writes} = slowStore();
    const {outbox, open, project} = given({store});
    await outbox.load();
    const kept = outbox.accept(message('1')).then(() => 'kept', code);
    await settle();
    outbox.close();
    const next = open();
    next.outbox.setOnline(true, 'ada');
    await next.outbox.load();
    const again = next.outbox.accept(message('1'));
    writes[0]?.go();
    await settle();
    writes[1]?.go();
    await again;
    expect(await kept).to.equal('kept');
    await settle();
    expect(bodies(project)).to.deep.equal(['1']);
  });

  it('accepts nothing once closed, and clears also what was being written', async () => {
    const {store, writes} = slowStore();
    const {outbox} = given({store});
    await outbox.load();
    const kept = outbox.accept(message('1'));
    await settle();
    const cleared = outbox.clear(1_000);
    expect(await outbox.accept(message('2')).catch(code)).to.equal('closed');
    writes[0]?.go();
    await Promise.all([kept, cleared]);
    expect(await store.entriesOf(OWNER)).to.deep.equal([]);
  });
});
