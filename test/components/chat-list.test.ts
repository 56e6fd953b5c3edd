import {expect, oneEvent} from '@open-wc/testing';
import {html} from 'lit';
import type {TrunkChatList, TrunkChatSelectEvent} from '../../components/chat-list.js';
import {ada, chatSummary, FakeHub, grace} from '../support/fake-hub.js';
import {mount, part, parts, press, textOf} from '../support/mount.js';

const three = () => [
  chatSummary({id: 'c', title: 'Engine', seq: 9, unread: 3, last: {senderId: grace.userId, body: 'Is it in there?'}}),
  chatSummary({id: 'b', kind: 'direct', otherId: grace.userId, seq: 8, last: {senderId: ada.userId, body: 'Tomorrow'}}),
  chatSummary({id: 'a', slug: 'lobby', seq: 0}),
];

async function given(template = html`<trunk-chat-list></trunk-chat-list>`) {
  const hub = new FakeHub();
  const list = await mount<TrunkChatList>(hub, template);
  const rows = () => parts(list, 'chat').map(row => textOf(row));
  const say = async (...args: Parameters<FakeHub['setChats']>) => {
    hub.setChats(...args);
    await hub.settle(list);
  };
  return {hub, list, rows, say};
}

describe('<trunk-chat-list>', () => {
  const title = document.title;
  afterEach(() => (document.title = title));

  it('shows who said what last, the newest chat first, and what is unread, as words too', async () => {
    const {list, say} = await given();
    expect(part(list, 'skeleton')).not.to.equal(null);
    await say(three());
    const seen = parts(list, 'chat').map(row => [
      ...['title', 'last', 'badge'].map(name => textOf(row.querySelector(`[part=${name}]`))),
    ]);
    expect(seen).to.deep.equal([
      ['Engine', 'Grace Hopper: Is it in there?', '33 unread messages'],
      ['Grace Hopper', 'You: Tomorrow', ''],
      ['lobby', 'Nobody has spoken yet', ''],
    ]);
    expect(list.matches(':state(ready)')).to.equal(true);
    await expect(list).to.be.accessible();
  });

  it('says 99+ for a hundred or more, and that a deleted message is one', async () => {
    const {list, say} = await given();
    await say([chatSummary({unread: 100, last: {deletedAt: 'then', body: ''}})]);
    expect(textOf(part(list, 'badge')?.firstElementChild)).to.equal('99+');
    expect(textOf(part(list, 'last'))).to.equal('Grace Hopper: This message was deleted.');
  });

  it('shows the beginning of a text, beside the face, whichever way its words and its writer’s name run', async () => {
    const {hub, list, say} = await given(html`<trunk-chat-list style="inline-size: 300px"></trunk-chat-list>`);
    const layla = {userId: 'layla', name: 'ليلى الحسيني', avatarUrl: null};
    hub.setPeople([layla]);
    const [english, arabic] = ['one '.repeat(40).trim(), 'مرحبا '.repeat(40).trim()];
    await say([
      chatSummary({id: 'a', seq: 4, last: {senderId: layla.userId, body: english}}),
      chatSummary({id: 'b', seq: 3, last: {senderId: grace.userId, body: arabic}}),
      chatSummary({id: 'c', seq: 2, title: 'ليلى', last: {senderId: grace.userId, body: 'short'}}),
    ]);
    const [ofLayla, ofGrace] = parts(list, 'last') as [HTMLElement, HTMLElement];
    expect([ofLayla, ofGrace].map(each => getComputedStyle(each).direction)).to.deep.equal(['ltr', 'rtl']);
    expect(textOf(ofLayla)).to.equal(`${layla.name}: ${english}`);
    const title = parts(list, 'title')[2] as HTMLElement;
    const words = document.createRange();
    words.selectNodeContents(title);
    const place = (each: {getBoundingClientRect(): DOMRect}) => Math.round(each.getBoundingClientRect().left);
    expect(place(words)).to.equal(place(title));
  });

  it('tells the page which chat a person chose, and marks it unless the page says no', async () => {
    const {list, say} = await given(html`<trunk-chat-list selected="lobby"></trunk-chat-list>`);
    await say(three());
    expect(textOf(part(list, 'chat-selected')?.querySelector('[part=title]'))).to.equal('lobby');
    const told = oneEvent(list, 'trunk-chat-select') as unknown as Promise<TrunkChatSelectEvent>;
    parts(list, 'chat')[0]?.click();
    expect((await told).chat.id).to.equal('c');
    await list.updateComplete;
    expect(list.selected).to.equal('c');
    expect(parts(list, 'chat').map(row => row.getAttribute('aria-current'))).to.deep.equal(['true', 'false', 'false']);
    list.addEventListener('trunk-chat-select', event => event.preventDefault());
    parts(list, 'chat')[1]?.click();
    expect(list.selected).to.equal('c');
  });

  it('is one stop of the Tab key, and arrows go from chat to chat', async () => {
    const {list, say} = await given(html`<trunk-chat-list selected="b"></trunk-chat-list>`);
    await say(three());
    const rows = parts(list, 'chat');
    expect(rows.map(row => row.tabIndex)).to.deep.equal([-1, 0, -1]);
    rows[1]?.focus();
    for (const [key, at] of [
      ['ArrowDown', 2],
      ['ArrowDown', 2],
      ['Home', 0],
      ['ArrowUp', 0],
      ['End', 2],
    ] as const) {
      press(list.shadowRoot?.activeElement as Element, key);
      expect(list.shadowRoot?.activeElement, key).to.equal(rows[at]);
    }
  });

  it('keeps the focus on its chat when another one comes up', async () => {
    const {list, say} = await given();
    await say(three());
    parts(list, 'chat')[1]?.focus();
    await say([...three(), chatSummary({id: 'd', title: 'New', seq: 30})]);
    expect(textOf(list.shadowRoot?.activeElement?.querySelector('[part=title]'))).to.equal('Grace Hopper');
  });

  it('says when there are no chats, and why they can’t be loaded', async () => {
    const {hub, list, say} = await given();
    await say([]);
    expect(textOf(part(list, 'empty'))).to.include('No chats yet');
    expect(list.matches(':state(empty)')).to.equal(true);
    hub.failChats({code: 'rejected', message: 'The project lacks Trunkline’s tables.'});
    await hub.settle(list);
    expect(textOf(part(list, 'failed')))
      .to.include('The project lacks Trunkline’s tables.')
      .and.include('rejected');
    await say(three());
    expect(part(list, 'failed')).to.equal(null);
  });

  it('offers older chats while there are any', async () => {
    const {hub, list, say} = await given();
    await say(three(), {hasMore: true});
    part(list, 'more')?.click();
    await hub.settle(list);
    expect(hub.calls('more-chats')).to.have.length(1);
    await say(three());
    expect(part(list, 'more')).to.equal(null);
  });

  it('puts the number of unread messages before the title, whatever the page makes of that, and takes it away', async () => {
    document.title = 'Shop';
    const {hub, list, say} = await given(html`<trunk-chat-list title-badge></trunk-chat-list>`);
    await say(three());
    expect(document.title).to.equal('(3) Shop');
    document.title = 'Cart';
    await hub.settle(list);
    expect(document.title).to.equal('(3) Cart');
    await say([chatSummary({unread: 0})]);
    expect(document.title).to.equal('Cart');
    await say(three());
    list.remove();
    await hub.settle();
    expect(document.title).to.equal('Cart');
  });

  it('shows nothing of a person who signed out', async () => {
    const {hub, list, rows, say} = await given();
    await say(three());
    hub.signOut();
    await hub.settle(list);
    expect(rows()).to.deep.equal([]);
    expect(textOf(part(list, 'failed'))).to.include('signed-out');
  });

  it('shows a title as text, whatever is in it', async () => {
    const {list, say} = await given();
    await say([chatSummary({title: '<img src=x onerror=alert(1)>', last: {body: '<b>bold</b>'}})]);
    expect(textOf(part(list, 'title'))).to.equal('<img src=x onerror=alert(1)>');
    expect(list.shadowRoot?.querySelector('b, img')).to.equal(null);
  });
});
