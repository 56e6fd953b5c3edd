import {expect} from '@open-wc/testing';
import {toRows, type MessageRow} from '../../components/thread-rows.js';
import type {ChatMessage, WaitingMessage} from '../../src/wire/chat.js';
import {storedMessage} from '../support/fake-hub.js';

const now = new Date(2026, 10, 22, 15, 0).getTime();
const at = (day: number, hour: number, minute: number) => new Date(2026, 10, day, hour, minute).toISOString();
const shape = (messages: ChatMessage[]) =>
  toRows(messages, 'me', now).map(row =>
    row.kind !== 'message'
      ? row.kind
      : `${row.isOwn ? 'own' : 'other'}${row.isFirst ? ' first' : ''}${row.isLast ? ' last' : ''}`,
  );
const waiting: WaitingMessage = {
  id: 'w',
  chatId: 'c',
  body: 'x',
  replyTo: null,
  attachments: [],
  sentAt: null,
  status: 'queued',
  senderId: null,
  order: 1,
  error: null,
};

describe('toRows', () => {
  it('groups what one person says within five minutes', () => {
    const messages = [
      storedMessage({senderId: 'a', createdAt: at(22, 12, 0)}),
      storedMessage({senderId: 'a', createdAt: at(22, 12, 4)}),
      storedMessage({senderId: 'a', createdAt: at(22, 12, 10)}),
      storedMessage({senderId: 'b', createdAt: at(22, 12, 10)}),
      storedMessage({senderId: 'me', createdAt: at(22, 12, 11)}),
    ];
    expect(shape(messages)).to.deep.equal([
      'day',
      'other first',
      'other last',
      'other first last',
      'other first last',
      'own first last',
    ]);
  });

  it('puts one separator before each day, also within a group', () => {
    const messages = [
      storedMessage({senderId: 'a', createdAt: at(21, 23, 59)}),
      storedMessage({senderId: 'a', createdAt: at(22, 0, 1)}),
      storedMessage({senderId: 'a', createdAt: at(22, 0, 2)}),
    ];
    expect(shape(messages)).to.deep.equal(['day', 'other first last', 'day', 'other first', 'other last']);
  });

  it('takes everything that waits for the reader’s own', () => {
    expect(shape([storedMessage({senderId: 'me', createdAt: new Date(now).toISOString()}), waiting])).to.deep.equal([
      'day',
      'own first',
      'own last',
    ]);
  });

  it('takes nobody for the reader while nobody is signed in', () => {
    const [, row] = toRows([storedMessage({senderId: null})], null, now);
    expect((row as MessageRow).isOwn).to.equal(false);
  });

  it('survives a time that is none', () => {
    const [, row] = toRows([storedMessage({createdAt: 'yesterday-ish'})], null, now);
    expect((row as MessageRow).time).to.equal(now);
  });

  it('gives every row its own key, and messages their id', () => {
    const messages = [
      storedMessage({createdAt: at(21, 1, 0)}),
      storedMessage({createdAt: at(22, 1, 0)}),
      storedMessage({createdAt: at(21, 1, 0)}),
    ];
    const keys = toRows(messages, null, now).map(row => row.key);
    expect(new Set(keys).size).to.equal(keys.length);
    expect(keys).to.include.members(messages.map(message => message.id));
  });

  it('begins a group where what the reader missed begins, in the place of that message', () => {
    const messages = [1, 2, 3].map(seq => storedMessage({seq, senderId: 'a', createdAt: at(22, 12, seq)}));
    const rows = toRows(messages, 'me', now, {seq: 2, text: '2 messages'});
    expect(rows.map(row => (row.kind === 'message' ? row.isFirst : row.kind))).to.deep.equal([
      'day',
      true,
      'missed',
      true,
      false,
    ]);
    expect(toRows(messages, 'me', now, {seq: 9, text: 'none of these'})).to.have.length(4);
  });
});
