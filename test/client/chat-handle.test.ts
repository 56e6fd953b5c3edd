import {expect} from '@open-wc/testing';
import {TypingLine} from '../../src/client/typing-line.js';
import {ChatHandle} from '../../src/client/chat-handle.js';
import type {Chat, StoredMessage, WaitingMessage} from '../../src/wire/chat.js';
import {TrunkError} from '../../src/wire/error.js';
import type {Call, ChatEvent} from '../../src/wire/protocol.js';
import {settle} from '../support/fake-clock.js';

const chat: Chat = {id: 'c', slug: 'lobby', title: 'Lobby', kind: 'room'};
const content = (id: string) => ({id, chatId: 'c', body: id, replyTo: null, attachments: [], sentAt: null});
const stored = (seq: number, id = `m${seq}`): StoredMessage => ({
  ...content(id),
  status: 'sent',
  senderId: 'ada',
  seq,
  rev: seq,
  createdAt: '',
  editedAt: null,
  deletedAt: null,
});
const range = (from: number, to: number) => Array.from({length: to - from + 1}, (_, n) => stored(from + n));
const waiting = (id: string, status: WaitingMessage['status'], order = 1): WaitingMessage => ({
  ...content(id),
  status,
  senderId: 'ada',
  order,
  error: null,
});
const opened = (change: Partial<Extract<ChatEvent, {kind: 'opened'}>> = {}): ChatEvent => ({
  kind: 'opened',
  chat,
  messages: [],
  hasOlder: false,
  cursor: 0,
  reset: true,
  fresh: true,
  ...change,
});

/** A handle, and the calls it asks, each with its answer to give. */
function given() {
  const calls: {call: Call; answer: (value: unknown) => void; refuse: (error: Error) => void}[] = [];
  let released = 0;
  const arrived: string[] = [];
  let ids = 0;
  const world = {refusal: null as TrunkError | null};
  const handle = new ChatHandle({
    ask: call =>
      new Promise((answer, refuse) => calls.push({call, answer: answer as (value: unknown) => void, refuse})),
    uuid: () => `id-${++ids}`,
    now: () => Date.UTC(2026, 0, 1),
    userId: () => 'ada',
    refusal: () => world.refusal,
    typing: chatId => new TypingLine(chatId, {now: () => 0, changed() {}, release() {}}),
    shown: ({id}) => void arrived.push(id),
    release: () => void released++,
  });
  return {
    world,
    handle,
    calls,
    arrived,
    get released() {
      return released;
    },
    get shown() {
      return handle.messages.current.map(({id, status}) => `${id} ${status}`);
    },
  };
}

describe('ChatHandle', () => {
  it('is opening, then ready, and failed with the hub’s reason', () => {
    const {handle} = given();
    const phases: string[] = [];
    handle.state.subscribe(state => phases.push(state.phase));
    handle.receive({kind: 'failed', error: {code: 'unreachable', message: 'no'}, final: false});
    expect(handle.state.current).to.nested.include({'error.code': 'unreachable', final: false});
    handle.receive(opened());
    expect(phases).to.deep.equal(['opening', 'failed', 'ready']);
  });

  it('shows a message at once, sends it, and keeps it when accepted', async () => {
    const world = given();
    world.handle.receive(opened({messages: [waiting('older', 'queued', 5)]}));
    const sent = world.handle.send('hi', {replyTo: 'm1'});
    expect(world.shown).to.deep.equal(['older queued', 'id-1 sending']);
    expect(world.calls[0]?.call).to.deep.equal({
      kind: 'send',
      message: {...content('id-1'), body: 'hi', replyTo: 'm1', sentAt: '2026-01-01T00:00:00.000Z'},
    });
    world.calls[0]?.answer(null);
    expect(await sent).to.equal('id-1');
    expect(world.shown).to.have.length(2);
  });

  it('takes a message back when it is not accepted, and says why', async () => {
    const world = given();
    world.handle.receive(opened());
    const sent = world.handle.send('hi').catch((error: TrunkError) => error.code);
    world.calls[0]?.refuse(new TrunkError('storage-refused', 'full'));
    expect(await sent).to.equal('storage-refused');
    expect(world.shown).to.deep.equal([]);
  });

  it('refuses at once what can’t be sent, and before it is ready', async () => {
    const {handle, calls} = given();
    const code = (error: TrunkError) => error.code;
    expect(await handle.send('early').catch(code)).to.equal('closed');
    handle.receive({kind: 'failed', error: {code: 'chat-not-found', message: 'no'}, final: true});
    expect(await handle.send('nowhere').catch(code)).to.equal('chat-not-found');
    handle.receive(opened());
    expect(await handle.send(' ').catch(code)).to.equal('empty-message');
    expect(await handle.edit('m1', 'x'.repeat(4_001)).catch(code)).to.equal('message-too-long');
    expect(calls).to.deep.equal([]);
  });

  it('keeps the order written while several wait to be accepted', async () => {
    const world = given();
    world.handle.receive(opened({messages: [stored(1)]}));
    for (const body of ['a', 'b', 'c']) void world.handle.send(body);
    expect(world.shown).to.deep.equal(['m1 sent', 'id-1 sending', 'id-2 sending', 'id-3 sending']);
    world.handle.receive({kind: 'changed', messages: [stored(2, 'id-1')], dropped: [], cursor: 2});
    expect(world.shown).to.deep.equal(['m1 sent', 'id-1 sent', 'id-2 sending', 'id-3 sending']);
  });

  it('raises its cursor with what it is told, and never lowers it by a change', () => {
    const {handle} = given();
    handle.receive(opened({cursor: 5}));
    handle.receive({kind: 'changed', messages: [], dropped: [], cursor: 9});
    handle.receive({kind: 'changed', messages: [], dropped: [], cursor: 7});
    expect(handle.cursor).to.equal(9);
  });

  describe('at another hub', () => {
    it('keeps what it has and adds what it missed', () => {
      const world = given();
      world.handle.receive(opened({messages: range(1, 2), cursor: 2}));
      world.handle.receive(opened({messages: [stored(3)], cursor: 3, reset: false}));
      expect(world.shown).to.deep.equal(['m1 sent', 'm2 sent', 'm3 sent']);
    });

    it('forgets what waited at the old one, but for what it has not accepted', async () => {
      const world = given();
      world.handle.receive(opened({messages: [waiting('gone', 'queued')]}));
      void world.handle.send('mine');
      world.handle.receive(opened({reset: false}));
      expect(world.shown).to.deep.equal(['id-1 sending']);
      world.handle.receive(opened({reset: true, messages: [stored(1)]}));
      expect(world.shown).to.deep.equal(['m1 sent', 'id-1 sending']);
    });

    it('forgets what that one accepted, when the next doesn’t know it', async () => {
      const world = given();
      world.handle.receive(opened({cursor: 4}));
      expect(world.handle.cursor).to.equal(4);
      const sent = world.handle.send('mine');
      world.calls[0]?.answer(null);
      await sent;
      world.handle.receive(opened({reset: false, cursor: 4}));
      expect(world.shown).to.deep.equal([]);
    });

    it('believes the hub about a message it waits to be told of', () => {
      for (const reset of [true, false]) {
        const world = given();
        world.handle.receive(opened());
        void world.handle.send('mine');
        world.handle.receive(opened({reset, messages: [waiting('id-1', 'failed', 7)]}));
        expect(world.shown, String(reset)).to.deep.equal(['id-1 failed']);
      }
    });
  });

  describe('reads back', () => {
    it('a page at a time, shared by all who ask', async () => {
      const world = given();
      world.handle.receive(opened({messages: range(51, 60), hasOlder: true}));
      const loads = [world.handle.loadOlder(), world.handle.loadOlder()];
      expect(world.calls.map(({call}) => call)).to.deep.equal([
        {kind: 'history', chatId: 'c', beforeSeq: 51, limit: 50},
      ]);
      expect(world.handle.state.current).to.include({loadingOlder: true, hasOlder: true});
      world.calls[0]?.answer({messages: range(1, 50), hasOlder: false});
      await Promise.all(loads);
      expect(world.handle.messages.current).to.have.length(60);
      expect(world.handle.state.current).to.include({loadingOlder: false, hasOlder: false});
      await world.handle.loadOlder();
      expect(world.calls).to.have.length(1);
    });

    it('again after it failed', async () => {
      const world = given();
      world.handle.receive(opened({messages: [stored(9)], hasOlder: true}));
      const load = world.handle.loadOlder().catch((error: TrunkError) => error.code);
      world.calls[0]?.refuse(new TrunkError('unreachable', 'no'));
      expect(await load).to.equal('unreachable');
      expect(world.handle.state.current).to.include({loadingOlder: false, hasOlder: true});
      void world.handle.loadOlder();
      expect(world.calls).to.have.length(2);
    });

    it('with the newer text when a change overtakes the page', async () => {
      const world = given();
      world.handle.receive(opened({messages: [stored(9)], hasOlder: true, cursor: 9}));
      const load = world.handle.loadOlder();
      const edited = {...stored(8), rev: 10, body: 'edited'};
      world.handle.receive({kind: 'changed', messages: [edited], dropped: [], cursor: 10});
      world.calls[0]?.answer({messages: [stored(8)], hasOlder: false});
      await load;
      expect(world.handle.messages.current[0]?.body).to.equal('edited');
    });

    it('without a hole when the list was started over meanwhile', async () => {
      const world = given();
      world.handle.receive(opened({messages: range(51, 60), hasOlder: true}));
      const load = world.handle.loadOlder();
      world.handle.receive(opened({messages: range(900, 910), hasOlder: true}));
      world.calls[0]?.answer({messages: range(1, 50), hasOlder: false});
      await load;
      expect(world.handle.messages.current[0]?.id).to.equal('m900');
      expect(world.handle.state.current).to.include({hasOlder: true, loadingOlder: false});
    });

    it('not before it is ready', async () => {
      const {handle, calls} = given();
      await handle.loadOlder();
      expect(calls).to.deep.equal([]);
    });
  });

  it('asks for what a person does to a message', async () => {
    const {handle, calls} = given();
    void handle.retry('a');
    void handle.discard('b');
    void handle.edit('c', 'new');
    void handle.remove('d');
    await settle();
    expect(calls.map(({call}) => call)).to.deep.equal([
      {kind: 'retry', messageId: 'a'},
      {kind: 'discard', messageId: 'b'},
      {kind: 'edit', messageId: 'c', body: 'new'},
      {kind: 'remove', messageId: 'd'},
    ]);
  });

  it('edits and removes a message that waits, stored or not', async () => {
    const world = given();
    world.handle.receive(opened({messages: [stored(1)]}));
    void world.handle.send('frist');
    const edited = world.handle.edit('id-1', 'first');
    expect(world.calls.map(({call}) => call.kind)).to.deep.equal(['send', 'edit']);
    world.handle.receive({
      kind: 'changed',
      messages: [{...waiting('id-1', 'queued'), body: 'first'}],
      dropped: [],
      cursor: 1,
    });
    for (const {answer} of world.calls) answer(null);
    await edited;
    expect(world.handle.messages.current.map(({body}) => body)).to.deep.equal(['m1', 'first']);
    await settle();
    expect(world.shown).to.deep.equal(['m1 sent', 'id-1 queued']);
  });

  describe('from memory', () => {
    it('is not fresh until the hub has asked the database', () => {
      const {handle} = given();
      handle.receive(opened({messages: [stored(1)], fresh: false}));
      expect(handle.state.current).to.include({phase: 'ready', fresh: false});
      handle.receive({kind: 'changed', messages: [stored(2)], dropped: [], cursor: 2});
      expect(handle.state.current).to.include({fresh: false});
      handle.receive({kind: 'continuity', what: 'resumed', count: 0});
      expect(handle.state.current).to.include({phase: 'ready', fresh: true});
    });

    it('can be written to, and read back, all the same', async () => {
      const world = given();
      world.handle.receive(opened({messages: [stored(9)], hasOlder: true, fresh: false}));
      void world.handle.send('hi');
      void world.handle.loadOlder();
      expect(world.calls.map(({call}) => call.kind)).to.deep.equal(['send', 'history']);
      expect(world.handle.state.current).to.include({fresh: false, loadingOlder: true});
    });
  });

  describe('tells how an absence ended', () => {
    it('once each, with how much was missed and when', () => {
      const {handle} = given();
      const heard: unknown[] = [];
      handle.continuity.subscribe(notice => heard.push(notice));
      handle.receive(opened({cursor: 1}));
      handle.receive({kind: 'continuity', what: 'caught-up', count: 26});
      handle.receive({kind: 'continuity', what: 'caught-up', count: 26});
      const at = Date.UTC(2026, 0, 1);
      const notice = {what: 'caught-up', count: 26, at};
      expect(heard).to.deep.equal([null, notice, notice]);
    });

    it('with the list already whole', () => {
      const world = given();
      world.handle.receive(opened({messages: range(1, 2), cursor: 2}));
      let seen: string[] = [];
      world.handle.continuity.subscribe(notice => notice && (seen = world.shown));
      world.handle.receive(opened({messages: range(900, 901), hasOlder: true, cursor: 901}));
      world.handle.receive({kind: 'continuity', what: 'reset', count: 0});
      expect(seen).to.deep.equal(['m900 sent', 'm901 sent']);
    });
  });

  describe('once its person signed out', () => {
    it('has nothing of them', () => {
      const world = given();
      world.handle.receive(opened({messages: [stored(1), waiting('w', 'failed')], hasOlder: true, cursor: 7}));
      world.handle.receive({kind: 'continuity', what: 'caught-up', count: 3});
      void world.handle.send('not accepted yet').catch(() => {});
      world.handle.forget();
      expect(world.shown).to.deep.equal([]);
      expect(world.handle.cursor).to.equal(0);
      expect(world.handle.state.current).to.deep.equal({phase: 'opening'});
      expect(world.handle.continuity.current).to.equal(null);
      // Not even what it had on its way comes back with the next person.
      world.handle.receive(opened({messages: [stored(1)]}));
      expect(world.shown).to.deep.equal(['m1 sent']);
    });

    it('says why it sends nothing', async () => {
      const {handle, calls, world} = given();
      handle.forget();
      world.refusal = new TrunkError('signed-out', 'Sign in.');
      expect(await handle.send('hi').catch((error: TrunkError) => error.code)).to.equal('signed-out');
      expect(calls).to.deep.equal([]);
    });

    it('shows no page of history that comes too late', async () => {
      const world = given();
      world.handle.receive(opened({messages: range(51, 60), hasOlder: true}));
      const load = world.handle.loadOlder();
      world.handle.forget();
      world.calls[0]?.answer({messages: range(1, 50), hasOlder: false});
      await load;
      expect(world.shown).to.deep.equal([]);
      expect(world.handle.state.current).to.deep.equal({phase: 'opening'});
    });
  });

  it('lets go through its client', () => {
    const world = given();
    world.handle.release();
    expect(world.released).to.equal(1);
  });
});
