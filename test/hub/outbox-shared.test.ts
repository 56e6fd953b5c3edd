import {expect} from '@open-wc/testing';
import {OWNER, bodies, message, outboxWorld as given} from './outbox-world.js';

describe('Outbox', () => {
  it('never stores twice, and keeps each hub’s order, when two hubs share a store', async () => {
    const world = given();
    for (let n = 10; n < 20; n++) await world.outbox.accept(message(String(n)));
    const other = world.open();
    await other.outbox.load();
    world.project.faults.loseAnswers = 1;
    world.outbox.setOnline(true, 'ada');
    other.outbox.setOnline(true, 'ada');
    for (let n = 20; n < 25; n++) {
      await world.outbox.accept(message(`a${n}`));
      await other.outbox.accept(message(`b${n}`));
    }
    await world.clock.pass(60_000);
    const stored = bodies(world.project) ?? [];
    expect(stored).to.have.length(20);
    expect(new Set(stored).size).to.equal(20);
    for (const prefix of ['1', 'a', 'b']) {
      const own = stored.filter(body => body.startsWith(prefix));
      expect(own, prefix).to.deep.equal([...own].sort());
    }
    expect(await world.store.entriesOf(OWNER)).to.deep.equal([]);
  });
});
