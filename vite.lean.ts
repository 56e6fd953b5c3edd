// What the build leaves out of the files that browsers load, so that the sources can stay readable: space and comments in
// styles. Knows nothing of what is built; `npm run size` says what it comes to.
import type {Plugin, Rolldown} from 'vite';

/** Names and white space go; licences stay. */
export const leanOutput = {
  minify: true,
  comments: {legal: true, annotation: false, jsdoc: false},
} satisfies Rolldown.OutputOptions;

/** Lit's styles are template literals, which no minifier looks into. */
export function lean(): Plugin {
  return {
    name: 'trunkline:lean-styles',
    apply: 'build',
    transform: {
      filter: {id: /\/components\/[^/]+\.ts$/},
      handler: code => code.replace(/(?<=\bcss`)[^`]*(?=`)/g, leanCss),
    },
  };
}

/** CSS without what only its reader needs. */
export function leanCss(css: string): string {
  return (
    css
      .replace(/\/\*.*?\*\//gs, '')
      .replace(/\s+/g, ' ')
      .replace(/ ?([{};]) ?/g, '$1')
      // A space before a colon means "any descendant"; the one after it nothing.
      .replace(/([:,]) /g, '$1')
      .replaceAll(';}', '}')
      .trim()
  );
}
