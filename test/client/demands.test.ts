import {expect} from '@open-wc/testing';
import {Demands} from '../../src/client/demands.js';
import {TrunkError} from '../../src/wire/error.js';
import type {TabMessage, Want} from '../../src/wire/protocol.js';

const code = ({code}: TrunkError) => code;

/** What was said, one word a message. */
function given() {
  const said: string[] = [];
  const demands = new Demands((message: TabMessage) => {
    if (message.type === 'call') said.push(`${message.call.kind} ${message.id}`);
    else if (message.type === 'open') said.push(`open ${message.handle} ${message.want.kind}`);
    else said.push(message.type);
  });
  return {demands, said};
}

const wants = (kind: 'stats' | 'latency') => ({want: () => ({kind}) as Want, receive() {}});

describe('Demands', () => {
  it('tell a hub that was never met what is wanted and what is unanswered, in the old order', async () => {
    const {demands, said} = given();
    demands.open('a', wants('stats'));
    demands.open('b', wants('latency'));
    const answered = demands.ask('1', {kind: 'sign-out', unsent: 'ask'});
    demands.receive({type: 'reply', id: '1', result: {ok: true, value: {done: true, waiting: 0}}});
    expect(await answered).to.deep.equal({done: true, waiting: 0});
    const waiting = demands.ask('2', {kind: 'mark-read', chatId: 'c', rev: 3});
    demands.release('a');
    said.length = 0;
    demands.replay();
    expect(said).to.deep.equal(['open b latency', 'mark-read 2']);
    demands.receive({type: 'reply', id: '2', result: {ok: true, value: null}});
    expect(await waiting).to.equal(null);
  });

  it('do not broadcast again what the last hub may have sent, and say that nobody knows', async () => {
    const {demands, said} = given();
    const sent = demands.ask('1', {kind: 'broadcast', handle: 'h', event: 'e', payload: {}, ack: true}).catch(code);
    demands.replay();
    expect(said).to.deep.equal(['broadcast 1']);
    expect(await sent).to.equal('not-confirmed');
  });
});
