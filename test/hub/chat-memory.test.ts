import {expect} from '@open-wc/testing';
import {ChatMemory, type FeedState} from '../../src/hub/chat-memory.js';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {People} from '../../src/hub/people.js';
import type {StoredMessage} from '../../src/wire/chat.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {counted} from './outbox-world.js';

const GRACE = {userId: 'grace', name: 'Grace', avatarUrl: null};

function state(cursor: number, senderId: string | null = 'grace'): FeedState {
  const message: StoredMessage = {
    status: 'sent',
    id: `m${cursor}`,
    chatId: 'c',
    senderId,
    seq: cursor,
    rev: cursor,
    body: `m${cursor}`,
    replyTo: null,
    attachments: [],
    sentAt: null,
    createdAt: '',
    editedAt: null,
    deletedAt: null,
  };
  return {chat: {id: 'c', slug: null, title: '', kind: 'room'}, messages: [message], hasOlder: false, cursor};
}

function given() {
  const clock = new FakeClock();
  const {store, calls} = counted(new MemoryStore(true));
  const learned: string[] = [];
  const open = (owner = 'ada') => {
    const people = new People(clock, {profiles: async () => []}, news => {
      learned.push(...news.map(({name}) => name));
    });
    return {people, memory: new ChatMemory(clock, store, owner, people)};
  };
  return {clock, store, learned, open, puts: () => calls.get('putChat') ?? 0, ...open()};
}

describe('ChatMemory', () => {
  it('writes a second after the first change, once for all changes until then, as it is then', async () => {
    const {memory, clock, store, puts} = given();
    let cursor = 1;
    memory.keep('a', () => state(cursor));
    await clock.pass(600);
    cursor = 7;
    memory.keep('a', () => state(cursor));
    await clock.pass(399);
    expect(puts()).to.equal(0);
    await clock.pass(1);
    expect(puts()).to.equal(1);
    expect((await store.getChat('ada', 'a'))?.cursor).to.equal(7);
    await clock.pass(60_000);
    expect(puts()).to.equal(1);
    memory.keep('a', () => state(8));
    await clock.pass(1_000);
    expect(puts()).to.equal(2);
  });

  it('writes at once when told to, and not once more after that', async () => {
    const {memory, clock, puts} = given();
    memory.keep('a', () => state(1));
    memory.write('a');
    memory.write('a');
    await clock.pass(60_000);
    expect(puts()).to.equal(1);
  });

  it('writes nothing of a chat that has no state', async () => {
    const {memory, clock, puts} = given();
    memory.keep('a', () => null);
    await clock.pass(60_000);
    expect(puts()).to.equal(0);
  });

  it('writes what waits when it closes, and nothing more', async () => {
    const {memory, clock, store, puts} = given();
    for (const name of ['a', 'b']) memory.keep(name, () => state(1));
    memory.close();
    expect(puts()).to.equal(2);
    memory.keep('c', () => state(1));
    await clock.pass(60_000);
    expect(await store.getChat('ada', 'b')).not.to.equal(null);
    expect(await store.getChat('ada', 'c')).to.equal(null);
    expect(await memory.recall('a')).to.equal(null);
  });

  it('keeps the 50 chats kept last', async () => {
    const {memory, clock, store} = given();
    for (let n = 1; n <= 60; n++) {
      memory.keep(`chat ${n}`, () => state(n));
      await clock.pass(1_000);
    }
    expect(await store.getChat('ada', 'chat 10')).to.equal(null);
    expect((await store.getChat('ada', 'chat 11'))?.cursor).to.equal(11);
    expect((await store.getChat('ada', 'chat 60'))?.cursor).to.equal(60);
  });

  it('gives back what an earlier hub kept, with the names of who wrote', async () => {
    const {memory, people, clock, open, learned} = given();
    people.put(GRACE);
    people.put({userId: 'unconcerned', name: 'Nobody', avatarUrl: null});
    memory.keep('a', () => state(5));
    await clock.pass(1_000);
    learned.length = 0;
    const next = open();
    const recalled = await next.memory.recall('a');
    expect(recalled).to.deep.include(state(5));
    expect(learned).to.deep.equal(['Grace']);
    expect(next.people.all()).to.deep.equal([GRACE]);
    expect(await next.memory.recall('b')).to.equal(null);
  });

  it('remembers no name over one that is known better', async () => {
    const {memory, people, clock, open} = given();
    people.put(GRACE);
    memory.keep('a', () => state(5));
    await clock.pass(1_000);
    const next = open();
    next.people.put({...GRACE, name: 'Grace H.'});
    await next.memory.recall('a');
    expect(next.people.all().map(({name}) => name)).to.deep.equal(['Grace H.']);
  });

  it('forgets a chat, also what waits to be written of it', async () => {
    const {memory, clock, store} = given();
    for (const name of ['a', 'b']) memory.keep(name, () => state(1));
    await clock.pass(1_000);
    memory.keep('a', () => state(2));
    memory.forget('a');
    memory.write('a');
    await clock.pass(60_000);
    expect(await store.getChat('ada', 'a')).to.equal(null);
    expect(await store.getChat('ada', 'b')).not.to.equal(null);
  });

  it('forgets all of its owner’s for good, and nobody else’s', async () => {
    const {memory, clock, store, open} = given();
    const other = open('grace');
    for (const each of [memory, other.memory]) each.keep('a', () => state(1));
    await clock.pass(1_000);
    memory.keep('a', () => state(2));
    memory.keep('b', () => state(2));
    await memory.clear();
    memory.write('a');
    memory.keep('a', () => state(3));
    memory.close();
    await clock.pass(60_000);
    for (const name of ['a', 'b']) expect(await store.getChat('ada', name)).to.equal(null);
    expect(await store.getChat('grace', 'a')).not.to.equal(null);
  });

  it('takes a store that refuses for one that remembers nothing', async () => {
    const {memory, store, clock} = given();
    const refuse = () => Promise.reject(new Error('broken disk'));
    Object.assign(store, {getChat: refuse, putChat: refuse, deleteChat: refuse});
    expect(await memory.recall('a')).to.equal(null);
    memory.keep('a', () => state(1));
    memory.forget('b');
    await clock.pass(60_000);
    await settle();
  });
});
