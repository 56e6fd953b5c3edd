import {expect, fixture, html} from '@open-wc/testing';
import {sendKeys} from '@web/test-runner-commands';
import type {TrunkChatThread} from '../../components/chat-thread.js';
import type {TrunkErrorEvent} from '../../components/error-event.js';
import {english} from '../../components/english.js';
import {defaultClient} from '../../src/client/default-client.js';
import type {WireError} from '../../src/wire/error.js';
import {FakeHub, ada, grace, storedMessage} from '../support/fake-hub.js';
import {field, mount, part, parts, press, textOf, type} from '../support/mount.js';
import {until} from '../support/until.js';

const LOBBY = 'lobby-id';
const thread = html`<trunk-chat-thread chat="lobby" make></trunk-chat-thread>`;
const bodies = (element: Element) => parts(element, 'body').map(textOf);
const refusal: WireError = {code: 'rejected', message: 'The database says no.'};

async function setUp(options: Parameters<FakeHub['addChat']>[1] = {}, hub = new FakeHub()) {
  hub.addChat(LOBBY, {slug: 'lobby', ...options});
  const element = await mount<TrunkChatThread>(hub, thread);
  return {hub, element};
}

async function send({hub, element}: {hub: FakeHub; element: TrunkChatThread}, text: string): Promise<string> {
  press(type(element, text), 'Enter');
  await hub.settle(element);
  return hub.calls('send').at(-1)?.message.id ?? '';
}

const keptDrafts = () => Object.keys(sessionStorage).filter(key => /^trunk-draft:.*:lobby$/.test(key));

describe('<trunk-chat-thread>', () => {
  beforeEach(() => keptDrafts().forEach(key => sessionStorage.removeItem(key)));

  describe('opening', () => {
    it('asks for the chat it is told, and to make it', async () => {
      const {hub} = await setUp();
      const wants = hub.heard.flatMap(message => (message.type === 'open' ? [message.want] : []));
      expect(wants).to.deep.include({kind: 'chat', chat: 'lobby', make: true, since: null});
    });

    it('shows that it is opening until the hub answers, and keeps what is typed meanwhile', async () => {
      const hub = new FakeHub();
      const element = await mount<TrunkChatThread>(hub, thread);
      expect(part(element, 'skeleton')).not.to.equal(null);
      expect(element.matches(':state(opening)')).to.equal(true);
      await expect(element).to.be.accessible();
      press(type(element, 'too early'), 'Enter');
      await hub.settle(element);
      expect(hub.calls('send')).to.deep.equal([]);
      expect(textOf(part(part(element, 'composer'), 'error'))).to.include('still opening');
      hub.addChat(LOBBY, {slug: 'lobby'});
      await hub.settle(element);
      expect(part(element, 'skeleton')).to.equal(null);
      expect(element.matches(':state(ready)')).to.equal(true);
      expect(field(element).value).to.equal('too early');
      expect(textOf(part(part(element, 'composer'), 'error'))).to.equal('');
    });

    it('invites to speak when nobody has', async () => {
      const {element} = await setUp();
      expect(textOf(part(element, 'empty'))).to.include('Nobody has spoken yet');
      expect(part(element, 'empty')?.checkVisibility()).to.equal(true);
      await expect(element).to.be.accessible();
    });

    for (const code of ['chat-not-found', 'forbidden', 'unreachable', 'internal'] as const) {
      it(`says what to do when opening ends in ${code}, names the code, and can try again`, async () => {
        const hub = new FakeHub();
        const element = await mount<TrunkChatThread>(hub, thread);
        const told: string[] = [];
        element.addEventListener('trunk-error', (event: TrunkErrorEvent) => told.push(event.error.code));
        hub.failChat('lobby', {code, message: 'Do this and that.'});
        await hub.settle(element);
        expect(textOf(part(element, 'failed')))
          .to.include('Do this and that.')
          .and.include(code);
        expect(element.matches(':state(failed)')).to.equal(true);
        expect(told).to.deep.equal([code]);
        await expect(element).to.be.accessible();
        part(element, 'failed')?.querySelector('button')?.click();
        hub.addChat(LOBBY, {slug: 'lobby'});
        await hub.settle(element);
        expect(part(element, 'failed')).to.equal(null);
      });
    }

    for (const reason of [
      'no-config',
      'bad-config',
      'key-refused',
      'sign-in-failed',
      'worker-failed',
      'protocol-mismatch',
    ] as const) {
      it(`shows ${reason} of the connection while there is nothing to read`, async () => {
        const hub = new FakeHub({status: {state: 'error', reason, detail: 'Mend it so.'}});
        const told: string[] = [];
        const listen = (event: TrunkErrorEvent) => told.push(event.error.code);
        document.documentElement.addEventListener('trunk-error', listen);
        const element = await mount<TrunkChatThread>(hub, thread);
        document.documentElement.removeEventListener('trunk-error', listen);
        const {failedTitle} = english;
        expect(textOf(part(element, 'failed')))
          .to.include('Mend it so.')
          .and.include(reason)
          .and.include(failedTitle[reason]);
        expect(told).to.deep.equal([reason]);
      });
    }

    it('says that no chat is named', async () => {
      const element = await mount<TrunkChatThread>(new FakeHub(), html`<trunk-chat-thread></trunk-chat-thread>`);
      expect(textOf(part(element, 'failed'))).to.include('chat attribute');
    });

    it('keeps what was typed visible when the chat then fails to open', async () => {
      const hub = new FakeHub();
      const element = await mount<TrunkChatThread>(hub, thread);
      type(element, 'not lost');
      hub.failChat('lobby', {code: 'forbidden', message: 'No.'});
      await hub.settle(element);
      expect(field(element).value).to.equal('not lost');
      expect(field(element).checkVisibility()).to.equal(true);
    });

    it('has no field when it is read-only', async () => {
      const hub = new FakeHub();
      hub.addChat(LOBBY, {slug: 'lobby'});
      const element = await mount(hub, html`<trunk-chat-thread chat="lobby" readonly></trunk-chat-thread>`);
      expect(part(element, 'composer')).to.equal(null);
      await expect(element).to.be.accessible();
    });

    it('says which chat this person looks at, and takes it back', async () => {
      const {hub, element} = await setUp();
      const current = () =>
        hub.heard.flatMap(message => (message.type === 'attention' ? [message.attention.currentChatId] : [])).at(-1);
      expect(current()).to.equal(LOBBY);
      element.remove();
      await hub.settle();
      expect(current()).to.equal(null);
      expect(hub.wants).to.deep.equal([]);
    });

    it('leaves the chat of another thread on the page the current one', async () => {
      const {hub, element} = await setUp();
      hub.addChat('other-id', {slug: 'other'});
      const current = () =>
        hub.heard.flatMap(message => (message.type === 'attention' ? [message.attention.currentChatId] : [])).at(-1);
      const second = await fixture<TrunkChatThread>(html`<trunk-chat-thread chat="other"></trunk-chat-thread>`);
      await hub.settle(element, second);
      expect(current()).to.equal('other-id');
      second.remove();
      await hub.settle(element);
      expect(current()).to.equal(LOBBY);
      element.parentElement?.append(second);
      await hub.settle(element, second);
      element.remove();
      await hub.settle(second);
      expect(current()).to.equal('other-id');
      second.remove();
      await hub.settle();
      expect(current()).to.equal(null);
    });

    it('takes its current chat back from a client it leaves', async () => {
      const {hub, element} = await setUp();
      const next = new FakeHub();
      next.addChat(LOBBY, {slug: 'lobby'});
      defaultClient.set(next.client);
      await next.settle(element);
      await hub.settle();
      const current = (of: FakeHub) => of.heard.findLast(message => message.type === 'attention');
      expect(current(hub)?.attention.currentChatId).to.equal(null);
      expect(current(next)?.attention.currentChatId).to.equal(LOBBY);
    });

    it('keeps one slot for what stands in an empty thread, hidden while there is no such thing', async () => {
      const hub = new FakeHub();
      const element = await mount<TrunkChatThread>(
        hub,
        html`<trunk-chat-thread chat="lobby"><b slot="empty">Speak!</b></trunk-chat-thread>`,
      );
      const slot = element.shadowRoot?.querySelector('slot[name=empty]');
      const words = element.querySelector('b');
      expect(words?.assignedSlot).to.equal(slot);
      expect(words?.checkVisibility(), 'opening').to.equal(false);
      hub.addChat(LOBBY, {slug: 'lobby'});
      await hub.settle(element);
      expect(words?.checkVisibility(), 'empty').to.equal(true);
      hub.receiveFrom(grace, LOBBY, 'Hello');
      await hub.settle(element);
      expect(words?.checkVisibility(), 'spoken').to.equal(false);
      hub.failChat('lobby', {code: 'forbidden', message: 'No.'});
      await hub.settle(element);
      expect(words?.checkVisibility(), 'failed').to.equal(false);
      expect(words?.assignedSlot).to.equal(slot);
    });

    it('asks for nothing while it is out of the document', async () => {
      const {hub, element} = await setUp();
      element.remove();
      await hub.settle();
      element.chat = 'other-id';
      await hub.settle(element);
      expect(hub.wants).to.deep.equal([]);
    });

    it('keeps its chat when it is only moved in the document', async () => {
      const {hub, element} = await setUp({messages: [storedMessage({})]});
      const row = part(element, 'message');
      const place = document.createElement('div');
      element.parentElement?.append(place);
      place.append(element);
      await hub.settle(element);
      expect(hub.heard.filter(message => message.type === 'release')).to.deep.equal([]);
      expect(part(element, 'message')).to.equal(row);
    });
  });

  describe('messages', () => {
    it('shows them oldest first, with one name and picture a group', async () => {
      const today = new Date().toISOString();
      const messages = [
        storedMessage({seq: 1, body: 'one', createdAt: today}),
        storedMessage({seq: 2, body: 'two', createdAt: today}),
        storedMessage({seq: 3, body: 'mine', senderId: ada.userId, createdAt: today}),
      ];
      const {element} = await setUp({messages});
      expect(bodies(element)).to.deep.equal(['one', 'two', 'mine']);
      expect(part(element, 'empty')?.checkVisibility()).to.equal(false);
      expect(parts(element, 'avatar')).to.have.length(1);
      expect(
        parts(element, 'author')
          .filter(name => !name.classList.contains('hidden'))
          .map(textOf),
      ).to.deep.equal(['Grace Hopper']);
      expect(parts(element, 'day').map(textOf)).to.deep.equal(['Today']);
      expect(parts(element, 'message-own')).to.have.length(1);
      await expect(element).to.be.accessible();
    });

    it('writes days in the language of the page', async () => {
      const hub = new FakeHub();
      hub.addChat(LOBBY, {slug: 'lobby', messages: [storedMessage({createdAt: '2020-03-04T12:00:00Z'})]});
      document.documentElement.lang = 'de';
      const element = await mount<TrunkChatThread>(hub, thread);
      document.documentElement.lang = '';
      expect(parts(element, 'day').map(textOf)).to.deep.equal(['Mittwoch, 4. März 2020']);
    });

    it('tells the whole date of a time that is pointed at', async () => {
      const hub = new FakeHub();
      hub.addChat(LOBBY, {slug: 'lobby', messages: [storedMessage({createdAt: '2020-03-04T12:00:00Z'})]});
      const element = await mount<TrunkChatThread>(hub, thread);
      element.lang = 'de';
      part(element, 'time')?.dispatchEvent(new PointerEvent('pointerenter'));
      expect(part(element, 'time')?.title).to.match(/^Mittwoch, 4. März 2020 um \d\d:\d\d$/);
    });

    it('shows who edited and what was deleted', async () => {
      const message = storedMessage({body: 'first'});
      const {hub, element} = await setUp({messages: [message]});
      const row = part(element, 'message');
      hub.change(LOBBY, message.id, {body: 'second', editedAt: new Date().toISOString()});
      await hub.settle(element);
      expect(bodies(element)).to.deep.equal(['second']);
      expect(textOf(part(element, 'edited'))).to.equal('edited');
      hub.change(LOBBY, message.id, {body: '', deletedAt: new Date().toISOString()});
      await hub.settle(element);
      expect(bodies(element)).to.deep.equal(['This message was deleted.']);
      expect(part(element, 'edited')).to.equal(null);
      expect(part(element, 'message')).to.equal(row);
      await expect(element).to.be.accessible();
    });

    it('names a sender whose account is gone, and one whose profile is not here yet', async () => {
      const {hub, element} = await setUp({messages: [storedMessage({senderId: null}), storedMessage({senderId: 'x'})]});
      expect(parts(element, 'author').map(textOf)).to.deep.equal(['Deleted account', 'Someone']);
      hub.setPeople([{userId: 'x', name: 'Xenia', avatarUrl: null}]);
      await hub.settle(element);
      expect(parts(element, 'author').map(textOf)).to.deep.equal(['Deleted account', 'Xenia']);
    });

    it('links an attachment only when it is on the web', async () => {
      const attachments = ['https://example.com/a.pdf', 'javascript:boom()', 'https://example.com/ "x'].map(url => ({
        url,
        name: url,
        type: 'x',
        size: 1,
      }));
      const {element} = await setUp({messages: [storedMessage({attachments})]});
      expect(parts(element, 'attachment').map(item => item.localName)).to.deep.equal(['a', 'span', 'span']);
    });
  });

  describe('sending', () => {
    it('shows the message at once, and empties the field', async () => {
      const {hub, element} = await setUp();
      hub.held.add('send');
      await send({hub, element}, 'Hello');
      expect(bodies(element)).to.deep.equal(['Hello']);
      expect(field(element).value).to.equal('');
      // It waits once the hub has kept it: until then it goes with the tab.
      expect(textOf(part(element, 'state'))).to.equal('Sending');
      await expect(element).to.be.accessible();
    });

    it('keeps one bubble, the same DOM node, from queued to sent', async () => {
      const {hub, element} = await setUp({messages: [storedMessage({senderId: ada.userId})]});
      hub.held.add('send');
      const id = await send({hub, element}, 'Hello');
      const row = parts(element, 'message')[1];
      const body = parts(element, 'body')[1];
      const seen = [textOf(row?.querySelector('[part=state]'))];
      const look = async () => {
        await hub.settle(element);
        expect(parts(element, 'message')).to.have.length(2);
        expect(parts(element, 'message')[1]).to.equal(row);
        expect(parts(element, 'body')[1]).to.equal(body);
        seen.push(textOf(row?.querySelector('[part=state]')));
      };
      hub.letGo();
      await look();
      hub.setWaiting(LOBBY, id, {status: 'sending'});
      await look();
      hub.store(LOBBY, id);
      await look();
      expect(seen).to.deep.equal(['Sending', 'Waiting to be sent', 'Sending', 'Sent']);
    });

    it('can be taken over by the page', async () => {
      const {hub, element} = await setUp();
      const taken: string[] = [];
      element.addEventListener('trunk-send', event => {
        event.preventDefault();
        taken.push(event.body);
      });
      await send({hub, element}, 'Mine to send');
      expect(taken).to.deep.equal(['Mine to send']);
      expect(hub.calls('send')).to.deep.equal([]);
    });

    it('gives the text back when the hub does not accept it', async () => {
      const {hub, element} = await setUp();
      hub.refused.set('send', {code: 'storage-refused', message: 'There is no room left.'});
      const told: string[] = [];
      element.addEventListener('trunk-error', event => told.push(event.error.code));
      await send({hub, element}, 'Precious');
      await hub.settle(element);
      expect(field(element).value).to.equal('Precious');
      expect(textOf(part(part(element, 'composer'), 'error'))).to.equal('There is no room left.');
      expect(bodies(element)).to.deep.equal([]);
      expect(told).to.deep.equal(['storage-refused']);
    });

    it('says why a message failed, and offers to retry and to discard', async () => {
      const {hub, element} = await setUp();
      const id = await send({hub, element}, 'Unlucky');
      hub.setWaiting(LOBBY, id, {status: 'failed', error: refusal});
      await hub.settle(element);
      expect(textOf(part(element, 'reason'))).to.equal('The database says no.');
      await expect(element).to.be.accessible();
      part(element, 'retry')?.click();
      await hub.settle(element);
      expect(hub.calls('retry').map(call => call.messageId)).to.deep.equal([id]);
      expect(part(element, 'failure')).to.equal(null);
      hub.setWaiting(LOBBY, id, {status: 'failed', error: refusal});
      await hub.settle(element);
      part(element, 'discard')?.click();
      await hub.settle(element);
      expect(bodies(element)).to.deep.equal([]);
    });

    it('says when a retry is refused', async () => {
      const {hub, element} = await setUp();
      const id = await send({hub, element}, 'Unlucky');
      hub.setWaiting(LOBBY, id, {status: 'failed', error: refusal});
      hub.refused.set('retry', {code: 'unreachable', message: 'The hub went away.'});
      await hub.settle(element);
      part(element, 'retry')?.click();
      await hub.settle(element);
      expect(parts(element, 'banner').map(textOf)).to.deep.equal(['The hub went away.']);
    });

    it('keeps the draft of each chat while the thread shows another', async () => {
      const {hub, element} = await setUp();
      hub.addChat('other-id', {title: 'Other'});
      type(element, 'half a thought');
      element.chat = 'other-id';
      await hub.settle(element);
      expect(field(element).value).to.equal('');
      type(element, 'another');
      element.chat = 'lobby';
      await hub.settle(element);
      expect(field(element).value).to.equal('half a thought');
      element.remove();
      await hub.settle();
      const later = await mount<TrunkChatThread>(hub, html`<trunk-chat-thread chat="other-id"></trunk-chat-thread>`);
      expect(field(later).value).to.equal('another');
    });

    it('gives the draft back after a reload, to the person who typed it and nobody else', async () => {
      const {hub, element} = await setUp();
      type(element, 'half a thought');
      dispatchEvent(new PageTransitionEvent('pagehide'));
      element.remove();
      const open = async (userId: string) => {
        const next = new FakeHub({me: {...ada, userId}});
        next.addChat(LOBBY, {slug: 'lobby'});
        return mount<TrunkChatThread>(next, thread);
      };
      const others = await open('somebody-else');
      expect(field(others).value).to.equal('');
      others.remove();
      expect(field(await open(hub.client.me.current?.userId ?? '')).value).to.equal('half a thought');
      expect(keptDrafts()).to.deep.equal([]);
    });

    it('does not give back what came out of the back/forward cache with the page', async () => {
      const {hub, element} = await setUp();
      type(element, 'half a thought');
      dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}));
      dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}));
      await send({hub, element}, 'half a thought');
      expect(keptDrafts()).to.deep.equal([]);
      expect(field(element).value).to.equal('');
    });
  });

  describe('connection', () => {
    it('says that messages are kept while there is none', async () => {
      const {hub, element} = await setUp({messages: [storedMessage({})]});
      hub.setStatus({state: 'disconnected', reason: 'offline'});
      await hub.settle(element);
      expect(parts(element, 'banner').map(textOf)).to.deep.equal([
        'You are offline. Messages are kept and sent when you’re back.',
      ]);
      expect(element.matches(':state(offline)')).to.equal(true);
      await expect(element).to.be.accessible();
      hub.setStatus({state: 'connected', reason: 'open'});
      await hub.settle(element);
      expect(parts(element, 'banner')).to.deep.equal([]);
    });

    it('warns when the browser keeps nothing', async () => {
      const {element} = await setUp({}, new FakeHub({status: {storage: 'memory'}}));
      expect(parts(element, 'banner').map(textOf).join())
        .to.include('keeps nothing on disk')
        .and.include('storage-refused');
      await expect(element).to.be.accessible();
    });

    it('keeps showing what it has when the connection ends in an error', async () => {
      const {hub, element} = await setUp({messages: [storedMessage({body: 'still here'})]});
      hub.setStatus({state: 'error', reason: 'key-refused', detail: 'The key was refused.'});
      await hub.settle(element);
      expect(bodies(element)).to.deep.equal(['still here']);
      expect(parts(element, 'banner').map(textOf)).to.deep.equal(['The key was refused.']);
    });

    it('says that the client was closed', async () => {
      const {hub, element} = await setUp();
      hub.client.close();
      const later = document.createElement('trunk-chat-thread');
      later.chat = 'lobby';
      element.parentElement?.append(later);
      await later.updateComplete;
      expect(textOf(part(later, 'failed'))).to.include('closed');
    });
  });

  describe('keyboard', () => {
    const focused = (element: Element) => element.shadowRoot?.activeElement as HTMLElement | null;

    it('moves from message to message with the arrow keys, and back to the list with Escape', async () => {
      const {element} = await setUp({messages: ['a', 'b', 'c'].map(body => storedMessage({body}))});
      part(element, 'log')?.focus();
      await sendKeys({press: 'ArrowUp'});
      expect(focused(element)).to.equal(parts(element, 'message')[2]);
      await sendKeys({press: 'ArrowUp'});
      expect(focused(element)).to.equal(parts(element, 'message')[1]);
      await sendKeys({press: 'Home'});
      expect(focused(element)).to.equal(parts(element, 'message')[0]);
      await sendKeys({press: 'ArrowUp'});
      expect(focused(element)).to.equal(parts(element, 'message')[0]);
      await sendKeys({press: 'End'});
      await until(() => focused(element) === parts(element, 'message')[2]);
      await sendKeys({press: 'Escape'});
      expect(focused(element)).to.equal(part(element, 'log'));
    });

    it('reaches the actions of a failed message by Tab, then the field', async () => {
      const {hub, element} = await setUp();
      const id = await send({hub, element}, 'Unlucky');
      hub.setWaiting(LOBBY, id, {status: 'failed', error: refusal});
      await hub.settle(element);
      part(element, 'log')?.focus();
      await sendKeys({press: 'ArrowUp'});
      await sendKeys({press: 'Tab'});
      expect(focused(element)).to.equal(part(element, 'retry'));
      await sendKeys({press: 'Tab'});
      expect(focused(element)).to.equal(part(element, 'edit'));
      await sendKeys({press: 'Tab'});
      expect(focused(element)).to.equal(part(element, 'discard'));
      await sendKeys({press: 'Tab'});
      expect(focused(element)).to.equal(part(element, 'composer'));
    });

    it('keeps the focus in the list when the focused message is discarded', async () => {
      const {hub, element} = await setUp();
      const id = await send({hub, element}, 'Unlucky');
      hub.setWaiting(LOBBY, id, {status: 'failed', error: refusal});
      await hub.settle(element);
      part(element, 'discard')?.focus();
      await sendKeys({press: 'Enter'});
      await hub.settle(element);
      expect(focused(element)).to.equal(part(element, 'log'));
    });

    it('names a message by who, what and when', async () => {
      const {element} = await setUp({messages: [storedMessage({senderId: grace.userId, body: 'Hi'})]});
      const names = part(element, 'message')?.getAttribute('aria-labelledby')?.split(' ') ?? [];
      const words = names.map(id => textOf(element.shadowRoot?.getElementById(id)));
      expect(words.slice(0, 2)).to.deep.equal(['Grace Hopper', 'Hi']);
    });
  });
});
