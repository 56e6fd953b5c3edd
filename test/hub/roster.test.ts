import {expect} from '@open-wc/testing';
import {Roster} from '../../src/hub/roster.js';
import type {PresenceState} from '../../src/hub/transport.js';
import {FakeClock} from '../support/fake-clock.js';

function given() {
  const clock = new FakeClock();
  const told: string[] = [];
  const roster = new Roster(clock, (changed, left) => {
    told.push([...changed.map(({userId, status}) => `${userId} ${status}`), ...left.map(id => `${id} left`)].join());
  });
  const apply = (...here: [userId: string, ...payloads: Record<string, unknown>[]][]) =>
    roster.apply(new Map(here.map(([userId, ...payloads]) => [userId, payloads])) as PresenceState);
  return {clock, told, roster, apply};
}

const online = {status: 'online', lastSeen: 5, currentChatId: 'a'};
const away = {status: 'away', lastSeen: 9, currentChatId: 'b'};

describe('Roster', () => {
  it('folds the browsers of one person: online wins, the latest sign of life counts', () => {
    const {roster, apply, told} = given();
    apply(['ada', online, away]);
    expect(roster.people).to.deep.equal([{userId: 'ada', status: 'online', lastSeen: 9, currentChatId: 'b'}]);
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
    const {clock, apply, told, roster} = given();
    apply(['ada', online]);
    apply();
    await clock.pass(4_999);
    expect(roster.people).to.have.length(1);
    apply(['ada', online]);
    await clock.pass(60_000);
    expect(told).to.deep.equal(['ada online']);
  });

  it('shows a leave after 5 s, counted from the leave', async () => {
    const {clock, apply, told, roster} = given();
    apply(['ada', online], ['grace', online]);
    apply(['grace', online]);
    await clock.pass(3_000);
    apply(['grace', away]);
    await clock.pass(1_999);
    expect(told.at(-1)).to.equal('grace away');
    await clock.pass(1);
    expect(told.at(-1)).to.equal('ada left');
    expect(roster.people.map(({userId}) => userId)).to.deep.equal(['grace']);
    apply(['grace', away], ['ada', online]);
    expect(told.at(-1)).to.equal('ada online');
  });

  it('tells what changed while somebody was gone for a moment', () => {
    const {apply, told} = given();
    apply(['ada', online]);
    apply();
    apply(['ada', away]);
    expect(told).to.deep.equal(['ada online', 'ada away']);
  });

  it('believes no payload that makes no sense', () => {
    const {roster, apply} = given();
    apply(['ada', {status: 'busy', lastSeen: 'now', currentChatId: {}}], ['grace', {lastSeen: 3, currentChatId: 7}]);
    expect(roster.people).to.deep.equal([
      {userId: 'ada', status: 'away', lastSeen: 0, currentChatId: null},
      {userId: 'grace', status: 'away', lastSeen: 3, currentChatId: null},
    ]);
  });

  it('tells of no leave once closed', async () => {
    const {clock, apply, told, roster} = given();
    apply(['ada', online]);
    apply();
    roster.close();
    await clock.pass(60_000);
    expect(told).to.deep.equal(['ada online']);
  });
});
