import {expect} from '@open-wc/testing';
import {ChatListHandle} from '../../src/client/chat-list-handle.js';
import type {Call, ChatsEvent} from '../../src/wire/protocol.js';
import {chatSummary} from '../support/sample-messages.js';

function given() {
  const calls: Call[] = [];
  const handle = new ChatListHandle(async call => void calls.push(call));
  const list = (change: Partial<Extract<ChatsEvent, {kind: 'list'}>>) =>
    handle.receive({kind: 'list', reset: false, chats: [], gone: [], hasMore: false, fresh: true, ...change});
  const shown = () => handle.chats.current.map(({chat, unread}) => `${chat.id} ${unread}`);
  return {handle, calls, list, shown};
}

const at = (minute: number) => `2026-11-23T12:${String(minute).padStart(2, '0')}:00Z`;

describe('ChatListHandle', () => {
  it('puts the chat with the newest activity first, whatever came when', () => {
    const {handle, list, shown} = given();
    expect(handle.state.current).to.deep.equal({phase: 'opening'});
    list({reset: true, chats: [chatSummary({id: 'a', activeAt: at(1)}), chatSummary({id: 'b', activeAt: at(2)})]});
    list({chats: [chatSummary({id: 'c', activeAt: at(3), unread: 2})]});
    expect(shown()).to.deep.equal(['c 2', 'b 0', 'a 0']);
    list({chats: [chatSummary({id: 'a', activeAt: at(4), unread: 100})], gone: ['b']});
    expect(shown()).to.deep.equal(['a 100', 'c 2']);
    expect(handle.unread.current).to.equal(102);
  });

  it('orders by time, not by its spelling, and equal times the same way everywhere', () => {
    const {list, shown} = given();
    const chats = ['a', 'b'].map(id => chatSummary({id, activeAt: '2026-11-23T12:00:00+00:00'}));
    list({reset: true, chats: [...chats, chatSummary({id: 'c', activeAt: '2026-11-23T13:30:00+02:00'})]});
    expect(shown()).to.deep.equal(['b 0', 'a 0', 'c 0']);
    list({reset: true, chats: [...chats].reverse()});
    expect(shown()).to.deep.equal(['b 0', 'a 0']);
  });

  it('keeps what it shows when loading fails, and says why', () => {
    const {handle, list, shown} = given();
    list({reset: true, chats: [chatSummary({id: 'a'})]});
    handle.receive({kind: 'failed', error: {code: 'unreachable', message: 'no network'}, final: false});
    expect(shown()).to.deep.equal(['a 0']);
    const state = handle.state.current;
    expect(state.phase === 'failed' && [state.error.code, state.final]).to.deep.equal(['unreachable', false]);
  });

  it('marks a chat as read up to its newest message, and asks nothing where there is none', async () => {
    const {handle, list, calls} = given();
    list({reset: true, chats: [chatSummary({id: 'a', seq: 7, unread: 3}), chatSummary({id: 'empty', seq: 0})]});
    await handle.markRead('a');
    await handle.markRead('empty');
    await handle.markRead('unknown');
    expect(calls).to.deep.equal([{kind: 'mark-read', chatId: 'a', rev: 7}]);
  });
});
