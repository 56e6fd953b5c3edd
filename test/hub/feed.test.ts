import {expect} from '@open-wc/testing';
import {Channels} from '../../src/hub/channels.js';
import {Feed} from '../../src/hub/feed.js';
import type {StoredMessage} from '../../src/wire/chat.js';
import {TrunkError} from '../../src/wire/error.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

const TOPIC = 'chat:id-of-a';
const unreachable = new TrunkError('unreachable', 'no network');

/** A feed of chat `a`, and the thread as a reader of it sees it. */
function given({messages = 0, make = false, random = 0.5}: {messages?: number; make?: boolean; random?: number} = {}) {
  const clock = new FakeClock();
  const project = new FakeProject();
  if (!make) project.addChat('a');
  for (let n = 1; n <= messages; n++) project.write('a', `m${n}`);
  const transport = project.transport('ada');
  const channels = new Channels(
    clock,
    () => random,
    () => {},
  );
  const told: string[] = [];
  const thread = new Map<number, StoredMessage>();
  const up = async () => {
    channels.up(transport.openSocket('token', {opened() {}, down: () => channels.down(), beat() {}}));
    await settle();
  };
  const open = () =>
    new Feed(
      'a',
      make,
      {clock, random: () => random, database: transport.database(async () => 'token'), channels},
      {
        opened: () => told.push('opened'),
        failed: (error, final) => told.push(`failed ${error.code}${final ? ' for good' : ''}`),
        changed: (changes, cursor) => {
          told.push(`${changes.map(({rev}) => rev).join()} → ${cursor}`);
          for (const change of changes) {
            if ((thread.get(change.seq)?.rev ?? 0) < change.rev) thread.set(change.seq, change);
          }
        },
      },
    );
  const fake = () => project.chats.get('a') as NonNullable<ReturnType<typeof project.chats.get>>;
  const hear = (rev: number) => {
    const message = fake().messages.find(each => each.rev === rev) as StoredMessage;
    project.publish(fake(), message, 'insert');
  };
  return {
    clock,
    project,
    told,
    thread,
    up,
    open,
    fake,
    hear,
    replicationReady: () => {
      for (const member of project.members) if (member.topic === TOPIC) member.listener.replicationReady();
    },
    lose: (...revisions: number[]) => revisions.forEach(rev => project.faults.loseRevisions.add(rev)),
  };
}

async function opened(options: Parameters<typeof given>[0] = {}) {
  const world = given(options);
  await world.up();
  const feed = world.open();
  await settle();
  world.told.length = 0;
  world.project.log.length = 0;
  return {...world, feed, bodies: () => feed.snapshot()?.messages.map(({body}) => body)};
}

const numbers = (from: number, to: number) => Array.from({length: to - from + 1}, (_, n) => `m${from + n}`);

describe('Feed', () => {
  describe('opens', () => {
    it('with the newest 50, and says that there are older ones', async () => {
      const {feed, bodies} = await opened({messages: 120});
      expect(bodies()).to.deep.equal(numbers(71, 120));
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
      expect(feed.snapshot()?.messages.map(({body}) => body)).to.deep.equal(numbers(1, 5));
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

  describe('follows', () => {
    it('events in order, without asking the database', async () => {
      const {project, told, bodies} = await opened({messages: 2});
      for (const body of ['m3', 'm4']) project.write('a', body);
      await settle();
      expect(told).to.deep.equal(['3 → 3', '4 → 4']);
      expect(bodies()).to.deep.equal(numbers(1, 4));
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
      expect(bodies()).to.deep.equal(numbers(1, 3));
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
      expect(bodies()).to.deep.equal(numbers(1, 4));
      expect(told.at(-1)).to.match(/ → 4$/);
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
      expect(feed.snapshot()?.messages.map(({body}) => body)).to.deep.equal(['edited', 'm3']);
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
      expect(bodies()).to.deep.equal(numbers(1, 3));
    });
  });

  describe('catches up', () => {
    it('page by page, to the end', async () => {
      const {project, feed, up, thread} = await opened({messages: 1});
      project.cut();
      for (let n = 2; n <= 501; n++) project.write('a', `m${n}`);
      await up();
      expect(project.log.filter(line => line.startsWith('changes'))).to.deep.equal([
        'changes_since 1',
        'changes_since 201',
        'changes_since 401',
      ]);
      expect(feed.cursor).to.equal(501);
      expect(thread.size).to.equal(500);
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

  describe('remembers', () => {
    it('the newest 200, and that there are older ones', async () => {
      const {project, feed} = await opened();
      for (let n = 1; n <= 250; n++) project.write('a', `m${n}`);
      await settle();
      expect(feed.snapshot()?.messages.map(({body}) => body)).to.deep.equal(numbers(201, 250));
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
      expect(feed.snapshot()?.messages.map(({body}) => body)).to.deep.equal(['m1', 'm3']);
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

  it('ends with exactly what is in the database, whatever is lost, doubled, late or cut off', async function () {
    for (let seed = 1; seed <= 60; seed++) {
      let state = seed * 2_654_435_761;
      const random = (below: number) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      const world = given({messages: random(80)});
      const {project, fake, hear, up, clock} = world;
      if (random(2)) await up();
      const feed = world.open();
      for (let step = 0; step < 60; step++) {
        const {lastRev, messages} = fake();
        const some = messages[random(messages.length)];
        const acts: (() => unknown)[] = [
          () => project.write('a', `s${step}`),
          () => project.write('a', `s${step}`),
          () => project.faults.loseRevisions.add(lastRev + 1 + random(3)),
          () => some && project.change(fake(), some.id, {body: `edited ${step}`}),
          () => some && project.change(fake(), some.id, {body: '', deletedAt: 'now'}),
          () => some && hear(some.rev),
          () => some && feed.stored(some),
          () => feed.tip(lastRev),
          () => project.cut(),
          () => project.sockets.size === 0 && up(),
          () => (project.faults.request = random(2) ? unreachable : null),
          () => (random(2) ? project.hold() : project.release()),
          () => clock.pass(random(3_000)),
          () => settle(),
        ];
        await acts[random(acts.length)]?.();
      }
      project.faults.request = null;
      project.release();
      if (project.sockets.size === 0) await up();
      await clock.pass(120_000);
      feed.tip(fake().lastRev);
      await settle();
      const wanted = fake().messages.slice(-50);
      const seen = feed.snapshot();
      expect(seen?.cursor, `seed ${seed}`).to.equal(fake().lastRev);
      expect(seen?.messages, `seed ${seed}`).to.deep.equal(wanted);
      // The reader, who was told change by change, sees the same as the feed.
      for (const message of wanted.filter(({seq}) => world.thread.has(seq))) {
        expect(world.thread.get(message.seq), `seed ${seed}`).to.deep.equal(message);
      }
    }
  });
});
