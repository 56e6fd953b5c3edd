import {expect} from '@open-wc/testing';
import {MessageList} from '../../src/client/message-list.js';
import type {StoredMessage, WaitingMessage} from '../../src/wire/chat.js';

const content = (id: string) => ({id, chatId: 'c', body: id, replyTo: null, attachments: [], sentAt: null});
const stored = (seq: number, change: Partial<StoredMessage> = {}): StoredMessage => ({
  ...content(`m${seq}`),
  status: 'sent',
  senderId: 'ada',
  seq,
  rev: seq,
  createdAt: '',
  editedAt: null,
  deletedAt: null,
  ...change,
});
const waiting = (id: string, order: number, status: WaitingMessage['status'] = 'queued'): WaitingMessage => ({
  ...content(id),
  status,
  senderId: 'ada',
  order,
  error: null,
});
const range = (from: number, to: number) => Array.from({length: to - from + 1}, (_, n) => stored(from + n));
const bodies = (list: MessageList) => list.toArray().map(({body}) => body);

describe('MessageList', () => {
  it('orders stored messages by place and waiting ones after them as they were written', () => {
    const list = new MessageList();
    list.apply([stored(3), waiting('w9', 9), stored(1), waiting('w4', 4), stored(2)], []);
    expect(bodies(list)).to.deep.equal(['m1', 'm2', 'm3', 'w4', 'w9']);
    expect(list.oldestSeq).to.equal(1);
  });

  it('ends the same in whatever order changes arrive, once or more often', () => {
    const changes = [
      ...range(1, 5),
      stored(2, {rev: 6, body: 'edited'}),
      stored(4, {rev: 7, body: ''}),
      waiting('w1', 1),
      waiting('w2', 2, 'failed'),
    ];
    for (let seed = 1; seed <= 50; seed++) {
      const shuffled = [...changes, ...changes.slice(0, 5)]
        .map((change, at) => ({change, by: Math.sin(seed * 999 + at * 77)}))
        .sort((a, b) => a.by - b.by)
        .map(({change}) => change);
      const list = new MessageList();
      for (const change of shuffled) list.apply([change], []);
      expect(bodies(list), `seed ${seed}`).to.deep.equal(['m1', 'edited', 'm3', '', 'm5', 'w1', 'w2']);
    }
  });

  it('turns a waiting message into the stored one, whichever is heard first', () => {
    for (const order of [
      [waiting('m1', 1), stored(1)],
      [stored(1), waiting('m1', 1)],
    ]) {
      const list = new MessageList();
      for (const message of order) list.apply([message], []);
      expect(list.toArray().map(({status}) => status)).to.deep.equal(['sent']);
    }
  });

  it('replaces a waiting message that changed its state or place', () => {
    const list = new MessageList();
    list.apply([waiting('a', Number.MAX_SAFE_INTEGER), waiting('b', 2)], []);
    list.apply([waiting('a', 1, 'sending')], []);
    expect(bodies(list)).to.deep.equal(['a', 'b']);
    expect(list.toArray()[0]?.status).to.equal('sending');
  });

  it('drops waiting messages that are gone, and no stored ones', () => {
    const list = new MessageList();
    list.apply([stored(1), waiting('a', 1), waiting('b', 2)], ['a', 'm1', 'unknown']);
    expect(bodies(list)).to.deep.equal(['m1', 'b']);
  });

  it('does not take in changes of what is older than what is loaded', () => {
    const list = new MessageList();
    list.reset(range(51, 53), true);
    list.apply([stored(7, {rev: 99})], []);
    expect(bodies(list)).to.deep.equal(['m51', 'm52', 'm53']);
  });

  it('takes them in when nothing older is missing', () => {
    const list = new MessageList();
    list.reset(range(2, 3), false);
    list.apply([stored(1)], []);
    expect(bodies(list)).to.deep.equal(['m1', 'm2', 'm3']);
  });

  it('puts a page of history before what is there', () => {
    const list = new MessageList();
    list.reset(range(51, 52), true);
    list.prepend(range(49, 50), true);
    expect(bodies(list)).to.deep.equal(['m49', 'm50', 'm51', 'm52']);
    expect([list.hasOlder, list.oldestSeq]).to.deep.equal([true, 49]);
    list.prepend(range(1, 48), false);
    expect([list.hasOlder, list.oldestSeq]).to.deep.equal([false, 1]);
  });

  it('keeps a change that overtakes the page with the state before it', () => {
    const list = new MessageList();
    list.reset(range(51, 52), true);
    list.expectPage();
    list.apply([stored(50, {rev: 60, body: 'edited'}), stored(3, {rev: 61})], []);
    list.prepend(range(49, 50), true);
    expect(bodies(list)).to.deep.equal(['m49', 'edited', 'm51', 'm52']);
  });

  it('starts over, keeping nothing', () => {
    const list = new MessageList();
    list.apply([...range(1, 3), waiting('a', 1)], []);
    list.reset([stored(9)], true);
    expect(bodies(list)).to.deep.equal(['m9']);
    expect(list.hasOlder).to.equal(true);
  });

  it('forgets what waits, but for what the hub has not heard of', () => {
    const list = new MessageList();
    list.apply([stored(1), waiting('a', 1), waiting('b', 2)], []);
    list.forgetWaiting(new Set(['b']));
    expect(bodies(list)).to.deep.equal(['m1', 'b']);
  });

  it('knows of no oldest message while it has none', () => {
    const list = new MessageList();
    list.apply([waiting('a', 1)], []);
    expect(list.oldestSeq).to.equal(null);
    expect(list.toArray()).not.to.equal(list.toArray());
  });
});
