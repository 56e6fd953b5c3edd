import {expect} from '@open-wc/testing';
import {html} from 'lit';
import type {TrunkChatList} from '../../components/chat-list.js';
import {chatSummary, FakeHub, grace} from '../support/fake-hub.js';
import {mount, part} from '../support/mount.js';

const KEY = 'trunkline:notify';
const real = window.Notification;

/** The browser's own, as far as a page has to do with it. */
class FakeNotification {
  static permission: NotificationPermission = 'default';
  static answer: NotificationPermission = 'granted';
  static shown: FakeNotification[] = [];
  static async requestPermission(): Promise<NotificationPermission> {
    return (this.permission = this.answer);
  }
  onclick: (() => void) | null = null;
  readonly text: string;
  constructor(title: string, {body}: NotificationOptions) {
    this.text = `${title} | ${body}`;
    FakeNotification.shown.push(this);
  }
  isClosed = false;
  close(): void {
    this.isClosed = true;
  }
}

async function given(template = html`<trunk-chat-list notifications></trunk-chat-list>`) {
  const hub = new FakeHub();
  const list = await mount<TrunkChatList>(hub, template);
  hub.setChats([chatSummary({id: 'c', title: 'Engine', unread: 1, last: {senderId: grace.userId, body: 'Is it in?'}})]);
  await hub.settle(list);
  const press = async () => {
    part(list, 'notify')?.click();
    await new Promise(done => setTimeout(done));
    await hub.settle(list);
  };
  const ring = async () => {
    hub.alert('c');
    await hub.settle(list);
  };
  return {hub, list, press, ring, button: () => part(list, 'notify')};
}

describe('notifications of <trunk-chat-list>', () => {
  let hasFocus: boolean;
  beforeEach(() => {
    localStorage.removeItem(KEY);
    Object.assign(FakeNotification, {permission: 'default', answer: 'granted', shown: []});
    hasFocus = false;
    Object.defineProperty(document, 'hasFocus', {value: () => hasFocus, configurable: true});
    Object.assign(window, {Notification: FakeNotification});
  });
  afterEach(() => {
    delete (document as {hasFocus?: unknown}).hasFocus;
    Object.assign(window, {Notification: real});
    localStorage.removeItem(KEY);
  });

  it('are asked for by no page that doesn’t say so, and come to nobody who didn’t press', async () => {
    const plain = await given(html`<trunk-chat-list></trunk-chat-list>`);
    expect(plain.button()).to.equal(null);
    const {ring, button, list} = await given();
    expect(button()?.getAttribute('aria-pressed')).to.equal('false');
    await ring();
    expect(FakeNotification.shown).to.deep.equal([]);
    expect(FakeNotification.permission).to.equal('default');
    await expect(list).to.be.accessible();
  });

  it('say what the row says once a person wants them, until they don’t', async () => {
    const {press, ring, button} = await given();
    await press();
    expect(button()?.getAttribute('aria-pressed')).to.equal('true');
    await ring();
    expect(FakeNotification.shown.map(({text}) => text)).to.deep.equal(['Engine | Grace Hopper: Is it in?']);
    await press();
    expect(button()?.getAttribute('aria-pressed')).to.equal('false');
    await ring();
    expect(FakeNotification.shown).to.have.length(1);
  });

  it('are taken back at a sign-out: the next person sees nothing of them', async () => {
    const {press, ring, hub, list} = await given();
    await press();
    await ring();
    expect(FakeNotification.shown.map(({isClosed}) => isClosed)).to.deep.equal([false]);
    hub.signOut();
    await hub.settle(list);
    expect(FakeNotification.shown.map(({isClosed}) => isClosed)).to.deep.equal([true]);
  });

  it('choose their chat when they are pressed', async () => {
    const {press, ring, list} = await given();
    await press();
    await ring();
    FakeNotification.shown[0]?.onclick?.();
    expect(list.selected).to.equal('c');
  });

  it('are not shown to somebody who is looking at the page', async () => {
    const {press, ring} = await given();
    await press();
    hasFocus = true;
    await ring();
    expect(FakeNotification.shown).to.deep.equal([]);
  });

  it('follow what was pressed in another tab, and are there after a reload', async () => {
    const {list, hub, ring, button} = await given();
    FakeNotification.permission = 'granted';
    localStorage.setItem(KEY, 'on');
    dispatchEvent(new StorageEvent('storage', {key: KEY}));
    await hub.settle(list);
    expect(button()?.getAttribute('aria-pressed')).to.equal('true');
    await ring();
    expect(FakeNotification.shown).to.have.length(1);
    const later = await given();
    expect(later.button()?.getAttribute('aria-pressed')).to.equal('true');
  });

  it('say in words that the browser blocks them', async () => {
    const {press, button} = await given();
    FakeNotification.answer = 'denied';
    await press();
    expect(button()?.localName).to.equal('p');
    expect(button()?.textContent).to.contain('blocks notifications');
  });

  it('end with the list', async () => {
    const {press, hub, list} = await given();
    await press();
    list.remove();
    hub.alert('c');
    expect(FakeNotification.shown).to.deep.equal([]);
  });
});
