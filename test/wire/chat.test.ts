import {expect} from '@open-wc/testing';
import {assertSendable, countCharacters, MAX_BODY} from '../../src/wire/chat.js';
import {TrunkError} from '../../src/wire/error.js';

const file = {url: 'https://x', name: 'x', type: 'text/plain', size: 1};

/** The code it is refused with, or null. */
function refusal(body: string, attachments = [] as (typeof file)[]): string | null {
  try {
    assertSendable(body, attachments);
    return null;
  } catch (error) {
    return (error as TrunkError).code;
  }
}

describe('assertSendable', () => {
  it('takes any text a database can keep', () => {
    for (const body of ['a', ' a ', 'é', '🏳️‍🌈', '\u{1f600}', 'line\nline\ttab', '\u200d.'])
      expect(refusal(body)).to.equal(null);
  });

  it('refuses a message of nothing but space, unless a file is with it', () => {
    for (const body of ['', ' ', '\n\t\u00a0\u2003']) {
      expect(refusal(body), JSON.stringify(body)).to.equal('empty-message');
      expect(refusal(body, [file])).to.equal(null);
    }
  });

  it('refuses half of a character and NUL, wherever they stand', () => {
    for (const body of ['\ud83d', 'a\ude00', '\ude00\ud83d', 'a\0b']) {
      expect(refusal(body), JSON.stringify(body)).to.equal('invalid-text');
      expect(refusal(body, [file])).to.equal('invalid-text');
    }
  });

  it('counts characters as Postgres does: 4,000 fit, whatever their size', () => {
    for (const character of ['x', 'é', '海', '\u{1f600}']) {
      expect(refusal(character.repeat(MAX_BODY))).to.equal(null);
      expect(refusal(character.repeat(MAX_BODY + 1))).to.equal('message-too-long');
    }
  });

  it('says how long it is and how long it may be', () => {
    expect(() => assertSendable('x'.repeat(4_001))).to.throw(TrunkError, '4001 characters; at most 4000');
  });
});

describe('countCharacters', () => {
  it('counts code points, not UTF-16 units and not what is seen as one', () => {
    expect(['', 'abc', '\u{1f600}', 'e\u0301', '👨‍👩‍👧'].map(countCharacters)).to.deep.equal([0, 3, 1, 2, 5]);
  });
});
