import {expect} from '@open-wc/testing';
import {settle} from '../support/fake-clock.js';
import {TOPIC, bodyOf, feedWorld as given, numbered, openedFeed as opened, unreachable} from './feed-world.js';

describe('Feed', () => {
  describe('opens', () => {
    it('with the newest 50, and says that there are older ones', async () => {
      const {feed, bodies} = await opened({messages: 120});
      expect(bodies()).to.deep.equal(numbered(71, 120));
      expect(feed.snapshot()).to.include({hasOlder: true, cursor: 120});
    });

    it('with all there is, and says that nothing is older', async () => {
      const {feed} = await opened({messages: 3});
      expect(feed.snapshot()).to.deep.include({hasOlder: false, cursor: 3});
      expect(feed.chat?.slug).to.equal('a');
    });

    it('a room that doesn’t exist yet, when asked to make it', async () => {
      const {feed} = await opened({make: true});
      expect(feed.snapshot()).to.deep.include({messages: [], hasOlder: false, cursor: 0});
    });

    it('not what isn’t there, and says so for good', async () => {
      const world = given();
      world.project.chats.clear();
      const feed = world.open();
      await world.clock.pass(600_000);
      expect(world.told).to.deep.equal(['failed chat-not-found for good']);
      expect(feed.error?.final).to.equal(true);
      expect(feed.snapshot()).to.equal(null);
      expect(world.project.count('open')).to.equal(1);
    });

    it('after an outage by itself, with patience, or at once when told to', async () => {
      const world = given({random: 1 - Number.EPSILON});
      await world.up();
      world.project.faults.request = unreachable;
      const feed = world.open();
      await world.clock.pass(499 + 999 + 1);
      expect(world.told).to.deep.equal(Array(3).fill('failed unreachable'));
      world.project.faults.request = null;
      feed.retry();
      feed.retry();
      await settle();
      expect(world.told.slice(3)).to.deep.equal(['opened']);
      await world.clock.pass(600_000);
      expect(world.told.slice(3)).to.deep.equal(['opened']);
      expect(feed.error).to.equal(null);
      expect(world.project.count('open')).to.equal(4);
    });

    it('not twice at a time, when told to retry while it tries', async () => {
      const world = given({messages: 1});
      await world.up();
      world.project.faults.request = unreachable;
      const feed = world.open();
      await settle();
      world.project.faults.request = null;
      world.project.hold();
      feed.retry();
      await settle();
      feed.retry();
      world.project.release();
      await settle();
      expect(world.told).to.deep.equal(['failed unreachable', 'opened']);
      feed.retry();
      await world.clock.pass(600_000);
      expect(world.project.count('open')).to.equal(2);
    });

    it('on a private channel without presence, joined once however often it is tried', async () => {
      const world = given({messages: 1});
      await world.up();
      world.project.hold();
      world.open();
      await settle();
      world.project.release();
      await Promise.resolve();
      world.project.faults.request = unreachable;
      await settle();
      world.project.faults.request = null;
      await world.clock.pass(60_000);
      expect(world.told.at(-1)).to.equal('opened');
      expect([...world.project.members].map(({topic, options}) => ({topic, options}))).to.deep.equal([
        {topic: TOPIC, options: {private: true, presenceKey: null}},
      ]);
    });

    it('nothing when it was closed meanwhile, whatever it waited for', async () => {
      for (const waits of [1, 2]) {
        const world = given({messages: 1});
        await world.up();
        world.project.hold();
        const feed = world.open();
        await settle();
        if (waits === 2) {
          world.project.release();
          await Promise.resolve();
          world.project.hold();
          await settle();
        }
        feed.close();
        world.project.release();
        await world.clock.pass(60_000);
        expect(world.told, String(waits)).to.deep.equal([]);
        expect(world.project.members.size, String(waits)).to.equal(0);
      }
    });

    it('no more, once closed while a try waits', async () => {
      const world = given();
      world.project.faults.request = unreachable;
      const feed = world.open();
      await settle();
      feed.close();
      await world.clock.pass(60_000);
      expect(world.told).to.deep.equal(['failed unreachable']);
      expect(world.project.count('open')).to.equal(1);
    });

    it('with what was written while it opened', async () => {
      const world = given({messages: 3});
      await world.up();
      world.project.hold();
      const feed = world.open();
      await settle();
      world.project.release();
      await Promise.resolve();
      world.project.hold();
      await settle();
      expect(world.project.log.at(-1)).to.equal('messages_before null');
      for (const body of ['m4', 'm5']) world.project.write('a', body);
      world.project.release();
      await settle();
      expect(feed.cursor).to.equal(5);
      expect(feed.snapshot()?.messages.map(bodyOf)).to.deep.equal(numbered(1, 5));
    });

    it('with what was written while it opened, though no event told', async () => {
      const world = given({messages: 3});
      await world.up();
      world.project.hold();
      const feed = world.open();
      await settle();
      world.project.release();
      await Promise.resolve();
      world.project.hold();
      await settle();
      world.lose(4, 5);
      world.write(4, 5);
      world.project.release();
      await settle();
      expect(feed.cursor).to.equal(5);
    });

    it('with what was written between its page and its join, though no event told', async () => {
      const world = given({messages: 3});
      const feed = world.open();
      await settle();
      world.project.write('a', 'm4');
      expect(feed.cursor).to.equal(3);
      await world.up();
      expect(feed.cursor).to.equal(4);
    });
  });

  describe('remembers', () => {
    it('the newest 200, and that there are older ones', async () => {
      const {project, feed} = await opened();
      for (let n = 1; n <= 250; n++) project.write('a', `m${n}`);
      await settle();
      expect(feed.snapshot()?.messages.map(bodyOf)).to.deep.equal(numbered(201, 250));
      expect(feed.snapshot()?.hasOlder).to.equal(true);
    });

    it('nothing of a change to what it does not hold, but tells it', async () => {
      const {project, fake, feed, told} = await opened({messages: 120});
      project.change(fake(), 'm-a-3', {body: 'edited'});
      await settle();
      expect(told).to.deep.equal(['121 → 121']);
      expect(feed.snapshot()?.messages[0]?.body).to.equal('m71');
    });

    it('a row of its own before its turn, and lets the cursor wait', async () => {
      const {project, feed, lose, told, hear} = await opened({messages: 1});
      lose(2, 3);
      project.write('a', 'm2');
      const own = project.write('a', 'm3');
      feed.stored(own);
      expect(told).to.deep.equal(['3 → 1']);
      expect(feed.snapshot()?.messages.map(bodyOf)).to.deep.equal(['m1', 'm3']);
      expect(feed.cursor).to.equal(1);
      hear(3);
      project.faults.loseRevisions.clear();
      hear(3);
      await settle();
      expect(feed.cursor).to.equal(3);
      lose(4);
      told.length = 0;
      feed.stored(project.write('a', 'm4'));
      expect(told).to.deep.equal(['4 → 4']);
    });
  });

  describe('tells a tab from another hub what it missed', () => {
    it('every change since, in order', async () => {
      const {feed, project, fake} = await opened({messages: 450});
      project.change(fake(), 'm-a-3', {body: 'edited'});
      const missed = await feed.missedSince(10);
      expect(missed).to.have.length(441);
      expect(missed?.at(-1)).to.include({body: 'edited', rev: 451});
      expect(await feed.missedSince(451)).to.deep.equal([]);
    });

    it('nothing when it is too much, or can’t be had: it starts over', async () => {
      const {feed, project} = await opened({messages: 1_010});
      expect(await feed.missedSince(2)).to.equal(null);
      expect(await feed.missedSince(20)).to.have.length(990);
      project.faults.request = unreachable;
      expect(await feed.missedSince(1_000)).to.equal(null);
    });
  });

  it('is silent once closed', async () => {
    const {feed, project, told, clock, lose} = await opened({messages: 1});
    lose(2);
    project.write('a', 'm2');
    project.hold();
    feed.tip(2);
    await settle();
    feed.close();
    project.release();
    project.write('a', 'm3');
    await clock.pass(60_000);
    feed.retry();
    feed.tip(9);
    await settle();
    expect(told).to.deep.equal([]);
    expect(project.members.size).to.equal(0);
  });
});
