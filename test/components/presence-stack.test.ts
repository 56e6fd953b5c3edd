import {expect, fixture, html} from '@open-wc/testing';
import {sendKeys, setViewport} from '@web/test-runner-commands';
import type {TrunkPresenceAvatar} from '../../components/presence-avatar.js';
import type {TrunkPresenceList} from '../../components/presence-list.js';
import type {TrunkPresenceStack} from '../../components/presence-stack.js';
import {defaultClient} from '../../src/client/default-client.js';
import type {PresentPerson} from '../../src/wire/chat.js';
import {FakeHub} from '../support/fake-hub.js';
import {frames, mount, part, parts, textOf} from '../support/mount.js';
import {until} from '../support/until.js';

const stack = html`<trunk-presence-stack max="3"></trunk-presence-stack>`;

const here = (count: number, status = (n: number): PresentPerson['status'] => (n % 2 ? 'online' : 'away')) =>
  Array.from({length: count}, (_, n): PresentPerson => {
    return {userId: `user-${n}`, status: status(n), lastSeen: Date.now() - n * 60_000, currentChatId: null};
  });

async function given(people: PresentPerson[], template = stack) {
  const hub = new FakeHub();
  hub.setPeople(people.map(({userId}, n) => ({userId, name: `Person ${n}`, avatarUrl: null})));
  hub.setPresent(people);
  const element = await mount<TrunkPresenceStack>(hub, template);
  const settle = async () => {
    await hub.settle(element);
    await frames();
    await hub.settle(element);
  };
  await settle();
  const faces = () =>
    parts(element, 'face')
      .map(face => (face as TrunkPresenceAvatar).userId)
      .reverse();
  const list = () => part<TrunkPresenceList>(element, 'list') as TrunkPresenceList;
  const open = async () => {
    part(element, 'button')?.click();
    while (!list()?.matches(':popover-open')) await frames(1);
    await list().updateComplete;
  };
  return {hub, element, settle, faces, list, open};
}

describe('<trunk-presence-stack>', () => {
  it('shows one face a person, those online first, and the number of the others', async () => {
    const {element, faces} = await given(here(8));
    expect(faces()).to.deep.equal(['user-1', 'user-3', 'user-5']);
    expect(textOf(part(element, 'more'))).to.equal('+5');
    expect(textOf(element.shadowRoot?.querySelector('.hidden'))).to.equal('8 people here');
    await expect(element).to.be.accessible();
  });

  it('leaves a face where it is while its person is here, and gives the place of one who left to another', async () => {
    const {hub, settle, faces} = await given(here(8));
    hub.setPresent(here(8, n => (n > 5 ? 'online' : 'away')));
    await settle();
    expect(faces()).to.deep.equal(['user-1', 'user-3', 'user-5']);
    hub.setPresent(here(8, n => (n > 5 ? 'online' : 'away')).filter(({userId}) => userId !== 'user-3'));
    await settle();
    expect(faces()).to.deep.equal(['user-1', 'user-5', 'user-6']);
  });

  it('says that nobody is here only once that is known', async () => {
    const hub = new FakeHub();
    hub.holdPresence = true;
    const element = await mount<TrunkPresenceStack>(hub, stack);
    expect(element.matches(':state(loading)')).to.equal(true);
    expect(part(element, 'more')?.getAttribute('aria-label')).to.equal('Looking who is here');
    await expect(element).to.be.accessible();
    hub.holdPresence = false;
    hub.setPresent([]);
    await hub.settle(element);
    await frames();
    await element.updateComplete;
    expect(element.matches(':state(empty)')).to.equal(true);
    expect(textOf(part(element, 'base'))).to.equal('Nobody is here');
  });

  it('says why nobody knows who is here, and takes it back', async () => {
    const {hub, element, settle, faces} = await given(here(2));
    hub.setStatus({state: 'disconnected', reason: 'offline', detail: 'The browser is offline.'});
    hub.loseSight();
    await settle();
    const disc = () => part(element, 'more');
    expect([textOf(disc()), disc()?.getAttribute('aria-label')]).to.deep.equal(['?', 'The browser is offline.']);
    expect(element.matches(':state(loading)')).to.equal(true);
    await expect(element).to.be.accessible();
    hub.setStatus({state: 'connected', reason: 'open', detail: ''});
    await settle();
    expect([textOf(disc()), disc()?.getAttribute('aria-label')]).to.deep.equal(['', 'Looking who is here']);
    hub.setPresent(here(2));
    await settle();
    expect(faces()).to.have.length(2);
  });

  it('says that the page is not set up where nothing gives it a connection', async () => {
    defaultClient.set(null);
    const element = await fixture<TrunkPresenceStack>(stack);
    await until(() => part(element, 'more'));
    expect(part(element, 'more')?.getAttribute('aria-label')).to.contain('data-url and data-key');
  });

  it('opens the list of everybody, by the keyboard too, and Escape gives the focus back', async () => {
    const {element, list} = await given(here(3));
    const button = part(element, 'button') as HTMLElement;
    button.focus();
    await sendKeys({press: 'Enter'});
    while (!list()?.matches(':popover-open')) await frames(1);
    await list().updateComplete;
    await frames();
    expect(button.getAttribute('aria-expanded')).to.equal('true');
    expect(element.matches(':state(open)')).to.equal(true);
    expect(parts(list(), 'name').map(textOf)).to.deep.equal(['Person 1', 'Person 0', 'Person 2']);
    expect(parts(list(), 'status').map(textOf)).to.deep.equal([
      'online',
      'away · last active this minute',
      'away · last active 2 minutes ago',
    ]);
    expect(list().shadowRoot?.activeElement?.className).to.equal('scroll');
    await expect(list()).to.be.accessible();
    await sendKeys({press: 'Escape'});
    await frames();
    expect(list().matches(':popover-open')).to.equal(false);
    expect(button.getAttribute('aria-expanded')).to.equal('false');
    expect(element.shadowRoot?.activeElement === button, 'the focus is back').to.equal(true);
  });

  it('says nothing of when somebody was active whose client doesn’t', async () => {
    const {list, open} = await given([{userId: 'user-0', status: 'away', lastSeen: 0, currentChatId: null}]);
    await open();
    expect(parts(list(), 'status').map(textOf)).to.deep.equal(['away']);
  });

  it('closes with a second press', async () => {
    const {element, list, open} = await given(here(3));
    await open();
    part(element, 'button')?.click();
    await frames();
    expect(list().matches(':popover-open')).to.equal(false);
  });

  it('builds 50 rows of a thousand people, and more when asked', async () => {
    const {list, open} = await given(here(1_000));
    await open();
    expect(textOf(part(list(), 'title'))).to.equal('1,000 people here');
    expect(parts(list(), 'person')).to.have.length(50);
    const more = list().shadowRoot?.querySelector('button') as HTMLButtonElement;
    expect(textOf(more)).to.equal('Show more (+950)');
    more.click();
    await list().updateComplete;
    expect(parts(list(), 'person')).to.have.length(100);
  });

  it('keeps the order while it is open: who comes is added at the end', async () => {
    const {hub, list, open, settle} = await given(here(2, () => 'online'));
    await open();
    hub.setPeople([{userId: 'zero', name: 'Aaron', avatarUrl: null}]);
    hub.setPresent([...here(2, () => 'away'), {userId: 'zero', status: 'online', lastSeen: 0, currentChatId: null}]);
    await settle();
    await list().updateComplete;
    expect(parts(list(), 'name').map(textOf)).to.deep.equal(['Person 0', 'Person 1', 'Aaron']);
  });

  it('keeps the list inside a phone’s window', async () => {
    await setViewport({width: 390, height: 600});
    try {
      const {list, open} = await given(
        here(60),
        html`<trunk-presence-stack max="3" style="position: fixed; right: 0; bottom: 0"></trunk-presence-stack>`,
      );
      await open();
      await frames();
      const {left, right, top, bottom} = list().getBoundingClientRect();
      expect(left).to.be.at.least(0);
      expect(right).to.be.at.most(390);
      expect(top).to.be.at.least(0);
      expect(bottom).to.be.at.most(600);
    } finally {
      await setViewport({width: 800, height: 600});
    }
  });
});
