import {expect} from '@open-wc/testing';
import type {ChannelHandle, ChannelOptions} from '../../src/client/channel-handle.js';
import type {TrunkError} from '../../src/wire/error.js';
import {FakeBrowser, type FakeTab} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

const codeOf = (promise: Promise<unknown>) => promise.then(() => 'ok', (error: TrunkError) => error.code); // prettier-ignore

/** The hub loads this part of itself when it is first asked for, which takes a real moment. */
before(async () => {
  const {client} = await new FakeBrowser().tab();
  const {status} = client.channel('first');
  await new Promise<void>(resolve => status.subscribe(({state}) => state === 'joined' && resolve()));
});

async function given() {
  const project = new FakeProject();
  const ada = new FakeBrowser({project, userId: 'ada'});
  const grace = new FakeBrowser({project, userId: 'grace'});
  /** A handle, and what it hears. */
  const listen = (handle: ChannelHandle) => {
    const heard: string[] = [];
    handle.on<{n: number}>('broadcast', {event: '*'}, ({event, payload, meta}) => {
      heard.push(`${event} ${payload.n}${meta?.replayed ? ' replayed' : ''}`);
    });
    handle.on('presence', {event: 'join'}, ({key, newPresences}) => {
      heard.push(`${key} joins ${newPresences.map(entry => String(entry['n'])).join()}`);
    });
    handle.on('presence', {event: 'leave'}, ({key, leftPresences}) => {
      heard.push(`${key} leaves ${leftPresences.map(entry => String(entry['n'])).join()}`);
    });
    handle.on('postgres_changes', {}, ({eventType, new: row}) => heard.push(`${eventType} ${String(row['n'])}`));
    return heard;
  };
  const open = async (tab: FakeTab, options: ChannelOptions = {}, topic = 'room') => {
    const handle = tab.client.channel(topic, options);
    const heard = listen(handle);
    await settle();
    return {handle, heard};
  };
  const states = (handle: ChannelHandle) => {
    const seen: string[] = [];
    handle.status.subscribe(({state, error}) => seen.push(error ? `${state} ${error.code}` : state));
    return seen;
  };
  return {project, ada, grace, open, states};
}

describe('an application’s own topic', () => {
  it('is joined once for all handles of all tabs, and left 3 s after the last', async () => {
    const {project, ada, open} = await given();
    const tabs = [await ada.tab(), await ada.tab(), await ada.tab()];
    const handles = await Promise.all(tabs.flatMap(tab => [open(tab), open(tab)]));
    expect(project.count('join room')).to.equal(1);
    for (const {handle} of handles)
      expect(handle.status.current).to.deep.equal({state: 'joined', live: true, error: null});
    for (const {handle} of handles) handle.release();
    await ada.clock.pass(2_900);
    expect(project.count('leave room')).to.equal(0);
    await ada.clock.pass(200);
    expect(project.count('leave room')).to.equal(1);
  });

  it('takes every handle for a client of its own: others hear what one sends, it itself only with `self`', async () => {
    const {ada, grace, open} = await given();
    const [tab, other] = [await ada.tab(), await ada.tab()];
    const quiet = await open(tab);
    const self = await open(tab, {broadcast: {self: true}});
    const sibling = await open(other);
    const far = await open(await grace.tab());
    await quiet.handle.send('say', {n: 1});
    await self.handle.send('say', {n: 2});
    await settle();
    expect(quiet.heard).to.deep.equal(['say 2']);
    expect(self.heard).to.deep.equal(['say 1', 'say 2']);
    expect(sibling.heard).to.deep.equal(['say 1', 'say 2']);
    expect(far.heard).to.deep.equal(['say 1', 'say 2']);
  });

  it('calls listeners by event name, until they are undone', async () => {
    const {project, ada, open} = await given();
    const {handle} = await open(await ada.tab());
    const heard: string[] = [];
    const stop = handle.on('broadcast', {event: 'Cursor'}, ({payload}) => heard.push(String(payload['n'])));
    project.send('room', 'cursor', {n: 1});
    project.send('room', 'other', {n: 2});
    await settle();
    stop();
    project.send('room', 'cursor', {n: 3});
    await settle();
    expect(heard).to.deep.equal(['1']);
  });

  it('lets what is sent too early wait, in order, and refuses what is too much', async () => {
    const {project, ada, grace, open} = await given();
    const far = await open(await grace.tab());
    project.faults.refuseSockets = true;
    const tab = await ada.tab();
    const {handle, heard} = await open(tab, {broadcast: {self: true}});
    const sent = Array.from({length: 100}, (_, n) => handle.send('say', {n}));
    expect(await codeOf(handle.send('say', {n: 100}))).to.equal('send-queue-full');
    expect(far.heard).to.deep.equal([]);
    project.faults.refuseSockets = false;
    await ada.clock.pass(60_000);
    await Promise.all(sent);
    const all = Array.from({length: 100}, (_, n) => `say ${n}`);
    expect(far.heard).to.deep.equal(all);
    expect(heard).to.deep.equal(all);
  });

  it('keeps what waits over the death of its hub, and sends nothing twice', async () => {
    const {project, ada, grace, open, states} = await given();
    const far = await open(await grace.tab());
    const {handle} = await open(await ada.tab());
    const seen = states(handle);
    project.faults.refuseTopics.set('room', 'busy');
    await ada.killHub();
    const sent = handle.send('say', {n: 1});
    await ada.killHub();
    project.faults.refuseTopics.clear();
    await ada.clock.pass(60_000);
    await sent;
    expect(far.heard).to.deep.equal(['say 1']);
    expect(seen).to.deep.equal([
      'joined',
      'joining',
      'joining unreachable',
      'joining',
      'joining unreachable',
      'joined',
    ]);
  });

  it('says that nobody knows when the hub dies over a broadcast, and doesn’t repeat it', async () => {
    const {project, ada, open} = await given();
    const {handle} = await open(await ada.tab(), {broadcast: {ack: true}});
    const sent = codeOf(handle.send('say', {n: 1}));
    ada.killNow();
    expect(await sent).to.equal('not-confirmed');
    await ada.clock.pass(10_000);
    expect(project.count('broadcast room')).to.be.at.most(1);
  });

  it('tells with `ack` that the server doesn’t take it, and tells no sibling of it', async () => {
    const {project, ada, open} = await given();
    const tab = await ada.tab();
    project.faults.muteTopics.add('room');
    const acked = await open(tab, {private: true, broadcast: {ack: true}});
    const loose = await open(tab, {private: true});
    expect(await codeOf(acked.handle.send('say', {n: 1}))).to.equal('not-confirmed');
    expect(await codeOf(loose.handle.send('say', {n: 2}))).to.equal('ok');
    await settle();
    expect([acked.heard, loose.heard]).to.deep.equal([[], []]);
  });

  it('refuses what can’t be sent', async () => {
    const {ada, open} = await given();
    const tab = await ada.tab();
    const {handle} = await open(tab);
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(await codeOf(handle.send('say', circle))).to.equal('rejected');
    expect(await codeOf(handle.send('say', {n: 1n}))).to.equal('rejected');
    const changes = await open(tab, {postgresChanges: [{event: '*', schema: 'public'}]}, 'changes-only');
    expect(await codeOf(changes.handle.send('say'))).to.equal('rejected');
    handle.release();
    expect(await codeOf(handle.send('say'))).to.equal('closed');
    expect(handle.status.current.state).to.equal('closed');
  });

  it('refuses topics that are Trunkline’s own, by code', async () => {
    const {ada} = await given();
    const {client} = await ada.tab();
    for (const topic of ['chat:1', 'chat:1:live', 'inbox:ada', 'presence:global', 'changes:x']) {
      let code = '';
      try {
        client.channel(topic);
      } catch (error) {
        code = (error as TrunkError).code;
      }
      expect(code, topic).to.equal('reserved-topic');
    }
  });

  it('refuses options that can’t hold together, naming both, and leaves the first as it is', async () => {
    const {ada, open} = await given();
    const [tab, other] = [await ada.tab(), await ada.tab()];
    const first = await open(tab, {presence: {key: 'one'}});
    const wrong = [{private: true}, {presence: {key: 'two'}}];
    for (const options of wrong) {
      const {handle} = await open(other, options);
      const {state, error} = handle.status.current;
      expect([state, error?.code]).to.deep.equal(['failed', 'conflicting-options']);
      expect(error?.message).to.include('{private: false, presence: {key: "one"}}');
      expect(error?.message).to.match(/\{private: true\}|\{private: false, presence: \{key: "two"\}\}/);
      expect(await codeOf(handle.send('say'))).to.equal('conflicting-options');
      handle.release();
    }
    expect(first.handle.status.current.state).to.equal('joined');
    first.handle.release();
    await settle();
    const after = await open(other, {presence: {key: 'two'}});
    expect(after.handle.status.current.state).to.equal('joined');
  });

  it('keeps a topic whole when a handle goes that another one refused before it', async () => {
    const {ada, open} = await given();
    const [tab, other] = [await ada.tab(), await ada.tab()];
    const first = await open(tab);
    const refused = await open(other, {private: true});
    first.handle.release();
    await settle();
    const third = await open(tab, {private: true});
    refused.handle.release();
    await settle();
    const fourth = await open(other, {private: true});
    await fourth.handle.send('say', {n: 1});
    await settle();
    expect(third.heard).to.have.length(1);
  });

  it('says why the server lets nobody in, and goes on trying', async () => {
    const {project, ada, open, states} = await given();
    project.faults.refuseTopics.set(
      'room',
      'Unauthorized: You do not have permissions to read from this Channel topic',
    );
    const {handle} = await open(await ada.tab(), {private: true});
    const seen = states(handle);
    project.faults.refuseTopics.clear();
    await ada.clock.pass(10_000);
    expect(seen).to.deep.equal(['joining forbidden', 'joined']);
  });

  it('says that it is parked when it made room for what is in sight', async () => {
    const {ada, open} = await given();
    const hidden = await ada.tab();
    const {handle} = await open(hidden);
    hidden.client.setAttention({visible: false});
    const {client} = await ada.tab();
    for (let n = 0; n < 90; n++) client.channel(`more-${n}`);
    await ada.clock.pass(60_000);
    const {state, error} = handle.status.current;
    expect([state, error?.code]).to.deep.equal(['joining', 'rate-limited']);
    expect(error?.message).to.include('"room" is parked');
  });

  it('says that there is no room for it, also to who comes later, and that there is again', async () => {
    const {ada, open, states} = await given();
    const busy = await ada.tab();
    const others = Array.from({length: 90}, (_, n) => busy.client.channel(`more-${n}`));
    await ada.clock.pass(60_000);
    const hidden = await ada.tab();
    hidden.client.setAttention({visible: false});
    const seen = states((await open(hidden)).handle);
    const {handle} = await open(hidden);
    expect([...seen, handle.status.current.error?.code]).to.deep.equal(['joining rate-limited', 'rate-limited']);
    others[0]?.release();
    await ada.clock.pass(10_000);
    expect([seen.at(-1), handle.status.current.state]).to.deep.equal(['joined', 'joined']);
  });

  it('says what to do where a project allows private channels only', async () => {
    const {project, ada, open} = await given();
    project.faults.privateOnly = true;
    const {handle} = await open(await ada.tab());
    expect([handle.status.current.state, handle.status.current.error?.code]).to.deep.equal(['joining', 'forbidden']);
    expect(handle.status.current.error?.message).to.include('open "room" with {private: true}');
    project.faults.refuseTopics.set('changes:*', 'Unauthorized: You do not have permissions to read from this topic');
    const filters = {private: true, postgresChanges: [{event: '*' as const, schema: 'public', table: 'todos'}]};
    const watching = await open(await ada.tab(), filters, 'rows');
    await ada.clock.pass(1_000);
    const {live, error} = watching.handle.status.current;
    expect([live, error?.code]).to.deep.equal([false, 'forbidden']);
    expect(error?.message).to.include('migrations');
    project.faults.refuseTopics.clear();
    await ada.clock.pass(10_000);
    project.commit({new: {n: 7}});
    await settle();
    expect(watching.handle.status.current).to.include({live: true, error: null});
    expect(watching.heard).to.deep.equal(['INSERT 7']);
  });

  it('ends for a person who signs out: nothing is sent, nobody is shown', async () => {
    const {project, ada, grace, open} = await given();
    const far = await open(await grace.tab(), {presence: {}});
    const tab = await ada.tab();
    const {handle} = await open(tab, {presence: {}});
    handle.track({n: 1});
    await settle();
    expect(Object.keys(handle.present.current)).to.deep.equal(['ada']);
    project.faults.refuseTopics.set('busy', 'busy');
    const waits = codeOf(tab.client.channel('busy').send('say', {n: 1}));
    await tab.client.signOut('discard');
    await settle();
    expect(await waits).to.equal('signed-out');
    expect(handle.present.current).to.deep.equal({});
    expect(await codeOf(handle.send('say'))).to.equal('signed-out');
    expect(Object.keys(far.handle.present.current)).not.to.include('ada');
  });

  it('ends with its client', async () => {
    const {ada, open} = await given();
    const tab = await ada.tab();
    const {handle} = await open(tab);
    tab.client.close();
    expect(handle.status.current.state).to.equal('closed');
  });
});

describe('presence on a topic', () => {
  it('is one entry a browser: what was said last in any tab, then what was said before it', async () => {
    const {ada, grace, open} = await given();
    const far = await open(await grace.tab(), {presence: {}});
    const one = await open(await ada.tab(), {presence: {}});
    const two = await open(await ada.tab(), {presence: {}});
    one.handle.track({n: 1});
    await settle();
    two.handle.track({n: 2});
    await settle();
    expect(far.handle.present.current['ada']?.map(entry => entry['n'])).to.deep.equal([2]);
    two.handle.release();
    await settle();
    expect(far.handle.present.current['ada']?.map(entry => entry['n'])).to.deep.equal([1]);
    one.handle.untrack();
    await settle();
    expect(far.handle.present.current).to.deep.equal({});
    expect(far.heard).to.deep.equal([
      'ada joins 1',
      'ada joins 2',
      'ada leaves 1',
      'ada joins 1',
      'ada leaves 2',
      'ada leaves 1',
    ]);
  });

  it('tells one that comes later who is here, and one whose hub died what has changed', async () => {
    const {ada, grace, open} = await given();
    const far = await open(await grace.tab(), {presence: {}});
    far.handle.track({n: 1});
    await settle();
    const first = await open(await ada.tab(), {presence: {}});
    const late = await open(await ada.tab(), {presence: {}});
    expect([first.heard, late.heard]).to.deep.equal([['grace joins 1'], ['grace joins 1']]);
    ada.killNow();
    far.handle.track({n: 2});
    await ada.clock.pass(10_000);
    expect(late.heard).to.deep.equal(['grace joins 1', 'grace joins 2', 'grace leaves 1']);
  });

  for (const key of ['constructor', 'toString', '__proto__']) {
    it(`takes ${key} for a key like any other, and goes on telling of the others`, async () => {
      const {project, ada, grace, open} = await given();
      const eve = await new FakeBrowser({project, userId: 'eve'}).tab();
      const here = await open(await ada.tab(), {presence: {}});
      const odd = await open(eve, {presence: {key}});
      odd.handle.track({n: 1});
      await settle();
      odd.handle.track({n: 2});
      const far = await open(await grace.tab(), {presence: {}});
      far.handle.track({n: 3});
      await settle();
      const late = await open(await ada.tab(), {presence: {}});
      for (const {handle} of [here, far, late])
        expect(Object.keys(handle.present.current)).to.have.members([key, 'grace']);
      odd.handle.release();
      await settle();
      expect(here.heard).to.deep.equal([
        `${key} joins 1`,
        `${key} joins 2`,
        `${key} leaves 1`,
        'grace joins 3',
        `${key} leaves 2`,
      ]);
      expect(Object.keys(late.handle.present.current)).to.deep.equal(['grace']);
    });
  }

  it('finds who is here again within the 3 s in which a topic outlives its last handle', async () => {
    const {ada, grace, open} = await given();
    const far = await open(await grace.tab(), {presence: {}});
    far.handle.track({n: 1});
    const tab = await ada.tab();
    (await open(tab, {presence: {}})).handle.release();
    const again = await open(tab, {presence: {}});
    expect(again.heard).to.deep.equal(['grace joins 1']);
  });

  it('is said again after a loss and to another hub', async () => {
    const {project, ada, grace, open} = await given();
    const far = await open(await grace.tab(), {presence: {}});
    const {handle} = await open(await ada.tab(), {presence: {}});
    handle.track({n: 1});
    await settle();
    project.cut();
    await Promise.all([ada.clock.pass(30_000), grace.clock.pass(30_000)]);
    expect(Object.keys(far.handle.present.current)).to.deep.equal(['ada']);
    await ada.killHub();
    await ada.clock.pass(30_000);
    expect(far.handle.present.current['ada']?.map(entry => entry['n'])).to.deep.equal([1]);
  });

  it('stays within the server’s budget, and ends with the newest', async () => {
    const {project, ada, open} = await given();
    const {handle} = await open(await ada.tab(), {presence: {}});
    const before = ada.clock.now();
    for (let n = 0; n < 200; n++) {
      handle.track({n});
      await ada.clock.pass(500);
    }
    const windows = Math.ceil((ada.clock.now() - before) / 30_000);
    expect(project.count('track room')).to.be.at.most(windows * 5);
    expect(project.count('expelled')).to.equal(0);
    await ada.clock.pass(30_000);
    expect(handle.present.current['ada']?.map(entry => entry['n'])).to.deep.equal([199]);
  });

  it('is there at once on every page of somebody who goes from one to the next, and gone in between', async () => {
    const {project, ada, grace, open} = await given();
    const far = await open(await grace.tab(), {presence: {}});
    for (let n = 0; n < 10; n++) {
      const tab = await ada.tab();
      const {handle} = await open(tab, {presence: {}});
      handle.track({n});
      await settle();
      expect(far.handle.present.current['ada']?.map(entry => entry['n'])).to.deep.equal([n]);
      await ada.clock.pass(2_000);
      tab.client.close();
      await settle();
      expect(far.handle.present.current).to.deep.equal({});
      await ada.clock.pass(300);
    }
    expect(project.count('expelled')).to.equal(0);
  });

  it('says once that the policies refuse it, and what to allow, whatever is tracked after that', async () => {
    const {project, ada} = await given();
    project.faults.refusePresence.add('room');
    const tab = await ada.tab();
    const channel = tab.client.channel('room', {presence: {}});
    for (let n = 0; n < 3; n++) {
      channel.track({n});
      await settle();
    }
    await tab.client.channel('room', {presence: {}}).track({n: 4});
    await ada.clock.pass(60_000);
    const refused = tab.problems.filter(({code}) => code === 'forbidden');
    expect(refused.map(({message}) => message)).to.have.length(1);
    expect(refused[0]?.message).to.contain('"room"').and.contain('realtime.messages');
    expect(channel.status.current).to.include({state: 'joined'});
  });

  it('comes to a topic that was joined without it by joining it again', async () => {
    const {project, ada, open, states} = await given();
    const plain = await open(await ada.tab());
    const seen = states(plain.handle);
    const {handle} = await open(await ada.tab(), {presence: {}});
    handle.track({n: 1});
    await settle();
    expect(seen).to.deep.equal(['joined', 'joining', 'joined']);
    expect(Object.keys(handle.present.current)).to.deep.equal(['ada']);
    expect([project.count('join room'), plain.heard]).to.deep.equal([2, []]);
  });
});

describe('changes of the database on a handle', () => {
  const todos = {event: '*', schema: 'public', table: 'todos'} as const;

  it('come without joining the topic, live first and then each once', async () => {
    const {project, ada, open} = await given();
    const {handle, heard} = await open(await ada.tab(), {postgresChanges: [todos]});
    expect(handle.status.current).to.deep.equal({state: 'joining', live: false, error: null});
    await ada.clock.pass(1_000);
    expect(handle.status.current).to.deep.equal({state: 'joined', live: true, error: null});
    project.commit({new: {n: 1}});
    project.commit({table: 'lists', new: {n: 2}});
    await settle();
    expect(heard).to.deep.equal(['INSERT 1']);
    expect(project.count('join room')).to.equal(0);
  });

  it('reach the listeners that ask for ones like these', async () => {
    const {project, ada} = await given();
    const filters = [
      {...todos, filter: 'list=eq.1'},
      {...todos, filter: 'list=eq.2'},
    ];
    const handle = (await ada.tab()).client.channel('room', {postgresChanges: filters});
    const heard: string[] = [];
    const on = (name: string, what: Parameters<typeof handle.on>[1]) =>
      handle.on('postgres_changes', what, change => heard.push(`${name} ${String(change.new['n'])}`));
    on('all', {});
    on('first', {filter: 'list=eq.1'});
    on('deletes', {event: 'DELETE'});
    on('lists', {table: 'lists'});
    await ada.clock.pass(1_000);
    project.commit({new: {list: 1, n: 1}});
    project.commit({new: {list: 2, n: 2}});
    project.commit({eventType: 'DELETE', old: {list: 2}});
    await settle();
    expect(heard).to.deep.equal(['all 1', 'first 1', 'all 2', 'all undefined', 'deletes undefined']);
  });

  it('go on beside one that the server refuses, which `status` tells', async () => {
    const {project, ada, open} = await given();
    project.faults.badFilters.add('oops');
    const postgresChanges = [todos, {...todos, filter: 'oops'}];
    const {handle, heard} = await open(await ada.tab(), {broadcast: {}, postgresChanges});
    await ada.clock.pass(5_000);
    project.commit({new: {n: 1}});
    await handle.send('still', {n: 2});
    await settle();
    const {live, error} = handle.status.current;
    expect([live, error?.code, heard]).to.deep.equal([false, 'rejected', ['INSERT 1']]);
  });

  it('are asked for again of another hub', async () => {
    const {project, ada, open} = await given();
    const {heard} = await open(await ada.tab(), {postgresChanges: [todos]});
    await ada.clock.pass(1_000);
    await ada.killHub();
    await ada.clock.pass(10_000);
    project.commit({new: {n: 1}});
    await settle();
    expect(heard).to.deep.equal(['INSERT 1']);
  });
});

describe('a replay of a private topic', () => {
  const replay = {private: true, broadcast: {replay: {since: 0, limit: 10}}};
  const say = async (project: FakeProject, n: number, replayed = false) => {
    project.send('room', 'say', {n}, {id: `id-${n}`, ...(replayed && {replayed})});
    await settle();
  };

  it('comes to who asked for it, and to one that comes later from what the hub has kept', async () => {
    const {project, ada, open} = await given();
    const plain = await open(await ada.tab(), {private: true});
    const first = await open(await ada.tab(), replay);
    await say(project, 1, true);
    await say(project, 2);
    const late = await open(await ada.tab(), replay);
    await say(project, 3);
    expect(plain.heard).to.deep.equal(['say 2', 'say 3']);
    expect(first.heard).to.deep.equal(['say 1 replayed', 'say 2', 'say 3']);
    expect(late.heard).to.deep.equal(['say 1 replayed', 'say 2 replayed', 'say 3']);
    expect([...project.members].map(({options}) => options.replay)).to.deep.equal([{since: 0, limit: 10}]);
  });

  it('tells nothing twice after a rejoin', async () => {
    const {project, ada, open} = await given();
    const {heard} = await open(await ada.tab(), replay);
    await say(project, 1);
    project.cut();
    await ada.clock.pass(10_000);
    await say(project, 1, true);
    await say(project, 2, true);
    expect(heard).to.deep.equal(['say 1', 'say 2 replayed']);
  });

  it('is refused of a public topic', async () => {
    const {client} = await (await given()).ada.tab();
    expect(() => client.channel('room', {broadcast: {replay: {since: 0}}})).to.throw(/private: true/);
  });
});
