import {expect} from '@open-wc/testing';
import {ChannelHandle, type ChannelLink} from '../../src/client/channel-handle.js';
import type {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';

const codeOf = (promise: Promise<unknown>) => promise.then(() => 'ok', (error: TrunkError) => error.code); // prettier-ignore

function given() {
  const sent: unknown[] = [];
  const link: ChannelLink = {
    broadcast: async ({payload}) => (sent.push(payload), null),
    changed: () => {},
    refusal: () => null,
    release: () => {},
  };
  return {sent, handle: new ChannelHandle('room', {broadcast: {}}, link)};
}

const joined = {kind: 'status', joined: true, live: true, error: null, final: false} as const;
const say = (n: number) => ({kind: 'broadcast', event: 'say', payload: {n}, id: null, replayed: false}) as const;

/** Half of a handle is loaded with the first topic of a page: the first test of this file is the first topic of its page. */
describe('ChannelHandle', () => {
  it('keeps what is sent and what arrives in order until its other half is loaded', async () => {
    const {sent, handle} = given();
    const heard: unknown[] = [];
    handle.on('broadcast', {event: 'say'}, ({payload}) => heard.push(payload['n']));
    const payload = {n: 1};
    const first = handle.send('say', payload);
    payload.n = 0; // what was said counts, not what became of it
    handle.receive(joined);
    for (const n of [10, 11, 12]) handle.receive(say(n));
    const second = handle.send('say', {n: 2});
    expect(handle.status.current.state).to.equal('joining');
    await Promise.all([first, second]);
    expect(sent).to.deep.equal([{n: 1}, {n: 2}]);
    expect(heard).to.deep.equal([10, 11, 12]);
    expect(handle.status.current.state).to.equal('joined');
  });

  it('does everything at once from then on', async () => {
    const {sent, handle} = given();
    handle.receive(joined);
    void handle.send('say', {n: 1});
    expect(sent).to.deep.equal([{n: 1}]);
  });

  it('is closed at once, and what waits is refused', async () => {
    const {sent, handle} = given();
    const code = codeOf(handle.send('say'));
    handle.release();
    expect(handle.status.current.state).to.equal('closed');
    handle.receive(joined);
    expect(await code).to.equal('closed');
    expect(await codeOf(handle.send('say'))).to.equal('closed');
    await settle();
    expect(sent).to.deep.equal([]);
    expect(handle.status.current.state).to.equal('closed');
  });
});
