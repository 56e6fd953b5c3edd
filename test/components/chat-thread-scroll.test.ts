// The list does not move under the reader's eyes.
import {expect, html} from '@open-wc/testing';
import {sendKeys} from '@web/test-runner-commands';
import type {TrunkChatThread} from '../../components/chat-thread.js';
import {MAX_ROWS} from '../../components/thread-window.js';
import {FakeHub, conversation, grace} from '../support/fake-hub.js';
import {frames, mount, part, parts, press, textOf, type} from '../support/mount.js';
import {until} from '../support/until.js';

const LOBBY = 'lobby-id';

async function setUp(options: Parameters<FakeHub['addChat']>[1]) {
  const hub = new FakeHub();
  hub.addChat(LOBBY, options);
  const element = await mount<TrunkChatThread>(hub, html`<trunk-chat-thread chat="lobby-id"></trunk-chat-thread>`);
  await frames();
  const log = part(element, 'log') as HTMLElement;
  const settle = async () => {
    await frames();
    await hub.settle(element);
    await frames();
  };
  return {hub, element, log, settle};
}

const fromBottom = (log: HTMLElement) => log.scrollHeight - log.scrollTop - log.clientHeight;
const topOf = (row: Element, log: Element) => row.getBoundingClientRect().top - log.getBoundingClientRect().top;

/** The first bubble that is wholly in sight: what a reader looks at. */
function lookedAt(element: Element, log: HTMLElement): HTMLElement {
  return parts(element, 'bubble').find(bubble => topOf(bubble, log) >= 0) as HTMLElement;
}

describe('the list of a thread', () => {
  // Somebody looks: what was read, and the line over what was not, must not depend on which page of the run has the focus.
  const {hasFocus} = document;
  before(() => (document.hasFocus = () => true));
  after(() => (document.hasFocus = hasFocus));

  it('begins at the newest message and stays there as more come', async () => {
    const {hub, log, settle} = await setUp({messages: conversation(100)});
    expect(fromBottom(log)).to.be.at.most(1);
    for (let n = 0; n < 5; n++) hub.receiveFrom(grace, LOBBY, 'More. '.repeat(30 * n));
    await settle();
    expect(fromBottom(log)).to.be.at.most(1);
  });

  it('says where it began only over the very first message, though all of them are here', async () => {
    const {element, log, settle} = await setUp({messages: conversation(200)});
    expect(textOf(part(element, 'older'))).to.equal('');
    while (textOf(parts(element, 'body')[0]).match(/^Message 1\./) === null) {
      expect(textOf(part(element, 'older'))).to.equal('');
      log.scrollTop = 0;
      await settle();
    }
    expect(textOf(part(element, 'older'))).to.equal('This is where it began.');
  });

  it('stays at the bottom when a row grows late, or the field does', async () => {
    const {element, log, settle} = await setUp({messages: conversation(40)});
    parts(element, 'bubble')[20]?.style.setProperty('padding-bottom', '300px');
    await settle();
    expect(fromBottom(log)).to.be.at.most(1);
    type(element, 'line\n'.repeat(6));
    await settle();
    expect(fromBottom(log)).to.be.at.most(1);
  });

  it('moves what is being read by at most 1 px when 50 older messages of all heights are put in front', async () => {
    const {hub, element, log, settle} = await setUp({messages: conversation(150), shown: 60});
    hub.held.add('history');
    while (hub.calls('history').length === 0) {
      log.scrollTop = 300;
      await settle();
    }
    const row = lookedAt(element, log);
    const before = topOf(row, log);
    const rows = parts(element, 'message').length;
    expect(hub.calls('history')).to.have.length(1);
    hub.letGo();
    await until(async () => {
      await settle();
      return parts(element, 'message').length > rows;
    });
    expect(Math.abs(topOf(row, log) - before)).to.be.at.most(1);
  });

  it('lets go of the bottom at once when somebody scrolls up in the frame in which news is shown', async () => {
    const {hub, log, settle} = await setUp({messages: conversation(100)});
    hub.receiveFrom(grace, LOBBY, 'News');
    await new Promise<void>(resolve => {
      requestAnimationFrame(() => {
        log.scrollTop -= 500;
        resolve();
      });
    });
    await settle();
    expect(fromBottom(log)).to.be.above(300);
  });

  it('moves it by at most 1 px while a hundred messages arrive below', async () => {
    const {hub, element, log, settle} = await setUp({messages: conversation(100)});
    log.scrollTop -= 500;
    await settle();
    const row = lookedAt(element, log);
    const before = topOf(row, log);
    for (let n = 0; n < 100; n++) hub.receiveFrom(grace, LOBBY, `New ${n}`);
    await settle();
    expect(Math.abs(topOf(row, log) - before)).to.be.at.most(1);
    expect(textOf(part(element, 'jump'))).to.equal('100 new messages');
    await expect(element).to.be.accessible();
  });

  it('moves it by at most 1 px when something above is laid out late', async () => {
    const {element, log, settle} = await setUp({messages: conversation(60)});
    log.scrollTop -= 700;
    await settle();
    const row = lookedAt(element, log);
    const before = topOf(row, log);
    const above = parts(element, 'bubble')
      .filter(bubble => topOf(bubble, log) < -200)
      .at(-1);
    above?.style.setProperty('padding-bottom', '243px');
    await settle();
    expect(Math.abs(topOf(row, log) - before)).to.be.at.most(1);
  });

  it('goes to the newest message on the button, and forgets the count', async () => {
    const {hub, element, log, settle} = await setUp({messages: conversation(300)});
    expect(part(element, 'jump')?.hidden).to.equal(true);
    log.scrollTop -= 900;
    await settle();
    expect(textOf(part(element, 'jump'))).to.equal('Latest messages');
    hub.receiveFrom(grace, LOBBY, 'New');
    await settle();
    expect(textOf(part(element, 'jump'))).to.equal('1 new message');
    part(element, 'jump')?.click();
    await settle();
    expect(fromBottom(log)).to.be.at.most(1);
    expect(part(element, 'jump')?.hidden).to.equal(true);
    expect(textOf(parts(element, 'body').at(-1))).to.equal('New');
    log.scrollTop -= 900;
    await settle();
    expect(textOf(part(element, 'jump'))).to.equal('Latest messages');
  });

  it('goes to the bottom when the reader sends', async () => {
    const {element, log, settle} = await setUp({messages: conversation(100)});
    log.scrollTop -= 900;
    await settle();
    press(type(element, 'Here I am'), 'Enter');
    await settle();
    expect(fromBottom(log)).to.be.at.most(1);
    expect(textOf(parts(element, 'body').at(-1))).to.equal('Here I am');
  });

  it('holds few rows of thousands of messages, and reaches the first of them and the last again', async () => {
    const {element, log, settle} = await setUp({messages: conversation(1500)});
    let most = 0;
    let first = '';
    for (let i = 0; i < 600 && !first.startsWith('Message 1.'); i++) {
      log.scrollTop = 0;
      await frames(1);
      await element.updateComplete;
      most = Math.max(most, parts(element, 'message').length);
      first = textOf(parts(element, 'body')[0]);
    }
    await settle();
    expect(first).to.match(/^Message 1\./);
    expect(most).to.be.at.most(MAX_ROWS);
    expect(textOf(part(element, 'older'))).to.equal('This is where it began.');
    for (let i = 0; i < 600 && textOf(parts(element, 'body').at(-1)).match(/^Message 1500\./) === null; i++) {
      log.scrollTop = log.scrollHeight;
      await frames(1);
      await element.updateComplete;
      most = Math.max(most, parts(element, 'message').length);
    }
    expect(textOf(parts(element, 'body').at(-1))).to.match(/^Message 1500\./);
    expect(most).to.be.at.most(MAX_ROWS);
  }).timeout(60_000);

  it('opens 10,000 messages with few rows', async () => {
    const {element, log} = await setUp({messages: conversation(10_000)});
    expect(parts(element, 'message').length).to.be.at.most(MAX_ROWS);
    expect(fromBottom(log)).to.be.at.most(1);
  });

  it('says when older messages can’t be loaded, and tries again only when asked', async () => {
    const {hub, element, log, settle} = await setUp({messages: conversation(100), shown: 30});
    hub.refused.set('history', {code: 'unreachable', message: 'No.'});
    log.scrollTop = 0;
    await settle();
    await settle();
    expect(textOf(part(element, 'older'))).to.include('could not be loaded');
    const asked = hub.calls('history').length;
    log.scrollTop = 50;
    await settle();
    expect(hub.calls('history').length).to.equal(asked);
    hub.refused.clear();
    part(element, 'older')?.querySelector('button')?.click();
    await until(async () => {
      await settle();
      return parts(element, 'message').length > 30;
    });
    expect(hub.calls('history').length).to.be.above(asked);
  });

  it('fills itself with history when what it has does not', async () => {
    const {hub, log, settle} = await setUp({messages: conversation(30), shown: 1});
    await until(async () => {
      await settle();
      return log.scrollHeight > 2 * log.clientHeight;
    });
    expect(hub.calls('history')).to.have.length(1);
  });

  it('does not load all history when the page gives it no height', async () => {
    const {hub, element, settle} = await setUp({messages: conversation(2000), shown: 50});
    element.style.blockSize = 'auto';
    for (let i = 0; i < 12; i++) await settle();
    expect(parts(element, 'message').length).to.be.at.most(MAX_ROWS);
    expect(hub.calls('history').length).to.be.below(6);
  });

  it('can be walked through by keyboard beyond what is in the DOM', async () => {
    const {element, log, settle} = await setUp({messages: conversation(300)});
    log.focus();
    for (let i = 0; i < 8; i++) {
      await sendKeys({press: 'Home'});
      await settle();
    }
    const row = element.shadowRoot?.activeElement?.querySelector('[part=body]');
    expect(Number(textOf(row).match(/^Message (\d+)/)?.[1])).to.be.below(120);
  });

  it('is where it was after the element is moved', async () => {
    const {element, log, settle} = await setUp({messages: conversation(100)});
    log.scrollTop -= 600;
    await settle();
    const row = lookedAt(element, log);
    const before = topOf(row, log);
    const place = document.createElement('div');
    element.parentElement?.append(place);
    place.append(element);
    await settle();
    expect(Math.abs(topOf(row, log) - before)).to.be.at.most(1);
  });
});
