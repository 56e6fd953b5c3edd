import {expect, fixture, html} from '@open-wc/testing';
import {formatAgo, formatCount, formatDay, localeOf} from '../../components/locale.js';
import {english} from '../../components/english.js';
import {withStrings} from '../../components/strings.js';

const now = new Date(2026, 10, 22, 12).getTime();
const minutes = (n: number) => now - n * 60_000;

describe('locale', () => {
  it('is that of the nearest element with one, through shadow roots', async () => {
    const outer = await fixture(html`<div lang="fr"><p></p></div>`);
    const inner = document.createElement('span');
    outer.querySelector('p')?.attachShadow({mode: 'open'}).append(inner);
    expect(localeOf(inner)).to.equal('fr');
  });

  it('is the browser’s own when the page says nothing, or nonsense', async () => {
    const element = await fixture(html`<div lang="not_a_language!"><p></p></div>`);
    expect(localeOf(element)).to.equal(undefined);
  });

  it('counts in the forms of the language', () => {
    const forms = {one: '# сообщение', few: '# сообщения', other: '# сообщений'};
    expect([1, 3, 11, 22].map(n => formatCount(forms, n, 'ru'))).to.deep.equal([
      '1 сообщение',
      '3 сообщения',
      '11 сообщений',
      '22 сообщения',
    ]);
    expect(formatCount({other: '# ms'}, 12_345, 'en')).to.equal('12,345 ms');
  });

  it('shows the year only of another year', () => {
    expect(formatDay(new Date(2026, 2, 4).getTime(), now, 'en')).to.equal('Wednesday, March 4');
    expect(formatDay(new Date(2020, 2, 4).getTime(), now, 'en')).to.equal('Wednesday, March 4, 2020');
  });

  it('says how long ago in the largest unit that fits, and never in the future', () => {
    expect([0, 5, 100, 60 * 30].map(n => formatAgo(minutes(n), now, 'en'))).to.deep.equal([
      'this minute',
      '5 minutes ago',
      '2 hours ago',
      'yesterday',
    ]);
    expect(formatAgo(minutes(-100), now, 'en')).to.equal('this minute');
  });
});

describe('strings', () => {
  it('can be replaced one by one, also inside their tables', () => {
    const strings = withStrings({send: 'Senden', reasons: {open: 'Verbunden'}});
    expect(strings.send).to.equal('Senden');
    expect(strings.reasons.open).to.equal('Verbunden');
    expect(strings.reasons.offline).to.equal(english.reasons.offline);
    expect(strings.retry).to.equal(english.retry);
  });
});
