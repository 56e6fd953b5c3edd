import {expect} from '@open-wc/testing';
import {findLinks} from '../../components/links.js';

/** The text with every link in brackets. */
const marked = (text: string) =>
  findLinks(text)
    .map(piece => (piece.href ? `[${piece.text}]` : piece.text))
    .join('');
const hrefs = (text: string) => findLinks(text).flatMap(piece => piece.href ?? []);

describe('findLinks', () => {
  it('finds web and mail addresses and leaves the rest as text', () => {
    expect(marked('See https://example.com/a?b=c#d and http://b.example.')).to.equal(
      'See [https://example.com/a?b=c#d] and [http://b.example].',
    );
    expect(hrefs('write to mailto:ada@example.com, please')).to.deep.equal(['mailto:ada@example.com']);
    expect(hrefs('www.example.com')).to.deep.equal(['https://www.example.com/']);
  });

  for (const [text, expected] of [
    ['(see https://example.com/a)', '(see [https://example.com/a])'],
    ['https://en.example.org/wiki/Line_(art)', '[https://en.example.org/wiki/Line_(art)]'],
    ['https://example.com/a).', '[https://example.com/a]).'],
    ['Really, https://example.com/?!', 'Really, [https://example.com/]?!'],
    ['*https://example.com/x*', '*[https://example.com/x]*'],
    ['“https://example.com/x”', '“[https://example.com/x]”'],
    ['<https://example.com/x>', '<[https://example.com/x]>'],
    ['看 https://example.com/路。', '看 [https://example.com/路]。'],
    ['https://a.example https://b.example', '[https://a.example] [https://b.example]'],
    ['https://example.com/a,b;c', '[https://example.com/a,b;c]'],
    ['HTTPS://EXAMPLE.COM/A', '[HTTPS://EXAMPLE.COM/A]'],
    ['http://localhost:5173/', '[http://localhost:5173/]'],
  ] as const) {
    it(`cuts ${text} where a reader would`, () => {
      expect(marked(text)).to.equal(expected);
    });
  }

  for (const text of [
    'xhttps://example.com',
    'https://',
    'https:// example',
    'mailto:',
    'mailto:nobody',
    'www.',
    'http:///x',
    'https://?',
  ]) {
    it(`leaves ${text} alone`, () => {
      expect(marked(text)).to.equal(text);
    });
  }

  it('ends an address at characters that can make it look like another', () => {
    expect(marked('https://example.com/\u202egpj.exe')).to.equal('[https://example.com/]\u202egpj.exe');
    expect(marked('https://example.com/\u200bx')).to.equal('[https://example.com/]\u200bx');
  });

  it('gives back the whole text, whatever it is', () => {
    for (const text of [
      '',
      ' ',
      '\n\nhttps://a.example\n',
      'a https://b.example) c',
      '😀https://a.example😀',
      '((((https://a.example))))',
    ]) {
      expect(
        findLinks(text)
          .map(piece => piece.text)
          .join(''),
      ).to.equal(text);
    }
  });

  it('takes no longer than it must for 4,000 hostile characters', () => {
    for (const text of [
      'https://a'.repeat(444),
      `https://a.b/${')'.repeat(3980)}`,
      `https://a.b/${'('.repeat(3980)}`,
      'www.'.repeat(1000),
      'mailto:'.repeat(570),
    ]) {
      const start = performance.now();
      findLinks(text);
      // Not a measurement: a bound that only an explosion passes.
      expect(performance.now() - start).to.be.below(1000);
    }
  });
});
