// What the tarball holds, and what its entries do to those who only import them: types, side effects, servers.
import assert from 'node:assert/strict';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {before, describe, it} from 'node:test';
import {build, type Rolldown} from 'vite';
import {app, runNode, tsc} from './packed.js';

type Target = string | {types: string; default: string};

describe('the package', () => {
  let folder = '';
  let exports: Record<string, Target> = {};
  const inPackage = (path: string) => join(folder, 'node_modules/trunkline', path);

  before(async () => {
    folder = await app('vite');
    exports = (JSON.parse(readFileSync(inPackage('package.json'), 'utf8')) as {exports: typeof exports}).exports;
  });

  it('holds every file that it exports', () => {
    const targets = Object.values(exports).flatMap(target =>
      typeof target === 'string' ? [target] : [target.types, target.default],
    );
    assert.ok(targets.length > 15);
    assert.deepEqual(
      targets.filter(target => !existsSync(inPackage(target))),
      [],
    );
    assert.equal(existsSync(inPackage('demo')), false);
    assert.equal(existsSync(inPackage('test')), false);
  });

  it('can be imported on a server, every entry but the service worker’s script and the script tag’s', () => {
    const entries = Object.entries(exports)
      // The script tag's file reads its page at once.
      .filter(([name, target]) => typeof target === 'object' && !['./sw', './trunkline.js'].includes(name))
      .map(([name]) => name.replace('.', 'trunkline'));
    assert.ok(entries.includes('trunkline/client') && entries.length > 6);
    for (const entry of entries) {
      const names = runNode(
        folder,
        '--input-type=module',
        '--eval',
        `console.log(Object.keys(await import('${entry}')).join())`,
      );
      if (entry === 'trunkline/client') assert.equal(names.trim(), 'TrunkError,connect,defaultClient');
      if (entry === 'trunkline') assert.match(names, /TrunkChatThread.*TrunkProvider/);
    }
  });

  for (const [moduleResolution, module] of [
    ['bundler', 'esnext'],
    ['nodenext', 'nodenext'],
  ] as const) {
    it(`has types, without skipping any, under moduleResolution ${moduleResolution}`, () => {
      const compilerOptions = {
        ...{target: 'es2022', module, moduleResolution, lib: ['es2023', 'dom', 'dom.iterable'], types: []},
        ...{strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true},
      };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({compilerOptions, files: ['types.ts']}));
      tsc('-p', folder);
      // And they are no `any`: what is wrong is found.
      const wrong = `${readFileSync(join(folder, 'types.ts'), 'utf8')}\nclient.status.current.host satisfies 'nowhere';`;
      writeFileSync(join(folder, 'wrong.ts'), wrong);
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({compilerOptions, files: ['wrong.ts']}));
      assert.throws(() => tsc('-p', folder), /wrong\.ts.*nowhere/s);
    });
  }

  /** All that an application loads at once that has this one line. */
  const bundled = async (line: string): Promise<string> => {
    const entry = join(folder, 'entry.js');
    writeFileSync(entry, line);
    const result = (await build({
      root: folder,
      configFile: false,
      logLevel: 'error',
      build: {write: false, target: 'es2022', minify: false, rolldownOptions: {input: entry}},
    })) as Rolldown.RolldownOutput;
    const chunks = result.output.filter(file => file.type === 'chunk');
    const needed = new Set(chunks.filter(chunk => chunk.isEntry));
    for (const {imports} of needed) {
      for (const chunk of chunks) if (imports.includes(chunk.fileName)) needed.add(chunk);
    }
    return [...needed].map(({code}) => code).join('\n');
  };

  it('gives an application that asks for the client no element and no Lit', async () => {
    const code = await bundled(`import {connect} from 'trunkline/client'; globalThis.connect = connect;`);
    assert.match(code, /function connect\(/);
    assert.doesNotMatch(code, /customElements|LitElement|trunk-chat-thread/);
  });

  it('gives an application that asks for one element that one, and registers nothing', async () => {
    const code = await bundled(`import {TrunkConnectionStatus as it} from 'trunkline/components'; globalThis.it = it;`);
    assert.match(code, /TrunkConnectionStatus = class/);
    assert.doesNotMatch(code, /customElements\.define|TrunkChatThread = class|HubClient = class/);
  });

  it('registers the elements for whoever imports them for that alone', async () => {
    for (const entry of ['trunkline', 'trunkline/components/define', 'trunkline/react']) {
      assert.match(await bundled(`import '${entry}';`), /customElements\.define/, entry);
    }
  });
});
