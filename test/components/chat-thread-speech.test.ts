// What a screen reader is told.
import {expect, html} from '@open-wc/testing';
import type {TrunkChatThread} from '../../components/chat-thread.js';
import {defaultClient} from '../../src/client/default-client.js';
import {FakeHub, ada, conversation, grace} from '../support/fake-hub.js';
import {frames, mount, part, press, textOf, type} from '../support/mount.js';
import {until} from '../support/until.js';

const LOBBY = 'lobby-id';

/** A thread, and everything it has said aloud since. */
async function setUp(options: Parameters<FakeHub['addChat']>[1] = {}) {
  const hub = new FakeHub();
  hub.addChat(LOBBY, options);
  const element = await mount<TrunkChatThread>(hub, html`<trunk-chat-thread chat="lobby-id"></trunk-chat-thread>`);
  const region = element.shadowRoot?.querySelector('[data-announcements]') as HTMLElement;
  const said: string[] = [];
  const observer = new MutationObserver(records => {
    for (const node of records.flatMap(record => [...record.addedNodes]))
      if (node.textContent?.trim()) said.push(textOf(node as Element));
  });
  observer.observe(region, {childList: true});
  return {hub, element, region, said};
}

describe('announcements', () => {
  it('tell of a new message of somebody else, with who said it', async () => {
    const {hub, element, said} = await setUp();
    hub.receiveFrom(grace, LOBBY, 'Hello');
    await hub.settle(element);
    expect(said).to.deep.equal(['Grace Hopper: Hello']);
  });

  it('are at most two for twenty messages in a second', async () => {
    const {hub, element, said} = await setUp();
    for (let n = 1; n <= 20; n++) {
      hub.receiveFrom(grace, LOBBY, `Message ${n}`);
      await hub.settle(element);
    }
    await until(() => said.length > 1, 'the rest is told');
    expect(said).to.deep.equal(['Grace Hopper: Message 1', '19 new messages']);
  });

  it('are silent about history, however it comes', async () => {
    const {hub, element, said} = await setUp({messages: conversation(200), shown: 50});
    const log = part(element, 'log') as HTMLElement;
    log.scrollTop = 0;
    await frames();
    await hub.settle(element);
    log.scrollTop = 0;
    await frames();
    await hub.settle(element);
    expect(hub.calls('history').length).to.be.above(0);
    expect(said).to.deep.equal([]);
  });

  it('are silent about own messages, from this tab and from others', async () => {
    const {hub, element, said} = await setUp();
    press(type(element, 'Mine'), 'Enter');
    await hub.settle(element);
    hub.store(LOBBY, hub.calls('send')[0]?.message.id ?? '');
    hub.receiveFrom(ada, LOBBY, 'From my phone');
    await hub.settle(element);
    expect(said).to.deep.equal([]);
  });

  it('are silent about edits and deletions', async () => {
    const {hub, element, said} = await setUp();
    const {id} = hub.receiveFrom(grace, LOBBY, 'Helo');
    await hub.settle(element);
    hub.change(LOBBY, id, {body: 'Hello', editedAt: new Date().toISOString()});
    hub.change(LOBBY, id, {body: '', deletedAt: new Date().toISOString()});
    await hub.settle(element);
    expect(said).to.deep.equal(['Grace Hopper: Helo']);
  });

  it('tell when an own message failed, with the reason, once', async () => {
    const {hub, element, said} = await setUp();
    press(type(element, 'Unlucky'), 'Enter');
    await hub.settle(element);
    const id = hub.calls('send')[0]?.message.id ?? '';
    hub.setWaiting(LOBBY, id, {status: 'failed', error: {code: 'rejected', message: 'The database says no.'}});
    await hub.settle(element);
    hub.setStatus({latencyMs: 3});
    await hub.settle(element);
    expect(said).to.deep.equal(['Not sent: The database says no.']);
  });

  it('start afresh with another client, whose messages count from one again', async () => {
    const {hub, element, said} = await setUp({messages: conversation(50)});
    const other = new FakeHub();
    other.addChat(LOBBY, {messages: conversation(2)});
    defaultClient.set(other.client);
    await hub.settle(element);
    await other.settle(element);
    expect(said).to.deep.equal([]);
    other.receiveFrom(grace, LOBBY, 'Hello from elsewhere');
    await other.settle(element);
    expect(said).to.deep.equal(['Grace Hopper: Hello from elsewhere']);
  });

  it('come from a polite region apart from the log, which is silent itself', async () => {
    const {element, region} = await setUp();
    expect(region.getAttribute('aria-live')).to.equal('polite');
    const log = part(element, 'log');
    expect(log?.getAttribute('role')).to.equal('log');
    expect(log?.getAttribute('aria-live')).to.equal('off');
    expect(log?.getAttribute('aria-label')).to.equal('Messages in Lobby');
    expect(log?.contains(region)).to.equal(false);
  });
});
