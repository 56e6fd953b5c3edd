// How the sources become files. Four uses: the development server; `--mode site`, the demo as static pages; `--mode embed`,
// what a plain page loads (dist/trunkline.js and its worker); and the default, the npm package's modules (dist/npm).
import {existsSync} from 'node:fs';
import {resolve} from 'node:path';
import {defineConfig, type UserConfig} from 'vite';

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
    worker: {format: 'es'},
  };
  switch (mode) {
    case 'embed':
      return {...shared, ...library({trunkline: 'components/define.ts'}, 'dist')};
    case 'production':
      return {...shared, ...library(npmEntries, 'dist/npm', [/^lit(\/|$)/, '@lit/context'])};
    default:
      return {
        ...shared,
        build: {
          outDir: 'dist/site',
          target: 'es2022',
          rolldownOptions: {input: ['index.html', 'tabs.html'].filter(page => existsSync(at(page))).map(at)},
        },
      };
  }
});

/** ES modules with stable names; the worker lies beside them and is found relative to the module that starts it. */
function library(entry: Record<string, string>, outDir: string, external: (string | RegExp)[] = []): UserConfig {
  const chunkFileNames = 'chunks/[name]-[hash].js';
  return {
    worker: {format: 'es', rolldownOptions: {output: {entryFileNames: 'trunkline-worker.js', chunkFileNames}}},
    build: {
      outDir,
      // dist/npm lies inside dist, so neither build may sweep the other's files away.
      emptyOutDir: false,
      target: 'es2022',
      modulePreload: false,
      lib: {entry, formats: ['es'], fileName: (_format, name) => `${name}.js`},
      rolldownOptions: {external, output: {minify: true, chunkFileNames}},
    },
  };
}
