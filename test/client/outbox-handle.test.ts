import {expect} from '@open-wc/testing';
import {OutboxHandle} from '../../src/client/outbox-handle.js';
import type {WaitingMessage} from '../../src/wire/chat.js';
import {TrunkError} from '../../src/wire/error.js';
import type {Call} from '../../src/wire/protocol.js';

const waiting = (id: string, order: number, change: Partial<WaitingMessage> = {}): WaitingMessage => ({
  id,
  chatId: 'c',
  body: id,
  replyTo: null,
  attachments: [],
  sentAt: null,
  status: 'queued',
  senderId: 'ada',
  order,
  error: null,
  ...change,
});

/** A handle, what it asked, and how it looks. */
function given(refusal: TrunkError | null = null) {
  const calls: Call[] = [];
  const handle = new OutboxHandle(async call => {
    calls.push(call);
    if (refusal) throw refusal;
  });
  return {
    handle,
    calls,
    get shown() {
      return handle.messages.current.map(({id, status}) => `${id} ${status}`);
    },
  };
}

describe('OutboxHandle', () => {
  it('has nothing before the hub has spoken', () => {
    expect(given().shown).to.deep.equal([]);
  });

  it('shows what waits in the order written, however it comes, over all chats', () => {
    const world = given();
    world.handle.receive({reset: true, messages: [waiting('c', 3), waiting('a', 1, {chatId: 'd'})], dropped: []});
    world.handle.receive({reset: false, messages: [waiting('b', 2)], dropped: []});
    expect(world.shown).to.deep.equal(['a queued', 'b queued', 'c queued']);
  });

  it('follows a message from state to state, in its place', () => {
    const world = given();
    world.handle.receive({reset: true, messages: [waiting('a', 1), waiting('b', 2)], dropped: []});
    world.handle.receive({reset: false, messages: [waiting('a', 1, {status: 'failed', body: 'edited'})], dropped: []});
    expect(world.shown).to.deep.equal(['a failed', 'b queued']);
    expect(world.handle.messages.current[0]?.body).to.equal('edited');
  });

  it('drops what is gone, and does not mind what it never had', () => {
    const world = given();
    world.handle.receive({reset: true, messages: [waiting('a', 1), waiting('b', 2)], dropped: []});
    world.handle.receive({reset: false, messages: [], dropped: ['a', 'never there']});
    expect(world.shown).to.deep.equal(['b queued']);
  });

  it('starts over with what another hub says', () => {
    const world = given();
    world.handle.receive({reset: true, messages: [waiting('a', 1), waiting('b', 2)], dropped: []});
    world.handle.receive({reset: true, messages: [waiting('b', 2)], dropped: []});
    expect(world.shown).to.deep.equal(['b queued']);
  });

  it('asks for what a person does to a message, and passes on why not', async () => {
    const {handle, calls} = given();
    await handle.retry('a');
    await handle.discard('b');
    await handle.edit('c', 'new');
    expect(calls).to.deep.equal([
      {kind: 'retry', messageId: 'a'},
      {kind: 'discard', messageId: 'b'},
      {kind: 'edit', messageId: 'c', body: 'new'},
    ]);
    const refused = given(new TrunkError('rejected', 'It is being stored.'));
    const code = (error: TrunkError) => error.code;
    expect(await refused.handle.discard('b').catch(code)).to.equal('rejected');
  });

  it('does not ask for a text that can’t be sent', async () => {
    const {handle, calls} = given();
    const code = (error: TrunkError) => error.code;
    expect(await handle.edit('c', ' ').catch(code)).to.equal('empty-message');
    expect(await handle.edit('c', 'x'.repeat(4_001)).catch(code)).to.equal('message-too-long');
    expect(calls).to.deep.equal([]);
  });
});
