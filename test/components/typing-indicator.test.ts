import {expect, html} from '@open-wc/testing';
import type {TrunkChatThread} from '../../components/chat-thread.js';
import {english} from '../../components/english.js';
import type {TrunkTypingIndicator} from '../../components/typing-indicator.js';
import type {Person} from '../../src/wire/chat.js';
import {FakeHub, ada, grace} from '../support/fake-hub.js';
import {field, mount, part, press, textOf, type} from '../support/mount.js';

const person = (name: string): Person => ({userId: name.toLowerCase(), name, avatarUrl: null});
const crowd = ['Grace', 'Linus', 'Barbara', 'Ken'].map(person);

async function given(people: Person[] = crowd) {
  const hub = new FakeHub({people: [ada, grace, ...people]});
  hub.addChat('c');
  const element = await mount<TrunkTypingIndicator>(
    hub,
    html`<trunk-typing-indicator chat="c"></trunk-typing-indicator>`,
  );
  const show = async (...ids: string[]) => {
    hub.setTyping('c', ids);
    await hub.settle(element);
  };
  const said = () => textOf(element.shadowRoot?.querySelector('[role=status]')).replace(/[\u2068\u2069]/g, '');
  const text = () => textOf(part(element, 'text')).replace(/[\u2068\u2069]/g, '');
  return {hub, element, show, text, said};
}

/** A thread in which somebody can write. */
async function thread() {
  const hub = new FakeHub({people: [ada, grace, ...crowd]});
  hub.addChat('c');
  const element = await mount<TrunkChatThread>(hub, html`<trunk-chat-thread chat="c"></trunk-chat-thread>`);
  await hub.settle(element);
  const indicator = part<TrunkTypingIndicator>(element, 'typing') as TrunkTypingIndicator;
  return {hub, element, indicator};
}

describe('<trunk-typing-indicator>', () => {
  it('names one, two and three, and no more', async () => {
    const {element, show, text} = await given();
    expect(part(element, 'text')).to.equal(null);
    await show('grace');
    expect(text()).to.equal('Grace is typing…');
    await show('grace', 'linus');
    expect(text()).to.equal('Grace and Linus are typing…');
    await show('grace', 'linus', 'barbara');
    expect(text()).to.match(/^Grace, Linus,? and Barbara are typing…$/);
    await show('grace', 'linus', 'barbara', 'ken');
    expect(text()).to.equal('Several people are typing…');
    await show();
    expect(part(element, 'text')).to.equal(null);
  });

  it('has its room before what it shows is loaded', async () => {
    const element = document.createElement('trunk-typing-indicator');
    document.body.append(element);
    const before = element.getBoundingClientRect().height;
    await element.updateComplete;
    expect(part(element, 'base')).not.to.equal(null);
    expect(before).to.be.above(10);
    expect(element.getBoundingClientRect().height).to.equal(before);
    element.remove();
  });

  it('has a state, dots and no fault that axe would find', async () => {
    const {element, show} = await given();
    await show('grace');
    expect(element.matches(':state(typing)')).to.equal(true);
    expect(part(element, 'dots')?.getAttribute('aria-hidden')).to.equal('true');
    await expect(element).to.be.accessible();
    await show();
    expect(element.matches(':state(typing)')).to.equal(false);
  });

  it('shows nobody whose name it doesn’t know, and the name once it does', async () => {
    const {hub, element, show, text} = await given();
    await show('made-up');
    expect(part(element, 'text')).to.equal(null);
    hub.setPeople([{...person('Made Up'), userId: 'made-up'}]);
    await hub.settle(element);
    expect(text()).to.equal('Made Up is typing…');
  });

  it('keeps a name’s own direction, and is as high as ever with the longest', async () => {
    const long = {...person('x'), name: 'מיכל '.repeat(60).trim()};
    const {element, show} = await given([long]);
    const before = element.getBoundingClientRect().height;
    await show('x');
    expect(part(element, 'text')?.textContent).to.include(`\u2068${long.name}\u2069`);
    expect(element.getBoundingClientRect().height).to.equal(before);
    expect(element.scrollWidth).to.be.at.most(element.clientWidth);
  });

  it('names nobody where the names of several don’t fit', async () => {
    const {element, show, text} = await given();
    element.style.inlineSize = '140px';
    await show('grace', 'linus', 'barbara');
    await element.updateComplete;
    expect(text()).to.equal('Several people are typing…');
    await show('grace');
    expect(text()).to.equal('Grace is typing…');
  });

  it('says in words of the page', async () => {
    const {hub, element, show, text} = await given();
    element.strings = {typing: names => `${names} schreibt …`};
    await show('grace');
    expect(text()).to.equal('Grace schreibt …');
    expect(english.typing('Ada', 1)).to.equal('Ada is typing…');
    await hub.settle(element);
  });

  it('announces who begins, and then nothing for a while, however often they stop and go on', async () => {
    const {show, said} = await given();
    await show('grace');
    expect(said()).to.equal('Grace is typing…');
    await show('grace', 'linus');
    expect(said()).to.equal('Grace is typing…');
    for (let n = 0; n < 5; n++) {
      await show();
      expect(said()).to.equal('');
      await show('linus');
      expect(said()).to.equal('');
    }
  });

  it('lets go of the chat when it leaves', async () => {
    const {hub, element} = await given();
    expect(hub.wants).to.deep.equal(['chat', 'typing']);
    element.remove();
    await hub.settle();
    expect(hub.wants).to.deep.equal([]);
  });
});

describe('typing in <trunk-chat-thread>', () => {
  it('is shown over the field, with the chat that the thread holds, and moves nothing', async () => {
    const {hub, element, indicator} = await thread();
    const height = () => part(element, 'log')?.getBoundingClientRect().height;
    const before = height();
    hub.setTyping('c', ['grace']);
    await hub.settle(element, indicator);
    expect(textOf(part(indicator, 'text')).replace(/[\u2068\u2069]/g, '')).to.equal('Grace is typing…');
    expect(height()).to.equal(before);
    expect(hub.wants).to.deep.equal(['chat', 'typing']);
    await expect(element).to.be.accessible();
  });

  it('is said at the keys, and ends when the field is left, emptied or sent', async () => {
    const {hub, element} = await thread();
    const ends: (() => unknown)[] = [
      () => field(element).blur(),
      () => type(element, ''),
      () => {
        type(element, 'Sent');
        press(field(element), 'Enter');
      },
    ];
    for (const end of ends) {
      hub.heard.length = 0;
      type(element, 'Hello');
      await hub.settle(element);
      expect(hub.typing).to.deep.equal([true]);
      end();
      await hub.settle(element);
      expect(hub.typing).to.deep.equal([true, false]);
    }
  });

  it('is said once a second at most', async () => {
    const {hub, element} = await thread();
    for (let n = 0; n < 20; n++) type(element, `Hello ${n}`);
    await hub.settle(element);
    expect(hub.typing.filter(Boolean)).to.deep.equal([true]);
  });

  it('is not said of an edit, of white space, or of a draft that comes back', async () => {
    const {hub, element} = await thread();
    hub.receiveFrom(ada, 'c', 'Mine');
    await hub.settle(element);
    type(element, '  ');
    press(field(element), 'ArrowUp');
    type(element, '');
    press(field(element), 'ArrowUp');
    await hub.settle(element);
    expect(part(part(element, 'composer') as Element, 'editing')).not.to.equal(null);
    type(element, 'Mine, changed');
    await hub.settle(element);
    expect(hub.typing.filter(Boolean)).to.deep.equal([]);
  });

  it('gives its place to what the page puts there', async () => {
    const hub = new FakeHub();
    hub.addChat('c');
    const element = await mount<TrunkChatThread>(
      hub,
      html`<trunk-chat-thread chat="c"><span slot="typing">Nothing to see</span></trunk-chat-thread>`,
    );
    expect(part(element, 'typing')?.checkVisibility()).to.equal(false);
  });
});
