import {expect} from '@open-wc/testing';
import type {StoredMessage} from '../../src/wire/chat.js';
import {settle} from '../support/fake-clock.js';
import {TOPIC, bodyOf, numbered, openedFeed as opened, unreachable} from './feed-world.js';

describe('Feed', () => {
  describe('follows', () => {
    it('events in order, without asking the database', async () => {
      const {project, told, bodies} = await opened({messages: 2});
      for (const body of ['m3', 'm4']) project.write('a', body);
      await settle();
      expect(told).to.deep.equal(['3 → 3', '4 → 4']);
      expect(bodies()).to.deep.equal(numbered(1, 4));
      expect(project.log).to.deep.equal([]);
    });

    it('an event twice or late as if it had come once', async () => {
      const {project, told, hear, feed} = await opened({messages: 2});
      project.write('a', 'm3');
      project.write('a', 'm4');
      for (const rev of [3, 4, 1, 4]) hear(rev);
      await settle();
      expect(told).to.deep.equal(['3 → 3', '4 → 4']);
      expect(feed.cursor).to.equal(4);
    });

    it('a gap: catches up from the cursor, and tells each change once', async () => {
      const {project, told, lose} = await opened({messages: 2});
      lose(3, 4);
      for (const body of ['m3', 'm4', 'm5']) project.write('a', body);
      await settle();
      expect(project.log).to.deep.equal(['changes_since 2']);
      expect(told).to.deep.equal(['3,4,5 → 5']);
    });

    it('events in the wrong order', async () => {
      const {project, lose, hear, bodies, feed} = await opened();
      lose(1, 2, 3);
      for (const body of ['m1', 'm2', 'm3']) project.write('a', body);
      project.faults.loseRevisions.clear();
      for (const rev of [3, 1, 2]) hear(rev);
      await settle();
      expect(bodies()).to.deep.equal(numbered(1, 3));
      expect(feed.cursor).to.equal(3);
    });

    it('events that come while it catches up, those it read and those it didn’t', async () => {
      const {project, lose, told, bodies} = await opened({messages: 1});
      lose(2);
      project.write('a', 'm2');
      project.hold();
      project.write('a', 'm3');
      await settle();
      project.write('a', 'm4');
      project.release();
      await settle();
      expect(bodies()).to.deep.equal(numbered(1, 4));
      expect(told.at(-1)).to.match(/ → 4$/);
    });

    it('events that follow the cursor, while a catch-up gets no answer', async () => {
      const {project, feed, told, bodies} = await opened({messages: 1});
      project.hold();
      void feed.refresh();
      await settle();
      for (const body of ['m2', 'm3']) project.write('a', body);
      await settle();
      expect(told).to.deep.equal(['2 → 2', '3 → 3']);
      project.release();
      await settle();
      expect(told).to.deep.equal(['2 → 2', '3 → 3']);
      expect(bodies()).to.deep.equal(numbered(1, 3));
    });

    it('an event of which the database shows nothing yet: asks again with patience', async () => {
      const {project, clock, feed, fake} = await opened({messages: 1});
      const row = {...(fake().messages[0] as StoredMessage), id: 'later', seq: 9, rev: 9};
      project.publish(fake(), row, 'insert');
      await settle();
      expect(project.count('changes_since')).to.equal(1);
      await clock.pass(60_000);
      expect(project.count('changes_since')).to.be.within(3, 20);
      expect(feed.cursor).to.equal(1);
      for (let n = 2; n <= 9; n++) project.write('a', `m${n}`);
      await clock.pass(60_000);
      expect(feed.cursor).to.equal(9);
    });

    it('edits and deletes: same place, newer text', async () => {
      const {project, fake, feed} = await opened({messages: 3});
      project.change(fake(), 'm-a-1', {body: 'edited', editedAt: 'now'});
      project.change(fake(), 'm-a-2', {body: '', deletedAt: 'now'});
      await settle();
      expect(feed.cursor).to.equal(5);
      expect(feed.snapshot()?.messages.map(({seq, body, deletedAt}) => [seq, body, deletedAt])).to.deep.equal([
        [1, 'edited', null],
        [2, '', 'now'],
        [3, 'm3', null],
      ]);
    });

    it('an insert and its edit of which only the edit is left to read', async () => {
      const {project, fake, feed, lose, told} = await opened();
      lose(1, 2);
      project.write('a', 'm1');
      project.change(fake(), 'm-a-1', {body: 'edited'});
      project.write('a', 'm3');
      await settle();
      expect(told).to.deep.equal(['2,3 → 3']);
      expect(feed.snapshot()?.messages.map(bodyOf)).to.deep.equal(['edited', 'm3']);
    });

    it('no event that is none of a change', async () => {
      const {project, told} = await opened({messages: 1});
      const row = {id: 'x', chat_id: 'id-of-a', body: 'x', seq: 2, rev: 2};
      project.send(TOPIC, 'other', {message: row});
      project.send(TOPIC, 'change', {rev: 2});
      project.send(TOPIC, 'change', {message: {id: 'x', chat_id: 'id-of-a', body: 'x', seq: 2, rev: '2'}});
      await settle();
      expect(told).to.deep.equal([]);
      expect(project.log).to.deep.equal([]);
    });

    it('more than 500 events behind a gap by letting them go and reading', async () => {
      const {project, lose, feed} = await opened({messages: 1});
      lose(2);
      project.write('a', 'm2');
      project.faults.request = unreachable;
      for (let n = 3; n <= 700; n++) project.write('a', `m${n}`);
      await settle();
      project.faults.request = null;
      feed.tip(700);
      await settle();
      expect(feed.cursor).to.equal(700);
      project.write('a', 'm701');
      await settle();
      expect(feed.cursor).to.equal(701);
    });
  });

  describe('finds the last event that was lost', () => {
    it('when replication is ready', async () => {
      const {project, lose, feed, replicationReady} = await opened({messages: 1});
      lose(2);
      project.write('a', 'm2');
      await settle();
      expect(feed.cursor).to.equal(1);
      replicationReady();
      await settle();
      expect(feed.cursor).to.equal(2);
    });

    it('by the tip, and asks nothing when the tip is no news', async () => {
      const {project, lose, feed} = await opened({messages: 1});
      feed.tip(1);
      feed.tip(0);
      await settle();
      expect(project.log).to.deep.equal([]);
      lose(2);
      project.write('a', 'm2');
      feed.tip(2);
      await settle();
      expect(feed.cursor).to.equal(2);
    });

    it('after every join', async () => {
      const {project, feed, up, bodies} = await opened({messages: 1});
      project.cut();
      for (const body of ['m2', 'm3']) project.write('a', body);
      expect(feed.cursor).to.equal(1);
      await up();
      expect(bodies()).to.deep.equal(numbered(1, 3));
    });
  });

  describe('catches up', () => {
    it('page by page, to the end', async () => {
      const {project, feed, up, thread} = await opened({messages: 1});
      project.cut();
      for (let n = 2; n <= 1_051; n++) project.write('a', `m${n}`);
      await up();
      expect(project.log.filter(line => line.startsWith('changes'))).to.deep.equal([
        'changes_since 1',
        'changes_since 501',
        'changes_since 1001',
      ]);
      expect(feed.cursor).to.equal(1_051);
      expect(thread.size).to.equal(1_050);
    });

    it('once more when asked meanwhile, not twice at a time', async () => {
      const {project, feed, lose} = await opened({messages: 1});
      lose(2, 3);
      project.write('a', 'm2');
      project.hold();
      feed.tip(2);
      feed.tip(2);
      feed.tip(2);
      await settle();
      expect(project.count('changes')).to.equal(1);
      project.write('a', 'm3');
      project.release();
      await settle();
      expect(project.count('changes')).to.equal(2);
      expect(feed.cursor).to.equal(3);
    });

    it('again and again until it succeeds, with patience', async () => {
      const {project, feed, clock, lose} = await opened({messages: 1, random: 1 - Number.EPSILON});
      lose(2);
      project.faults.request = unreachable;
      project.write('a', 'm2');
      project.write('a', 'm3');
      await clock.pass(499 + 999 + 1);
      expect(project.count('changes')).to.equal(3);
      for (const body of ['m4', 'm5', 'm6']) project.write('a', body);
      await settle();
      expect(project.count('changes')).to.equal(3);
      project.faults.request = null;
      await clock.pass(10_000);
      expect(feed.cursor).to.equal(6);
    });
  });
});
