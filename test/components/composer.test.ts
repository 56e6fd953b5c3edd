import {expect, fixture, html, oneEvent} from '@open-wc/testing';
import {sendKeys} from '@web/test-runner-commands';
import '../../components/define.js';
import {TrunkSendEvent, type TrunkComposer} from '../../components/composer.js';
import {TrunkError} from '../../src/wire/error.js';
import {field, part, press, textOf, type} from '../support/mount.js';

async function setUp() {
  const composer = await fixture<TrunkComposer>(html`<trunk-composer label="Write to Lobby"></trunk-composer>`);
  const sent: string[] = [];
  composer.addEventListener('trunk-send', event => sent.push(event.body));
  return {composer, sent, input: field(composer)};
}

/** A composition as an input method makes it, around `steps`. */
function compose(input: HTMLElement, end = true): void {
  input.dispatchEvent(new CompositionEvent('compositionstart', {bubbles: true}));
  if (end) input.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true}));
}

describe('<trunk-composer>', () => {
  it('sends on Enter and is empty afterwards, with the focus where it was', async () => {
    const {composer, sent, input} = await setUp();
    input.focus();
    await sendKeys({type: 'Hello there'});
    await sendKeys({press: 'Enter'});
    await composer.updateComplete;
    expect(sent).to.deep.equal(['Hello there']);
    expect(input.value).to.equal('');
    expect(composer.shadowRoot?.activeElement).to.equal(input);
  });

  it('breaks the line on Shift+Enter and sends both lines', async () => {
    const {sent, input} = await setUp();
    input.focus();
    await sendKeys({type: 'one'});
    await sendKeys({down: 'Shift'});
    await sendKeys({press: 'Enter'});
    await sendKeys({up: 'Shift'});
    await sendKeys({type: 'two'});
    expect(sent).to.deep.equal([]);
    await sendKeys({press: 'Enter'});
    expect(sent).to.deep.equal(['one\ntwo']);
  });

  it('sends on the button, reachable by Tab', async () => {
    const {composer, sent, input} = await setUp();
    input.focus();
    await sendKeys({type: 'by button'});
    await sendKeys({press: 'Tab'});
    expect(composer.shadowRoot?.activeElement).to.equal(part(composer, 'send'));
    await sendKeys({press: 'Enter'});
    expect(sent).to.deep.equal(['by button']);
  });

  it('does not send an Enter that Chromium or Firefox mark as composing', async () => {
    const {sent, input, composer} = await setUp();
    type(composer, 'にほん');
    compose(input, false);
    press(input, 'Enter', {isComposing: true, keyCode: 229});
    input.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true}));
    input.dispatchEvent(new KeyboardEvent('keyup', {key: 'Enter', bubbles: true}));
    expect(sent).to.deep.equal([]);
    press(input, 'Enter', {keyCode: 13});
    expect(sent).to.deep.equal(['にほん']);
  });

  it('does not send an Enter with keyCode 229 after the composition ended, as in Safari', async () => {
    const {sent, input, composer} = await setUp();
    type(composer, '日本');
    compose(input);
    press(input, 'Enter', {isComposing: false, keyCode: 229});
    expect(sent).to.deep.equal([]);
  });

  it('does not send the Enter of the stroke that ended the composition, whatever its keyCode', async () => {
    const {sent, input, composer} = await setUp();
    type(composer, '日本');
    compose(input);
    press(input, 'Enter', {isComposing: false, keyCode: 13});
    expect(sent).to.deep.equal([]);
    input.dispatchEvent(new KeyboardEvent('keyup', {key: 'Enter', bubbles: true}));
    press(input, 'Enter', {keyCode: 13});
    expect(sent).to.deep.equal(['日本']);
  });

  for (const [sign, event] of [
    ['isComposing', {isComposing: true, keyCode: 13}],
    ['keyCode 229', {isComposing: false, keyCode: 229}],
  ] as const) {
    it(`does not send an Enter that has ${sign} as its only sign of an input method`, async () => {
      const {sent, input, composer} = await setUp();
      type(composer, '日本');
      press(input, 'Enter', event);
      expect(sent).to.deep.equal([]);
    });
  }

  it('does not send an Enter without any sign while a composition is open', async () => {
    const {sent, input, composer} = await setUp();
    type(composer, '日本');
    compose(input, false);
    press(input, 'Enter', {keyCode: 13});
    expect(sent).to.deep.equal([]);
  });

  it('lets the input method have its Enter: the event is not cancelled', async () => {
    const {input, composer} = await setUp();
    type(composer, '日本');
    compose(input, false);
    expect(press(input, 'Enter', {isComposing: true, keyCode: 229})).to.equal(true);
  });

  it('sends once when Enter is held down', async () => {
    const {sent, input, composer} = await setUp();
    type(composer, 'once');
    press(input, 'Enter');
    press(input, 'Enter', {repeat: true});
    await composer.updateComplete;
    expect(sent).to.deep.equal(['once']);
    expect(textOf(part(composer, 'error'))).to.equal('');
  });

  for (const [what, text, says] of [
    ['an empty message', '', 'empty'],
    ['only spaces', ' \n ', 'empty'],
    ['4,001 characters', 'x'.repeat(4001), '4001'],
    ['half a character', 'a\ud83db', 'half of a character'],
  ] as const) {
    it(`keeps ${what} in the field and says why`, async () => {
      const {composer, sent, input} = await setUp();
      type(composer, text);
      press(input, 'Enter');
      await composer.updateComplete;
      expect(sent).to.deep.equal([]);
      expect(input.value).to.equal(text);
      expect(textOf(part(composer, 'error'))).to.include(says);
      expect(input.getAttribute('aria-invalid')).to.equal('true');
      type(composer, `${text}!`);
      await composer.updateComplete;
      expect(textOf(part(composer, 'error'))).to.equal('');
    });
  }

  it('sends 4,000 characters outside the basic plane, because characters are counted and not units', async () => {
    const {composer, sent, input} = await setUp();
    type(composer, '🧵'.repeat(4000));
    press(input, 'Enter');
    expect(sent).to.have.length(1);
  });

  it('counts near the limit only', async () => {
    const {composer} = await setUp();
    const counter = () => part(composer, 'counter');
    expect(counter()?.hidden).to.equal(true);
    type(composer, 'x'.repeat(3999));
    await composer.updateComplete;
    expect(textOf(counter())).to.equal('1 character left');
    type(composer, 'x'.repeat(4002));
    await composer.updateComplete;
    expect(textOf(counter())).to.equal('2 characters too many');
  });

  it('keeps the text while sending is not possible yet, and says so', async () => {
    const {composer, sent, input} = await setUp();
    composer.blocked = 'Not yet.';
    await composer.updateComplete;
    type(composer, 'early');
    press(input, 'Enter');
    await composer.updateComplete;
    expect(sent).to.deep.equal([]);
    expect(input.value).to.equal('early');
    expect(textOf(part(composer, 'error'))).to.equal('Not yet.');
  });

  it('takes back what it said of a wait once the wait is over, and keeps the text', async () => {
    const {composer, sent, input} = await setUp();
    composer.blocked = 'Not yet.';
    type(composer, 'early');
    press(input, 'Enter');
    composer.blocked = 'Not at all.';
    await composer.updateComplete;
    expect(textOf(part(composer, 'error'))).to.equal('Not at all.');
    composer.blocked = '';
    await composer.updateComplete;
    expect(textOf(part(composer, 'error'))).to.equal('');
    expect(input.getAttribute('aria-invalid')).to.equal('false');
    expect(input.value).to.equal('early');
    expect(sent).to.deep.equal([]);
  });

  it('keeps an error of the text itself when a wait ends', async () => {
    const {composer, input} = await setUp();
    composer.blocked = 'Not yet.';
    type(composer, ' ');
    press(input, 'Enter');
    composer.blocked = '';
    await composer.updateComplete;
    expect(textOf(part(composer, 'error'))).to.include('empty');
  });

  it('puts a refused text back in front of what was written since', async () => {
    const {composer, input} = await setUp();
    type(composer, 'newer');
    composer.giveBack('older', new TrunkError('rejected', 'No.'));
    await composer.updateComplete;
    expect(input.value).to.equal('older\nnewer');
    expect(textOf(part(composer, 'error'))).to.equal('No.');
  });

  it('drops blank lines around a text but keeps its indentation', async () => {
    const {composer, sent, input} = await setUp();
    type(composer, '\n\n  indented\n\n');
    press(input, 'Enter');
    expect(sent).to.deep.equal(['  indented']);
  });

  it('fires a cancelable event that leaves the shadow root', async () => {
    const {composer, input} = await setUp();
    type(composer, 'x');
    setTimeout(() => press(input, 'Enter'));
    const event = await oneEvent(document.documentElement, 'trunk-send');
    expect(event).to.be.instanceOf(TrunkSendEvent);
    expect(event.cancelable).to.equal(true);
  });

  it('grows with its text, up to a limit, and shrinks again', async () => {
    const {composer, input} = await setUp();
    const small = input.offsetHeight;
    type(composer, 'line\n'.repeat(4));
    await composer.updateComplete;
    const large = input.offsetHeight;
    type(composer, 'line\n'.repeat(400));
    await composer.updateComplete;
    const largest = input.offsetHeight;
    type(composer, '');
    await composer.updateComplete;
    expect(large).to.be.above(small);
    expect(largest).to.be.below(250);
    expect(input.offsetHeight).to.equal(small);
  });

  it('is accessible when empty, near the limit and in error', async () => {
    const {composer, input} = await setUp();
    await expect(composer).to.be.accessible();
    type(composer, 'x'.repeat(4001));
    press(input, 'Enter');
    await composer.updateComplete;
    await expect(composer).to.be.accessible();
  });
});
