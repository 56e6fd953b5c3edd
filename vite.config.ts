// How the sources become files. Four uses: the development server; `--mode site`, the demo as static pages; `--mode embed`,
// what a plain page loads (dist/trunkline.js and its workers); and the default, the npm package's modules (dist/npm).
import {createHash} from 'node:crypto';
import {existsSync} from 'node:fs';
import {relative, resolve} from 'node:path';
import {build, defineConfig, type Plugin, type Rolldown, type UserConfig} from 'vite';
import {lean, leanOutput} from './vite.lean.js';

const at = (path: string) => resolve(import.meta.dirname, path);

/** What package.json's `exports` points at, from the root and without its ending. */
const npmEntries = ['components/define', 'components/index', 'src/controllers/index', 'src/client/index'];

// Vite wants a default export.
export default defineConfig(({mode}): UserConfig => {
  const shared: UserConfig = {
    base: './',
    server: {host: '127.0.0.1'},
    preview: {host: '127.0.0.1'},
    worker: {format: 'es'},
    plugins: [lean(), hubSource()],
  };
  switch (mode) {
    case 'embed':
      return {
        ...shared,
        ...library({trunkline: 'components/trunkline.ts'}, 'dist', {
          // What a chunk shares with its entry stays in the entry: one file fewer to load.
          preserveEntrySignatures: 'allow-extension',
          output: {...leanOutput, chunkFileNames: CHUNKS},
        }),
        // The files of the site that this is put on are not ours to keep.
        plugins: [lean(), hubSource(), quietLit(), serviceWorker(() => [])],
      };
    case 'production':
      return {
        ...shared,
        ...library(Object.fromEntries(npmEntries.map(name => [name, `${name}.ts`])), 'dist/npm', {
          // The application brings Lit, or it would have it twice.
          preserveEntrySignatures: 'allow-extension',
          external: [/^lit(\/|$)/],
          output: {
            chunkFileNames: '[name].js',
            minifyInternalExports: false,
            codeSplitting: {includeDependenciesRecursively: false, groups: [{name: moduleName, debugName: 'module'}]},
          },
        }),
        plugins: [lean(), hubSource(), plainWorkerUrl()],
      };
    default:
      return {
        ...shared,
        plugins: [lean(), hubSource(), serviceWorker(shellOf)],
        build: {
          outDir: 'dist/site',
          target: 'es2022',
          rolldownOptions: {
            checks,
            input: ['index.html', 'tabs.html'].filter(page => existsSync(at(page))).map(at),
          },
        },
      };
  }
});

const CHUNKS = 'chunks/[name]-[hash].js';
/** How long a plugin took is nobody's business who starts the demo. */
const checks: NonNullable<Rolldown.InputOptions['checks']> = {bundlerTimings: false};

/** ES modules with stable names; the worker lies beside them and is found relative to the module that starts it. */
function library(
  entry: Record<string, string>,
  outDir: string,
  rolldownOptions: Rolldown.InputOptions & {output: Rolldown.OutputOptions},
): UserConfig {
  return {
    worker: {
      format: 'es',
      rolldownOptions: {checks, output: {...leanOutput, entryFileNames: 'trunkline-worker.js', chunkFileNames: CHUNKS}},
    },
    build: {
      outDir,
      // dist/npm lies inside dist, so neither build may sweep the other's files away.
      emptyOutDir: false,
      target: 'es2022',
      modulePreload: false,
      minify: 'minify' in rolldownOptions.output,
      lib: {entry, formats: ['es'], fileName: (_format, name) => `${name}.js`},
      rolldownOptions: {...rolldownOptions, checks},
    },
  };
}

/** One file a module of the page, so that an application's bundler takes in only what it uses; the hub and its packages are one. */
function moduleName(id: string): string | null {
  const name = relative(at('.'), id).replace(/\.ts$/, '');
  if (npmEntries.includes(name)) return null;
  return /^(components|src\/(wire|client|controllers))\//.test(name) ? name : null;
}

/**
 * Names the worker's file in the one way that makes every bundler copy it as it is. They would build `new SharedWorker(new URL(…))` anew,
 * which Vite before 8 refuses without a setting; Vite's own form for libraries no other bundler knows.
 */
function plainWorkerUrl(): Plugin {
  const address =
    /new URL\(\s*\/\* @vite-ignore \*\/\s*new URL\(("[^"]+"), import\.meta\.url\)\.href,\s*"" \+ import\.meta\.url\s*\)/;
  return {
    name: 'trunkline-plain-worker-url',
    generateBundle(_options, bundle) {
      let found = 0;
      for (const file of Object.values(bundle)) {
        const [whole, path] = (file.type === 'chunk' && address.exec(file.code)) || [];
        if (file.type !== 'chunk' || whole === undefined) continue;
        found++;
        file.code = `const WORKER_URL = new URL(${path}, import.meta.url);\n${file.code.replace(whole, 'WORKER_URL')}`;
      }
      // One for the SharedWorker, one for the worker of a tab that leads.
      if (found !== 2) this.error('Vite writes the address of a worker in another way than this plugin knows.');
    },
  };
}

/** `trunkline:hub-source`: the hub as one module's text, for workers that are made from a blob. */
export function hubSource(): Plugin {
  const name = 'trunkline:hub-source';
  return {
    name,
    resolveId: id => (id === name ? `\0${name}` : null),
    async load(id) {
      if (id !== `\0${name}`) return null;
      const built = await build({
        configFile: false,
        root: at('.'),
        logLevel: 'warn',
        build: {
          write: false,
          target: 'es2022',
          lib: {entry: at('worker/inline.ts'), formats: ['es']},
          // A blob has no folder to load a chunk from.
          rolldownOptions: {checks, output: {...leanOutput, codeSplitting: false}},
        },
      });
      const [output] = [built].flat();
      const code = output && 'output' in output ? output.output[0].code : '';
      return `export default ${JSON.stringify(code)}`;
    },
  };
}

/**
 * Keeps Lit small, and to itself on somebody else's page: it registers its versions in globals, and ends with an error where the page's Trusted
 * Types have its policy already, as when a second copy of us is loaded. Fails the build when Lit no longer reads like this.
 */
export function quietLit(): Plugin {
  type Change = [from: RegExp, to: string];
  const POLYFILL: Change = [/\w+\.(?:reactiveElement|litHtml|litElement)PolyfillSupport/, 'void 0'];
  const changes: Record<string, Change[]> = {
    'reactive-element.js': [
      // Where standard decorators keep what they say; ours are the others.
      [/Symbol\.metadata\?\?=Symbol\("metadata"\),\w+\.litPropertyMetadata\?\?=new WeakMap/, '0'],
      [/\w+\[Symbol\.metadata\]/, 'null'],
      POLYFILL,
      [/\(\w+\.reactiveElementVersions\?\?=\[\]\)\.push/, '(()=>{})'],
    ],
    'lit-html.js': [
      POLYFILL,
      // Its insides, for rendering on a server; of them our directives take one.
      [/\{M:\w+,P:\w+,[^}]*\b(I:\w+)[^}]*\}/, '{$1}'],
      [/\(\w+\.litHtmlVersions\?\?=\[\]\)\.push/, '(()=>{})'],
      [/(\w+\.createPolicy\("lit-html",\{[^}]*\}\))/, '(()=>{try{return $1}catch{}})()'],
    ],
    // Every browser that has light-dark(), without which the elements have no colours, has sheets that are adopted.
    'css-tag.js': [
      [/(?<=\w=)\w+\.ShadowRoot&&.*"replace"in CSSStyleSheet\.prototype/, '!0'],
      // Two errors for who writes styles, and one for who writes templates.
      [/if\((this\._\$cssResult\$=!0),\w+!==\w+\)throw Error\("[^"]*"\)/, '$1'],
      [/throw Error\("Value passed[^}]*/, ''],
    ],
    'repeat.js': [[/if\((super\(\w+\)),\w+\.type!==\w+\.CHILD\)throw Error\("[^"]*"\)/, '$1']],
    'lit-element.js': [
      [/\w+\.litElementHydrateSupport/, '(void 0)'],
      POLYFILL,
      [/\(\w+\.litElementVersions\?\?=\[\]\)\.push/, '(()=>{})'],
    ],
  };
  return {
    name: 'trunkline:quiet-lit',
    transform(code, id) {
      const file =
        /node_modules\/(?:@lit\/reactive-element|lit-html|lit-element)\/(?:development\/|directives\/)?([\w-]+\.js)$/.exec(
          id,
        )?.[1] ?? '';
      for (const [from, to] of changes[file] ?? []) {
        if (!from.test(code)) this.error(`Lit's ${file} has nothing like ${from.source} any more.`);
        code = code.replace(from, to);
      }
      return {code, map: null};
    },
  };
}

/** What `writeBundle` is given: the written files by name. */
type Bundle = Parameters<Extract<Plugin['writeBundle'], (...args: never[]) => unknown>>[1];

/** A file that the service worker keeps; see worker/service.ts. */
interface ShellFile {
  url: string;
  revision: string | null;
}

/** All files of the site. Those in assets/ have a hash in their name, so that the name alone says which version they are of. */
function shellOf(bundle: Bundle): ShellFile[] {
  return Object.values(bundle).map(file => ({
    url: file.fileName,
    revision: file.fileName.startsWith('assets/')
      ? null
      : createHash('sha256')
          .update(file.type === 'asset' ? file.source : file.code)
          .digest('hex')
          .slice(0, 16),
  }));
}

/**
 * Writes trunkline-sw.js beside the build: one classic script under a stable name, because service workers have no `import()`,
 * Firefox has classic ones only before 147, and a site's own service worker can take it in by `importScripts`.
 */
function serviceWorker(shell: (bundle: Bundle) => ShellFile[]): Plugin {
  return {
    name: 'trunkline-service-worker',
    apply: 'build',
    async writeBundle({dir}, bundle) {
      if (dir === undefined) throw new Error('The build has no folder to put trunkline-sw.js into.');
      await build({
        configFile: false,
        root: at('.'),
        logLevel: 'warn',
        define: {
          TRUNKLINE_SHELL: JSON.stringify(shell(bundle)),
          // Workbox says much in development, and not in the browser's own words.
          'process.env.NODE_ENV': '"production"',
        },
        build: {
          outDir: dir,
          emptyOutDir: false,
          target: 'es2022',
          lib: {
            entry: at('worker/service.ts'),
            formats: ['iife'],
            name: 'trunkline',
            fileName: () => 'trunkline-sw.js',
          },
        },
      });
    },
  };
}
