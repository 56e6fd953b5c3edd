import {expect} from '@open-wc/testing';
import {settle} from '../support/fake-clock.js';
import type {FakeProject} from '../support/fake-supabase.js';
import {TOPIC, bodyOf, numbered, openedFeed as opened, unreachable} from './feed-world.js';

/** What it told of absences. */
const continuities = (told: string[]) => told.filter(line => /^(resumed|caught-up|reset)/.test(line));

/** Answers requests one by one until this one waits for its answer. */
async function untilAsked(project: FakeProject, request: string): Promise<void> {
  for (let turn = 0; turn < 30; turn++) {
    project.release();
    project.hold();
    await settle();
    if (project.log.at(-1) === request) return;
  }
  expect.fail(`${request} was not asked; last: ${project.log.at(-1)}`);
}

describe('Feed, after an absence of the line', () => {
  for (const missed of [0, 1, 26, 5_000]) {
    const what = missed === 0 ? 'resumed 0' : `caught-up ${missed}`;
    it(`tells once that it ${what.replace(/ .*/, '')}, with ${missed} changes missed, after all of them`, async () => {
      const {project, feed, up, told, thread, write, clock, replicationReady} = await opened({messages: 3});
      project.cut();
      write(4, 3 + missed);
      await up();
      await settle();
      replicationReady();
      await clock.pass(60_000);
      feed.tip(3 + missed);
      await settle();
      expect(continuities(told)).to.deep.equal([what]);
      expect(told.at(-1)).to.equal(what);
      expect(thread.size).to.equal(missed);
      expect(feed.cursor).to.equal(3 + missed);
    });
  }

  it('counts what was missed, also what the socket tells late while the database is asked', async () => {
    const {project, up, told, write, hear, clock} = await opened({messages: 3});
    project.cut();
    write(4, 1_003);
    project.hold();
    await up();
    for (const rev of [4, 5, 6]) hear(rev);
    await settle();
    project.release();
    await clock.pass(60_000);
    expect(continuities(told)).to.deep.equal(['caught-up 1000']);
  });

  it('counts 5,000 once each, whether a page brings them or an event between the pages', async () => {
    const {project, up, told, write, hear, clock, feed, bodies, thread} = await opened({messages: 3});
    project.cut();
    write(4, 5_003);
    project.hold();
    await up();
    // The socket lags: it runs ahead of each page, then falls behind; some of its events leave a gap, which the next page fills.
    for (let page = 0; page < 10; page++) {
      const from = feed.cursor;
      for (const rev of [1, 2, 3, 400, 450]) if (from + rev <= 5_003) hear(from + rev);
      project.release();
      project.hold();
      await settle();
      for (let rev = from + 1; rev <= from + 550 && rev <= 5_003; rev++) hear(rev);
    }
    project.release();
    await clock.pass(60_000);
    expect(continuities(told)).to.deep.equal(['caught-up 5000']);
    expect(told.at(-1)).to.equal('caught-up 5000');
    expect(thread.size).to.equal(5_000);
    expect(bodies()).to.deep.equal(numbered(4_954, 5_003));
  });

  it('counts a message once that was written and edited meanwhile, though events tell both', async () => {
    const {project, up, told, fake} = await opened({messages: 1});
    project.cut();
    const written = project.write('a', 'm2');
    const edited = project.change(fake(), written.id, {body: 'm2, edited'});
    project.hold();
    await up();
    project.publish(fake(), written, 'insert');
    project.publish(fake(), edited, 'update');
    project.release();
    await settle();
    expect(told).to.deep.equal(['2 → 2', '3 → 3', 'caught-up 1']);
  });

  it('tells no second time what only shows when replication is ready', async () => {
    const {project, up, told, write, lose, replicationReady} = await opened({messages: 1});
    project.cut();
    write(2, 2);
    await up();
    lose(3);
    write(3, 3);
    replicationReady();
    await settle();
    expect(told).to.deep.equal(['2 → 2', 'caught-up 1', '3 → 3']);
  });

  it('tells once, though joins fail at first and the database can be asked meanwhile', async () => {
    const {project, up, told, write, feed, clock} = await opened({messages: 1, random: 1 - Number.EPSILON});
    project.cut();
    project.faults.refuseTopics.set(TOPIC, 'busy');
    write(2, 3);
    await up();
    for (let n = 4; n < 8; n++) {
      write(n, n);
      feed.tip(n);
      await clock.pass(1_500);
    }
    expect(feed.cursor).to.equal(7);
    expect(continuities(told)).to.deep.equal([]);
    project.faults.refuseTopics.clear();
    await clock.pass(60_000);
    expect(continuities(told)).to.deep.equal(['caught-up 6']);
  });

  it('tells once, though the database fails at first', async () => {
    const {project, up, told, write, clock} = await opened({messages: 1});
    project.cut();
    write(2, 600);
    project.faults.request = unreachable;
    await up();
    await clock.pass(20_000);
    expect(told).to.deep.equal([]);
    project.faults.request = null;
    await clock.pass(30_000);
    expect(continuities(told)).to.deep.equal(['caught-up 599']);
  });

  it('tells of each absence by itself', async () => {
    const {project, up, told, write} = await opened({messages: 1});
    for (const n of [2, 3]) {
      project.cut();
      write(n, n);
      await up();
    }
    project.cut();
    await up();
    expect(continuities(told)).to.deep.equal(['caught-up 1', 'caught-up 1', 'resumed 0']);
  });

  it('takes a line that goes again before all is in for one absence', async () => {
    const {project, up, told, write} = await opened({messages: 1});
    project.cut();
    write(2, 600);
    project.hold();
    await up();
    project.cut();
    project.release();
    await settle();
    expect(continuities(told)).to.deep.equal([]);
    write(601, 601);
    await up();
    expect(continuities(told)).to.deep.equal(['caught-up 600']);
  });

  it('tells nothing of gaps while the line was there', async () => {
    const {project, told, write, lose, feed, replicationReady} = await opened({messages: 1});
    lose(2, 3);
    write(2, 4);
    await settle();
    replicationReady();
    feed.tip(4);
    await settle();
    expect(project.count('changes_since')).to.be.greaterThan(0);
    expect(continuities(told)).to.deep.equal([]);
  });

  it('counts what others changed, not what this browser itself got stored', async () => {
    const {project, up, told, feed} = await opened({messages: 1});
    project.cut();
    feed.stored(project.write('a', 'm2'));
    project.write('a', 'm3');
    await up();
    expect(continuities(told)).to.deep.equal(['caught-up 1']);
  });

  it('counts nothing twice that this browser itself got stored while it caught up', async () => {
    const {project, up, told, feed} = await opened({messages: 1});
    project.cut();
    const own = project.write('a', 'm2');
    project.hold();
    await up();
    feed.stored(own);
    project.release();
    await settle();
    expect(told).to.deep.equal(['2 → 2', 'resumed 0']);
  });

  it('tells nothing once it was closed on the way', async () => {
    const {project, up, told, feed, write} = await opened({messages: 1});
    project.cut();
    write(2, 2);
    project.hold();
    await up();
    feed.close();
    project.release();
    await settle();
    expect(told).to.deep.equal([]);
  });

  it('begins each time anew with short waits, when the database fails', async () => {
    const {project, write, clock, lose, feed} = await opened({messages: 1, random: 1 - Number.EPSILON});
    for (const n of [2, 3]) {
      project.faults.request = unreachable;
      lose(n);
      write(n, n);
      void feed.refresh();
      await clock.pass(499 + 999);
      project.faults.request = null;
      await clock.pass(1_999);
      expect(feed.cursor).to.equal(n);
    }
  });

  it('starts over with the newest when more than 10,000 were missed', async () => {
    const {project, up, told, write, feed, bodies} = await opened({messages: 3});
    project.cut();
    write(4, 10_600);
    await up();
    for (let turn = 0; turn < 20; turn++) await settle();
    expect(continuities(told)).to.deep.equal(['reset 0']);
    expect(told.slice(-2)).to.deep.equal(['opened', 'reset 0']);
    expect(feed.cursor).to.equal(10_600);
    expect(bodies()).to.deep.equal(numbered(10_551, 10_600));
    project.write('a', 'm10601');
    expect(feed.cursor).to.equal(10_601);
  });

  it('keeps what the socket tells while it starts over', async () => {
    const {project, up, write, feed, bodies} = await opened({messages: 1});
    project.cut();
    write(2, 10_001);
    project.hold();
    await up();
    await untilAsked(project, 'messages_before null');
    write(10_002, 10_003);
    await settle();
    expect(feed.cursor).to.equal(10_003);
    project.release();
    await settle();
    expect(feed.cursor).to.equal(10_003);
    expect(bodies()).to.deep.equal(numbered(9_954, 10_003));
  });

  it('reads to the end where the project gives no more than 100 rows at a time, and all that the window holds lies before', async () => {
    const {project, up, told, write, feed} = await opened({messages: 150, maxRows: 100});
    expect(feed.before(51, 50)).to.equal(null);
    project.cut();
    write(151, 500);
    await up();
    await settle();
    expect(continuities(told)).to.deep.equal(['caught-up 350']);
    expect((await feed.missedSince(100))?.length).to.equal(400);
  });

  it('finds what is written while it starts over, though no event tells', async () => {
    const {project, up, write, lose, feed, replicationReady} = await opened({messages: 1});
    project.cut();
    write(2, 10_002);
    project.hold();
    await up();
    await untilAsked(project, 'messages_before null');
    lose(10_003);
    write(10_003, 10_003);
    replicationReady();
    project.release();
    await settle();
    expect(feed.cursor).to.equal(10_003);
  });
});

describe('Feed, asked to look again', () => {
  it('resolves when all that is new is in', async () => {
    const {feed, lose, write, project} = await opened({messages: 1});
    lose(2);
    write(2, 2);
    project.hold();
    let done = false;
    void feed.refresh().then(() => (done = true));
    await settle();
    expect(done).to.equal(false);
    project.release();
    await settle();
    expect(done).to.equal(true);
    expect(feed.cursor).to.equal(2);
  });

  it('while it looks already: resolves after a look that began later', async () => {
    const {feed, lose, write, project} = await opened({messages: 1});
    project.hold();
    void feed.refresh();
    await settle();
    lose(2);
    write(2, 2);
    const seen = feed.refresh().then(() => feed.cursor);
    project.release();
    expect(await seen).to.equal(2);
    expect(project.count('changes_since')).to.equal(2);
  });

  it('resolves when nothing can be had now, and keeps trying', async () => {
    const {feed, lose, write, project, clock} = await opened({messages: 1});
    lose(2);
    write(2, 2);
    project.faults.request = unreachable;
    await feed.refresh();
    expect(feed.cursor).to.equal(1);
    project.faults.request = null;
    await clock.pass(1_000);
    expect(feed.cursor).to.equal(2);
  });

  it('resolves at once when it is not open, or closed', async () => {
    const {feed} = await opened();
    feed.close();
    await feed.refresh();
  });
});

describe('Feed, asked for history', () => {
  it('answers from the newest 200 it holds', async () => {
    const {feed, project} = await opened({messages: 300});
    expect(feed.before(251, 50)?.messages.map(bodyOf)).to.deep.equal(numbered(201, 250));
    expect(feed.before(111, 50)).to.deep.include({hasOlder: true});
    expect(feed.before(111, 50)?.messages.map(bodyOf)).to.deep.equal(numbered(101, 110));
    expect(feed.before(101, 50)).to.equal(null);
    expect(feed.before(50, 50)).to.equal(null);
    expect(project.log).to.deep.equal([]);
  });

  it('knows where the chat begins', async () => {
    const {feed} = await opened({messages: 60});
    expect(feed.before(11, 50)).to.deep.include({hasOlder: false});
    expect(feed.before(11, 10)).to.deep.include({hasOlder: false});
    expect(feed.before(11, 9)).to.deep.include({hasOlder: true});
    expect(feed.before(1, 50)).to.deep.equal({messages: [], hasOlder: false});
  });

  it('counts nothing that this hub itself got stored and showed', async () => {
    const {project, up, told, write, feed} = await opened({messages: 3});
    project.cut();
    write(4, 5);
    feed.stored(project.answer(project.write('a', 'own')));
    await up();
    await settle();
    expect(told.at(-1)).to.equal('caught-up 2');
  });
});
