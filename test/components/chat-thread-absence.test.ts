// What a thread says of a copy, of an absence of the line, and of a person who signed out.
import {expect, html} from '@open-wc/testing';
import type {TrunkChatThread} from '../../components/chat-thread.js';
import {TrunkError} from '../../src/wire/error.js';
import {FakeHub, ada, conversation, grace, storedMessage, type FakeHubOptions} from '../support/fake-hub.js';
import {field, mount, part, parts, press, textOf, type} from '../support/mount.js';

const LOBBY = 'lobby-id';

/** A thread, and everything it has said aloud since. */
async function setUp(options: Parameters<FakeHub['addChat']>[1] = {}, hubOptions: FakeHubOptions = {}) {
  const hub = new FakeHub(hubOptions);
  hub.addChat(LOBBY, {messages: conversation(3), ...options});
  const element = await mount<TrunkChatThread>(hub, html`<trunk-chat-thread chat="lobby-id"></trunk-chat-thread>`);
  const said: string[] = [];
  const observer = new MutationObserver(records => {
    for (const node of records.flatMap(record => [...record.addedNodes]))
      if (node.textContent?.trim()) said.push(textOf(node as Element));
  });
  observer.observe(element.shadowRoot?.querySelector('[data-announcements]') as HTMLElement, {childList: true});
  return {hub, element, said};
}

const missed = (from: number, count: number, person = grace) =>
  Array.from({length: count}, (_, i) => storedMessage({seq: from + i, senderId: person.userId, body: `Missed ${i}`}));
const banners = (element: Element) => parts(element, 'banner').map(textOf);
/** What stands before a row. */
const before = (element: Element, body: string) =>
  textOf(
    parts(element, 'message').find(row => textOf(row.querySelector('[part=body]')) === body)?.previousElementSibling,
  );

describe('a copy', () => {
  it('is called one, politely, while there is no connection, and is read and written all the same', async () => {
    const {hub, element} = await setUp({fresh: false}, {status: {state: 'disconnected', reason: 'offline'}});
    expect(banners(element)).to.deep.equal(['Offline copy. What you write is kept and sent when you’re back.']);
    expect(part(element, 'banner')?.closest('[role=status]')).not.to.equal(null);
    expect(parts(element, 'message')).to.have.length(3);
    await expect(element).to.be.accessible();
    press(type(element, 'Hello'), 'Enter');
    await hub.settle(element);
    expect(parts(element, 'message')).to.have.length(4);
  });

  it('is none where requests get through and no socket: it says that nothing comes in live', async () => {
    for (const fresh of [false, true]) {
      const {element} = await setUp({fresh}, {status: {state: 'disconnected', reason: 'no-socket'}});
      expect(banners(element)).to.deep.equal([
        'Live updates don’t get through here. Messages are sent, and new ones appear every few seconds.',
      ]);
      expect(element.matches(':state(offline)')).to.equal(false);
      await expect(element).to.be.accessible();
    }
  });

  it('is called one only after a moment while the connection comes up, so that no page flickers', async () => {
    const {element} = await setUp({fresh: false}, {status: {state: 'connecting', reason: 'opening'}});
    expect(banners(element)).to.deep.equal(['Offline copy. Fetching what is new.']);
    expect(getComputedStyle(part(element, 'banner') as HTMLElement).visibility).to.equal('hidden');
    const [pause] = (part(element, 'banner') as HTMLElement).getAnimations();
    pause?.finish();
    expect(getComputedStyle(part(element, 'banner') as HTMLElement).visibility).to.equal('visible');
  });

  for (const what of ['resumed', 'caught-up', 'reset'] as const) {
    it(`is none any more once the database has spoken (${what})`, async () => {
      const {hub, element} = await setUp({fresh: false});
      hub.catchUp(LOBBY, what);
      await hub.settle(element);
      expect(banners(element)).to.deep.equal([]);
    });
  }
});

describe('an absence', () => {
  async function goAway({hub, element}: Awaited<ReturnType<typeof setUp>>): Promise<void> {
    hub.setStatus({state: 'disconnected', reason: 'offline'});
    await hub.settle(element);
    hub.setStatus({state: 'connected', reason: 'open'});
    await hub.settle(element);
  }

  it('is told once, with how much was said and where it begins', async () => {
    const world = await setUp();
    await goAway(world);
    world.hub.catchUp(LOBBY, 'caught-up', missed(4, 26));
    await world.hub.settle(world.element);
    expect(world.said).to.deep.equal(['26 messages while you were away']);
    expect(parts(world.element, 'missed').map(textOf)).to.deep.equal(['26 messages while you were away']);
    expect(part(world.element, 'missed')?.role).to.equal('separator');
    expect(before(world.element, 'Missed 0')).to.equal('26 messages while you were away');
    await expect(world.element).to.be.accessible();
    world.hub.setStatus({latencyMs: 3});
    await world.hub.settle(world.element);
    expect(world.said).to.have.length(1);
  });

  it('is told right although what was missed comes in pages', async () => {
    const world = await setUp();
    world.hub.setStatus({state: 'disconnected', reason: 'offline'});
    await world.hub.settle(world.element);
    world.hub.setStatus({state: 'connected', reason: 'open'});
    for (const message of missed(4, 5)) {
      world.hub.receiveFrom(grace, LOBBY, message.body);
      await world.hub.settle(world.element);
    }
    world.hub.catchUp(LOBBY, 'caught-up', missed(9, 4));
    await world.hub.settle(world.element);
    expect(parts(world.element, 'missed').map(textOf)).to.deep.equal(['9 messages while you were away']);
  });

  it('is told of a copy that is brought up to date', async () => {
    const world = await setUp({fresh: false});
    world.hub.catchUp(LOBBY, 'caught-up', missed(4, 3));
    await world.hub.settle(world.element);
    expect(world.said).to.deep.equal(['3 messages while you were away']);
  });

  it('is not worth a word for one message or two, which are simply new', async () => {
    const world = await setUp();
    await goAway(world);
    world.hub.catchUp(LOBBY, 'caught-up', missed(4, 2));
    await world.hub.settle(world.element);
    expect(world.said).to.deep.equal(['Grace Hopper: Missed 0. Grace Hopper: Missed 1']);
    expect(parts(world.element, 'missed')).to.deep.equal([]);
  });

  it('is not told when nothing was missed, or only own messages and changes', async () => {
    const world = await setUp();
    await goAway(world);
    world.hub.catchUp(LOBBY, 'resumed');
    await world.hub.settle(world.element);
    await goAway(world);
    world.hub.catchUp(LOBBY, 'caught-up', missed(4, 5, ada));
    await world.hub.settle(world.element);
    expect(world.said).to.deep.equal([]);
    expect(parts(world.element, 'missed')).to.deep.equal([]);
  });

  it('that was too long is told as such, over the list that starts over', async () => {
    const world = await setUp();
    await goAway(world);
    world.hub.catchUp(LOBBY, 'reset', missed(900, 4));
    await world.hub.settle(world.element);
    expect(world.said).to.deep.equal(['Much was said while you were away']);
    expect(parts(world.element, 'message')).to.have.length(4);
    expect(before(world.element, 'Missed 0')).to.equal('Much was said while you were away');
  });

  it('is over when the reader writes', async () => {
    const world = await setUp();
    await goAway(world);
    world.hub.catchUp(LOBBY, 'caught-up', missed(4, 3));
    await world.hub.settle(world.element);
    press(type(world.element, 'Here I am'), 'Enter');
    await world.hub.settle(world.element);
    expect(parts(world.element, 'missed')).to.deep.equal([]);
  });

  it('of another chat is no news here', async () => {
    const world = await setUp();
    await goAway(world);
    world.hub.catchUp(LOBBY, 'caught-up', missed(4, 3));
    await world.hub.settle(world.element);
    world.hub.addChat('other-id', {messages: conversation(9)});
    world.element.chat = 'other-id';
    await world.hub.settle(world.element);
    expect(parts(world.element, 'missed')).to.deep.equal([]);
    expect(world.said).to.have.length(1);
  });
});

describe('a person who signed out', () => {
  it('leaves nothing in the thread, which says so', async () => {
    const {hub, element} = await setUp();
    type(element, 'half a thought');
    element.dispatchEvent(new Event('pagehide'));
    hub.signOut();
    await hub.settle(element);
    expect(parts(element, 'message')).to.deep.equal([]);
    expect(textOf(part(element, 'failed')))
      .to.include('You are signed out')
      .and.include('signed-out');
    expect(part(element, 'failed')?.querySelector('button')).to.equal(null);
    expect(field(element).value).to.equal('');
    expect(part(element, 'composer')?.checkVisibility()).to.equal(false);
    expect(Object.values(sessionStorage).join()).to.equal('');
    await expect(element).to.be.accessible();
  });

  it('leaves no editing and no question behind, nor a text that was on its way', async () => {
    const {hub, element} = await setUp();
    hub.held.add('send');
    press(type(element, 'not accepted'), 'Enter');
    await hub.settle(element);
    parts(element, 'edit')[0]?.click();
    await hub.settle(element);
    const told: string[] = [];
    element.addEventListener('trunk-error', event => told.push(event.error.code));
    hub.signOut();
    await hub.settle(element);
    await hub.settle(element);
    expect(part(part(element, 'composer'), 'editing')).to.equal(null);
    expect(field(element).value).to.equal('');
    expect(told).to.include('signed-out');
    expect(element.shadowRoot?.innerHTML).not.to.include('not accepted');
  });

  it('leaves no draft of any chat, and those of other people where they are', async () => {
    const {hub, element} = await setUp();
    const drafts = {[`trunk-draft:${ada.userId}:other`]: 'half', 'trunk-draft::any': 'typed early', foreign: 'x'};
    for (const [key, text] of Object.entries(drafts)) sessionStorage.setItem(key, text);
    sessionStorage.setItem(`trunk-draft:${grace.userId}:other`, 'Grace’s');
    type(element, 'half a thought');
    element.chat = 'elsewhere';
    await hub.settle(element);
    expect(sessionStorage.getItem(`trunk-draft:${ada.userId}:${LOBBY}`)).to.equal('half a thought');
    hub.signOut();
    await hub.settle(element);
    expect(Object.keys(sessionStorage).sort()).to.deep.equal(['foreign', `trunk-draft:${grace.userId}:other`]);
    sessionStorage.clear();
    element.chat = LOBBY;
    await hub.settle(element);
    expect(field(element).value).to.equal('');
  });

  it('stays away while the page can say no more who is signed in', async () => {
    const {hub, element} = await setUp();
    hub.signOut();
    await hub.settle(element);
    Object.defineProperty(hub, 'config', {
      get() {
        throw new TrunkError('sign-in-failed', 'accessToken() failed, so nobody is signed in.');
      },
    });
    hub.client.signIn();
    expect(parts(element, 'message')).to.deep.equal([]);
    await hub.settle(element);
    expect(hub.client.status.current.reason).to.equal('sign-in-failed');
    expect(parts(element, 'message')).to.deep.equal([]);
    expect(textOf(part(element, 'failed'))).to.include('sign-in-failed');
    hub.client.close();
  });

  it('finds the chat again after signing in', async () => {
    const {hub, element} = await setUp();
    hub.signOut();
    await hub.settle(element);
    hub.client.signIn();
    await hub.returned();
    await hub.settle(element);
    expect(parts(element, 'message')).to.have.length(3);
    expect(part(element, 'failed')).to.equal(null);
    expect(part(element, 'composer')?.checkVisibility()).to.equal(true);
  });
});
