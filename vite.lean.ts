// What the build leaves out of the files that browsers load, so that the sources can stay readable: space and comments in styles and
// templates, and a licence said once a file of somebody's. Knows nothing of what is built; `npm run size` says what it comes to.
import type {Plugin, Rolldown} from 'vite';

/** Names and white space go; licences stay. */
export const leanOutput = {
  minify: true,
  comments: {legal: true, annotation: false, jsdoc: false},
} satisfies Rolldown.OutputOptions;

/** Lit's styles and templates are template literals, which no minifier looks into. */
export function lean(): Plugin {
  return {
    name: 'trunkline:lean',
    apply: 'build',
    transform: {
      filter: {id: /\/components\/[^/]+\.ts$/},
      handler(code) {
        return leanHtml(code, this.parse(code, {lang: 'ts'})).replace(/(?<=\bcss`)[^`]*(?=`)/g, leanCss);
      },
    },
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) if (file.type === 'chunk') file.code = leanLicences(file.code);
    },
  };
}

/** The source with each indentation inside a template one space, which may be what stands between two words. */
function leanHtml(code: string, program: object): string {
  const breaks: {start: number; end: number}[] = [];
  const look = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const {type, tag, quasi} = node as {type?: string; tag?: {name?: string}; quasi?: {quasis: typeof breaks}};
    if (type === 'TaggedTemplateExpression' && tag?.name === 'html') breaks.push(...(quasi?.quasis ?? []));
    Object.values(node).forEach(look);
  };
  look(program);
  breaks.sort((a, b) => b.start - a.start);
  for (const {start, end} of breaks) {
    code = code.slice(0, start) + code.slice(start, end).replace(/\s*\n\s*/g, ' ') + code.slice(end);
  }
  return code;
}

/** Every licence once, at the end. */
function leanLicences(code: string): string {
  const licences = new Set<string>();
  const rest = code.replace(/\/\*\*\s*\* @license[^]*?\*\/\s*/g, licence => {
    licences.add(licence.trim());
    return '';
  });
  return [rest, ...licences].join('\n');
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
      // What reads as a name needs no quotes.
      .replace(/(?<=\[[\w~]+=)'([a-z]+)'(?=\])/g, '$1')
      .replaceAll(';}', '}')
      .trim()
  );
}
