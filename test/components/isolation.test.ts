// The page's own CSS and the elements leave each other alone.
import {expect, html} from '@open-wc/testing';
import type {LitElement} from 'lit';
import {FakeHub, chatSummary, conversation, grace} from '../support/fake-hub.js';
import {frames, mount} from '../support/mount.js';
import {hubStats} from '../support/sample-stats.js';

// What resets and frameworks do to a page: Bootstrap 3 and 5, Tailwind, the 62.5 % root, and a few worse.
const hostile = `
  html { font-size: 62.5%; }
  body { font: italic 700 29px/3 Georgia, serif; color: red; letter-spacing: 4px; word-spacing: 9px; text-transform: uppercase;
         text-align: center; white-space: nowrap; text-indent: 20px; -webkit-font-smoothing: antialiased; cursor: crosshair;
         text-shadow: 1px 1px red; list-style: square; overflow-wrap: normal; quotes: none; }
  *, *::before, *::after { box-sizing: border-box; margin: 0; padding: 0; border: 0 solid red; font-size: 100%;
         line-height: inherit; vertical-align: baseline; }
  * { font-family: Georgia, serif; letter-spacing: 3px; line-height: 3; }
  button, input, textarea, select { font: inherit; appearance: none; background: yellow; border-radius: 0; padding: 30px; min-height: 90px; }
  a { color: lime; text-decoration: none; } img, svg { display: block; max-width: 10px; vertical-align: middle; }
  [hidden] { display: block; } .hidden { display: none; } .message { display: none; } .first { margin: 99px; } .own { float: right; }
  [part] { padding: 40px; } form { margin: 50px; } p { margin: 33px; } strong { font-weight: 100; }
`;

/** Where everything is, how large, and how its text looks. */
function picture(element: Element): string[] {
  const origin = element.getBoundingClientRect();
  const all = (root: ParentNode): Element[] =>
    [...root.querySelectorAll('*')].flatMap(child => [child, ...(child.shadowRoot ? all(child.shadowRoot) : [])]);
  return all(element.shadowRoot as ShadowRoot).map(child => {
    for (const animation of child.getAnimations()) animation.cancel(); // what moves is looked at where it stands
    const {x, y, width, height} = child.getBoundingClientRect();
    const {color, backgroundColor, fontSize, fontFamily, letterSpacing, textAlign} = getComputedStyle(child);
    const box = width + height && [x - origin.x, y - origin.y, width, height].map(n => n.toFixed(2)).join(' ');
    return `${child.localName} ${box} ${color} ${backgroundColor} ${fontSize} ${fontFamily} ${letterSpacing} ${textAlign}`;
  });
}

describe('an element on somebody’s page', () => {
  const style = document.createElement('style');
  afterEach(() => style.remove());

  for (const [name, template] of [
    ['a thread', html`<trunk-chat-thread chat="lobby-id"></trunk-chat-thread>`],
    ['a status', html`<trunk-connection-status detail></trunk-connection-status>`],
    ['an avatar', html`<trunk-presence-avatar user-id="grace-id"></trunk-presence-avatar>`],
    ['a list of chats', html`<trunk-chat-list selected="lobby-id"></trunk-chat-list>`],
    ['who is here', html`<trunk-presence-stack></trunk-presence-stack>`],
    ['the monitor', html`<trunk-monitor open></trunk-monitor>`],
    ['who is writing', html`<trunk-typing-indicator chat="lobby-id"></trunk-typing-indicator>`],
  ] as const) {
    it(`looks the same whatever the page does to its own: ${name}`, async () => {
      const hub = new FakeHub({status: {latencyMs: 9, queued: 2}});
      hub.addChat('lobby-id', {messages: conversation(30)});
      const element = await mount<LitElement>(hub, template);
      hub.setChats([
        chatSummary({id: 'lobby-id', title: 'Lobby', unread: 3}),
        chatSummary({id: 'b', kind: 'direct', otherId: grace.userId}),
      ]);
      hub.setTyping('lobby-id', [grace.userId]);
      hub.setPresent([{userId: grace.userId, status: 'online', lastSeen: 0, currentChatId: null}]);
      hub.setStats(hubStats());
      if (getComputedStyle(element).display === 'block') element.style.inlineSize = '600px';
      await hub.settle(element);
      await frames();
      // The monitor's panel comes late, and what is in it later still.
      const least = element.localName === 'trunk-monitor' ? 30 : 3;
      let before: string[] = [];
      for (let now = picture(element); now.length < least || now.join() !== before.join(); now = picture(element)) {
        before = now;
        await frames(2);
      }
      style.textContent = hostile;
      document.head.append(style);
      await frames(3);
      const after = picture(element);
      expect(after.filter((line, i) => line !== before[i])).to.deep.equal([]);
      expect(after).to.have.length(before.length);
    });
  }

  it('keeps its kind of box where a reset takes it, and its height', async () => {
    const page = html`<div>
      <trunk-connection-status></trunk-connection-status>
      <trunk-presence-avatar name="Ada"></trunk-presence-avatar>
      <trunk-chat-thread chat="lobby-id"></trunk-chat-thread>
      <trunk-presence-stack></trunk-presence-stack>
      <trunk-typing-indicator chat="lobby-id"></trunk-typing-indicator>
      <trunk-chat-list></trunk-chat-list>
    </div>`;
    const boxes = async () => {
      const hub = new FakeHub();
      const element = await mount(hub, page);
      for (const child of element.children) await hub.settle(child as LitElement);
      await frames(); // with which presence is told
      for (const child of element.children) await hub.settle(child as LitElement);
      const found = [...element.children].map(child => {
        const {x, width, height} = child.getBoundingClientRect();
        return `${child.localName} ${getComputedStyle(child).display} ${x} ${width} ${height}`;
      });
      element.remove();
      return found;
    };
    const before = await boxes();
    expect(before[2]).to.match(/^trunk-chat-thread block .* 480$/);
    style.textContent =
      'trunk-connection-status, trunk-presence-avatar, trunk-presence-stack, trunk-chat-thread, trunk-typing-indicator, ' +
      'trunk-chat-list { all: unset; display: revert; }';
    document.head.append(style);
    expect(await boxes()).to.deep.equal(before);
    style.textContent += 'trunk-chat-thread { display: none; }';
    expect((await boxes())[2]).to.contain(' none ');
  });

  it('follows the page’s colour scheme, direction, visibility and properties', async () => {
    const element = await mount<LitElement>(new FakeHub(), html`<trunk-connection-status></trunk-connection-status>`);
    const base = () => getComputedStyle(element.shadowRoot?.querySelector('[part=base]') as Element);
    element.style.colorScheme = 'light';
    const light = base().color;
    element.style.colorScheme = 'dark';
    expect(base().color).not.to.equal(light);
    element.dir = 'rtl';
    expect(base().direction).to.equal('rtl');
    element.style.visibility = 'hidden';
    expect(base().visibility).to.equal('hidden');
    element.style.setProperty('--trunk-text', 'rgb(1, 2, 3)');
    expect(base().color).to.equal('rgb(1, 2, 3)');
    element.hidden = true;
    expect(getComputedStyle(element).display).to.equal('none');
  });

  it('has no rem and no style sheet that the page could lack', async () => {
    const hub = new FakeHub();
    const element = await mount<LitElement>(hub, html`<trunk-chat-thread chat="lobby-id"></trunk-chat-thread>`);
    const sheets = element.shadowRoot?.adoptedStyleSheets ?? [];
    const css = sheets.flatMap(sheet => [...sheet.cssRules].map(rule => rule.cssText)).join('\n');
    expect(css.length).to.be.above(1000);
    expect(css).not.to.match(/\d(rem|rlh)\b/);
    expect(element.shadowRoot?.querySelector('style, link')).to.equal(null);
  });
});
