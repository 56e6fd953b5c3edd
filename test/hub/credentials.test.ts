import {expect} from '@open-wc/testing';
import {Credentials} from '../../src/hub/credentials.js';
import type {Credential} from '../../src/hub/transport.js';
import {TrunkError} from '../../src/wire/error.js';
import {FakeClock, settle} from '../support/fake-clock.js';

const HOUR = 3_600_000;

/** Credentials over a source of tokens of a given life, and what became of them. */
function given(lifeMs = HOUR) {
  const clock = new FakeClock();
  const start = clock.now();
  const world = {
    clock,
    lifeMs,
    fail: null as Error | null,
    /** When the source was asked, in ms since the start. */
    asked: [] as number[],
    renewed: [] as string[],
    hold: null as Promise<void> | null,
    credentials: null as unknown as Credentials,
  };
  world.credentials = new Credentials(
    clock,
    async (): Promise<Credential> => {
      world.asked.push(clock.now() - start);
      await world.hold;
      if (world.fail) throw world.fail;
      return {token: `t${world.asked.length}`, userId: 'ada', expiresAt: clock.now() + world.lifeMs};
    },
    ({token}) => world.renewed.push(token),
  );
  return world;
}

describe('Credentials', () => {
  it('gets another token when a server refuses it, once for all the channels that say so', async () => {
    const {clock, credentials, asked} = given();
    await credentials.get();
    await clock.pass(2_000);
    await Promise.all([credentials.refused(), credentials.refused()]);
    expect(asked).to.have.length(2);
    // Said of the one before, and heard late.
    await clock.pass(500);
    await credentials.refused();
    expect(asked).to.have.length(2);
    await clock.pass(2_000);
    await credentials.refused();
    expect(asked).to.have.length(3);
  });

  it('fetches once, however many ask', async () => {
    const {credentials, asked, renewed} = given();
    const all = await Promise.all([credentials.get(), credentials.get(), credentials.get()]);
    await credentials.get();
    expect(asked).to.have.length(1);
    expect(new Set(all.map(({token}) => token))).to.deep.equal(new Set(['t1']));
    expect(renewed).to.deep.equal(['t1']);
  });

  it('renews a minute before the end', async () => {
    const {clock, credentials, asked, renewed} = given();
    await credentials.get();
    await clock.pass(HOUR - 60_001);
    expect(asked).to.have.length(1);
    await clock.pass(1);
    expect(asked).to.deep.equal([0, HOUR - 60_000]);
    expect(renewed).to.deep.equal(['t1', 't2']);
    expect((await credentials.get()).token).to.equal('t2');
  });

  it('renews a token of a short life at half of it', async () => {
    const {clock, credentials, asked} = given(40_000);
    await credentials.get();
    await clock.pass(40_000);
    expect(asked).to.deep.equal([0, 20_000, 40_000]);
  });

  it('hands out the token that still lives while its successor is on its way', async () => {
    const world = given();
    await world.credentials.get();
    world.hold = new Promise(() => {});
    await world.clock.pass(HOUR - 30_000);
    expect(world.asked).to.have.length(2);
    expect((await world.credentials.get()).token).to.equal('t1');
  });

  it('never hands out a token that is as good as over', async () => {
    const world = given(HOUR);
    await world.credentials.get();
    world.fail = new TrunkError('unreachable', 'no network');
    await world.clock.pass(HOUR - 1_999);
    world.fail = null;
    expect((await world.credentials.get()).token).not.to.equal('t1');
  });

  it('tries a failed renewal again every 5 s, and tells nobody of a token it has not', async () => {
    const world = given();
    await world.credentials.get();
    world.fail = new TrunkError('unreachable', 'no network');
    await world.clock.pass(HOUR - 60_000);
    await world.clock.pass(12_000);
    expect(world.asked.slice(1).map(at => at - (HOUR - 60_000))).to.deep.equal([0, 5_000, 10_000]);
    expect(world.renewed).to.deep.equal(['t1']);
    world.fail = null;
    await world.clock.pass(5_000);
    expect(world.renewed).to.deep.equal(['t1', 't5']);
    await world.clock.pass(HOUR / 2);
    expect(world.asked).to.have.length(5);
  });

  it('passes on why there is no token, and asks anew next time', async () => {
    const world = given();
    world.fail = new TrunkError('sign-in-failed', 'no');
    const refused = await world.credentials.get().catch((error: TrunkError) => error.code);
    expect(refused).to.equal('sign-in-failed');
    world.fail = null;
    expect((await world.credentials.get()).token).to.equal('t2');
  });

  it('does not ask in a hot loop for tokens that are over when they come', async () => {
    const {clock, credentials, asked} = given(-HOUR);
    await credentials.get();
    await clock.pass(20_000);
    expect(asked).to.deep.equal([0, 5_000, 10_000, 15_000, 20_000]);
  });

  it('renews a token of a very long life too', async () => {
    const {clock, credentials, asked} = given(400 * 24 * HOUR);
    await credentials.get();
    await clock.pass(2 ** 31 - 2);
    expect(asked).to.have.length(1);
    await clock.pass(1);
    expect(asked).to.have.length(2);
  });

  it('renews on request, whatever the old one is worth, once for all who ask', async () => {
    const {credentials, asked} = given();
    await credentials.get();
    await Promise.all([credentials.renew(), credentials.renew()]);
    expect(asked).to.have.length(2);
    expect((await credentials.get()).token).to.equal('t2');
  });

  it('keeps one renewal waiting, not one for each renewal before', async () => {
    const {clock, credentials, asked} = given();
    await credentials.get();
    await credentials.renew();
    await credentials.renew();
    await clock.pass(HOUR - 60_000);
    expect(asked).to.have.length(4);
  });

  it('is silent once closed: no renewal, no answer to what was under way', async () => {
    const world = given();
    await world.credentials.get();
    let go = () => {};
    world.hold = new Promise(resolve => (go = resolve));
    const under = world.credentials.renew().catch((error: TrunkError) => error.code);
    world.credentials.close();
    go();
    await settle();
    expect(await under).to.equal('closed');
    expect(world.renewed).to.deep.equal(['t1']);
    await world.clock.pass(2 * HOUR);
    expect(world.asked).to.have.length(2);
    expect(await world.credentials.renew().catch((error: TrunkError) => error.code)).to.equal('closed');
  });
});
