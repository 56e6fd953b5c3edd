// What a thread counts as read, and the line over what was not.
import {expect, waitUntil} from '@open-wc/testing';
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

  it('is not known before it is known how far they had read, or the line would have no place', async () => {
    const hub = new FakeHub();
    hub.addChat('lobby-id', {messages: conversation(5, {senderId: grace.userId})});
    const thread = await mount<TrunkChatThread>(hub, html`<trunk-chat-thread chat="lobby-id"></trunk-chat-thread>`);
    await frames(4);
    await hub.settle(thread);
    expect(hub.calls('mark-read')).to.deep.equal([]);
    hub.setRead('lobby-id', 3);
    await hub.settle(thread);
    expect(hub.calls('mark-read').map(({rev}) => rev)).to.deep.equal([5]);
    expect(textOf(part(thread, 'missed')?.nextElementSibling?.querySelector('[part~=body]'))).to.match(/^Message 4/);
  });

  it('has no line over own messages', async () => {
    const hub = new FakeHub();
    hub.addChat('lobby-id', {messages: [1, 2].map(seq => storedMessage({seq, senderId: 'ada-id'})), lastReadRev: 1});
    const thread = await mount<TrunkChatThread>(hub, html`<trunk-chat-thread chat="lobby-id"></trunk-chat-thread>`);
    expect(part(thread, 'missed')).to.equal(null);
  });
});

describe('The way to the first unread message', () => {
  before(() => (document.hasFocus = () => hasFocus));
  beforeEach(() => (hasFocus = true));
  after(() => (document.hasFocus = real));

  async function given(count: number, lastReadRev: number) {
    const hub = new FakeHub();
    hub.addChat('lobby-id', {messages: conversation(count, {senderId: grace.userId}), lastReadRev, shown: 50});
    const thread = await mount<TrunkChatThread>(
      hub,
      html`<trunk-chat-thread chat="lobby-id" style="block-size: 400px"></trunk-chat-thread>`,
    );
    const log = part(thread, 'log') as HTMLElement;
    const seen = async () => {
      await frames(4);
      await hub.settle(thread);
    };
    await seen();
    const isInView = (element: Element | null) => {
      const [box, view] = [element?.getBoundingClientRect(), log.getBoundingClientRect()];
      return box !== undefined && box.top >= view.top && box.bottom <= view.bottom;
    };
    const button = () => part(thread, 'jump-unread');
    const belowLine = () => textOf(part(thread, 'missed')?.nextElementSibling?.querySelector('[part~=body]'));
    const marks = () => hub.calls('mark-read').map(({rev}) => rev);
    return {hub, thread, log, seen, isInView, button, belowLine, marks};
  }

  for (const [count, read, words, pages] of [
    [45, 5, '40 new messages', 0],
    [130, 40, '90 new messages', 1],
    [400, 0, '99+ new messages', 7],
  ] as const)
    it(`is offered over ${count - read} of ${count}, loads what is older, and ends under the line`, async () => {
      const {thread, hub, log, seen, isInView, button, belowLine, marks} = await given(count, read);
      expect(textOf(button())).to.equal(words);
      expect(button()?.ariaLabel).to.equal(`${words}: Jump to the first unread message`);
      await expect(thread).to.be.accessible();
      expect(marks()).to.deep.equal([count]);
      button()?.focus();
      button()?.click();
      await waitUntil(async () => {
        await seen();
        return isInView(part(thread, 'missed'));
      });
      expect(belowLine()).to.match(new RegExp(`^Message ${read + 1}\\b`));
      expect(button()).to.equal(null);
      const focused = (thread.shadowRoot as ShadowRoot).activeElement;
      expect(textOf(focused?.querySelector('[part~=body]')), 'has the focus').to.match(
        new RegExp(`^Message ${read + 1}\\b`),
      );
      expect(isInView(focused)).to.equal(true);
      expect(hub.calls('history').length).to.be.at.least(pages);
      expect(log.scrollHeight - log.scrollTop - log.clientHeight, 'above the end').to.be.greaterThan(8);
      await seen();
      expect(isInView(part(thread, 'missed')), 'and stays').to.equal(true);
    });

  it('needs no button for whoever scrolls: the line is there when its message is', async () => {
    const {thread, log, seen, button, belowLine} = await given(120, 20);
    expect(part(thread, 'missed')).to.equal(null);
    await waitUntil(async () => {
      log.scrollTop = 0;
      log.dispatchEvent(new Event('scroll'));
      await seen();
      return part(thread, 'missed') !== null;
    });
    expect(belowLine()).to.match(/^Message 21\b/);
    part(thread, 'missed')?.scrollIntoView();
    await waitUntil(async () => {
      await seen();
      return button() === null;
    });
  });

  it('is not offered where it is in view, or where nothing is unread', async () => {
    for (const read of [43, 45]) {
      const {button, seen} = await given(45, read);
      await seen();
      expect(button()).to.equal(null);
    }
  });

  it('can be tried again when what is older can’t be loaded', async () => {
    const {hub, thread, seen, isInView, button} = await given(130, 40);
    const told: string[] = [];
    thread.addEventListener('trunk-error', event => told.push(event.error.code));
    hub.refused.set('history', {code: 'unreachable', message: 'No.'});
    button()?.click();
    await seen();
    expect(told).to.deep.equal(['unreachable']);
    expect(part(thread, 'missed')).to.equal(null);
    hub.refused.clear();
    button()?.click();
    await waitUntil(async () => {
      await seen();
      return isInView(part(thread, 'missed'));
    });
  });
});
