// A chunk of the script that is asked for on first use: once a page, however many want it. Knows nothing of what is in it.
import {TrunkError} from './error.js';

/** Files asked for anew so far. */
let tries = 0;

/**
 * Makes what fetches a chunk and gives out its export `name`. What came is kept; after a failure the next call asks again.
 *
 * Firefox (153 at least) and Chromium before HTML's change of July 2026 (whatwg/html#10327) remember a failed import as long as the page
 * lives. Both name the file in their error, whatever name a bundler gave it, so it is asked for by an address that differs by a fragment:
 * another module for the browser, the same file for everybody else. No file runs twice by that: the one that failed never ran, and all
 * that want it get the one that came.
 *
 * @param load imports the chunk, literally
 * @throws TrunkError (by its promise) `load-failed`
 */
export function lateModule<M extends object, K extends keyof M>(load: () => Promise<M>, name: K): () => Promise<M[K]> {
  let loading: Promise<M[K]> | undefined;
  const fetch = async () => {
    try {
      const module = await load().catch(importAnew<M>);
      // A bundler may have made the whole module one export of its chunk.
      const places: M[] = [module, ...Object.values(module)];
      return (places.find(each => each[name]) as M)[name];
    } catch (cause) {
      loading = undefined;
      const message = 'A part of Trunkline’s script could not be loaded. If it stays away, reload the page.';
      throw new TrunkError('load-failed', message, cause);
    }
  };
  return () => (loading ??= fetch());
}

/** Imports the file that a browser's error names. */
function importAnew<M>(error: unknown): Promise<M> {
  const [, file] = /module: (\S+)$/.exec(String(error)) ?? [];
  if (!file) throw error;
  return import(/* webpackIgnore: true */ /* @vite-ignore */ `${file}#${++tries}`);
}
