import {expect} from '@open-wc/testing';
import {Changes, type ChangeAsker} from '../../src/hub/changes.js';
import {Channels} from '../../src/hub/channels.js';
import type {ChangeFilter} from '../../src/wire/topic.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

const listFilter = (list: number | string): ChangeFilter => ({
  event: '*',
  schema: 'public',
  table: 'todos',
  filter: `list=eq.${list}`,
});

async function given() {
  const clock = new FakeClock();
  const project = new FakeProject();
  const transport = project.transport('ada');
  let seed = 0;
  const random = () => (seed = (seed * 16_807 + 12_345) % 2_147_483_647) / 2_147_483_647;
  const channels = new Channels(clock, random, () => {});
  const changes = new Changes(clock, random, channels);
  const up = async () => {
    channels.up(transport.openSocket('token', {opened() {}, down: () => channels.down(), beat() {}}));
    await settle();
  };
  await up();
  /** Somebody who asks, and what they hear. */
  const ask = (filter: ChangeFilter) => {
    const heard: string[] = [];
    const asker: ChangeAsker = {
      live: () => heard.push('live'),
      lost: reason => heard.push(`lost ${reason}`),
      refused: error => heard.push(`refused ${error.code} ${error.message}`),
      change: ({eventType, new: row}) => heard.push(`${eventType} ${String(row['n'])}`),
    };
    return {heard, stop: changes.ask(filter, asker)};
  };
  const joins = () => project.count('join changes:');
  const joined = () => project.members.size;
  const commit = (list: number, n: number) => project.commit({new: {list, n}});
  return {clock, project, ask, up, joins, joined, commit, changes};
}

describe('Changes', () => {
  it('packs 300 filters of one moment into three channels, each change once at who asked for it', async () => {
    const {clock, ask, joins, joined, commit} = await given();
    const askers = Array.from({length: 300}, (_, list) => ask(listFilter(list)));
    await clock.pass(1_000);
    expect([joins(), joined()]).to.deep.equal([3, 3]);
    for (let list = 0; list < 300; list++) commit(list, list);
    for (const [list, {heard}] of askers.entries()) expect(heard).to.deep.equal(['live', `INSERT ${list}`]);
  });

  it('needs a join a batch, and few channels for filters that come one by one', async () => {
    const {clock, ask, joins, joined, commit} = await given();
    const askers = [];
    for (let list = 0; list < 120; list++) {
      askers.push(ask(listFilter(list)));
      await clock.pass(10_000);
    }
    expect(joins()).to.equal(120);
    expect(joined()).to.be.at.most(8);
    for (let list = 0; list < 120; list++) commit(list, list);
    for (const [list, {heard}] of askers.entries()) expect(heard).to.deep.equal(['live', `INSERT ${list}`]);
  });

  it('gathers what is asked for while a pack is on its way, but lets nobody wait for one that never comes', async () => {
    const {clock, project, ask, joins} = await given();
    project.faults.slowChanges = true;
    ask(listFilter('a'));
    await clock.pass(100);
    for (const list of ['b', 'c', 'd']) {
      ask(listFilter(list));
      await clock.pass(200);
    }
    expect(joins()).to.equal(1);
    await clock.pass(1_000);
    expect(joins()).to.equal(2);
  });

  it('shares equal filters, also with who comes later', async () => {
    const {clock, ask, joins, commit} = await given();
    const first = ask(listFilter(1));
    await clock.pass(1_000);
    const second = ask(listFilter(1));
    await clock.pass(1_000);
    commit(1, 1);
    expect(joins()).to.equal(1);
    expect([first.heard, second.heard]).to.deep.equal([
      ['live', 'INSERT 1'],
      ['live', 'INSERT 1'],
    ]);
  });

  it('tells filters apart by event, table and columns', async () => {
    const {clock, project, ask} = await given();
    const filters: ChangeFilter[] = [
      {event: 'INSERT', schema: 'public', table: 'todos'},
      {event: 'UPDATE', schema: 'public', table: 'todos'},
      {event: '*', schema: 'public'},
      {event: '*', schema: 'public', table: 'lists'},
    ];
    const askers = filters.map(ask);
    await clock.pass(1_000);
    project.commit({eventType: 'UPDATE', new: {n: 1}});
    expect(askers.map(({heard}) => heard.length)).to.deep.equal([1, 2, 2, 1]);
  });

  for (const slow of [true, false]) {
    it(`loses and doubles nothing while a pack takes in another${slow ? ', however long that takes' : ''}`, async () => {
      const {clock, project, ask, commit, joined} = await given();
      const old = ask(listFilter(1));
      await clock.pass(1_000);
      project.faults.slowChanges = slow;
      ask(listFilter(2));
      const expected = ['live'];
      for (let n = 0; n < 40; n++) {
        if (n === 20) project.goLive();
        commit(1, n);
        commit(1, 0); // the very same change, again and again
        expected.push(`INSERT ${n}`, 'INSERT 0');
        await clock.pass(400);
      }
      expect(old.heard).to.deep.equal(expected);
      await clock.pass(10_000);
      expect(joined()).to.equal(1);
    });
  }

  it('counts what each of two packs told, whichever is first', async () => {
    const {clock, project, ask} = await given();
    const {heard} = ask(listFilter(1));
    await clock.pass(1_000);
    const [before] = project.members;
    ask(listFilter(2));
    await clock.pass(100);
    const after = [...project.members].find(member => member !== before);
    if (!before || !after) throw new Error('not two packs');
    const change = {...project.commit({table: 'other'}), new: {list: 1, n: 7}};
    const at = (member: typeof before) => member.options.changes?.findIndex(({filter}) => filter === 'list=eq.1') ?? -1;
    const tell = (member: typeof before) => member.listener.change(at(member), change);
    for (const member of [after, before, before, after, after]) tell(member);
    expect(heard).to.deep.equal(['live', 'INSERT 7', 'INSERT 7', 'INSERT 7']);
  });

  it('hears a pack that another took in for a while, because what was committed before may still be on its way to it', async () => {
    const {clock, project, ask, joined} = await given();
    const {heard} = ask(listFilter(1));
    await clock.pass(1_000);
    const [before] = project.members;
    const other = ask(listFilter(2));
    await clock.pass(1_000);
    expect(other.heard).to.deep.equal(['live']);
    // Half a second is the longest that the server waits before it reads its log again.
    const change = {...project.commit({table: 'other'}), new: {list: 1, n: 7}};
    before?.listener.change(0, change);
    expect(heard).to.deep.equal(['live', 'INSERT 7']);
    await clock.pass(10_000);
    expect([joined(), before && project.members.has(before)]).to.deep.equal([1, false]);
  });

  it('finds the bad filters among the good ones, and says the server’s words to who asked for them', async () => {
    const {clock, project, ask, commit, joined} = await given();
    const live = ask(listFilter('live'));
    await clock.pass(1_000);
    project.faults.badFilters.add('list=eq.7').add('list=eq.42');
    const askers = Array.from({length: 60}, (_, list) => ask(listFilter(list)));
    await clock.pass(10_000);
    for (let list = 0; list < 60; list++) commit(list, list);
    for (const [list, {heard}] of askers.entries()) {
      if (list !== 7 && list !== 42) expect(heard).to.deep.equal(['live', `INSERT ${list}`]);
      else {
        expect(heard).to.have.length(1);
        expect(heard[0]).to.match(/^refused rejected .*Error parsing `filter` params: list=eq\.(7|42)$/);
      }
    }
    expect(live.heard).to.deep.equal(['live']);
    const before = project.count('join');
    await clock.pass(60_000);
    expect([project.count('join') - before, joined() < 12]).to.deep.equal([0, true]);
  });

  it('tries a refused filter again for the next who asks', async () => {
    const {clock, project, ask} = await given();
    project.faults.badFilters.add('list=eq.7');
    ask(listFilter(7));
    await clock.pass(1_000);
    project.faults.badFilters.clear();
    const again = ask(listFilter(7));
    await clock.pass(1_000);
    expect(again.heard).to.deep.equal(['live']);
  });

  it('says when changes may be missed, and when they come again', async () => {
    const {clock, project, ask, up, commit} = await given();
    const {heard} = ask(listFilter(1));
    await clock.pass(1_000);
    project.cut();
    await up();
    commit(1, 1);
    expect(heard).to.deep.equal(['live', 'lost socket-closed', 'live', 'INSERT 1']);
  });

  it('goes on over private channels where a project allows no others, with what it heard before', async () => {
    const {clock, project, ask, joined, commit, up} = await given();
    const old = ask(listFilter(1));
    await clock.pass(1_000);
    project.faults.privateOnly = true;
    project.cut();
    await up();
    const late = ask(listFilter(2));
    await clock.pass(10_000);
    commit(1, 1);
    commit(2, 2);
    expect(old.heard).to.deep.equal(['live', 'lost socket-closed', 'live', 'INSERT 1']);
    expect(late.heard).to.deep.equal(['live', 'INSERT 2']);
    expect(joined()).to.equal(1);
    expect(project.count('join')).to.be.at.most(4);
  });

  it('says nothing of a loss to who is served by another pack', async () => {
    const {clock, project, ask, commit} = await given();
    const {heard} = ask(listFilter(1));
    await clock.pass(1_000);
    const [topic] = [...project.members].map(member => member.topic);
    ask(listFilter(2));
    await clock.pass(100);
    for (const socket of project.sockets) socket.expel(topic ?? '', 'Too many messages per second');
    commit(1, 1);
    expect(heard).to.deep.equal(['live', 'INSERT 1']);
  });

  it('keeps a filter for 3 s after its last asker, and then leaves what nobody needs', async () => {
    const {clock, ask, joined, joins, commit} = await given();
    const first = ask(listFilter(1));
    await clock.pass(1_000);
    first.stop();
    first.stop();
    await clock.pass(2_000);
    const second = ask(listFilter(1));
    await clock.pass(10_000);
    commit(1, 1);
    expect([second.heard, first.heard, joins()]).to.deep.equal([['live', 'INSERT 1'], ['live'], 1]);
    second.stop();
    await clock.pass(10_000);
    expect(joined()).to.equal(0);
  });

  it('leaves all when it closes, and asks for nothing more', async () => {
    const {clock, ask, joined, changes, joins} = await given();
    ask(listFilter(1));
    await clock.pass(1_000);
    ask(listFilter(2));
    changes.close();
    await clock.pass(10_000);
    expect([joined(), joins()]).to.deep.equal([0, 1]);
  });
});
