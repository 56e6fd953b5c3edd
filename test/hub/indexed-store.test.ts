import {expect} from '@open-wc/testing';
import type {OutboxEntry} from '../../src/hub/environment.js';
import {IndexedStore} from '../../src/hub/indexed-store.js';
import {add, draft, remembered} from './store-world.js';

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

  it('forgets for good what nobody but this browser knows of, and relaxes over what the database knows', async () => {
    const store = await IndexedStore.open(`test-durability-${Date.now()}`);
    const [a] = await Promise.all([add(store, 'a'), add(store, 'b')]);
    const asked: (string | undefined)[] = [];
    const real = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (names, mode, options) {
      asked.push(options?.durability);
      return real.call(this, names, mode, options);
    };
    try {
      await store.settleEntries([a]);
      await store.deleteEntries(['b']);
    } finally {
      IDBDatabase.prototype.transaction = real;
    }
    expect(asked).to.deep.equal(['relaxed', 'strict']);
    expect(await store.entriesOf('ada')).to.deep.equal([]);
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

  it('takes over what waits from the first version of itself, in its order', async () => {
    const name = `test-upgrade-${Date.now()}`;
    const before = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => {
        const outbox = request.result.createObjectStore('outbox', {keyPath: 'order', autoIncrement: true});
        outbox.createIndex('owner', 'owner');
        outbox.createIndex('messageId', 'message.id', {unique: true});
        request.result.createObjectStore('items');
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('refused'));
    });
    await new Promise<void>(resolve => {
      const transaction = before.transaction(['outbox', 'items'], 'readwrite');
      for (const id of ['b', 'a']) {
        const {owner, message, status, error, attempts} = draft(id);
        transaction.objectStore('outbox').add({owner, message, status, error, attempts});
      }
      transaction.objectStore('items').put('v', 'k');
      transaction.oncomplete = () => resolve();
    });
    before.close();
    const store = await IndexedStore.open(name);
    const ids = (entries: OutboxEntry[]) => entries.map(({message}) => message.id);
    expect(ids(await store.entriesOf('ada'))).to.deep.equal(['b', 'a']);
    expect(ids(await store.nextEntries('ada', 'c', 50))).to.deep.equal(['b', 'a']);
    expect(ids(await store.entriesById(['a']))).to.deep.equal(['a']);
    const [first] = await store.entriesOf('ada');
    expect(first).to.deep.include({userId: null, acceptedAt: Infinity, was: []});
    expect(await store.owners()).to.deep.equal(['ada']);
    expect(await store.getItem('k')).to.equal('v');
    await store.putChat('ada', 'lobby', remembered(1), 50);
    expect((await store.getChat('ada', 'lobby'))?.cursor).to.equal(1);
    expect((await add(store, 'c')).order).to.be.greaterThan((await store.entriesOf('ada'))[1]?.order ?? 0);
  });

  it('adds all of a write or nothing', async () => {
    const store = await IndexedStore.open(`test-whole-${Date.now()}`);
    // A function can't be cloned: the second entry can't be stored.
    const bad = {...draft('bad'), error: (() => {}) as never};
    let refused = false;
    await store.addEntries([draft('good'), bad]).catch(() => (refused = true));
    expect(refused).to.equal(true);
    expect(await store.entriesOf('ada')).to.deep.equal([]);
  });
});

describe('IndexedStore whose data is deleted under it', () => {
  it('opens anew with the next use', async () => {
    const name = `test-deleted-${Date.now()}`;
    const store = await IndexedStore.open(name);
    await add(store, 'gone');
    await deleteDatabase(name);
    await add(store, 'kept');
    expect((await store.entriesOf('ada')).map(({message}) => message.id)).to.deep.equal(['kept']);
  });

  it('puts nothing that is gone over what has its place now', async () => {
    const name = `test-replaced-${Date.now()}`;
    const store = await IndexedStore.open(name);
    const gone = await add(store, 'gone');
    await deleteDatabase(name);
    const kept = await add(store, 'kept');
    expect(kept.order).to.equal(gone.order);
    await store.putEntries([{...gone, status: 'failed'}]);
    expect((await store.entriesOf('ada')).map(({message}) => message.id)).to.deep.equal(['kept']);
  });
});

function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
  });
}
