// Compares what an element's manifest says with what its sources do: parts, CSS properties and events, both ways. Reads templates
// as text; knows nothing of Lit.

interface Named {
  name: string;
  description?: string;
}

/** The fields of a custom-elements.json declaration this looks at. */
export interface ElementDeclaration {
  customElement?: boolean;
  tagName?: string;
  summary?: string;
  attributes?: Named[];
  cssParts?: Named[];
  cssProperties?: Named[];
  events?: Named[];
  slots?: Named[];
}

/** Everything that is in the code and not in the manifest, or the other way round. `sources` is path → text. */
export function undocumented(
  path: string,
  element: ElementDeclaration,
  sources: ReadonlyMap<string, string>,
): string[] {
  const text = [...ownFiles(path, sources)].map(file => sources.get(file)).join('\n');
  const documented = (list: Named[] | undefined) => new Set(list?.map(({name}) => name));
  const problems: string[] = [];
  if (!element.summary) problems.push('has no @summary');
  for (const list of [element.attributes, element.cssParts, element.cssProperties, element.events, element.slots]) {
    for (const {name, description} of list ?? [])
      if (!description) problems.push(`${name || 'the slot'} has no description`);
  }

  const parts = partsIn(text);
  const knownParts = documented(element.cssParts);
  for (const part of parts) if (!knownParts.has(part)) problems.push(`@csspart ${part} is missing`);
  for (const part of knownParts) if (!parts.has(part)) problems.push(`@csspart ${part} is in no template`);

  const knownProperties = documented(element.cssProperties);
  for (const [property] of text.matchAll(/--trunk-[a-z-]+/g)) {
    if (!knownProperties.has(property)) problems.push(`@cssprop ${property} is missing`);
    knownProperties.add(property);
  }

  const knownEvents = documented(element.events);
  for (const [, name = ''] of text.matchAll(/extends Event\b[^]*?super\('([^']+)'/g)) {
    if (!knownEvents.has(name)) problems.push(`@fires ${name} is missing`);
  }
  return problems;
}

/** An element's file and what it imports of components/, without other elements and the styles all share. */
function ownFiles(path: string, sources: ReadonlyMap<string, string>, seen = new Set<string>()): Set<string> {
  const text = sources.get(path);
  if (text === undefined || seen.has(path)) return seen;
  if (seen.size > 0 && (/extends L(it|ate)Element\b/.test(text) || path.endsWith('/base.styles.ts'))) return seen;
  seen.add(path);
  for (const [, target = ''] of text.matchAll(/(?:from |import\()'\.\/([^']+)\.js'/g)) {
    ownFiles(path.replace(/[^/]+$/, `${target}.ts`), sources, seen);
  }
  return seen;
}

function partsIn(text: string): Set<string> {
  const parts = new Set<string>();
  const add = (words: string) => words.split(/\s+/).forEach(word => /^[a-z][a-z-]*$/.test(word) && parts.add(word));
  for (const [, plain, expression] of text.matchAll(/[\s<]part=(?:"([^"]*)"|\$\{([^}]*)\})/g)) {
    if (plain !== undefined) add(plain.replace(/\$\{[^}]*\}/g, ' '));
    for (const [, literal = ''] of (expression ?? '').matchAll(/'([^']*)'/g)) add(literal);
  }
  // `inner: outer` renames; otherwise a part keeps its name.
  for (const [, list = ''] of text.matchAll(/exportparts="([^"]*)"/g)) {
    for (const each of list.split(',')) add(each.split(':').at(-1) ?? '');
  }
  return parts;
}
