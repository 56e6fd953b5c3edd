// What a reader can do to messages of their own.
import {expect, html} from '@open-wc/testing';
import {sendKeys} from '@web/test-runner-commands';
import type {TrunkChatThread} from '../../components/chat-thread.js';
import {defaultClient} from '../../src/client/default-client.js';
import type {WireError} from '../../src/wire/error.js';
import {FakeHub, ada, grace, storedMessage} from '../support/fake-hub.js';
import {field, mount, part, parts, press, textOf, type} from '../support/mount.js';
import {payloads} from './payloads.js';
import {until} from '../support/until.js';

const LOBBY = 'lobby-id';
const thread = html`<trunk-chat-thread chat="lobby-id"></trunk-chat-thread>`;
const offline: WireError = {code: 'unreachable', message: 'You are offline. Try again when you’re back.'};
const mine = (body: string, seq: number) => storedMessage({seq, body, senderId: ada.userId});

type World = Awaited<ReturnType<typeof setUp>>;

async function setUp(
  messages = [mine('frist', 1), storedMessage({seq: 2, senderId: grace.userId})],
  template = thread,
) {
  const hub = new FakeHub();
  hub.addChat(LOBBY, {messages});
  const element = await mount<TrunkChatThread>(hub, template);
  return {hub, element, composer: part(element, 'composer') as HTMLElement};
}

/** Sends a text, and leaves it as `status`. */
async function write({hub, element}: World, text: string, error: WireError | null = null): Promise<string> {
  press(type(element, text), 'Enter');
  await hub.settle(element);
  const id = hub.calls('send').at(-1)?.message.id ?? '';
  if (error) hub.setWaiting(LOBBY, id, {status: 'failed', error});
  await hub.settle(element);
  return id;
}

async function click({hub, element, composer}: World, name: string, at = 0): Promise<void> {
  const button = [...parts(element, name), ...(part(composer, name) ? [part(composer, name) as HTMLElement] : [])][at];
  button?.click();
  await hub.settle(element);
  await hub.settle(element);
}

async function save(world: World, text: string): Promise<void> {
  press(type(world.element, text), 'Enter');
  await world.hub.settle(world.element);
  await world.hub.settle(world.element);
}

const bodies = (element: Element) => parts(element, 'body').map(textOf);
const focused = (element: Element) => element.shadowRoot?.activeElement as HTMLElement | null;
const isEditing = (composer: Element) => part(composer, 'editing') !== null;

describe('own messages', () => {
  describe('offer', () => {
    const tools = (element: Element) =>
      parts(element, 'actions').flatMap(group => [...group.querySelectorAll('button')]);

    it('to be edited and deleted once stored, by names that say what', async () => {
      const {element} = await setUp();
      expect(tools(element).map(button => button.ariaLabel)).to.deep.equal(['Edit', 'Delete']);
      const described = tools(element).map(button => button.getAttribute('aria-describedby') ?? '');
      expect(described.map(id => textOf(element.shadowRoot?.getElementById(id)))).to.deep.equal(['frist', 'frist']);
      await expect(element).to.be.accessible();
    });

    it('to be edited and discarded while they wait', async () => {
      const world = await setUp([]);
      await write(world, 'waits');
      expect(tools(world.element).map(button => button.ariaLabel)).to.deep.equal(['Edit', 'Discard']);
    });

    it('to be retried, edited and discarded once failed, each in words', async () => {
      const world = await setUp([]);
      await write(world, 'failed', {
        code: 'expired',
        message: 'It waited for seven days. Send it again, or discard it.',
      });
      const words = [...(part(world.element, 'failure')?.querySelectorAll('button') ?? [])].map(textOf);
      expect(words).to.deep.equal(['Retry', 'Edit', 'Discard']);
      expect(textOf(part(world.element, 'reason'))).to.include('seven days');
      expect(tools(world.element)).to.deep.equal([]);
      await expect(world.element).to.be.accessible();
    });

    it('words of the page’s own for why they failed', async () => {
      const world = await setUp([]);
      await write(world, 'failed', {code: 'outbox-full', message: 'Too much waits already.'});
      world.element.strings = {failedDetail: {'outbox-full': 'Es wartet zu viel.'}};
      await world.element.updateComplete;
      expect(textOf(part(world.element, 'reason'))).to.equal('Es wartet zu viel.');
    });

    it('nothing once deleted, and nothing to others', async () => {
      const {element} = await setUp([
        storedMessage({seq: 1, senderId: ada.userId, body: '', deletedAt: '2026-11-23T12:00:00Z'}),
        storedMessage({seq: 2, senderId: grace.userId}),
      ]);
      expect(tools(element)).to.deep.equal([]);
    });

    it('nothing where one can only read', async () => {
      const world = await setUp();
      await write(world, 'failed', offline);
      await write(world, 'waits');
      world.element.readonly = true;
      await world.element.updateComplete;
      expect(world.element.shadowRoot?.querySelectorAll('[part=log] button')).to.have.length(0);
      expect(textOf(part(world.element, 'reason'))).to.equal(offline.message);
      await expect(world.element).to.be.accessible();
    });
  });

  describe('are edited', () => {
    it('in the field, which says so, with the text that is there', async () => {
      const world = await setUp();
      type(world.element, 'half a thought');
      await click(world, 'edit');
      expect(textOf(part(world.composer, 'editing')))
        .to.include('Edit message')
        .and.include('frist');
      expect(field(world.element).value).to.equal('frist');
      expect(field(world.element).ariaLabel).to.equal('Edit message');
      expect(part(world.composer, 'send')?.ariaLabel).to.equal('Save');
      expect(focused(world.element)).to.equal(world.composer);
      expect(part(world.element, 'message')?.classList.contains('editing')).to.equal(true);
      await expect(world.element).to.be.accessible();
    });

    it('and are marked so, with the focus back on the message and the half-written one back in the field', async () => {
      const world = await setUp();
      type(world.element, 'half a thought');
      await click(world, 'edit');
      await save(world, 'first');
      expect(world.hub.calls('edit')).to.have.length(1);
      expect(world.hub.calls('edit')[0]).to.include({body: 'first'});
      expect(bodies(world.element)[0]).to.equal('first');
      expect(part(world.element, 'edited')).not.to.equal(null);
      expect(isEditing(world.composer)).to.equal(false);
      expect(field(world.element).value).to.equal('half a thought');
      expect(focused(world.element)).to.equal(part(world.element, 'message'));
      expect(world.hub.calls('send')).to.deep.equal([]);
    });

    it('while they wait, and while they have failed', async () => {
      const world = await setUp([]);
      await write(world, 'wiats');
      await write(world, 'faield', offline);
      await click(world, 'edit', 0);
      await save(world, 'waits');
      await click(world, 'edit', 1);
      await save(world, 'failed');
      expect(bodies(world.element)).to.deep.equal(['waits', 'failed']);
      expect(parts(world.element, 'failure')).to.have.length(1);
    });

    it('although they were stored meanwhile', async () => {
      const world = await setUp([]);
      const id = await write(world, 'wiats');
      await click(world, 'edit');
      world.hub.store(LOBBY, id);
      await world.hub.settle(world.element);
      expect(field(world.element).value).to.equal('wiats');
      await save(world, 'waits');
      expect(bodies(world.element)).to.deep.equal(['waits']);
    });

    it('not, without a text lost, when it fails; the field says why, and it can be tried again', async () => {
      const world = await setUp();
      const told: string[] = [];
      world.element.addEventListener('trunk-error', event => told.push(event.error.code));
      world.hub.refused.set('edit', offline);
      await click(world, 'edit');
      await save(world, 'first');
      expect(field(world.element).value).to.equal('first');
      expect(textOf(part(world.composer, 'error'))).to.equal(offline.message);
      expect(part(world.composer, 'error')?.role).to.equal('alert');
      expect(parts(world.element, 'banner')).to.deep.equal([]);
      expect(told).to.deep.equal(['unreachable']);
      await expect(world.element).to.be.accessible();
      world.hub.refused.clear();
      press(field(world.element), 'Enter');
      await world.hub.settle(world.element);
      await world.hub.settle(world.element);
      expect(bodies(world.element)[0]).to.equal('first');
      expect(textOf(part(world.composer, 'error'))).to.equal('');
    });

    it('once, however often Enter is pressed before the answer', async () => {
      const world = await setUp();
      await click(world, 'edit');
      world.hub.held.add('edit');
      await save(world, 'first');
      press(field(world.element), 'Enter');
      await world.hub.settle(world.element);
      expect(field(world.element).readOnly).to.equal(true);
      expect(world.hub.calls('edit')).to.have.length(1);
      world.hub.letGo();
      await world.hub.settle(world.element);
      expect(isEditing(world.composer)).to.equal(false);
      expect(field(world.element).readOnly).to.equal(false);
    });

    it('without a word to the hub when nothing changed', async () => {
      const world = await setUp();
      await click(world, 'edit');
      await save(world, 'frist');
      expect(world.hub.calls('edit')).to.deep.equal([]);
      expect(isEditing(world.composer)).to.equal(false);
    });

    it('not to nothing, nor to too much', async () => {
      const world = await setUp();
      await click(world, 'edit');
      await save(world, ' ');
      expect(textOf(part(world.composer, 'error'))).to.include('empty');
      await save(world, 'x'.repeat(4_001));
      expect(textOf(part(world.composer, 'error'))).to.include('4000');
      expect(world.hub.calls('edit')).to.deep.equal([]);
    });

    for (const [how, cancel] of [
      ['Escape', (world: World) => void press(field(world.element), 'Escape')],
      ['the button', (world: World) => part(world.composer, 'cancel')?.click()],
    ] as const) {
      it(`until it is canceled by ${how}, which brings back what was being written`, async () => {
        const world = await setUp();
        type(world.element, 'half a thought');
        await click(world, 'edit');
        type(world.element, 'something else');
        cancel(world);
        await world.hub.settle(world.element);
        expect(isEditing(world.composer)).to.equal(false);
        expect(field(world.element).value).to.equal('half a thought');
        expect(bodies(world.element)[0]).to.equal('frist');
        expect(focused(world.element)).to.equal(part(world.element, 'message'));
      });
    }

    it('by a person whose input method takes Escape for itself', async () => {
      const world = await setUp();
      await click(world, 'edit');
      press(field(world.element), 'Escape', {isComposing: true, keyCode: 229});
      await world.hub.settle(world.element);
      expect(isEditing(world.composer)).to.equal(true);
    });

    it('one at a time: another one takes its place, and the half-written text still waits', async () => {
      const world = await setUp([mine('one', 1), mine('two', 2)]);
      type(world.element, 'half a thought');
      await click(world, 'edit', 0);
      type(world.element, 'one and a half');
      await click(world, 'edit', 1);
      expect(field(world.element).value).to.equal('two');
      await save(world, 'three');
      expect(bodies(world.element)).to.deep.equal(['one', 'three']);
      expect(field(world.element).value).to.equal('half a thought');
    });

    it('from an empty field by ArrowUp, the last one that is not deleted, and the focus stays there', async () => {
      const messages = [mine('one', 1), mine('two', 2), {...mine('', 3), deletedAt: '2026-11-23T12:00:00Z'}];
      const world = await setUp([...messages, storedMessage({seq: 4, senderId: grace.userId})]);
      type(world.element, ''); // an earlier test may have left something half-written
      await sendKeys({press: 'ArrowUp'});
      await world.hub.settle(world.element);
      expect(field(world.element).value).to.equal('two');
      expect(textOf(world.element.shadowRoot?.querySelector('[data-announcements]'))).to.equal('Edit message: two');
      await save(world, 'second');
      expect(bodies(world.element)[1]).to.equal('second');
      expect(focused(world.element)).to.equal(world.composer);
    });

    it('not by ArrowUp in a field that holds something, or with a key held down, or when there is none', async () => {
      const world = await setUp();
      const input = type(world.element, 'text');
      expect(press(input, 'ArrowUp')).to.equal(true);
      type(world.element, '');
      expect(press(input, 'ArrowUp', {shiftKey: true})).to.equal(true);
      expect(press(input, 'ArrowUp', {isComposing: true})).to.equal(true);
      const none = await setUp([storedMessage({senderId: grace.userId})]);
      expect(press(field(none.element), 'ArrowUp')).to.equal(true);
      expect([world, none].map(({composer}) => isEditing(composer))).to.deep.equal([false, false]);
    });

    it('no more once another chat is shown', async () => {
      const world = await setUp();
      world.hub.addChat('other-id', {title: 'Other'});
      type(world.element, 'half a thought');
      await click(world, 'edit');
      world.element.chat = 'other-id';
      await world.hub.settle(world.element);
      expect(isEditing(world.composer)).to.equal(false);
      expect(field(world.element).value).to.equal('');
      world.element.chat = LOBBY;
      await world.hub.settle(world.element);
      expect(field(world.element).value).to.equal('half a thought');
    });

    it('as the text it is, however hostile', async () => {
      const hostile = payloads.slice(0, 40);
      const world = await setUp(hostile.map((body, i) => mine(body, i + 1)));
      const shown = parts(world.element, 'body').map(body => body.textContent);
      for (let at = 0; at < hostile.length; at++) {
        parts(world.element, 'edit')[at]?.click();
        await world.hub.settle(world.element);
        const preview = part(world.composer, 'editing')?.querySelector('[dir=auto]');
        expect(preview?.childElementCount).to.equal(0);
        expect(preview?.textContent).to.equal(hostile[at]);
      }
      expect(parts(world.element, 'body').map(body => body.textContent)).to.deep.equal(shown);
    });
  });

  describe('are deleted', () => {
    it('after a question in their place, which is asked of a keyboard on the harmless answer', async () => {
      const world = await setUp();
      await click(world, 'delete');
      expect(world.hub.calls('remove')).to.deep.equal([]);
      const question = part(world.element, 'question');
      expect(question?.ariaLabel).to.equal('Remove this message?');
      expect(question?.role).to.equal('group');
      expect(focused(world.element)).to.equal(part(world.element, 'keep'));
      await expect(world.element).to.be.accessible();
      await click(world, 'confirm');
      expect(world.hub.calls('remove')).to.have.length(1);
      expect(bodies(world.element)[0]).to.equal('This message was deleted.');
      expect(part(world.element, 'question')).to.equal(null);
      expect(focused(world.element)).to.equal(part(world.element, 'message'));
    });

    for (const [how, keep] of [
      ['the button', (world: World) => click(world, 'keep')],
      ['Escape', async (world: World) => press(part(world.element, 'keep') as HTMLElement, 'Escape')],
    ] as const) {
      it(`not when they are kept by ${how}`, async () => {
        const world = await setUp();
        await click(world, 'delete');
        await keep(world);
        await world.hub.settle(world.element);
        expect(part(world.element, 'question')).to.equal(null);
        expect(world.hub.calls('remove')).to.deep.equal([]);
        expect(focused(world.element)).to.equal(part(world.element, 'message'));
      });
    }

    it('not when it fails: the message says why, and asks again', async () => {
      const world = await setUp();
      world.hub.refused.set('remove', offline);
      await click(world, 'delete');
      await click(world, 'confirm');
      const question = part(world.element, 'question');
      expect(textOf(question?.querySelector('[role=alert]'))).to.equal(offline.message);
      expect(parts(world.element, 'banner')).to.deep.equal([]);
      expect(bodies(world.element)[0]).to.equal('frist');
      await expect(world.element).to.be.accessible();
      world.hub.refused.clear();
      await click(world, 'confirm');
      expect(bodies(world.element)[0]).to.equal('This message was deleted.');
    });

    it('while they wait, which leaves nothing of them', async () => {
      const world = await setUp([]);
      await write(world, 'waits');
      await click(world, 'delete');
      expect(textOf(part(world.element, 'confirm'))).to.equal('Discard');
      await click(world, 'confirm');
      expect(bodies(world.element)).to.deep.equal([]);
      expect(focused(world.element)).to.equal(part(world.element, 'log'));
    });

    it('although they were stored between question and answer', async () => {
      const world = await setUp([]);
      const id = await write(world, 'waits');
      await click(world, 'delete');
      world.hub.store(LOBBY, id);
      await world.hub.settle(world.element);
      expect(textOf(part(world.element, 'confirm'))).to.equal('Delete');
      await click(world, 'confirm');
      expect(bodies(world.element)).to.deep.equal(['This message was deleted.']);
    });
  });

  describe('by keyboard', () => {
    it('have their buttons as stops of Tab only in the row with the focus', async () => {
      const {element, composer} = await setUp([mine('one', 1), mine('two', 2), mine('three', 3)]);
      part(element, 'log')?.focus();
      await sendKeys({press: 'Tab'});
      expect(focused(element)).to.equal(composer);
      part(element, 'log')?.focus();
      await sendKeys({press: 'ArrowUp'});
      await sendKeys({press: 'ArrowUp'});
      await sendKeys({press: 'Tab'});
      expect(focused(element)).to.equal(parts(element, 'edit')[1]);
      await sendKeys({press: 'Tab'});
      expect(focused(element)).to.equal(parts(element, 'delete')[1]);
      await sendKeys({press: 'Tab'});
      expect(focused(element)).to.equal(composer);
    });

    it('show their buttons where the focus is', async () => {
      const {element} = await setUp([mine('one', 1), mine('two', 2)]);
      const opacity = () => parts(element, 'actions').map(group => getComputedStyle(group).opacity);
      expect(opacity()).to.deep.equal(['0', '0']);
      part(element, 'log')?.focus();
      await sendKeys({press: 'ArrowUp'});
      expect(opacity()).to.deep.equal(['0', '1']);
    });

    it('are edited, deleted and kept without a pointer', async () => {
      const world = await setUp([mine('one', 1), mine('two', 2)]);
      part(world.element, 'log')?.focus();
      for (const key of ['ArrowUp', 'Tab', 'Enter']) await sendKeys({press: key});
      await world.hub.settle(world.element);
      await sendKeys({type: ' and a half'});
      await sendKeys({press: 'Enter'});
      await world.hub.settle(world.element);
      await world.hub.settle(world.element);
      expect(bodies(world.element)).to.deep.equal(['one', 'two and a half']);
      for (const key of ['Tab', 'Tab', 'Enter']) await sendKeys({press: key});
      await world.hub.settle(world.element);
      for (const key of ['Tab', 'Enter']) await sendKeys({press: key});
      await world.hub.settle(world.element);
      await world.hub.settle(world.element);
      expect(bodies(world.element)).to.deep.equal(['one', 'This message was deleted.']);
    });
  });

  describe('before the chunk is there that does it', () => {
    /** A thread with a message that failed, in a browser that never has time. */
    async function setUpBusy() {
      const {requestIdleCallback} = window;
      window.requestIdleCallback = () => 0;
      const hub = new FakeHub();
      hub.addChat(LOBBY, {messages: [mine('mine', 1)]});
      defaultClient.set(hub.client);
      const chat = hub.client.chat(LOBBY);
      await until(() => chat.state.current.phase === 'ready');
      const id = await chat.send('failed');
      hub.setWaiting(LOBBY, id, {status: 'failed', error: offline});
      const element = document.createElement('trunk-chat-thread');
      element.chat = LOBBY;
      document.body.append(element);
      await until(() => part(element, 'failure'));
      window.requestIdleCallback = requestIdleCallback;
      return {hub, element, id};
    }

    it('show what failed and why, wait for it at a press, and have their buttons then', async () => {
      const {hub, element, id} = await setUpBusy();
      expect(textOf(part(element, 'reason'))).to.equal(offline.message);
      expect(part(element, 'actions')).to.equal(null);
      part(element, 'retry')?.click();
      await until(() => hub.calls('retry').length > 0);
      expect(hub.calls('retry').map(({messageId}) => messageId)).to.deep.equal([id]);
      await element.updateComplete;
      expect(part(element, 'actions')).not.to.equal(null);
      element.remove();
    });

    it('have their buttons in the way of the Tab key where the focus was before them', async () => {
      const {element} = await setUpBusy();
      part(element, 'log')?.focus();
      expect(part(element, 'actions') === null).to.equal(true);
      for (const key of ['ArrowUp', 'ArrowUp']) await sendKeys({press: key});
      await until(() => textOf(focused(element)).includes('mine'));
      await element.updateComplete;
      await sendKeys({press: 'Tab'});
      expect(focused(element)?.ariaLabel).to.equal('Edit');
      element.remove();
    });

    it('wait for it at a key in the field', async () => {
      const {element} = await setUpBusy();
      await until(() => field(element));
      press(field(element), 'ArrowUp');
      await until(() => part(part(element, 'composer'), 'editing'));
      expect(field(element).value).to.equal('failed');
      element.remove();
    });
  });
});
