import {expect} from '@open-wc/testing';
import {Audience} from '../../src/hub/audience.js';
import type {PresentPerson} from '../../src/wire/chat.js';
import type {PresenceEvent} from '../../src/wire/protocol.js';
import {FakeClock} from '../support/fake-clock.js';

function given(isSeen = true) {
  const clock = new FakeClock();
  const people = new Map<string, PresentPerson>();
  const audience = new Audience(clock, people);
  const heard: PresenceEvent[] = [];
  const tab = {isSeen};
  const stop = audience.add(
    event => heard.push(event),
    () => tab.isSeen,
  );
  const put = (userId: string, lastSeen = 0) => {
    people.set(userId, {userId, status: 'online', lastSeen, currentChatId: null});
    audience.changed([userId]);
  };
  const leave = (userId: string) => {
    people.delete(userId);
    audience.changed([userId]);
  };
  return {clock, people, audience, heard, tab, stop, put, leave};
}

describe('Audience', () => {
  it('tells of 100 changes a second at most 60 times, and of all of them', async () => {
    const world = given();
    world.put('first');
    for (let n = 0; n < 1_000; n++) {
      world.put(`user ${n % 300}`, n);
      await world.clock.pass(10);
    }
    await world.clock.pass(100);
    expect(world.heard.length).to.be.within(300, 601);
    const known = new Map<string, number>();
    for (const event of world.heard) {
      if (event.kind === 'diff') for (const {userId, lastSeen} of event.changed) known.set(userId, lastSeen);
    }
    for (let n = 0; n < 300; n++) expect(known.get(`user ${n}`)).to.equal(world.people.get(`user ${n}`)?.lastSeen);
  });

  it('tells a hidden tab now and then, and at once what it missed when it is looked at', async () => {
    const world = given(false);
    world.put('ada');
    for (let n = 0; n < 49; n++) {
      world.put('ada', n);
      await world.clock.pass(100);
    }
    expect(world.heard.map(({kind}) => kind)).to.deep.equal(['state']);
    await world.clock.pass(100);
    expect(world.heard).to.have.length(2);
    world.put('grace');
    world.tab.isSeen = true;
    world.audience.looked();
    await world.clock.pass(17);
    expect(world.heard.at(-1)).to.have.nested.property('changed[0].userId', 'grace');
  });

  it('tells of somebody who came and went within a batch as gone', async () => {
    const world = given();
    world.put('ada');
    world.put('grace');
    world.leave('grace');
    await world.clock.pass(17);
    expect(world.heard.at(-1)).to.deep.equal({kind: 'diff', changed: [], left: ['grace']});
  });

  it('has no timer while there is no news', async () => {
    const world = given();
    let timers = 0;
    const after = world.clock.after.bind(world.clock);
    world.clock.after = (ms, task) => {
      timers++;
      return after(ms, task);
    };
    world.audience.looked();
    world.audience.changed([]);
    await world.clock.pass(60_000);
    expect(timers).to.equal(0);
  });

  it('tells nobody who stopped, and nobody once closed', async () => {
    const world = given();
    world.put('ada');
    world.put('grace');
    world.stop();
    await world.clock.pass(100);
    expect(world.heard).to.have.length(1);
    world.audience.add(
      event => world.heard.push(event),
      () => true,
    );
    world.put('lin');
    world.audience.close();
    await world.clock.pass(10_000);
    expect(world.heard).to.have.length(2);
  });

  it('starts over after nobody knew', async () => {
    const world = given();
    world.put('ada');
    world.put('ada', 5);
    world.audience.unknown();
    await world.clock.pass(100);
    world.audience.unknown();
    world.audience.changed([]);
    expect(world.heard.map(({kind}) => kind)).to.deep.equal(['state', 'unknown', 'state']);
  });
});
