// Nothing a person writes becomes anything but text and harmless links; and the element works under a strict policy.
import {expect, html} from '@open-wc/testing';
import type {TrunkChatThread} from '../../components/chat-thread.js';
import {FakeHub, grace, storedMessage} from '../support/fake-hub.js';
import {frames, mount, part, parts} from '../support/mount.js';
import {payloads} from './payloads.js';

const thread = html`<trunk-chat-thread chat="lobby-id"></trunk-chat-thread>`;
const violations: string[] = [];
let booms = 0;

describe('what people write', () => {
  before(() => {
    document.addEventListener('securitypolicyviolation', event =>
      violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`),
    );
    const policy = document.createElement('meta');
    policy.httpEquiv = 'Content-Security-Policy';
    policy.content = "style-src 'self'; require-trusted-types-for 'script'; object-src 'none'; base-uri 'none'";
    document.head.append(policy);
    (window as unknown as {boom: () => void}).boom = () => booms++;
  });

  it(`is shown as it was written, for ${payloads.length} hostile texts`, async () => {
    const hub = new FakeHub();
    hub.addChat('lobby-id', {messages: payloads.map(body => storedMessage({body}))});
    const element = await mount<TrunkChatThread>(hub, thread);
    const shown = new Set<string>();
    const log = part(element, 'log') as HTMLElement;
    // All of them, though not all are in the DOM at once.
    for (let i = 0; i < 20 && shown.size < new Set(payloads).size; i++) {
      for (const body of parts(element, 'body')) {
        shown.add(body.textContent ?? '');
        const inside = [...body.querySelectorAll('*')];
        expect(
          inside.filter(child => child.localName !== 'a'),
          body.textContent ?? '',
        ).to.deep.equal([]);
        for (const link of inside as HTMLAnchorElement[]) {
          expect(link.protocol).to.be.oneOf(['http:', 'https:', 'mailto:']);
          expect(link.getAttributeNames().sort()).to.deep.equal(['dir', 'href', 'part', 'rel', 'target']);
          expect(link.rel).to.equal('noopener noreferrer nofollow');
        }
      }
      log.scrollTop = 0;
      await frames();
      await element.updateComplete;
    }
    for (const text of payloads) expect(shown.has(text), text).to.equal(true);
    expect(booms).to.equal(0);
  });

  it('can’t leave a name, a title or an announcement as markup either', async () => {
    const name = '<img src=x onerror=boom()>';
    const hub = new FakeHub({people: [{...grace, name, avatarUrl: 'javascript:boom()'}]});
    hub.addChat('lobby-id', {title: name, messages: [storedMessage({})]});
    const element = await mount<TrunkChatThread>(hub, thread);
    hub.receiveFrom(grace, 'lobby-id', name);
    await hub.settle(element);
    expect(element.shadowRoot?.querySelector('img')).to.equal(null);
    expect(part(element, 'author')?.textContent).to.equal(name);
    expect(element.shadowRoot?.querySelector('[data-announcements]')?.textContent).to.include(name);
    expect(booms).to.equal(0);
  });

  it('breaks no Content-Security-Policy that forbids inline styles and HTML sinks', async () => {
    await mount(new FakeHub(), html`<trunk-presence-avatar user-id="grace-id" size="50"></trunk-presence-avatar>`);
    await mount(new FakeHub(), html`<trunk-connection-status detail></trunk-connection-status>`);
    await frames();
    expect(violations).to.deep.equal([]);
    // The policy is really there.
    document.createElement('div').setAttribute('style', 'color: red');
    await frames();
    expect(violations).to.have.length(1);
  });
});
