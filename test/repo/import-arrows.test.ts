import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {checkArrows, parseSource, referencesOf} from './import-arrows.js';
import {readSources} from './sources.js';

describe('the import arrows', () => {
  it('hold in this checkout', () => {
    const sources = readSources(['src', 'components', 'worker', 'demo']);
    assert.ok(sources.size > 10, `only ${sources.size} sources found`);
    assert.deepEqual(checkArrows(sources), []);
  });

  it('are read from every form of import', () => {
    const source = `
      import a from './a.js';
      import type {B} from './b.js';
      import {type C} from './c.js';
      import './d.js';
      export * from './e.js';
      export type {F} from './f.js';
      type G = import('./g.js').G;
      const h = () => import('./h.js');
      const i = new URL('./i.ts', import.meta.url);
      const j = import(h + '');
    `;
    assert.deepEqual(
      referencesOf(parseSource(source)).map(({how, target}) => `${how} ${target}`),
      [
        'static ./a.js',
        'type ./b.js',
        'type ./c.js',
        'static ./d.js',
        'static ./e.js',
        'type ./f.js',
        'type ./g.js',
        'dynamic ./h.js',
        'url ./i.ts',
        'dynamic (computed)',
      ],
    );
  });

  const refused: [why: string, file: string, source: string][] = [
    ['wire imports the hub', 'src/wire/a.ts', `import type {Hub} from '../hub/hub.js';`],
    ['wire imports a package', 'src/wire/a.ts', `import {html} from 'lit';`],
    ['the hub imports the client', 'src/hub/a.ts', `export * from '../client/source.js';`],
    [
      'the hub imports supabase outside its folder',
      'src/hub/a.ts',
      `import {RealtimeClient} from '@supabase/realtime-js';`,
    ],
    [
      'a type of supabase leaks out of its folder',
      'src/hub/a.ts',
      `type C = import('@supabase/realtime-js').RealtimeClient;`,
    ],
    ['the client imports supabase', 'src/client/a.ts', `const s = await import('@supabase/supabase-js');`],
    [
      'the client imports the hub statically',
      'src/client/a.ts',
      `import {createHub} from '../hub/browser-environment.js';`,
    ],
    ['the client imports a type of the hub', 'src/client/a.ts', `import type {Hub} from '../hub/hub.js';`],
    ['the client imports the worker', 'src/client/a.ts', `import '../../worker/shared.js';`],
    ['the client imports the worker dynamically', 'src/client/a.ts', `void import('../../worker/shared.js');`],
    ['the worker URL is computed', 'src/client/a.ts', 'new URL(`../../worker/${kind}.ts`, import.meta.url);'],
    ['the client imports lit', 'src/client/a.ts', `import {html} from 'lit';`],
    ['a controller imports a component', 'src/controllers/a.ts', `import '../../components/define.js';`],
    ['a component imports the client', 'components/a.ts', `import {connect} from '../src/client/connect.js';`],
    ['a component imports the hub', 'components/a.ts', `import type {Hub} from '../src/hub/hub.js';`],
    ['the worker imports the client', 'worker/a.ts', `import {Signal} from '../src/client/source.js';`],
    [
      'another worker than the service worker precaches',
      'worker/shared.ts',
      `import {precacheAndRoute} from 'workbox-precaching';`,
    ],
    ['the service worker imports the client', 'worker/service.ts', `import {connect} from '../src/client/connect.js';`],
    ['an element registers a service worker', 'components/a.ts', `import {Workbox} from 'workbox-window';`],
    ['the backend imports the house', 'demo/backend/a.ts', `import {MAX_BODY} from '../../src/wire/chat.js';`],
    ['a demo page imports the hub', 'demo/a.ts', `import '../src/hub/hub.js';`],
    ['a page points at a test', 'demo/a.ts', `import '../test/run.js';`],
    ['the hub reads navigator', 'src/hub/a.ts', `export const online = () => navigator.onLine;`],
    ['the hub reads the clock', 'src/hub/a.ts', `export const now = () => Date.now();`],
    ['the hub makes a date of now', 'src/hub/a.ts', `export const now = () => new Date().toISOString();`],
    ['the hub sets a timer', 'src/hub/supabase/a.ts', `setTimeout(() => {}, 1);`],
    ['the hub hands the timer on', 'src/hub/a.ts', `export const clock = {setTimeout};`],
    ['the hub reads through globalThis', 'src/hub/a.ts', `export const p = globalThis['performance'];`],
    [
      'the hub opens IndexedDB as a default',
      'src/hub/a.ts',
      `export function open(factory: IDBFactory = indexedDB) { return factory; }`,
    ],
  ];
  for (const [why, file, source] of refused) {
    it(`refuse that ${why}`, () => {
      assert.equal(checkArrows(new Map([[file, source]])).length, 1);
    });
  }

  for (const [name, room] of [
    ['idb', 'src/hub'],
    ['workbox-window', 'src/client'],
  ]) {
    it(`refuse ${name} in a second file of ${room}`, () => {
      const source = `import {a} from '${name}';`;
      const sources = new Map([
        [`${room}/store.ts`, source],
        [`${room}/other.ts`, source],
      ]);
      assert.deepEqual(checkArrows(sources), [
        {file: `${room}/store.ts`, what: `imports ${name}, which is the business of ${room}/other.ts alone`},
      ]);
    });
  }

  const allowed: [what: string, file: string, source: string][] = [
    ['the in-page host', 'src/client/a.ts', `const {createHub} = await import('../hub/browser-environment.js');`],
    ['the worker’s URL', 'src/client/a.ts', `new URL('../../worker/shared.ts', import.meta.url);`],
    ['the precache in the service worker', 'worker/service.ts', `import {precache} from 'workbox-precaching';`],
    ['supabase in its folder', 'src/hub/supabase/a.ts', `import {RealtimeClient} from '@supabase/realtime-js';`],
    [
      'the environment file reading its surroundings',
      'src/hub/browser-environment.ts',
      `export const now = () => Date.now() + performance.now();`,
    ],
    [
      'an injected clock',
      'src/hub/a.ts',
      `export const later = (clock: Clock) => clock.setTimeout(() => clock.now(), 1);`,
    ],
    [
      'a parameter named like a global',
      'src/hub/a.ts',
      `export function open({indexedDB}: {indexedDB: IDBFactory}) { return indexedDB; }`,
    ],
    [
      'a type named like a global',
      'src/hub/a.ts',
      `export interface Env { navigator: {onLine: boolean}; setTimeout: typeof setTimeout }`,
    ],
    ['dates of a given time', 'src/hub/a.ts', `export const iso = (ms: number) => new Date(ms).toISOString();`],
    [
      'the types of the client in a component',
      'components/a.ts',
      `import type {HubClient} from '../src/client/hub-client.js';`,
    ],
  ];
  for (const [what, file, source] of allowed) {
    it(`allow ${what}`, () => {
      assert.deepEqual(checkArrows(new Map([[file, source]])), []);
    });
  }
});
