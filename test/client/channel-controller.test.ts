import {expect} from '@open-wc/testing';
import {LitElement, html} from 'lit';
import type {ChannelOptions} from '../../src/client/channel-handle.js';
import {ChannelController} from '../../src/controllers/channel-controller.js';
import {FakeBrowser, type FakeTab} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';

class RoomElement extends LitElement {
  static override properties = {topic: {}, options: {attribute: false}};
  declare topic: string;
  declare options: ChannelOptions;
  tab: FakeTab | null = null;
  heard: unknown[] = [];
  readonly channel = new ChannelController(
    this,
    () => ({client: this.tab?.client ?? null, topic: this.topic, options: this.options}),
    room => room.on('broadcast', {event: 'say'}, ({payload}) => this.heard.push(payload['n'])),
  );
  override render = () => html`${this.channel.status.state} ${Object.keys(this.channel.present).join()}`;
  get shown(): string {
    return (this.shadowRoot?.textContent ?? '').trim();
  }
}
customElements.define('test-room', RoomElement);

/** The hub loads this part of itself when it is first asked for, which takes a real moment. */
before(async () => {
  const {status} = (await new FakeBrowser().tab()).client.channel('first');
  await new Promise<void>(resolve => status.subscribe(({state}) => state === 'joined' && resolve()));
});

async function given(options: ChannelOptions = {}) {
  const browser = new FakeBrowser();
  const element = new RoomElement();
  Object.assign(element, {tab: await browser.tab(), topic: 'room', options});
  document.body.append(element);
  const update = async () => {
    await settle();
    await element.updateComplete;
  };
  await update();
  const {project} = browser;
  return {browser, element, update, project};
}

afterEach(() => document.querySelectorAll('test-room').forEach(element => element.remove()));

describe('ChannelController', () => {
  it('opens the topic, updates the element with its state and presence, and passes on what it hears', async () => {
    const {element, update, project} = await given({presence: {}});
    expect(element.shown).to.equal('joined');
    element.channel.handle?.track({n: 1});
    project.send('room', 'say', {n: 1});
    await update();
    expect(element.shown).to.equal('joined ada');
    expect(element.heard).to.deep.equal([1]);
  });

  it('opens another when topic or options change, and keeps it when they only look new', async () => {
    const {element, update, project} = await given({broadcast: {}});
    const first = element.channel.handle;
    element.options = {broadcast: {}};
    await update();
    expect(element.channel.handle).to.equal(first);
    element.topic = 'other';
    await update();
    expect(first?.status.current.state).to.equal('closed');
    project.send('room', 'say', {n: 1});
    project.send('other', 'say', {n: 2});
    await update();
    expect(element.heard).to.deep.equal([2]);
  });

  it('says why a topic can’t be opened', async () => {
    const {element, update} = await given();
    element.topic = 'chat:1';
    await update();
    expect(element.shown).to.equal('failed');
    expect(element.channel.status.error?.code).to.equal('reserved-topic');
  });

  it('lets go when the element leaves, not when it is moved, and opens again when it is back', async () => {
    const {browser, element, update, project} = await given();
    document.body.prepend(element);
    await update();
    element.remove();
    await update();
    expect(element.channel.handle).to.equal(null);
    await browser.clock.pass(5_000);
    expect([project.count('join room'), project.count('leave room')]).to.deep.equal([1, 1]);
    document.body.append(element);
    await update();
    expect(project.count('join room')).to.equal(2);
  });
});
