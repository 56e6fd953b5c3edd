import {expect} from '@open-wc/testing';
import {Session} from '../../src/hub/session.js';
import type {TrunkError} from '../../src/wire/error.js';
import type {HubFrame, HubMessage, Want} from '../../src/wire/protocol.js';
import {FakeClock} from '../support/fake-clock.js';

const attention = {visible: true, lastActive: 0, currentChatId: null};
const people = (n: number): HubMessage => ({type: 'people', people: [{userId: String(n), name: '', avatarUrl: ''}]});
const LATENCY: Want = {kind: 'latency'};
const request = (id: string): HubMessage => ({type: 'token-request', id});

function given() {
  const frames: HubFrame[] = [];
  const port = {postMessage: (frame: unknown) => void frames.push(frame as HubFrame), addEventListener() {}};
  const clock = new FakeClock();
  return {frames, clock, session: new Session('s', port, attention, clock)};
}

describe('Session', () => {
  it('posts everything of one tick as one frame, in order', async () => {
    const {frames, session} = given();
    for (const id of ['1', '2', '3']) session.post(request(id));
    expect(frames).to.deep.equal([]);
    await Promise.resolve();
    session.post(request('4'));
    await Promise.resolve();
    expect(frames).to.deep.equal([[request('1'), request('2'), request('3')], [request('4')]]);
  });

  it('posts a stream once in a frame and a half of the screen, less often where nobody looks', async () => {
    const {frames, clock, session} = given();
    const stream = async () => {
      frames.length = 0;
      for (let n = 0; n < 100; n++) {
        session.post(people(n));
        await clock.pass(5);
      }
      await clock.pass(250);
      expect(frames.flat()).to.deep.equal(Array.from({length: 100}, (_, n) => people(n)));
      return frames.length;
    };
    // 500 ms: 32 at once, then one each 24 ms at most.
    expect(await stream()).to.be.within(30, 32 + 21);
    session.attention = {...attention, visible: false};
    expect(await stream()).to.be.within(2, 32 + 3);
  });

  it('tells a tab what waits for it as soon as it is seen', async () => {
    const {frames, clock, session} = given();
    session.attention = {...attention, visible: false};
    for (let n = 0; n < 40; n++) {
      session.post(people(n));
      await clock.pass(1);
    }
    expect(frames.flat().length).to.be.below(40);
    session.attention = attention;
    expect(frames.flat()).to.deep.equal(Array.from({length: 40}, (_, n) => people(n)));
  });

  it('lets no answer wait for the screen, nor overtake what was said before', async () => {
    const {frames, clock, session} = given();
    for (let n = 0; n < 40; n++) {
      session.post(people(n));
      await clock.pass(1);
    }
    const before = frames.flat().length;
    expect(before).to.be.below(40);
    session.post(request('1'));
    await Promise.resolve();
    expect(frames.at(-1)).to.deep.equal([
      ...Array.from({length: 40 - before}, (_, n) => people(before + n)),
      request('1'),
    ]);
  });

  it('forgets the frame that waits when it closes', async () => {
    const {frames, clock, session} = given();
    for (let n = 0; n < 40; n++) {
      session.post(people(n));
      await clock.pass(1);
    }
    const told = frames.length;
    session.post(people(99));
    session.close();
    await clock.pass(1_000);
    expect(frames.length).to.equal(told);
  });

  it('lets go of a handle once', () => {
    const {session} = given();
    let released = 0;
    session.open('h', LATENCY, () => ({release: () => released++}));
    session.release('h');
    session.release('h');
    session.release('unknown');
    expect(released).to.equal(1);
  });

  it('changes what a handle holds when it is opened again, and opens it anew once it was let go', () => {
    const {session} = given();
    const heard: string[] = [];
    const open = () => {
      heard.push('open');
      return {release: () => heard.push('release'), change: (want: Want) => heard.push(`change to ${want.kind}`)};
    };
    session.open('h', LATENCY, open);
    session.open('h', {kind: 'outbox'}, open);
    session.release('h');
    session.open('h', LATENCY, open);
    expect(heard).to.deep.equal(['open', 'change to outbox', 'release', 'open']);
    session.open('fixed', LATENCY, () => ({release() {}}));
    session.open('fixed', {kind: 'outbox'}, open); // what can't be changed stays
    expect(heard).to.have.length(4);
  });

  it('broadcasts on what a handle holds, and on nothing else', async () => {
    const {session} = given();
    const call = {kind: 'broadcast', handle: 'h', event: 'e', payload: 1, ack: true} as const;
    const codes: string[] = [];
    const ask = () => session.broadcast(call).catch((error: TrunkError) => codes.push(error.code));
    await ask();
    const said: unknown[] = [];
    session.open('h', LATENCY, () => ({
      release() {},
      broadcast: async (...message) => {
        said.push(message);
        return null;
      },
    }));
    await ask();
    expect(said).to.deep.equal([['e', 1, true]]);
    expect(codes).to.deep.equal(['closed']);
  });

  it('lets go of all it holds when it closes, and says nothing any more', async () => {
    const {frames, session} = given();
    const released: string[] = [];
    for (const handle of ['a', 'b']) {
      session.open(handle, LATENCY, () => ({
        release: () => {
          released.push(handle);
          session.post(request(handle));
        },
      }));
    }
    session.post(request('1'));
    session.close();
    session.close();
    session.post(request('2'));
    await Promise.resolve();
    expect(released).to.deep.equal(['a', 'b']);
    expect(session.closed).to.equal(true);
    expect(frames).to.deep.equal([]);
  });

  it('keeps what the tab last said of its person', () => {
    const {session} = given();
    expect(session.attention).to.deep.equal(attention);
    session.attention = {...attention, visible: false};
    expect(session.attention.visible).to.equal(false);
  });
});
