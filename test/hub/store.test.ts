// One suite over both stores: what the outbox relies on holds for each.
import {expect} from '@open-wc/testing';
import type {OutboxEntry, Store} from '../../src/hub/environment.js';
import {IndexedStore} from '../../src/hub/indexed-store.js';
import {MemoryStore} from '../../src/hub/memory-store.js';

const draft = (id: string, owner = 'ada'): Omit<OutboxEntry, 'order'> => ({
  owner,
  message: {id, chatId: 'c', body: id, replyTo: null, attachments: [], sentAt: ''},
  status: 'queued',
  error: null,
  attempts: 0,
  userId: 'ada',
  acceptedAt: 1,
  edited: false,
});

async function add(store: Store, id: string, owner?: string): Promise<OutboxEntry> {
  const [entry] = await store.addEntries([draft(id, owner)]);
  return entry as OutboxEntry;
}

let databases = 0;
const stores: [name: string, durable: boolean, open: () => Promise<Store>][] = [
  ['MemoryStore', false, async () => new MemoryStore()],
  ['IndexedStore', true, () => IndexedStore.open(`test-${Date.now()}-${++databases}`)],
];

for (const [name, durable, open] of stores) {
  describe(name, () => {
    it('says whether it outlives the hub', async () => {
      expect((await open()).durable).to.equal(durable);
    });

    it('gives entries a rising order, and gives them back in it', async () => {
      const store = await open();
      const orders: number[] = [];
      for (const id of ['b', 'a', 'c']) orders.push((await add(store, id)).order);
      expect(orders).to.deep.equal([...orders].sort((a, b) => a - b));
      expect(new Set(orders).size).to.equal(3);
      expect((await store.entriesOf('ada')).map(({message}) => message.id)).to.deep.equal(['b', 'a', 'c']);
    });

    it('keeps the order of entries added at the same moment', async () => {
      const store = await open();
      const ids = Array.from({length: 30}, (_, n) => `m${n}`);
      await Promise.all(ids.map(id => add(store, id)));
      expect((await store.entriesOf('ada')).map(({message}) => message.id)).to.deep.equal(ids);
    });

    it('adds a message once, and gives back what is there', async () => {
      const store = await open();
      const [first] = await Promise.all([add(store, 'a'), add(store, 'a')]);
      await store.putEntries([{...first, status: 'failed', attempts: 2}]);
      const again = await add(store, 'a');
      expect(again).to.deep.include({order: first.order, status: 'failed', attempts: 2});
      expect(await store.entriesOf('ada')).to.have.length(1);
    });

    it('replaces an entry that is there, and makes none that is gone', async () => {
      const store = await open();
      const entry = await add(store, 'a');
      const failed: OutboxEntry = {...entry, status: 'failed', error: {code: 'forbidden', message: 'no'}};
      await store.putEntries([failed]);
      expect(await store.entriesOf('ada')).to.deep.equal([failed]);
      await store.deleteEntries(['a', 'never there']);
      await store.putEntries([failed]);
      expect(await store.entriesOf('ada')).to.deep.equal([]);
    });

    it('never gives an order twice, even when its entry is gone', async () => {
      const store = await open();
      const {order} = await add(store, 'a');
      await store.deleteEntries(['a']);
      expect((await add(store, 'b')).order).to.be.greaterThan(order);
    });

    it('deletes what it is told to and nothing else', async () => {
      const store = await open();
      for (const id of ['a', 'b', 'c', 'd']) await add(store, id);
      await store.deleteEntries([]);
      await store.deleteEntries(['b', 'd']);
      expect((await store.entriesOf('ada')).map(({message}) => message.id)).to.deep.equal(['a', 'c']);
    });

    it('keeps owners apart', async () => {
      const store = await open();
      await add(store, 'a');
      await add(store, 'b', 'grace');
      expect((await store.entriesOf('grace')).map(({message}) => message.id)).to.deep.equal(['b']);
      expect(await store.entriesOf('nobody')).to.deep.equal([]);
    });

    it('hands out what may be changed without changing what is kept', async () => {
      const store = await open();
      const entry = await add(store, 'a');
      entry.attempts = 9;
      expect((await store.entriesOf('ada'))[0]?.attempts).to.equal(0);
    });

    it('keeps items by key', async () => {
      const store = await open();
      expect(await store.getItem('k')).to.equal(null);
      await store.setItem('k', 'one');
      await store.setItem('k', '');
      expect(await store.getItem('k')).to.equal('');
      await store.removeItem('k');
      expect(await store.getItem('k')).to.equal(null);
    });
  });
}

describe('IndexedStore', () => {
  it('is the same store for all who open it by one name, with one order', async () => {
    const name = `test-shared-${Date.now()}`;
    const [first, second] = await Promise.all([IndexedStore.open(name), IndexedStore.open(name)]);
    await Promise.all([add(first, 'a'), add(second, 'a'), add(second, 'b')]);
    const entries = await first.entriesOf('ada');
    expect(entries.map(({message}) => message.id)).to.deep.equal(['a', 'b']);
    expect(await second.entriesOf('ada')).to.deep.equal(entries);
    await first.setItem('k', 'v');
    expect(await second.getItem('k')).to.equal('v');
  });

  it('gives way to a newer version of itself, and rejects from then on', async () => {
    const name = `test-newer-${Date.now()}`;
    const store = await IndexedStore.open(name);
    await new Promise((resolve, reject) => {
      const request = indexedDB.open(name, 3);
      request.onsuccess = () => resolve(request.result.close());
      request.onerror = () => reject(request.error ?? new Error('refused'));
      request.onblocked = () => reject(new Error('blocked'));
    });
    let refused = false;
    await add(store, 'a').catch(() => (refused = true));
    expect(refused).to.equal(true);
  });
});

describe('IndexedStore whose data is deleted under it', () => {
  it('opens anew with the next use', async () => {
    const name = `test-deleted-${Date.now()}`;
    const store = await IndexedStore.open(name);
    await add(store, 'gone');
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error);
    });
    await add(store, 'kept');
    expect((await store.entriesOf('ada')).map(({message}) => message.id)).to.deep.equal(['kept']);
  });
});
