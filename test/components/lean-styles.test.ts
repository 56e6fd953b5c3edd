// The build's shortened styles say the same as the sources.
import {expect} from '@open-wc/testing';
import type {CSSResult} from 'lit';
import {base, buttons} from '../../components/base.styles.js';
import {styles as thread} from '../../components/chat-thread.styles.js';
import {styles as composer} from '../../components/composer.styles.js';
import {styles as status} from '../../components/connection-status.styles.js';
import {actionStyles} from '../../components/message-actions.styles.js';
import {styles as avatar} from '../../components/presence-avatar.styles.js';
import {messageStyles} from '../../components/thread-message.styles.js';
import {leanCss} from '../../vite.lean.js';

const sheets: Record<string, CSSResult> = {
  base,
  buttons,
  thread,
  composer,
  status,
  avatar,
  messageStyles,
  actionStyles,
};

/** What the browser understands of a style sheet. It keeps the spelling of a value with `var()`, where a space after a comma says nothing. */
function rulesOf(css: string): string[] {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return Array.from(sheet.cssRules, rule => rule.cssText.replaceAll(', ', ','));
}

describe('leanCss', () => {
  for (const [name, {cssText}] of Object.entries(sheets)) {
    it(`changes no rule of ${name}`, () => {
      const lean = leanCss(cssText);
      expect(rulesOf(lean)).to.deep.equal(rulesOf(cssText));
      expect(rulesOf(lean)).not.to.be.empty;
      expect(lean.length).to.be.below(cssText.length);
    });
  }

  it('keeps what white space can mean', () => {
    const css = `
      /* a: b; */
      .a :hover, .b > .c  .d { width: calc(1px + 2px); margin: 0 auto; }
      :host( .x ) ::slotted(*) { --y: a b; }
      [part~='dot'] [title='a b'] [lang='de'] { content: 'x'; }
      @media (min-width: 10px) and (hover: hover) { .e { color: red; } }`;
    expect(rulesOf(leanCss(css))).to.deep.equal(rulesOf(css));
  });
});
