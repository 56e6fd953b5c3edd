// How the sources become files. Four uses: the development server; `--mode site`, the demo as static pages; `--mode embed`,
// what a plain page loads (dist/trunkline.js and its workers); and the default, the npm package's modules (dist/npm).
import {createHash} from 'node:crypto';
import {existsSync} from 'node:fs';
import {resolve} from 'node:path';
import {build, defineConfig, type Plugin, type UserConfig} from 'vite';
import {lean, leanOutput} from './vite.lean.js';

const at = (path: string) => resolve(import.meta.dirname, path);

/** The npm package's modules, by file name in dist/npm; package.json's `exports` gives them their public names. */
const npmEntries = {
  define: 'components/define.ts',
  components: 'components/index.ts',
  controllers: 'src/controllers/index.ts',
  client: 'src/client/index.ts',
};

// Vite wants a default export.
export default defineConfig(({mode}): UserConfig => {
  const shared: UserConfig = {
    base: './',
    server: {host: '127.0.0.1'},
    preview: {host: '127.0.0.1'},
    worker: {format: 'es', plugins: lean},
    plugins: [lean(), hubSource()],
    build: {rolldownOptions: {checks: {pluginTimings: false}}},
  };
  switch (mode) {
    case 'embed':
      return {
        ...shared,
        ...library({trunkline: 'components/define.ts'}, 'dist'),
        // The files of the site that this is put on are not ours to keep.
        plugins: [lean(), hubSource(), serviceWorker(() => [])],
      };
    case 'production':
      return {...shared, ...library(npmEntries, 'dist/npm', [/^lit(\/|$)/, '@lit/context'])};
    default:
      return {
        ...shared,
        plugins: [lean(), hubSource(), serviceWorker(shellOf)],
        build: {
          outDir: 'dist/site',
          target: 'es2022',
          // How long a plugin took is nobody's business who starts the demo.
          rolldownOptions: {
            checks: {bundlerTimings: false},
            input: ['index.html', 'tabs.html'].filter(page => existsSync(at(page))).map(at),
          },
        },
      };
  }
});

/** ES modules with stable names; the worker lies beside them and is found relative to the module that starts it. */
function library(entry: Record<string, string>, outDir: string, external: (string | RegExp)[] = []): UserConfig {
  const chunkFileNames = 'chunks/[name]-[hash].js';
  return {
    worker: {
      format: 'es',
      plugins: lean,
      rolldownOptions: {output: {...leanOutput, entryFileNames: 'trunkline-worker.js', chunkFileNames}},
    },
    build: {
      outDir,
      // dist/npm lies inside dist, so neither build may sweep the other's files away.
      emptyOutDir: false,
      target: 'es2022',
      modulePreload: false,
      lib: {entry, formats: ['es'], fileName: (_format, name) => `${name}.js`},
      rolldownOptions: {
        external,
        // What a chunk shares with its entry stays in the entry: one file fewer to load. A package's exports stay what they are.
        preserveEntrySignatures: external.length > 0 ? 'strict' : 'allow-extension',
        output: {...leanOutput, chunkFileNames},
      },
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
        plugins: [lean()],
        build: {
          write: false,
          target: 'es2022',
          lib: {entry: at('worker/inline.ts'), formats: ['es']},
          // A blob has no folder to load a chunk from.
          rolldownOptions: {output: {...leanOutput, codeSplitting: false}},
        },
      });
      const [output] = [built].flat();
      const code = output && 'output' in output ? output.output[0].code : '';
      return `export default ${JSON.stringify(code)}`;
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
