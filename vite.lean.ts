// What the build leaves out of the files that browsers load, so that the sources can stay readable: space and comments in styles and
// templates, and a licence said once a file of somebody's. Knows nothing of what is built; `npm run size` says what it comes to.
import type {Plugin, Rolldown} from 'vite';

/** Names and white space go; licences stay. */
export const leanOutput = {
  minify: true,
  comments: {legal: true, annotation: false, jsdoc: false},
  plugins: [leaner()],
} satisfies Rolldown.OutputOptions;

function leaner(): Rolldown.Plugin {
  return {
    name: 'trunkline:leaner',
    async generateBundle(_options, bundle) {
      // Not at the top: `leanCss` is tested in a browser, for which there is no Terser.
      const {shorten} = await import('./vite.shorten.js');
      for (const file of Object.values(bundle)) if (file.type === 'chunk') file.code = await shorten(file.code);
    },
  };
}

/** Lit's styles and templates are template literals, which no minifier looks into; its decorators cost more than what they stand for. */
export function lean(): Plugin {
  return {
    name: 'trunkline:lean',
    // Before TypeScript's own decorators are made of ours.
    enforce: 'pre',
    apply: 'build',
    transform: {
      filter: {id: /\/components\/[^/]+\.ts$/},
      handler(code) {
        const edits: Edit[] = [];
        collect(this.parse(code, {lang: 'ts'}), code, edits);
        edits.sort((one, other) => other.start - one.start);
        for (const {start, end, text} of edits) code = code.slice(0, start) + text + code.slice(end);
        return code.replace(/(?<=\bcss`)[^`]*(?=`)/g, leanCss);
      },
    },
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) if (file.type === 'chunk') file.code = leanLicences(file.code);
    },
  };
}

/** What to write in place of a stretch of a source. */
interface Edit {
  start: number;
  end: number;
  text: string;
}

/** A node of a syntax tree, as far as it is looked at. */
interface Node {
  type: string;
  start: number;
  end: number;
  name?: string;
  tag?: Node;
  quasi?: {quasis: Node[]};
  body?: Node & {body: Node[]};
  decorators?: {start: number; end: number; expression: Node & {callee?: Node; arguments?: Node[]}}[];
  key?: Node;
}

function collect(node: unknown, code: string, edits: Edit[]): void {
  if (typeof node !== 'object' || node === null) return;
  const {type, tag, quasi} = node as Node;
  if (type === 'TaggedTemplateExpression' && tag?.name === 'html') {
    // Each indentation is one space, which may be what stands between two words.
    for (const {start, end} of quasi?.quasis ?? []) {
      edits.push({start, end, text: code.slice(start, end).replace(/\s*\n\s*/g, ' ')});
    }
  } else if (type === 'ClassDeclaration') leanDecorators(node as Node, code, edits);
  for (const each of Object.values(node)) collect(each, code, edits);
}

/** `@property`, `@state`, `@query` and a class's own decorators, as Lit takes them without any: `static properties`, getters, a call. */
function leanDecorators({decorators = [], body}: Node, code: string, edits: Edit[]): void {
  if (!body) return;
  const properties: string[] = [];
  for (const {start, end, decorators: [decorator] = [], key} of body.body) {
    const {callee, arguments: [option] = []} = decorator?.expression ?? {};
    if (!decorator || !key) continue;
    const argument = option ? code.slice(option.start, option.end) : '{}';
    const isQuery = callee?.name === 'query';
    const text = isQuery ? `get ${key.name}() { return this.renderRoot?.querySelector(${argument}) ?? null; }` : '';
    edits.push(isQuery ? {start, end, text} : {start: decorator.start, end: decorator.end, text});
    if (!isQuery) properties.push(`${key.name}: ${callee?.name === 'state' ? '{state: true}' : argument}`);
  }
  const calls = decorators.map(({expression: {start, end}}) => `static { ${code.slice(start, end)}(this); }`);
  edits.push(...decorators.map(({start, end}) => ({start, end, text: ''})));
  if (properties.length > 0) calls.unshift(`static properties = {${properties.join(', ')}};`);
  edits.push({start: body.start + 1, end: body.start + 1, text: calls.join(' ')});
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
