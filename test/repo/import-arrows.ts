// Reads TypeScript sources and says where they break the arrows of the house: who may import whom, which package belongs
// where, and that the hub takes its surroundings from its environment. Knows paths and syntax, nothing of what the code does.
import {parseAst} from 'vite';

/** One thing a file points at: by `import`/`export … from` (`static`), by `import()` or by `new URL(…, import.meta.url)`. */
export interface Reference {
  how: 'static' | 'type' | 'dynamic' | 'url';
  target: string;
}

export interface Violation {
  file: string;
  what: string;
}

type Node = {type: string} & Record<string, unknown>;

/** A part of the house: which other parts it may import (in any way), and which packages. */
interface Room {
  name: string;
  path: RegExp;
  imports: readonly string[];
  packages: RegExp;
  /** References allowed beyond `imports`, as `how room`. */
  also?: readonly string[];
}

const NONE = /^$/;
const LIT = /^(lit(\/.*)?|@lit\/context)$/;

/** The first room whose path fits is a file's room. */
const rooms: readonly Room[] = [
  {name: 'wire', path: /^src\/wire\//, imports: [], packages: NONE},
  {name: 'hub/supabase', path: /^src\/hub\/supabase\//, imports: ['hub', 'wire'], packages: /^@supabase\//},
  {name: 'hub', path: /^src\/hub\//, imports: ['hub/supabase', 'wire'], packages: /^idb$/},
  {
    name: 'client',
    path: /^src\/client\//,
    imports: ['wire'],
    // `trunkline:hub-source` is made by the build.
    packages: /^(workbox-window|trunkline:hub-source)$/,
    // Both keep the hub out of the page's first load: the in-page host only when it is needed, the worker never.
    also: ['dynamic hub', 'url worker'],
  },
  {name: 'controllers', path: /^src\/controllers\//, imports: ['client', 'wire'], packages: LIT},
  // Controllers are the only door from the client to the elements: of the client an element may know the types. Only the
  // provider and the script tag make clients.
  {
    name: 'provider',
    path: /^components\/(provider|script-client)\.ts$/,
    imports: ['components', 'controllers', 'client', 'wire'],
    packages: LIT,
  },
  {
    name: 'components',
    path: /^components\//,
    imports: ['provider', 'controllers', 'wire'],
    packages: LIT,
    also: ['type client'],
  },
  {name: 'service worker', path: /^worker\/service\.ts$/, imports: ['hub', 'wire'], packages: /^workbox-precaching$/},
  {name: 'worker', path: /^worker\//, imports: ['hub', 'wire'], packages: NONE},
  {name: 'process', path: /^demo\/node\//, imports: [], packages: /^node:.*$/},
  {name: 'backend', path: /^demo\/backend\//, imports: ['process'], packages: /^(node:.*|pg|ws)$/},
  {name: 'start', path: /^demo\/start\.ts$/, imports: ['backend', 'process'], packages: /^(node:.*|vite)$/},
  {name: 'demo', path: /^demo\//, imports: ['components', 'provider', 'controllers', 'client', 'wire'], packages: LIT},
];

/** Packages that only one file of their room may import. */
const ONE_FILE = ['idb', 'workbox-window', 'workbox-precaching'];

/** Imports a file anew by the address that the browser calls it by. */
const BY_ADDRESS = 'src/wire/late-module.ts';

/** The one file of the hub that knows it runs in a browser. */
/** What gives the hub its surroundings, in a worker or page and in a service worker. */
const ENVIRONMENTS = ['src/hub/browser-environment.ts', 'src/hub/browser-drain.ts'];

const AMBIENT = new Set(
  'navigator performance indexedDB setTimeout setInterval clearTimeout clearInterval self window document globalThis location localStorage'.split(
    ' ',
  ),
);

/** All violations in these files, given as path from the root → source. */
export function checkArrows(sources: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = [];
  const users = new Map<string, string[]>();
  for (const [file, source] of sources) {
    const room = roomOf(file);
    if (!room) continue;
    const program = parse(file, source);
    for (const reference of referencesOf(program)) {
      const what = judge(file, room, reference);
      if (what) violations.push({file, what});
      if (ONE_FILE.includes(reference.target))
        users.set(reference.target, [...(users.get(reference.target) ?? []), file]);
    }
    if (file.startsWith('src/hub/') && !ENVIRONMENTS.includes(file)) {
      for (const name of ambientReads(program))
        violations.push({file, what: `reads ${name}; take it from the environment`});
    }
  }
  for (const [name, files] of users) {
    const [first, ...others] = [...new Set(files)].sort();
    for (const file of others)
      violations.push({file, what: `imports ${name}, which is the business of ${first} alone`});
  }
  return violations;
}

/** Everything a source points at, in order. */
export function referencesOf(program: Node): Reference[] {
  const references: Reference[] = [];
  walk(program, node => {
    const target = literal(node['source']);
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
        if (target !== undefined) references.push({how: isTypeOnly(node) ? 'type' : 'static', target});
        break;
      case 'ImportExpression':
        references.push({how: 'dynamic', target: target ?? '(computed)'});
        break;
      case 'TSImportType':
        references.push({how: 'type', target: target ?? '(computed)'});
        break;
      case 'NewExpression': {
        const [first, second] = node['arguments'] as Node[];
        if (
          (node['callee'] as Node)['name'] === 'URL' &&
          second?.type === 'MemberExpression' &&
          isImportMeta(second['object'])
        ) {
          references.push({how: 'url', target: literal(first) ?? '(computed)'});
        }
        break;
      }
    }
  });
  return references;
}

function judge(file: string, room: Room, {how, target}: Reference): string | undefined {
  if (file === BY_ADDRESS && how === 'dynamic') return undefined;
  if (target === '(computed)') return `points at a computed ${how === 'url' ? 'URL' : 'module'}; write it literally`;
  if (!target.startsWith('.')) {
    if (how === 'url' || room.packages.test(target)) return undefined;
    return `imports the package ${target}, which does not belong in ${room.name}`;
  }
  const path = resolve(file, target);
  const to = roomOf(path);
  // A URL of something that is no code, such as a folder of SQL, is no import.
  if (!to) return how === 'url' ? undefined : `points outside the house, at ${path}`;
  if (to === room || room.imports.includes(to.name) || room.also?.includes(`${how} ${to.name}`)) return undefined;
  return `points at ${to.name} (${how} ${target}), which ${room.name} may not`;
}

/** Names of ambient browser things a program reads, other than as types and other than its own variables of that name. */
function ambientReads(program: Node): string[] {
  const bound = new Set<string>();
  walk(program, node => {
    if (node.type === 'VariableDeclarator') bindings(node['id'], bound);
    if (Array.isArray(node['params'])) node['params'].forEach(param => bindings(param, bound));
    if (/^Import.*Specifier$/.test(node.type)) bindings(node['local'], bound);
  });
  const found = new Set<string>();
  const read = (value: unknown) => {
    if (!isNode(value)) return;
    if (value.type === 'Identifier' && AMBIENT.has(String(value['name'])) && !bound.has(String(value['name']))) {
      found.add(String(value['name']));
    }
    // In Date.now and new Date() it is the clock that is read, not the calendar.
    if (value.type === 'MemberExpression' && nameOf(value['object']) === 'Date' && nameOf(value['property']) === 'now')
      found.add('Date.now');
    if (
      value.type === 'NewExpression' &&
      nameOf(value['callee']) === 'Date' &&
      (value['arguments'] as Node[]).length === 0
    )
      found.add('new Date()');
    for (const [key, child] of Object.entries(value)) {
      const isName = (key === 'property' || key === 'key') && value['computed'] !== true;
      const isType = isNode(child) && child.type.startsWith('TS') && !/Expression$|Assertion$/.test(child.type);
      if (isName || isType || key === 'typeAnnotation' || key === 'returnType') continue;
      (Array.isArray(child) ? child : [child]).filter(each => !isTypeDeclaration(each)).forEach(read);
    }
  };
  read(program);
  return [...found];
}

/** The names a pattern binds. */
function bindings(pattern: unknown, into: Set<string>): void {
  if (!isNode(pattern)) return;
  if (pattern.type === 'Identifier') into.add(String(pattern['name']));
  if (pattern.type === 'Property') return bindings(pattern['value'], into);
  for (const key of ['properties', 'elements', 'left', 'argument', 'parameter']) {
    const child = pattern[key];
    (Array.isArray(child) ? child : [child]).forEach(each => bindings(each, into));
  }
}

function parse(file: string, source: string): Node {
  return parseAst(source, {lang: 'ts'}, file) as unknown as Node;
}

/** For tests of `referencesOf`. */
export function parseSource(source: string): Node {
  return parse('source.ts', source);
}

function roomOf(path: string): Room | undefined {
  return rooms.find(room => room.path.test(path));
}

function resolve(file: string, target: string): string {
  return new URL(target, `file:///${file}`).pathname.slice(1).replace(/\.js$/, '.ts');
}

function isTypeOnly(node: Node): boolean {
  if (node['importKind'] === 'type' || node['exportKind'] === 'type') return true;
  const specifiers = node['specifiers'] as Node[] | undefined;
  return (
    !!specifiers?.length && specifiers.every(each => each['importKind'] === 'type' || each['exportKind'] === 'type')
  );
}

function isTypeDeclaration(value: unknown): boolean {
  return isNode(value) && value.type.startsWith('TS') && !/Expression$|Assertion$|ParameterProperty$/.test(value.type);
}

function isImportMeta(value: unknown): boolean {
  return isNode(value) && value.type === 'MetaProperty';
}

function nameOf(value: unknown): string | undefined {
  return isNode(value) && value.type === 'Identifier' ? String(value['name']) : undefined;
}

function literal(value: unknown): string | undefined {
  return isNode(value) && value.type === 'Literal' && typeof value['value'] === 'string' ? value['value'] : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as {type?: unknown}).type === 'string';
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const child of Object.values(node)) {
    for (const each of Array.isArray(child) ? child : [child]) if (isNode(each)) walk(each, visit);
  }
}
