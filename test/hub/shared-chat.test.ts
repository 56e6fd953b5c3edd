import {expect} from '@open-wc/testing';
import {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';
import {sharedChatWorld as given, waiting} from './shared-chat-world.js';

describe('SharedChat', () => {
  it('tells a handle the chat as it stands, with what waits, and then what changes', async () => {
    const {add, project, outbox, needed} = await given({messages: 2});
    outbox.waits.push(waiting, {...waiting, id: 'w2', chatId: 'elsewhere'});
    const early = add();
    await settle();
    const late = add();
    project.write('a', 'm3', 'grace');
    expect(early.said).to.deep.equal(['opened m1,m2,waits at 2 anew', 'changed m3 at 3']);
    expect(late.said).to.deep.equal(early.said);
    expect([...needed]).to.deep.equal(['somebody', 'grace']);
  });

  it('tells nothing to a handle that has gone, and knows when none is left', async () => {
    const {add, project, chat} = await given();
    const [first, second] = [add(), add()];
    await settle();
    first.stop();
    expect(chat.empty).to.equal(false);
    project.write('a', 'm1');
    expect(first.said).to.have.length(1);
    second.stop();
    expect(chat.empty).to.equal(true);
  });

  it('tells what waits and what is dropped, once it is open', async () => {
    const {add, chat} = await given({messages: 1});
    const handle = add();
    chat.waiting([waiting]);
    expect(handle.said).to.deep.equal([]);
    await settle();
    chat.waiting([waiting]);
    chat.dropped(['w1']);
    expect(handle.said.slice(1)).to.deep.equal(['changed waits at 0', 'changed w1 at 0']);
  });

  it('settles with the outbox whatever it sees stored', async () => {
    const {project, settled, chat, add} = await given();
    add();
    await settle();
    project.write('a', 'm1');
    project.faults.loseRevisions.add(2);
    chat.stored([project.write('a', 'm2')]);
    expect(settled).to.deep.equal(['m-a-1', 'm-a-2']);
  });

  it('catches up when its tip is news', async () => {
    const {project, chat, add} = await given();
    const handle = add();
    await settle();
    project.faults.loseRevisions.add(1);
    project.write('a', 'm1');
    chat.tip(1);
    await settle();
    expect(handle.said.at(-1)).to.equal('changed m1 at 1');
  });

  describe('greets a handle from another hub', () => {
    it('with what it missed only', async () => {
      const {add} = await given({messages: 9});
      const handle = add(6);
      await settle();
      expect(handle.said).to.deep.equal(['opened m7,m8,m9 at 9', 'caught-up 3']);
    });

    it('anew when it missed more than 1,000 changes, or they can’t be had', async () => {
      const {add, project} = await given({messages: 1_100});
      const far = add(1);
      await settle();
      expect(far.events[0]).to.include({kind: 'opened', reset: true, cursor: 1_100});
      project.faults.request = new TrunkError('unreachable', 'no network');
      const near = add(1_099);
      await settle();
      expect(near.events[0]).to.include({reset: true, hasOlder: true});
    });

    it('first, and only then with what changed meanwhile', async () => {
      const {add, project, chat, outbox} = await given({messages: 9});
      add();
      await settle();
      project.hold();
      const handle = add(6);
      await settle();
      project.write('a', 'm10');
      outbox.waits.push(waiting);
      chat.waiting([waiting]);
      expect(handle.said).to.deep.equal([]);
      project.release();
      await settle();
      expect(handle.said).to.deep.equal(['opened m7,m8,m9,m10,waits at 10', 'changed m10 at 10', 'caught-up 4']);
      project.write('a', 'm11');
      expect(handle.said.at(-1)).to.equal('changed m11 at 11');
    });

    it('anew without telling twice what happened meanwhile', async () => {
      const {add, project} = await given({messages: 3});
      add();
      await settle();
      project.hold();
      const handle = add(2);
      await settle();
      project.write('a', 'm4');
      project.faults.request = new TrunkError('unreachable', 'no network');
      project.release();
      await settle();
      expect(handle.said).to.deep.equal(['opened m1,m2,m3,m4 at 4 anew', 'reset 0']);
    });

    it('not at all when it went meanwhile', async () => {
      const {add, project} = await given({messages: 3});
      add();
      await settle();
      project.hold();
      const handle = add(2);
      handle.stop();
      project.release();
      await settle();
      expect(handle.said).to.deep.equal([]);
    });
  });

  describe('that can’t be opened', () => {
    it('says so to every handle, and for how long', async () => {
      const {add, project, clock, chat} = await given({messages: 1});
      project.faults.request = new TrunkError('unreachable', 'no network');
      const handle = add();
      await settle();
      const late = add();
      expect([handle.said, late.said]).to.deep.equal([['failed unreachable'], ['failed unreachable']]);
      project.faults.request = null;
      chat.setReach('live');
      await clock.pass(0);
      expect(late.said.at(-1)).to.equal('opened m1 at 1 anew');
    });

    it('is tried anew for good when somebody comes', async () => {
      const {add, project} = await given({exists: false});
      const handle = add();
      await settle();
      expect(handle.said).to.deep.equal(['failed chat-not-found for good']);
      project.addChat('a');
      const next = add();
      await settle();
      expect([handle.said.at(-1), next.said]).to.deep.equal(['opened  at 0 anew', ['opened  at 0 anew']]);
    });

    it('is made when somebody comes who would have it made, before the answer or after', async () => {
      for (const when of ['before', 'after']) {
        const {add, project} = await given({exists: false});
        const handle = add();
        if (when === 'after') await settle();
        const maker = add(0, true);
        await settle();
        expect(project.chats.has('a'), when).to.equal(true);
        expect(handle.said.at(-1), when).to.equal('opened  at 0 anew');
        expect(maker.said, when).to.deep.equal(['opened  at 0 anew']);
      }
    });

    it('is not asked for again and again', async () => {
      const {add, project, clock} = await given({exists: false, make: false});
      project.faults.request = new TrunkError('forbidden', 'not you');
      add(0, true);
      await clock.pass(600_000);
      expect(project.count('open')).to.equal(2);
    });
  });

  it('is silent once closed', async () => {
    const {add, project, chat, clock} = await given({messages: 1});
    const handle = add();
    await settle();
    chat.close();
    project.write('a', 'm2');
    await clock.pass(60_000);
    expect(handle.said).to.have.length(1);
    expect(project.members.size).to.equal(0);
  });
});
