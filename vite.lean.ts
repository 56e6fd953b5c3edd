// What the build leaves out of the files that browsers load, so that the sources can stay readable: space and comments in styles, and
// parts of realtime-js that can't run here. Knows nothing of what is built; `npm run size` says what it comes to.
import type {Plugin, Rolldown} from 'vite';

/** Names and white space go; licences stay. */
export const leanOutput = {
  minify: true,
  comments: {legal: true, annotation: false, jsdoc: false},
} satisfies Rolldown.OutputOptions;

/** For the page's build, and again for its workers', which is one of its own. */
export function lean(): Plugin[] {
  return [leanStyles(), leanRealtime()];
}

/** Lit's styles are template literals, which no minifier looks into. */
function leanStyles(): Plugin {
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

/**
 * Without what Supabase Realtime doesn't offer or a browser doesn't need: Phoenix's long polling, and the search for a WebSocket in
 * other runtimes (the hub always says which one). Fails when a new version of theirs has another form.
 */
function leanRealtime(): Plugin {
  const replacements: readonly [file: RegExp, part: RegExp, instead: string][] = [
    [/phoenix\/priv\/static\/phoenix\.mjs$/, /^var LongPoll = class \{$.*?^\};$/ms, 'var LongPoll = class {};'],
    [
      /realtime-js\/dist\/module\/lib\/websocket-factory\.js$/,
      /^export class WebSocketFactory \{$.*?^\}$/ms,
      'export class WebSocketFactory {}',
    ],
  ];
  return {
    name: 'trunkline:lean-realtime',
    apply: 'build',
    transform: {
      filter: {id: replacements.map(([file]) => file)},
      handler(code, id) {
        const [, part = /^$/, instead = ''] = replacements.find(([file]) => file.test(id)) ?? [];
        if (!part.test(code)) this.error(`${id} has another form than vite.lean.ts knows.`);
        return code.replace(part, instead);
      },
    },
  };
}
