import {expect} from '@open-wc/testing';
import {Roster} from '../../src/hub/roster.js';
import type {PresenceState} from '../../src/hub/transport.js';
import {FakeClock} from '../support/fake-clock.js';

function given() {
  const clock = new FakeClock();
  const told: string[] = [];
  const roster = new Roster(clock, (changed, left) => {
    const words = changed.map(id => `${id} ${roster.people.get(id)?.status}`);
    const news = [...words, ...left.map(({userId, lastSeen}) => `${userId} left, seen at ${lastSeen}`)].join();
    if (news) told.push(news);
  });
  const stateOf = (here: [userId: string, ...payloads: Record<string, unknown>[]][]) =>
    new Map(here.map(([userId, ...payloads]) => [userId, payloads])) as PresenceState;
  const apply = (...here: Parameters<typeof stateOf>[0]) => roster.apply(stateOf(here));
  const people = () => [...roster.people.values()];
  return {clock, told, roster, apply, stateOf, people};
}

const online = {status: 'online', lastSeen: 5, currentChatId: 'a'};
const away = {status: 'away', lastSeen: 9, currentChatId: 'b'};

describe('Roster', () => {
  it('folds the browsers of one person: online wins, the latest sign of life counts', () => {
    const {people, apply, told} = given();
    apply(['ada', online, away]);
    expect(people()).to.deep.equal([{userId: 'ada', status: 'online', lastSeen: 9, currentChatId: 'b'}]);
    apply(['ada', away, online]);
    expect(told).to.deep.equal(['ada online']);
  });

  it('tells only what has changed, all of one moment together', () => {
    const {apply, told} = given();
    apply(['ada', online], ['grace', away]);
    apply(['ada', online], ['grace', away]);
    apply(['ada', away], ['grace', away]);
    expect(told).to.deep.equal(['ada online,grace away', 'ada away']);
  });

  it('hides a leave that heals within 5 s', async () => {
    const {clock, apply, told, people} = given();
    apply(['ada', online]);
    apply();
    await clock.pass(4_999);
    expect(people()).to.have.length(1);
    apply(['ada', online]);
    await clock.pass(60_000);
    expect(told).to.deep.equal(['ada online']);
  });

  it('shows a leave after 5 s, counted from the leave', async () => {
    const {clock, apply, told, people} = given();
    apply(['ada', online], ['grace', online]);
    apply(['grace', online]);
    await clock.pass(3_000);
    apply(['grace', away]);
    await clock.pass(1_999);
    expect(told.at(-1)).to.equal('grace away');
    await clock.pass(1);
    expect(told.at(-1)).to.equal('ada left, seen at 5');
    expect(people().map(({userId}) => userId)).to.deep.equal(['grace']);
    apply(['grace', away], ['ada', online]);
    expect(told.at(-1)).to.equal('ada online');
  });

  it('counts no leave while its own line is gone, and gives 30 s to who may have been cut off with it', async () => {
    const {clock, apply, told, roster, people, stateOf} = given();
    apply(['ada', online], ['grace', online], ['lin', online]);
    apply(['grace', online], ['lin', online]);
    await clock.pass(4_000);
    roster.cutOff();
    await clock.pass(29_000);
    expect(people()).to.have.length(3);
    apply(['lin', online]);
    await clock.pass(29_999);
    apply(['lin', online], ['ada', online]);
    expect(told).to.deep.equal(['ada online,grace online,lin online']);
    await clock.pass(1);
    expect(told.splice(1)).to.deep.equal(['grace left, seen at 5']);
    roster.apply(stateOf([['ada', online]]), new Set(['lin']));
    await clock.pass(5_000);
    expect(told.at(-1)).to.equal('lin left, seen at 5');
  });

  it('tells what changed while somebody was gone for a moment', () => {
    const {apply, told} = given();
    apply(['ada', online]);
    apply();
    apply(['ada', away]);
    expect(told).to.deep.equal(['ada online', 'ada away']);
  });

  it('believes no payload that makes no sense', () => {
    const {people, apply} = given();
    apply(['ada', {status: 'busy', lastSeen: 'now', currentChatId: {}}], ['grace', {lastSeen: 3, currentChatId: 7}]);
    expect(people()).to.deep.equal([
      {userId: 'ada', status: 'away', lastSeen: 0, currentChatId: null},
      {userId: 'grace', status: 'away', lastSeen: 3, currentChatId: null},
    ]);
  });

  it('forgets everybody, and tells of no leave any more', async () => {
    const {clock, apply, told, roster} = given();
    apply(['ada', online]);
    apply();
    roster.forget();
    await clock.pass(60_000);
    expect(told).to.deep.equal(['ada online']);
  });

  it('looks at those alone who have changed, when it is told who they are', async () => {
    const {clock, apply, told, roster, stateOf} = given();
    apply(['ada', online], ['grace', online]);
    const later = stateOf([
      ['ada', away],
      ['lin', online],
    ]);
    roster.apply(later, new Set(['lin']));
    expect(told.at(-1)).to.equal('lin online');
    await clock.pass(60_000);
    expect(told).to.have.length(2);
    roster.apply(later, new Set(['grace', 'ada', 'nobody']));
    expect(told.at(-1)).to.equal('ada away');
    await clock.pass(5_000);
    expect(told.at(-1)).to.equal('grace left, seen at 5');
  });

  it('says that it knows, even when nobody is here', () => {
    let told = 0;
    const roster = new Roster(new FakeClock(), () => told++);
    roster.apply(new Map());
    expect(told).to.equal(1);
    roster.apply(new Map(), new Set());
    expect(told).to.equal(1);
  });
});
