// A tab that knows the chat from another hub: it keeps its view, and is told what it missed, however little this hub knows yet.
import {expect} from '@open-wc/testing';
import {MemoryStore} from '../../src/hub/memory-store.js';
import {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';
import {sharedChatWorld, waiting, type SharedChatOptions} from './shared-chat-world.js';

const unreachable = new TrunkError('unreachable', 'no network');

/** A hub in a browser that remembers the chat at revision 5, with three more written since. */
async function remembering(options: SharedChatOptions = {}) {
  const [store, project] = [new MemoryStore(true), new FakeProject()];
  const former = await sharedChatWorld({messages: 5, store, project});
  await settle();
  former.chat.close();
  await settle();
  for (const n of [6, 7, 8]) project.write('a', `m${n}`);
  project.hold();
  return sharedChatWorld({store, project, ...options});
}

describe('SharedChat, while it only knows what this browser remembers', () => {
  it('shows that to a handle that knows nothing, and then what was missed, with one word of continuity', async () => {
    const {add, project, clock} = await remembering();
    const handle = add();
    await settle();
    expect(handle.said).to.deep.equal(['opened m1,m2,m3,m4,m5 at 5 anew from memory']);
    project.release();
    await clock.pass(60_000);
    expect(handle.said.slice(1)).to.deep.equal(['changed m6,m7,m8 at 8', 'caught-up 3']);
  });

  it('leaves a handle its view that knows more, and tells it only what it missed', async () => {
    const {add, project, clock} = await remembering();
    const handle = add(7);
    await settle();
    expect(handle.said).to.deep.equal(['opened  at 7 from memory']);
    project.release();
    await clock.pass(60_000);
    expect(handle.said.slice(1)).to.deep.equal(['opened m8 at 8', 'changed m6,m7,m8 at 8', 'caught-up 1']);
    expect(handle.events.every(event => event.kind !== 'opened' || !event.reset)).to.equal(true);
  });

  it('tells one that knows less what it missed, from its own cursor on', async () => {
    const {add, project, clock} = await remembering();
    const handle = add(3);
    await settle();
    expect(handle.said).to.deep.equal(['opened  at 3 from memory']);
    project.release();
    await clock.pass(60_000);
    expect(handle.said[1]).to.equal('opened m4,m5,m6,m7,m8 at 8');
    expect(handle.said.filter(line => line.startsWith('caught-up'))).to.deep.equal(['caught-up 5']);
  });

  it('tells such a handle what waits, as it changes, without touching its cursor', async () => {
    const {add, chat, outbox, project} = await remembering();
    outbox.waits.push(waiting);
    const handle = add(3);
    await settle();
    expect(handle.said).to.deep.equal(['opened waits at 3 from memory']);
    chat.waiting([{...waiting, status: 'sending'}]);
    chat.dropped(['w1']);
    expect(handle.said.slice(1)).to.deep.equal(['changed waits at 0', 'changed w1 at 0']);
    project.release();
  });

  it('tells it of nothing that was stored before it has what it missed', async () => {
    const {add, chat, project} = await remembering();
    const handle = add(3);
    await settle();
    const own = project.write('a', 'm9');
    chat.stored([own]);
    expect(handle.said).to.have.length(1);
    project.release();
    await settle();
    expect(handle.said[1]).to.match(/^opened m4,m5,m6,m7,m8,m9 at /);
  });

  it('greets it once, however often the network comes and goes meanwhile', async () => {
    const {add, chat, project, clock} = await remembering();
    const handle = add(3);
    await settle();
    project.faults.request = unreachable;
    project.release();
    await clock.pass(120_000);
    expect(handle.said).to.deep.equal(['opened  at 3 from memory']);
    project.faults.request = null;
    chat.setReach('live');
    await clock.pass(60_000);
    expect(handle.said.filter(line => line.startsWith('opened'))).to.have.length(2);
    expect(handle.said.filter(line => /^(caught-up|resumed|reset)/.test(line))).to.deep.equal(['caught-up 5']);
  });

  it('shows it also to who comes while there is no network', async () => {
    const {add, project} = await remembering();
    project.faults.request = unreachable;
    project.release();
    const first = add();
    await settle();
    const second = add();
    await settle();
    expect(second.said).to.deep.equal(first.said);
    expect(second.said).to.deep.equal(['opened m1,m2,m3,m4,m5 at 5 anew from memory']);
  });

  it('starts it over when it knows more than the database', async () => {
    const {add, project, clock} = await remembering();
    const handle = add(99);
    await settle();
    expect(handle.said).to.deep.equal(['opened  at 99 from memory']);
    project.release();
    await clock.pass(60_000);
    expect(handle.said[1]).to.equal('opened m1,m2,m3,m4,m5,m6,m7,m8 at 8 anew');
    expect(handle.said.filter(line => line.startsWith('reset'))).to.deep.equal(['reset 0']);
  });

  it('says so to everybody when the chat is not this person’s any more', async () => {
    const {add, project, store} = await remembering();
    const [knows, fresh] = [add(3), add()];
    await settle();
    project.faults.request = new TrunkError('chat-not-found', 'no');
    project.release();
    await settle();
    for (const handle of [knows, fresh]) expect(handle.said.at(-1)).to.equal('failed chat-not-found for good');
    expect(await store.getChat('ada', 'a')).to.equal(null);
  });

  it('tells all its handles, each what it needs, when the database says how the chat stands', async () => {
    const {add, project, clock} = await remembering();
    const handles = [add(), add(3), add(8), add(5)];
    await settle();
    project.release();
    await clock.pass(60_000);
    const last = handles.map(({said}) => said.filter(line => /^(caught-up|resumed|reset)/.test(line)).join());
    expect(last).to.deep.equal(['caught-up 3', 'caught-up 5', 'resumed 0', 'caught-up 3']);
  });
});

describe('SharedChat, told that waiting messages are gone by another’s doing', () => {
  it('shows what was stored of them first, and drops the rest', async () => {
    const {add, chat, project} = await sharedChatWorld({messages: 1});
    const handle = add();
    await settle();
    project.faults.loseRevisions.add(2);
    project.write('a', 'stored elsewhere');
    chat.gone(['w1']);
    await settle();
    expect(handle.said.slice(1)).to.deep.equal(['changed stored elsewhere at 2', 'changed w1 at 0']);
  });

  it('keeps them in view while the database can’t be asked what came of them', async () => {
    const {add, chat, project, clock} = await sharedChatWorld({messages: 1});
    const handle = add();
    await settle();
    project.faults.loseRevisions.add(2);
    project.write('a', 'stored elsewhere');
    project.faults.request = unreachable;
    chat.gone(['w1']);
    await clock.pass(20_000);
    expect(handle.said.slice(1)).to.deep.equal([]);
    project.faults.request = null;
    await clock.pass(30_000);
    expect(handle.said.slice(1)).to.deep.equal(['changed stored elsewhere at 2', 'changed w1 at 0']);
  });
});

describe('SharedChat, after an absence of the line', () => {
  it('greets a handle once that came before it and was not told yet', async () => {
    const {add, project, up, clock} = await sharedChatWorld({messages: 600});
    add();
    await settle();
    project.hold();
    // Two pages: the line is back, and all caught up, before the second one is there.
    const handle = add(3);
    await settle();
    project.cut();
    up();
    project.release();
    await clock.pass(10_000);
    expect(handle.said.filter(line => line.startsWith('opened'))).to.have.length(1);
    expect(handle.said.filter(line => line.startsWith('caught-up'))).to.deep.equal(['caught-up 597']);
  });

  it('starts also those all over that had come with a cursor, when too much was missed', async () => {
    const {add, project, up} = await sharedChatWorld({messages: 5});
    const handle = add(3);
    await settle();
    project.cut();
    for (let n = 6; n <= 10_010; n++) project.write('a', `m${n}`);
    up();
    for (let turn = 0; turn < 20; turn++) await settle();
    expect(handle.events.at(-2)).to.include({kind: 'opened', reset: true, cursor: 10_010});
  });

  it('tells every handle once how it came through', async () => {
    const {add, project, up, clock} = await sharedChatWorld({messages: 1});
    const handles = [add(), add()];
    await settle();
    project.cut();
    project.write('a', 'm2');
    up();
    await clock.pass(10_000);
    for (const {said} of handles) expect(said.slice(1)).to.deep.equal(['changed m2 at 2', 'caught-up 1']);
  });

  it('starts all over in one step when too much was missed', async () => {
    const {add, project, up} = await sharedChatWorld({messages: 1});
    const handle = add();
    await settle();
    project.cut();
    for (let n = 2; n <= 10_002; n++) project.write('a', `m${n}`);
    up();
    for (let turn = 0; turn < 20; turn++) await settle();
    expect(handle.events.at(-2)).to.include({kind: 'opened', reset: true, cursor: 10_002, hasOlder: true});
    expect(handle.events.at(-1)).to.deep.equal({kind: 'continuity', what: 'reset', count: 0});
  });

  it('of another chat that had the name: starts over, and mixes nothing', async () => {
    const {add} = await sharedChatWorld({messages: 3});
    const handle = add(2, false, 'id-of-another');
    await settle();
    expect(handle.said).to.deep.equal(['opened m1,m2,m3 at 3 anew', 'reset 0']);
  });

  it('of another chat that had the name, while the database can’t be asked: shows what is remembered of this one', async () => {
    const before = await sharedChatWorld({messages: 3});
    before.add();
    await before.clock.pass(2_000);
    before.project.faults.request = new TrunkError('unreachable', 'no network');
    const {add, clock} = await sharedChatWorld({store: before.store, project: before.project});
    const handle = add(99, false, 'id-of-another');
    await clock.pass(10);
    expect(handle.said).to.deep.equal(['opened m1,m2,m3 at 3 anew from memory']);
  });
});
