import {expect} from '@open-wc/testing';
import {Session} from '../../src/hub/session.js';
import type {HubFrame, HubMessage} from '../../src/wire/protocol.js';

const attention = {visible: true, lastActive: 0, currentChatId: null};
const request = (id: string): HubMessage => ({type: 'token-request', id});

function given() {
  const frames: HubFrame[] = [];
  const port = {postMessage: (frame: unknown) => void frames.push(frame as HubFrame), addEventListener() {}};
  return {frames, session: new Session('s', port, attention)};
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

  it('lets go of a handle once', () => {
    const {session} = given();
    let released = 0;
    session.keep('h', () => released++);
    expect(session.has('h')).to.equal(true);
    session.release('h');
    session.release('h');
    session.release('unknown');
    expect(released).to.equal(1);
    expect(session.has('h')).to.equal(false);
  });

  it('lets go of all it holds when it closes, and says nothing any more', async () => {
    const {frames, session} = given();
    const released: string[] = [];
    for (const handle of ['a', 'b']) {
      session.keep(handle, () => {
        released.push(handle);
        session.post(request(handle));
      });
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
