import {expect} from '@open-wc/testing';
import {People} from '../../src/hub/people.js';
import type {Person} from '../../src/wire/chat.js';
import {FakeClock} from '../support/fake-clock.js';

const MINUTE = 60_000;

function given() {
  const clock = new FakeClock();
  const profiles = new Map<string, Person>();
  const world = {
    clock,
    profiles,
    asked: [] as string[][],
    told: [] as string[],
    fail: false,
    hold: null as Promise<void> | null,
    people: null as unknown as People,
  };
  const database = {
    profiles: async (ids: readonly string[]) => {
      world.asked.push([...ids]);
      await world.hold;
      if (world.fail) throw new Error('no network');
      return ids.flatMap(id => profiles.get(id) ?? []);
    },
  };
  world.people = new People(clock, database, people => world.told.push(people.map(({name}) => name).join()));
  for (const name of ['Ada', 'Grace']) {
    const userId = name.toLowerCase();
    profiles.set(userId, {userId, name, avatarUrl: null});
  }
  return world;
}

describe('People', () => {
  it('gathers needs for a moment and asks once', async () => {
    const {clock, people, asked, told} = given();
    people.need(['ada', null, 'ada']);
    people.need(['grace']);
    await clock.pass(19);
    expect(asked).to.deep.equal([]);
    await clock.pass(1);
    expect(asked).to.deep.equal([['ada', 'grace']]);
    expect(told).to.deep.equal(['Ada,Grace']);
    expect(people.all().map(({name}) => name)).to.deep.equal(['Ada', 'Grace']);
  });

  it('asks at most 100 at a time, and for all in the end', async () => {
    const {clock, people, asked, profiles} = given();
    const ids = Array.from({length: 250}, (_, n) => `u${n}`);
    for (const userId of ids) profiles.set(userId, {userId, name: userId, avatarUrl: null});
    people.need(ids);
    await clock.pass(1_000);
    expect(asked.map(({length}) => length)).to.deep.equal([100, 100, 50]);
    expect(new Set(asked.flat()).size).to.equal(250);
  });

  it('asks again only after 5 min, and tells only what is new', async () => {
    const {clock, people, asked, told, profiles} = given();
    people.need(['ada']);
    await clock.pass(1_000);
    people.need(['ada']);
    await clock.pass(4 * MINUTE);
    expect(asked).to.have.length(1);
    await clock.pass(MINUTE);
    people.need(['ada']);
    await clock.pass(1_000);
    expect(asked).to.have.length(2);
    expect(told).to.deep.equal(['Ada']);
    profiles.set('ada', {userId: 'ada', name: 'Ada', avatarUrl: 'https://x/a.png'});
    await clock.pass(6 * MINUTE);
    people.need(['ada']);
    await clock.pass(1_000);
    expect(told).to.deep.equal(['Ada', 'Ada']);
    expect(people.all()[0]?.avatarUrl).to.equal('https://x/a.png');
  });

  it('does not ask twice for who is needed again while the answer is on its way', async () => {
    const world = given();
    let answer = () => {};
    world.hold = new Promise(resolve => (answer = resolve));
    world.people.need(['ada']);
    await world.clock.pass(1_000);
    world.people.need(['ada']);
    answer();
    await world.clock.pass(1_000);
    expect(world.asked).to.deep.equal([['ada']]);
  });

  it('asks again for somebody who has no profile yet, ever more rarely and not for ever', async () => {
    const {clock, people, asked, told, profiles} = given();
    people.need(['new', 'never']);
    await clock.pass(1_000);
    profiles.set('new', {userId: 'new', name: 'New', avatarUrl: null});
    await clock.pass(4 * MINUTE);
    expect(told).to.deep.equal(['New']);
    const times = asked.filter(ids => ids.includes('never')).length;
    expect(times).to.be.within(3, 12);
    await clock.pass(60 * MINUTE);
    expect(asked.filter(ids => ids.includes('never')).length).to.be.at.most(12);
    people.close();
    await clock.pass(60 * MINUTE);
  });

  it('asks again by itself for what could not be had, together with what is needed meanwhile', async () => {
    const world = given();
    world.fail = true;
    world.people.need(['ada']);
    await world.clock.pass(100);
    world.people.need(['grace']);
    world.fail = false;
    await world.clock.pass(1_000);
    expect(world.asked).to.deep.equal([['ada'], ['ada', 'grace']]);
    expect(world.told).to.deep.equal(['Ada,Grace']);
  });

  it('gives up what can not be had for a minute, until it is next needed', async () => {
    const world = given();
    world.fail = true;
    world.people.need(['ada']);
    await world.clock.pass(60 * MINUTE);
    expect(world.asked.length).to.be.within(3, 12);
    world.fail = false;
    world.people.need(['ada']);
    await world.clock.pass(1_000);
    expect(world.told).to.deep.equal(['Ada']);
  });

  it('asks nothing more when it is closed while no answer can be had', async () => {
    const world = given();
    world.fail = true;
    world.people.need(['ada']);
    await world.clock.pass(100);
    world.people.close();
    await world.clock.pass(MINUTE);
    expect(world.asked).to.have.length(1);
  });

  it('takes in a profile learned another way, and tells it once', async () => {
    const {clock, people, asked, told} = given();
    people.put({userId: 'ada', name: 'Countess', avatarUrl: null});
    people.put({userId: 'ada', name: 'Countess', avatarUrl: null});
    people.need(['ada']);
    await clock.pass(1_000);
    expect(asked).to.deep.equal([]);
    expect(told).to.deep.equal(['Countess']);
  });

  it('asks nothing once closed', async () => {
    const {clock, people, asked} = given();
    people.need(['ada']);
    people.close();
    people.need(['grace']);
    await clock.pass(1_000);
    expect(asked).to.deep.equal([]);
  });
});
