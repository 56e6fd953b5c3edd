import {expect} from '@open-wc/testing';
import {ChatWindow, WINDOW} from '../../src/hub/chat-window.js';
import {EventBuffer} from '../../src/hub/event-buffer.js';
import type {StoredMessage} from '../../src/wire/chat.js';

function at(seq: number, rev = seq): StoredMessage {
  return {
    status: 'sent',
    id: `m${seq}`,
    chatId: 'c',
    senderId: null,
    seq,
    rev,
    body: `${seq} of ${rev}`,
    replyTo: null,
    attachments: [],
    sentAt: null,
    createdAt: '',
    editedAt: null,
    deletedAt: null,
  };
}

const range = (from: number, to: number) => Array.from({length: to - from + 1}, (_, n) => at(from + n));
const seqs = ({messages}: {messages: readonly StoredMessage[]}) => messages.map(({seq}) => seq);

describe('ChatWindow', () => {
  it('puts each message in its place, whatever the order they come in', () => {
    const window = new ChatWindow();
    window.merge([at(3), at(9), at(1)]);
    window.merge([at(5)]);
    expect(seqs(window)).to.deep.equal([1, 3, 5, 9]);
  });

  it('keeps the newest when it is trimmed, and knows that there are older ones', () => {
    const window = new ChatWindow();
    window.reset(range(1, 9), false);
    window.trim(9);
    expect(window.hasOlder).to.equal(false);
    window.trim(3);
    expect(seqs(window)).to.deep.equal([7, 8, 9]);
    expect(window.hasOlder).to.equal(true);
    expect(window.before(7, 5)).to.equal(null);
  });

  it('takes the greater revision of a message, in its place', () => {
    const window = new ChatWindow();
    window.reset(range(1, 3), false);
    window.merge([at(2, 7)]);
    window.merge([at(2, 5), at(2, 7)]);
    expect(window.messages.map(({rev}) => rev)).to.deep.equal([1, 7, 3]);
  });

  it('leaves what is older than it outside, when the chat has older ones than these', () => {
    const window = new ChatWindow();
    window.reset(range(5, 6), true);
    window.merge([at(3, 9)]);
    expect(seqs(window)).to.deep.equal([5, 6]);
    window.reset(range(5, 6), false);
    window.merge([at(3, 9)]);
    expect(seqs(window)).to.deep.equal([3, 5, 6]);
  });

  it(`keeps the newest ${WINDOW}, and says that there are older ones`, () => {
    const window = new ChatWindow();
    window.merge(range(1, WINDOW));
    expect(window.hasOlder).to.equal(false);
    window.merge([at(WINDOW + 1)]);
    expect(window.hasOlder).to.equal(true);
    expect(window.messages).to.have.length(WINDOW);
    expect(window.messages[0]?.seq).to.equal(2);
  });

  it('is not changed through what it was given', () => {
    const given = range(1, 2);
    const window = new ChatWindow();
    window.reset(given, false);
    window.merge([at(3)]);
    expect(given).to.have.length(2);
  });
});

describe('EventBuffer', () => {
  it('gives out what follows without a gap, once, in order', () => {
    const buffer = new EventBuffer();
    for (const rev of [5, 3, 4, 7]) buffer.add(at(rev));
    expect(buffer.takeAfter(1)).to.deep.equal([]);
    expect(buffer.takeAfter(2).map(({rev}) => rev)).to.deep.equal([3, 4, 5]);
    expect(buffer.empty).to.equal(false);
    expect(buffer.takeAfter(5)).to.deep.equal([]);
    expect(buffer.takeAfter(6).map(({rev}) => rev)).to.deep.equal([7]);
    expect(buffer.empty).to.equal(true);
  });

  it('drops what the cursor has passed', () => {
    const buffer = new EventBuffer();
    for (const rev of [1, 2, 3, 9]) buffer.add(at(rev));
    buffer.takeAfter(3);
    expect(buffer.empty).to.equal(false);
    buffer.takeAfter(9);
    expect(buffer.empty).to.equal(true);
  });

  it('takes 500, and drops all when there are more', () => {
    const buffer = new EventBuffer();
    for (let rev = 1; rev <= 500; rev++) expect(buffer.add(at(rev))).to.equal(true);
    expect(buffer.add(at(500))).to.equal(true);
    expect(buffer.add(at(501))).to.equal(false);
    expect(buffer.empty).to.equal(true);
  });
});
