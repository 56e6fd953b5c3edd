import {expect} from '@open-wc/testing';
import {Channels, type ChannelUse} from '../../src/hub/channels.js';
import type {ChannelListener, ChannelOptions, Socket} from '../../src/hub/transport.js';
import type {DatabaseChange} from '../../src/wire/topic.js';
import {TrunkError} from '../../src/wire/error.js';
import {FakeClock, settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

const PRIVATE: ChannelOptions = {private: true, presenceKey: null};

function given({random = 0.5}: {random?: number} = {}) {
  const clock = new FakeClock();
  const project = new FakeProject();
  const transport = project.transport('ada');
  const lost: string[] = [];
  const channels = new Channels(
    clock,
    () => random,
    (topic, reason) => lost.push(`${topic}: ${reason}`),
  );
  /** A user of a topic that writes down what it hears. */
  const use = (topic: string, options = PRIVATE): ChannelUse & {heard: string[]} => {
    const heard: string[] = [];
    const held = channels.use(topic, options, {
      joined: () => heard.push('joined'),
      replicationReady: () => heard.push('ready'),
      lost: reason => heard.push(`lost ${reason}`),
      broadcast: (event, payload) => heard.push(`${event} ${String(payload['n'])}`),
      presence: state => heard.push(`presence ${[...state.keys()].join()}`),
    });
    return Object.assign(Object.create(held) as ChannelUse, {heard, release: () => held.release()});
  };
  let socket: Socket | null = null;
  const up = async () => {
    socket = transport.openSocket('token', {opened() {}, down: () => channels.down(), beat() {}});
    channels.up(socket);
    await settle();
  };
  const expel = async (topic: string, reason: string) => {
    for (const each of project.sockets) each.expel(topic, reason);
    await settle();
  };
  return {clock, project, channels, lost, use, up, expel, joins: (topic: string) => project.count(`join ${topic}`)};
}

describe('Channels', () => {
  it('joins a topic once for all its users', async () => {
    const {use, up, joins, channels} = given();
    await up();
    const users = [use('a'), use('a'), use('a')];
    await settle();
    expect(joins('a')).to.equal(1);
    expect(users.map(({heard}) => heard)).to.deep.equal([['joined'], ['joined'], ['joined']]);
    expect(channels.overview.channels).to.deep.equal([
      {topic: 'a', state: 'joined', users: 3, presenceCallsLeft: null},
    ]);
  });

  it('joins what was wanted before there was a socket', async () => {
    const {use, up, joins} = given();
    const user = use('a');
    await settle();
    expect(user.heard).to.deep.equal([]);
    expect(user.joined).to.equal(false);
    await up();
    expect(user.heard).to.deep.equal(['joined']);
    expect(user.joined).to.equal(true);
    expect(joins('a')).to.equal(1);
  });

  it('tells a user who comes later that it is joined, but none who left at once', async () => {
    const {use, up} = given();
    await up();
    use('a');
    await settle();
    const [later, brief] = [use('a'), use('a')];
    brief.release();
    await settle();
    expect(later.heard).to.deep.equal(['joined']);
    expect(brief.heard).to.deep.equal([]);
  });

  it('passes on what comes to every user', async () => {
    const {use, up, project} = given();
    await up();
    const [first, second] = [use('a'), use('a')];
    const other = use('b');
    await settle();
    project.send('a', 'change', {n: 1});
    for (const member of project.members) if (member.topic === 'a') member.listener.replicationReady();
    expect(first.heard).to.deep.equal(['joined', 'change 1', 'ready']);
    expect(second.heard).to.deep.equal(first.heard);
    expect(other.heard).to.deep.equal(['joined']);
  });

  it('keeps a channel while one of its users stays', async () => {
    const {use, up, clock, project} = given();
    await up();
    const [first, second] = [use('a'), use('a')];
    await settle();
    first.release();
    first.release();
    await clock.pass(60_000);
    expect(project.count('leave')).to.equal(0);
    project.send('a', 'change', {n: 1});
    expect(first.heard).to.deep.equal(['joined']);
    expect(second.heard).to.deep.equal(['joined', 'change 1']);
  });

  it('leaves 3 s after the last user', async () => {
    const {use, up, clock, project, channels} = given();
    await up();
    const user = use('a');
    await settle();
    user.release();
    await clock.pass(2_999);
    expect(project.count('leave')).to.equal(0);
    await clock.pass(1);
    expect(project.count('leave a')).to.equal(1);
    expect(channels.overview.channels).to.deep.equal([]);
  });

  it('is found joined by who comes within the 3 s, and is not left after them', async () => {
    const {use, up, clock, project, joins} = given();
    await up();
    use('a').release();
    await clock.pass(2_000);
    const next = use('a');
    await clock.pass(10_000);
    expect(next.heard).to.deep.equal(['joined']);
    expect(joins('a')).to.equal(1);
    expect(project.count('leave')).to.equal(0);
  });

  it('joins everything again on the next socket, and nothing that only lingered', async () => {
    const {use, up, project, joins, clock} = given();
    await up();
    const kept = use('a');
    const released = use('b');
    await settle();
    released.release();
    project.cut();
    expect(kept.heard).to.deep.equal(['joined', 'lost socket-closed']);
    expect(kept.joined).to.equal(false);
    await up();
    await clock.pass(10_000);
    expect(kept.heard).to.deep.equal(['joined', 'lost socket-closed', 'joined']);
    expect([joins('a'), joins('b')]).to.deep.equal([2, 1]);
    expect(project.count('leave')).to.equal(0);
  });

  it('rebuilds a channel that the server closed, a moment later', async () => {
    const {use, up, expel, clock, joins, lost, project} = given();
    await up();
    const user = use('a');
    await settle();
    await expel('a', 'You no longer have permission to read from this Channel topic: a');
    expect(lost).to.have.length(1);
    await clock.pass(499);
    expect(joins('a')).to.equal(1);
    await clock.pass(1);
    expect(joins('a')).to.equal(2);
    expect(user.heard.at(-1)).to.equal('joined');
    project.send('a', 'change', {n: 1});
    expect(user.heard.at(-1)).to.equal('change 1');
  });

  it('backs off when it is refused again and again, up to 30 s, and starts over once joined', async () => {
    const {use, up, clock, project, joins, expel} = given({random: 1 - Number.EPSILON});
    project.faults.refuseTopics.set('a', 'Unauthorized');
    await up();
    use('a');
    await settle();
    let wait = 1_000;
    for (let n = 1; n <= 7; n++) {
      await clock.pass(wait - 2);
      expect(joins('a'), `before ${wait}`).to.equal(n);
      if (n === 7) project.faults.refuseTopics.clear();
      await clock.pass(1);
      expect(joins('a'), `after ${wait}`).to.equal(n + 1);
      wait = Math.min(wait * 2, 30_000);
    }
    await expel('a', 'gone');
    await clock.pass(999);
    expect(joins('a')).to.equal(9);
  });

  for (const reason of ['Client presence rate limit exceeded', 'Too many messages per second']) {
    it(`waits a full window after “${reason}”`, async () => {
      const {use, up, clock, joins, expel} = given({random: 0});
      await up();
      use('a');
      await settle();
      await expel('a', reason);
      await clock.pass(29_999);
      expect(joins('a')).to.equal(1);
      // Whoever comes meanwhile waits too.
      const late = use('a');
      await settle();
      expect(joins('a')).to.equal(1);
      await clock.pass(1);
      expect(joins('a')).to.equal(2);
      expect(late.heard).to.deep.equal(['joined']);
    });
  }

  it('forgets a refused topic with its last user', async () => {
    const {use, up, clock, project, joins, channels} = given();
    project.faults.refuseTopics.set('a', 'Unauthorized');
    await up();
    const user = use('a');
    await settle();
    user.release();
    expect(channels.overview.channels).to.deep.equal([]);
    await clock.pass(60_000);
    expect(joins('a')).to.equal(1);
  });

  it('does not rejoin what the server closed while it lingered', async () => {
    const {use, up, clock, joins, channels, expel} = given();
    await up();
    const user = use('a');
    await settle();
    user.release();
    await expel('a', 'gone');
    await clock.pass(60_000);
    expect(channels.overview.channels).to.deep.equal([]);
    expect(joins('a')).to.equal(1);
  });

  it('joins once when the socket falls while a rejoin waits', async () => {
    const {use, up, clock, project, joins, expel} = given();
    await up();
    use('a');
    await settle();
    await expel('a', 'gone');
    project.cut();
    await up();
    await clock.pass(60_000);
    expect(joins('a')).to.equal(2);
  });

  it('refuses other options for a topic in use, and says which', async () => {
    const {use, up} = given();
    await up();
    const user = use('a');
    for (const options of [
      {private: false, presenceKey: null},
      {private: true, presenceKey: 'ada'},
    ]) {
      expect(() => use('a', options)).to.throw(TrunkError, /"a" is in use with .*private/);
    }
    await settle();
    expect(user.heard).to.deep.equal(['joined']);
  });

  it('takes other options for a topic that nobody uses any more', async () => {
    const {use, up, project} = given();
    await up();
    use('a').release();
    await settle();
    const user = use('a', {private: true, presenceKey: 'ada'});
    await settle();
    expect(user.heard[0]).to.equal('joined');
    expect(project.log.filter(line => / a$/.test(line))).to.deep.equal(['join a', 'leave a', 'join a']);
  });

  it('tracks only while joined, and counts the calls of one join', async () => {
    const {use, up, project, clock} = given();
    const user = use('a', {private: true, presenceKey: 'ada'});
    user.track({status: 'online'});
    expect(project.count('track')).to.equal(0);
    await up();
    user.track({status: 'online'});
    await clock.pass(1_000);
    user.untrack();
    expect(project.count('track') + project.count('untrack')).to.equal(2);
    expect(user.presenceCalls.map(at => clock.now() - at)).to.deep.equal([1_000, 0]);
    user.release();
    const next = use('a', {private: true, presenceKey: 'ada'});
    expect(next.presenceCalls).to.have.length(2);
    project.cut();
    await up();
    expect(next.presenceCalls).to.have.length(0);
  });

  it('is deaf to channels of an earlier life', async () => {
    const clock = new FakeClock();
    const lost: string[] = [];
    const channels = new Channels(
      clock,
      () => 0.5,
      topic => lost.push(topic),
    );
    const listeners: ChannelListener[] = [];
    const socket: Socket = {
      join: (_topic, _options, listener) => {
        listeners.push(listener);
        return {track() {}, untrack() {}, send: async () => 'ok', leave() {}};
      },
      setToken() {},
      ping() {},
      close() {},
    };
    const heard: string[] = [];
    const use = channels.use('a', PRIVATE, {
      joined: () => heard.push('joined'),
      replicationReady: () => heard.push('ready'),
      lost: () => heard.push('lost'),
      broadcast: () => heard.push('broadcast'),
      presence: () => heard.push('presence'),
      change: () => heard.push('change'),
      changesReady: () => heard.push('changes ready'),
      changesRefused: () => heard.push('changes refused'),
    });
    channels.up(socket);
    channels.down(); // while it is being joined: what happens from now on is missed
    expect(heard.splice(0)).to.deep.equal(['lost']);
    const everything = (listener: ChannelListener | undefined) => {
      listener?.joined();
      listener?.replicationReady();
      listener?.broadcast('change', {}, null);
      listener?.presence(new Map());
      listener?.change(0, {} as DatabaseChange);
      listener?.changesReady();
      listener?.changesRefused('');
      listener?.lost('gone');
    };
    everything(listeners[0]);
    channels.up(socket);
    everything(listeners[0]);
    expect([heard, lost, use.joined]).to.deep.equal([[], [], false]);
    everything(listeners[1]);
    const told = ['joined', 'ready', 'broadcast', 'presence', 'change', 'changes ready', 'changes refused', 'lost'];
    expect(heard).to.deep.equal(told);
    everything(listeners[1]);
    expect(heard).to.have.length(told.length);
    expect(lost).to.deep.equal(['a']);
    // The rejoin that waits dies with its socket.
    channels.down();
    await clock.pass(60_000);
    expect(listeners).to.have.length(2);
  });

  it('forgives earlier refusals on a new socket', async () => {
    const {use, up, clock, project, joins} = given({random: 1 - Number.EPSILON});
    project.faults.refuseTopics.set('a', 'Unauthorized');
    await up();
    use('a');
    await clock.pass(60_000);
    project.cut();
    await up();
    const before = joins('a');
    await clock.pass(999);
    expect(joins('a')).to.equal(before + 1);
  });
});
