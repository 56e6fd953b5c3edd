import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {join, relative} from 'node:path';
import {after, describe, it} from 'node:test';
import {undocumented, type ElementDeclaration} from './manifest.js';
import {readSources, readText, root} from './sources.js';

interface Manifest {
  modules: {path: string; declarations?: ElementDeclaration[]}[];
}

const checkedIn = JSON.parse(readText('custom-elements.json')) as Manifest;
const elements = checkedIn.modules.flatMap(({path, declarations = []}) =>
  declarations.filter(({tagName}) => tagName).map(element => ({path, element})),
);

describe('custom-elements.json', () => {
  // Inside the checkout, because the analyzer takes its output directory as relative to it.
  const scratch = mkdtempSync(join(root, 'node_modules', '.trunkline-manifest-'));
  after(() => rmSync(scratch, {recursive: true, force: true}));

  it('is what the analyzer makes of the elements as they are', () => {
    const cli = join(root, 'node_modules/@custom-elements-manifest/analyzer/cem.js');
    const words = [
      cli,
      'analyze',
      '--config',
      'custom-elements-manifest.config.mjs',
      '--outdir',
      relative(root, scratch),
    ];
    const {status, stderr} = spawnSync(process.execPath, words, {cwd: root, encoding: 'utf8'});
    assert.equal(status, 0, stderr);
    const made = JSON.parse(readFileSync(join(scratch, 'custom-elements.json'), 'utf8')) as Manifest;
    assert.deepEqual(checkedIn, made, 'The elements changed: run npm run manifest.');
  });

  it('has every element that define.ts registers, and those of chunks that are loaded later', () => {
    const registered = [...readText('components/define.ts').matchAll(/'(trunk-[a-z-]+)'/g)].map(([, name]) => name);
    assert.ok(registered.length >= 4);
    for (const text of readSources(['components']).values()) {
      for (const [, name] of text.matchAll(/customElements\.define\('(trunk-[a-z-]+)'/g)) registered.push(name);
    }
    assert.deepEqual(elements.map(({element}) => element.tagName).sort(), registered.sort());
  });

  const sources = readSources(['components']);
  for (const {path, element} of elements) {
    it(`documents all of <${element.tagName}>`, () => {
      assert.deepEqual(undocumented(path, element, sources), []);
    });
  }
});

describe('the check of an element’s documentation', () => {
  const source = `
    import {rows} from './rows.js';
    import {Other} from './other.js';
    class TrunkXEvent extends Event { constructor() { super('trunk-x'); } }
    html\`<div part="base \${x}"><i part=\${own ? 'row row-own' : 'row'}></i><y-z exportparts="input, send: go"></y-z></div>\`;
    this.dispatchEvent(new TrunkXEvent());
    css\`color: var(--trunk-x-color)\`;
  `;
  const sources = new Map([
    ['components/x.ts', source],
    ['components/rows.ts', 'html`<b part="cell"></b>`'],
    [
      'components/other.ts',
      'html`<b part="inner"></b>`; customElements.define("trunk-other", Other); class Other extends LitElement {}',
    ],
  ]);
  const named = (...names: string[]) => names.map(name => ({name, description: 'Something.'}));
  const complete: ElementDeclaration = {
    customElement: true,
    tagName: 'trunk-x',
    summary: 'An x.',
    cssParts: named('base', 'row', 'row-own', 'input', 'go', 'cell'),
    cssProperties: named('--trunk-x-color'),
    events: named('trunk-x'),
  };

  it('is content with a complete one', () => {
    assert.deepEqual(undocumented('components/x.ts', complete, sources), []);
  });

  for (const [what, lacking] of Object.entries({
    'the summary': {...complete, summary: ''},
    'a part in a ternary': {...complete, cssParts: named('base', 'row', 'input', 'go', 'cell')},
    'a part of an imported template': {...complete, cssParts: named('base', 'row', 'row-own', 'input', 'go')},
    'an exported part': {...complete, cssParts: named('base', 'row', 'row-own', 'input', 'cell')},
    'a CSS property': {...complete, cssProperties: []},
    'an event': {...complete, events: []},
    'a description': {...complete, events: [{name: 'trunk-x'}]},
    'a part that is no more': {...complete, cssParts: [...(complete.cssParts ?? []), ...named('gone')]},
  })) {
    it(`names ${what}`, () => {
      assert.equal(undocumented('components/x.ts', lacking, sources).length, 1);
    });
  }
});
