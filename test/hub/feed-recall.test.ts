import {expect} from '@open-wc/testing';
import {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';
import {feedWorld, numbered, unreachable, type FeedWorldOptions} from './feed-world.js';

/** A browser that had chat `a` open with an earlier hub. */
async function remembering(options: FeedWorldOptions = {}) {
  const world = feedWorld({messages: 3, ...options});
  await world.up();
  const former = world.open();
  await settle();
  former.close();
  await settle();
  world.startOver();
  const open = () => {
    const feed = world.open();
    return {feed, bodies: () => feed.snapshot()?.messages.map(({body}) => body)};
  };
  return {...world, open, remembered: () => world.store.getChat('ada', 'a')};
}

describe('Feed, of a chat that this browser remembers', () => {
  it('shows it before the database has answered, and says that it is not fresh', async () => {
    const {project, told, open} = await remembering();
    project.hold();
    const {feed, bodies} = open();
    await settle();
    expect(told).to.deep.equal(['opened']);
    expect(bodies()).to.deep.equal(numbered(1, 3));
    expect(feed.snapshot()).to.include({fresh: false, cursor: 3});
    project.release();
    await settle();
    expect(told).to.deep.equal(['opened', 'resumed 0']);
    expect(feed.snapshot()).to.include({fresh: true});
  });

  it('then tells what was missed, and how much that was, once', async () => {
    const {told, open, write, up, clock, project, fake} = await remembering();
    write(4, 6);
    project.change(fake(), 'm-a-1', {body: 'edited'});
    const {bodies} = open();
    await settle();
    await up();
    await clock.pass(60_000);
    expect(told).to.deep.equal(['opened', '4,5,6,7 → 7', 'caught-up 4']);
    expect(bodies()).to.deep.equal(['edited', 'm2', 'm3', 'm4', 'm5', 'm6']);
    expect(project.count('messages_before')).to.equal(0);
  });

  it('shows it once, when the database is faster than the store', async () => {
    const {told, open, store, clock} = await remembering();
    const recall = store.getChat.bind(store);
    let answer = () => {};
    store.getChat = async (...name) => {
      await new Promise<void>(resolve => (answer = resolve));
      return recall(...name);
    };
    const {bodies} = open();
    await settle();
    answer();
    await clock.pass(1_000);
    expect(told.filter(line => line === 'opened')).to.have.length(1);
    expect(bodies()).to.deep.equal(numbered(1, 3));
  });

  it('starts over when it is another chat by now', async () => {
    const {told, open, project} = await remembering();
    project.chats.clear();
    const other = project.addChat('a');
    other.chat = {...other.chat, id: 'another'};
    project.chats.set('another', other);
    for (let n = 1; n <= 5; n++) project.write('a', `another ${n}`);
    const {feed, bodies} = open();
    await settle();
    expect(told).to.deep.equal(['opened', 'opened', 'reset 0']);
    expect(bodies()?.[0]).to.equal('another 1');
    expect(bodies()).to.have.length(5);
    expect(feed.chat?.id).to.equal('another');
  });

  it('starts over when it knows more than the database, or misses more than 10,000', async () => {
    for (const [kept, stored] of [
      [9, 3],
      [3, 10_004],
    ] as const) {
      const {told, open, project, fake, write, up} = await remembering({messages: kept});
      fake().messages.length = Math.min(kept, stored);
      fake().lastRev = Math.min(kept, stored);
      write(kept + 1, stored);
      const {feed, bodies} = open();
      await settle();
      await up();
      expect(told, String(stored)).to.deep.equal(['opened', 'opened', 'reset 0']);
      expect(feed.cursor, String(stored)).to.equal(stored);
      expect(bodies()?.at(-1), String(stored)).to.equal(`m${stored}`);
      expect(project.count('changes_since'), String(stored)).to.be.at.most(1);
    }
  });

  for (const [because, error] of [
    ['without network', unreachable],
    ['while signing in fails', new TrunkError('sign-in-failed', 'no token')],
  ] as const) {
    it(`keeps it in view ${because}, and goes on when that is over`, async () => {
      const {told, open, project, write, clock, remembered, up} = await remembering();
      project.faults.request = error;
      const {feed, bodies} = open();
      await clock.pass(300_000);
      expect(told).to.deep.equal(['opened']);
      expect(bodies()).to.deep.equal(numbered(1, 3));
      expect(await remembered()).not.to.equal(null);
      write(4, 4);
      project.faults.request = null;
      await up();
      feed.retry();
      await clock.pass(60_000);
      expect(told).to.deep.equal(['opened', '4 → 4', 'caught-up 1']);
      expect(feed.fresh).to.equal(true);
    });
  }

  for (const refusal of ['chat-not-found', 'forbidden'] as const) {
    it(`forgets it and says so when it is not this person’s any more: ${refusal}`, async () => {
      const {told, open, project, remembered, clock} = await remembering();
      project.faults.request = new TrunkError(refusal, 'no');
      const {feed} = open();
      await clock.pass(60_000);
      expect(told).to.deep.equal(['opened', `failed ${refusal} for good`]);
      expect(feed.snapshot()).to.equal(null);
      feed.close();
      await clock.pass(60_000);
      expect(await remembered()).to.equal(null);
    });
  }

  it('answers history from it', async () => {
    const {open, project} = await remembering({messages: 120});
    project.faults.request = unreachable;
    const {feed} = open();
    await settle();
    expect(feed.before(71, 50)?.messages.map(({body}) => body)).to.deep.equal(numbered(21, 70));
  });

  it('shows nothing once closed', async () => {
    const {told, open} = await remembering();
    const {feed} = open();
    feed.close();
    await settle();
    expect(told).to.deep.equal([]);
  });

  it('does not take a tip for the truth while it is not fresh: the opening asks', async () => {
    const {open, project, write} = await remembering();
    project.faults.request = unreachable;
    const {feed} = open();
    await settle();
    project.log.length = 0;
    write(4, 4);
    feed.tip(4);
    await settle();
    expect(project.log).to.deep.equal([]);
  });

  it('remembers each change a second after it, and what is left when it closes', async () => {
    const {open, write, up, clock, remembered} = await remembering();
    const {feed} = open();
    await up();
    await settle();
    write(4, 4);
    await clock.pass(999);
    expect((await remembered())?.cursor).to.equal(3);
    await clock.pass(1);
    expect((await remembered())?.cursor).to.equal(4);
    write(5, 5);
    feed.close();
    await settle();
    const kept = await remembered();
    expect(kept?.cursor).to.equal(5);
    expect(kept?.messages.map(({body}) => body)).to.deep.equal(numbered(1, 5));
    expect(kept).to.deep.include({hasOlder: false, keptAt: clock.now()});
  });
});
