import {expect} from '@open-wc/testing';
import {settle} from '../support/fake-clock.js';
import {feedWorld as given, unreachable} from './feed-world.js';

describe('Feed', () => {
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
