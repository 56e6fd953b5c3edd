import {expect} from '@open-wc/testing';
import {readScriptTag} from '../../src/client/script-tag.js';

const CDN = 'https://cdn.example/trunkline@1/trunkline.js';

/** What a page with these tags says to the module at `address`. The tags are in no document, so that none is loaded. */
function read(tags: string, address = CDN) {
  const page = document.createElement('template');
  page.innerHTML = tags;
  return readScriptTag(page.content, address);
}

describe('readScriptTag', () => {
  it('reads everything the tag says', () => {
    const tag = `<script type="module" src="${CDN}" data-url="https://p.example" data-key="k" data-worker-url="/w.js"
      data-service-worker-url="/sw.js" data-user-name="Ada" data-avatar-url="https://a.example/a.png" data-host="relay"></script>`;
    expect(read(tag)).to.deep.equal({
      options: {
        url: 'https://p.example',
        key: 'k',
        workerUrl: '/w.js',
        serviceWorkerUrl: '/sw.js',
        userName: 'Ada',
        avatarUrl: 'https://a.example/a.png',
        host: 'relay',
      },
      isContradicted: false,
    });
  });

  it('leaves out what the tag doesn’t say, and has an empty key for a missing one, for connect() to complain about', () => {
    expect(read(`<script src="${CDN}" data-url="https://p.example"></script>`)).to.deep.equal({
      options: {url: 'https://p.example', key: ''},
      isContradicted: false,
    });
  });

  const finds: [how: string, tag: string, address?: string][] = [
    ['by its address', `src="${CDN}">`],
    ['whatever comes after a #', `src="${CDN}#x">`, `${CDN}#y`],
    ['by its address with a query of its own', `src="${CDN}?v=2">`, `${CDN}?v=2`],
    ['when a loader added a query', `src="${CDN}">`, `${CDN}?cache=off`],
    ['when the CDN answered from another address', 'src="https://cdn.example/trunkline">'],
    ['when it is an inline module that imports us', '>import "/vendor/trunkline.js"'],
  ];
  for (const [how, tag, address] of finds) {
    it(`finds its tag ${how}`, () => {
      const found = read(`<script data-url="https://p.example" data-key="k" ${tag}</script>`, address);
      expect(found?.options.url).to.equal('https://p.example');
    });
  }

  it('takes the tag of exactly its address before one that is only like it', () => {
    const tags = ['?v=1', '?v=2'].map(
      query => `<script src="${CDN}${query}" data-url="${query}" data-key="k"></script>`,
    );
    expect(read(tags.join(''), `${CDN}?v=2`)?.options.url).to.equal('?v=2');
    expect(read(tags.join(''), `${CDN}?v=1`)?.options.url).to.equal('?v=1');
    expect(read(tags.join(''), `${CDN}?v=3`)?.options.url).to.equal('?v=1');
  });

  it('takes no other script’s data for its own', () => {
    const other = '<script src="https://maps.example/widget.js" data-url="https://maps.example" data-key="m"></script>';
    expect(read(other)).to.equal(null);
    expect(read(`${other}<script src="${CDN}"></script>`)).to.equal(null);
    const both = `${other}<script src="${CDN}" data-url="https://p.example" data-key="k"></script>`;
    expect(read(both)).to.deep.equal({options: {url: 'https://p.example', key: 'k'}, isContradicted: false});
  });

  it('notices a second tag with another project, and not one with the same', () => {
    const tag = (url: string) => `<script src="${CDN}" data-url="${url}" data-key="k"></script>`;
    expect(read(tag('https://p.example') + tag('https://p.example'))?.isContradicted).to.equal(false);
    expect(read(tag('https://p.example') + tag('https://q.example'))).to.deep.include({isContradicted: true});
  });
});
