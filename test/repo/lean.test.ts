import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {parseAst} from 'vite';
import {lean} from '../../vite.lean.js';

const handler = (lean().transform as {handler: (code: string) => string}).handler;
const leaned = (code: string) => handler.call({parse: parseAst} as never, code);

describe('what the build leaves out of an element', () => {
  it('writes what decorators stand for, options and initial values as they were', () => {
    const code = leaned(`@keepsDisplay('block')
export class A extends LitElement {
  @property({attribute: 'user-id'}) userId = '';
  @property() scope = 'global';
  @state() private isOpen = false;
  @query('[part~=base]') private readonly box!: HTMLElement | null;
}`);
    assert.ok(!code.includes('@'));
    assert.ok(code.includes("static properties = {userId: {attribute: 'user-id'}, scope: {}, isOpen: {state: true}};"));
    assert.ok(code.includes("static { keepsDisplay('block')(this); }"));
    assert.ok(code.includes("get box() { return this.renderRoot?.querySelector('[part~=base]') ?? null; }"));
    assert.ok(code.includes("userId = ''") && code.includes("scope = 'global'") && code.includes('isOpen = false'));
  });

  it('makes one space of an indentation, in templates inside templates too, and none of a space', () => {
    const code = leaned(
      'const a = html`<p>\n    ${html`<b\n      part="x">a  b</b>`}\n  c</p>`;\nconst text = `a\n  b`;',
    );
    assert.equal(code, 'const a = html`<p> ${html`<b part="x">a  b</b>`} c</p>`;\nconst text = `a\n  b`;');
  });
});
