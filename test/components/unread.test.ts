// What a thread counts as read, and the line over what was not.
import {expect} from '@open-wc/testing';
import {html} from 'lit';
import type {TrunkChatThread} from '../../components/chat-thread.js';
import {conversation, FakeHub, grace, storedMessage} from '../support/fake-hub.js';
import {frames, mount, part, textOf} from '../support/mount.js';

/** The tab has the focus, or another window has. */
let hasFocus = true;
const real = document.hasFocus.bind(document);

async function given(count: number, lastReadRev: number) {
  const hub = new FakeHub();
  hub.addChat('lobby-id', {messages: conversation(count, {senderId: grace.userId}), lastReadRev});
  const thread = await mount<TrunkChatThread>(hub, html`<trunk-chat-thread chat="lobby-id"></trunk-chat-thread>`);
  const seen = async () => {
    await frames(4);
    await hub.settle(thread);
  };
  await seen();
  return {hub, thread, seen, marks: () => hub.calls('mark-read').map(({rev}) => rev)};
}

describe('What a thread has read', () => {
  before(() => (document.hasFocus = () => hasFocus));
  beforeEach(() => (hasFocus = true));
  after(() => (document.hasFocus = real));

  it('is what was before the reader’s eyes, and a line stands over what was unread', async () => {
    const {thread, marks} = await given(5, 3);
    expect(marks()).to.deep.equal([5]);
    const line = part(thread, 'missed');
    expect(textOf(line)).to.equal('New messages');
    expect(textOf(line?.nextElementSibling?.querySelector('[part~=body]'))).to.match(/^Message 4/);
  });

  it('is nothing while the tab has not the focus; coming back reads it, under a line', async () => {
    const {hub, thread, seen, marks} = await given(3, 3);
    expect(part(thread, 'missed')).to.equal(null);
    hasFocus = false;
    dispatchEvent(new Event('blur'));
    hub.receiveFrom(grace, 'lobby-id', 'while away');
    await seen();
    expect(marks()).to.deep.equal([]);
    expect(textOf(part(thread, 'missed'))).to.equal('New messages');
    hasFocus = true;
    dispatchEvent(new Event('focus'));
    await seen();
    expect(marks()).to.deep.equal([4]);
    expect(part(thread, 'missed'), 'the line stays while it is read').not.to.equal(null);
  });

  it('grows without a line while the reader looks on', async () => {
    const {hub, thread, seen, marks} = await given(3, 3);
    hub.receiveFrom(grace, 'lobby-id', 'hello');
    await seen();
    expect(marks()).to.deep.equal([4]);
    expect(part(thread, 'missed')).to.equal(null);
  });

  it('is not what is out of sight', async () => {
    const {hub, thread, seen, marks} = await given(60, 60);
    const log = part(thread, 'log') as HTMLElement;
    log.scrollTop = 0;
    log.dispatchEvent(new Event('scroll'));
    await seen();
    hub.receiveFrom(grace, 'lobby-id', 'further down');
    await seen();
    expect(marks()).to.deep.equal([]);
    log.scrollTop = log.scrollHeight;
    await seen();
    expect(marks()).to.deep.equal([61]);
  });

  it('has no line over own messages', async () => {
    const hub = new FakeHub();
    hub.addChat('lobby-id', {messages: [1, 2].map(seq => storedMessage({seq, senderId: 'ada-id'})), lastReadRev: 1});
    const thread = await mount<TrunkChatThread>(hub, html`<trunk-chat-thread chat="lobby-id"></trunk-chat-thread>`);
    expect(part(thread, 'missed')).to.equal(null);
  });
});
