// One suite over both stores: what the outbox relies on holds for each.
import {expect} from '@open-wc/testing';
import type {OutboxEntry, Store} from '../../src/hub/environment.js';
import {IndexedStore} from '../../src/hub/indexed-store.js';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {add, draft, remembered} from './store-world.js';

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
      expect(await store.putEntries([failed])).to.equal(0);
      expect(await store.entriesOf('ada')).to.deep.equal([]);
      const anew = await add(store, 'a');
      expect(await store.putEntries([failed])).to.equal(0);
      expect(await store.entriesOf('ada')).to.deep.equal([anew]);
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

    it('settles what it is told to, but not what was edited or discarded since', async () => {
      const store = await open();
      const [a, b, c] = await Promise.all([add(store, 'a'), add(store, 'b'), add(store, 'c'), add(store, 'd')]);
      const edited: OutboxEntry = {...b, message: {...b.message, body: 'new'}, was: ['b']};
      const withdrawn: OutboxEntry = {...c, status: 'withdrawn'};
      await store.putEntries([edited, withdrawn]);
      expect(await store.settleEntries([a, b, c])).to.deep.equal([edited, withdrawn]);
      expect((await store.entriesOf('ada')).map(({message}) => message.id)).to.deep.equal(['b', 'c', 'd']);
      expect(await store.settleEntries([edited, withdrawn])).to.deep.equal([]);
      expect((await store.entriesOf('ada')).map(({message}) => message.id)).to.deep.equal(['d']);
    });

    it('keeps what was edited or discarded since it was as somebody notes it, and that they tried it', async () => {
      const store = await open();
      const [a, b] = await Promise.all([add(store, 'a'), add(store, 'b')]);
      const edited: OutboxEntry = {...a, message: {...a.message, body: 'new'}, was: ['a']};
      const withdrawn: OutboxEntry = {...b, status: 'withdrawn'};
      await store.putEntries([edited, withdrawn]);
      const failed = {
        status: 'failed' as const,
        error: {code: 'internal' as const, message: 'no'},
        attempts: 3,
        tried: true,
      };
      expect(
        await store.putEntries([
          {...a, ...failed},
          {...b, ...failed},
        ]),
      ).to.equal(0);
      expect(await store.entriesOf('ada')).to.deep.equal([
        {...edited, tried: true},
        {...withdrawn, tried: true},
      ]);
      await store.putEntries([{...edited, ...failed}]);
      expect((await store.entriesById(['a']))[0]?.status).to.equal('failed');
    });

    it('says how many of the entries it was to change were there', async () => {
      const store = await open();
      const entry = await add(store, 'a');
      expect(await store.putEntries([entry])).to.equal(1);
      expect(await store.deleteEntries(['a', 'never there'])).to.equal(1);
      expect(await store.deleteEntries(['a'])).to.equal(0);
      expect(await store.putEntries([entry])).to.equal(0);
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

    it('adds many at once, in the order given, beside those that are there', async () => {
      const store = await open();
      const there = await add(store, 'b');
      const entries = await store.addEntries(['a', 'b', 'c', 'a'].map(id => draft(id)));
      expect(entries.map(({message}) => message.id)).to.deep.equal(['a', 'b', 'c', 'a']);
      expect(entries[1]).to.deep.equal(there);
      expect(entries[3]).to.deep.equal(entries[0]);
      expect((await store.entriesOf('ada')).map(({message}) => message.id)).to.deep.equal(['b', 'a', 'c']);
    });

    it('finds entries by their messages’ ids, as far as they are there', async () => {
      const store = await open();
      const [a, c] = [await add(store, 'a'), await add(store, 'c', 'grace')];
      expect(await store.entriesById(['c', 'b', 'a'])).to.deep.equal([c, a]);
      expect(await store.entriesById([])).to.deep.equal([]);
    });

    it('knows everybody who has entries, once each', async () => {
      const store = await open();
      expect(await store.owners()).to.deep.equal([]);
      for (const [id, owner] of [
        ['a', 'ada'],
        ['b', 'grace'],
        ['c', 'ada'],
      ] as const) {
        await add(store, id, owner);
      }
      expect((await store.owners()).sort()).to.deep.equal(['ada', 'grace']);
      await store.deleteEntries(['b']);
      expect(await store.owners()).to.deep.equal(['ada']);
    });

    it('gives the next entries of a chat that are to go out, in order, as many as wanted', async () => {
      const store = await open();
      const entries = await store.addEntries(
        ['1', '2', '3', '4', '5', '6'].map(id => {
          const {message, ...rest} = draft(id, id === '5' ? 'grace' : 'ada');
          return {...rest, message: {...message, chatId: id === '6' ? 'other' : 'c'}};
        }),
      );
      const [one, , three] = entries as [OutboxEntry, OutboxEntry, OutboxEntry];
      await store.putEntries([
        {...one, status: 'failed'},
        {...three, status: 'withdrawn'},
      ]);
      const next = async (limit: number) =>
        (await store.nextEntries('ada', 'c', limit)).map(({message, status}) => `${message.id} ${status}`);
      expect(await next(50)).to.deep.equal(['2 queued', '3 withdrawn', '4 queued']);
      expect(await next(2)).to.deep.equal(['2 queued', '3 withdrawn']);
      expect(await next(1)).to.deep.equal(['2 queued']);
      expect(await store.nextEntries('nobody', 'c', 50)).to.deep.equal([]);
    });

    it('keeps chats by owner and name', async () => {
      const store = await open();
      expect(await store.getChat('ada', 'a')).to.equal(null);
      await store.putChat('ada', 'a', remembered(1), 50);
      await store.putChat('ada', 'a', remembered(2), 50);
      await store.putChat('grace', 'a', remembered(3), 50);
      expect(await store.getChat('ada', 'a')).to.deep.include(remembered(2));
      await store.deleteChat('ada', 'never there');
      await store.deleteChat('ada', 'a');
      expect(await store.getChat('ada', 'a')).to.equal(null);
      expect(await store.getChat('grace', 'a')).to.deep.include(remembered(3));
    });

    it('keeps as many chats of an owner as it is told, those kept last', async () => {
      const store = await open();
      await store.putChat('grace', 'hers', remembered(1), 3);
      for (const n of [1, 2, 3]) await store.putChat('ada', `chat ${n}`, remembered(n), 3);
      await store.putChat('ada', 'chat 1', remembered(4), 3);
      await store.putChat('ada', 'chat 5', remembered(5), 3);
      const there = await Promise.all([1, 2, 3, 5].map(n => store.getChat('ada', `chat ${n}`)));
      expect(there.map(chat => chat?.cursor ?? null)).to.deep.equal([4, null, 3, 5]);
      expect(await store.getChat('grace', 'hers')).not.to.equal(null);
    });

    it('forgets all chats of one owner', async () => {
      const store = await open();
      for (const name of ['a', 'b']) {
        await store.putChat('ada', name, remembered(1), 50);
        await store.putChat('ada too', name, remembered(1), 50);
      }
      await store.deleteChats('ada');
      for (const name of ['a', 'b']) {
        expect(await store.getChat('ada', name)).to.equal(null);
        expect(await store.getChat('ada too', name)).not.to.equal(null);
      }
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
