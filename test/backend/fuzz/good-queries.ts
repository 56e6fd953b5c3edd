// Makes good query strings for the tables of support/rest-tables.ts: selects with embeds, filters that fit their columns, logic,
// orders, limits, at the top and inside embeds.
import type {Random} from './random.js';

/** Columns of a table, with operands that fit them. */
export const shapes: Record<string, Record<string, readonly string[]>> = {
  t: {
    id: ['1', '2', '4', '-1', '2147483647'],
    name: ['alpha', 'ga,mma', '"x"', '*a*', 'de"l(ta)'],
    n: ['1', '4', '0'],
    big: ['9007199254740993', '2'],
    arr: ['{1,2}', '{}', '{3}'],
    r: ['[1,5)', '(2,3]', 'empty'],
    data: ['{"k":"v"}', '[1,2]', 'null'],
    'data->k': ['"v"', '1'],
    'data->>k': ['v', ''],
    'data->a->b->>0': ['10'],
    'data->num': ['5'],
    body: ['fox', 'the quick fox'],
    words: ['fox', 'lazy'],
    loud_name: ['ALPHA'],
  },
  kids: {id: ['1', '3'], t_id: ['1', '2'], label: ['x', 'z']},
  t_view: {id: ['1', '2'], title: ['alpha'], loud: ['BETA']},
  t_view_view: {vid: ['1'], title: ['alpha']},
  kids_view: {id: ['1'], parent: ['2'], label: ['z']},
  one: {t_id: ['1'], extra: ['e1']},
  tags: {id: ['1'], tag: ['red']},
  t_tags: {t_id: ['1'], tag_id: ['2']},
};

export const selects: Record<string, readonly string[]> = {
  t: [
    ...[
      '*',
      'id,name',
      'id,x:data->a->b,data->>k',
      'big::text,n::float8',
      'id,loud_name',
      'arr->0,id',
      'count',
      'id,kids(*)',
    ],
    ...[
      'id,kids(label),one(extra),tags(tag)',
      'id,kids!inner(id,label)',
      'id,kids()',
      'id,k:kids(id,t(id,name))',
      'id,tags(tag,t_tags(t_id))',
    ],
    ...['id,kids(count)', 'id,kids!kids_t_id_fkey(label)', 'id,t_tags(...tags(tag))', '*,kids_view(*)', ''],
  ],
  kids: ['*,t(*)', 'id,...t(name,n)', 'id,up:t_id(name)', 'label,t!inner(id,tags(tag))', 'id,t_view(title)', 'id,t()'],
  t_view: ['*', 'id,kids(label)', 'title,tags(tag)', 'id,one(extra)', 'id,kids_view(label,t(name))'],
  t_view_view: ['*', 'vid,kids(id)'],
  kids_view: ['label,parent(name)', 'label,t(id)'],
  one: ['extra,t(name)', '*'],
  tags: ['tag,t(id,name)', 'tag,t_view(title)', '*,t_tags(*)'],
  t_tags: ['*,t(name),tags(tag)'],
};

const embeds = ['kids', 'one', 'tags', 't', 'k', 't_tags', 't_view', 'kids_view'];
export const comparisons = 'eq neq gt gte lt lte isdistinct not.eq not.gt eq(any) gt(all)'.split(' ');
export const operators =
  'like ilike match imatch like(any) ilike(all) not.like in not.in is not.is cs cd ov sl sr nxl nxr adj fts plfts phfts wfts fts(english) wfts(simple) not.fts(french)'.split(
    ' ',
  );
function filterOf(random: Random, table: string): [string, string] {
  const shape = shapes[table] ?? {};
  const key = random.pick(Object.keys(shape));
  const values = shape[key] ?? [''];
  const value = random.pick(values);
  if (random.chance(0.65)) {
    const operator = random.pick(comparisons);
    return [key, `${operator}.${/\(/.test(operator) ? `{${value.replace(/[{}"\\,]/g, '')}}` : value}`];
  }
  const operator = random.pick(operators);
  if (operator.endsWith('in')) return [key, `${operator}.(${values.map(one => JSON.stringify(one)).join(',')})`];
  if (operator.endsWith('is')) return [key, `${operator}.${random.pick(['null', 'not_null', 'true', 'unknown'])}`];
  return [key, `${operator}.${/\(a/.test(operator) ? `{${value.replace(/[{}"\\,]/g, '')}}` : value}`];
}

/** A condition as it stands in a logic tree. */
function leafOf(random: Random, table: string): string {
  if (random.chance(0.15)) return `${random.pick(embeds)}.${random.pick(['is.null', 'not.is.null'])}`;
  const [key, value] = filterOf(random, table);
  const dot = value.indexOf('.');
  const operand = value.slice(dot + 1);
  return /[,()]/.test(operand) && !operand.startsWith('(') && !operand.startsWith('{') && !value.startsWith('not')
    ? `${key}.${value.slice(0, dot)}.${JSON.stringify(operand)}`
    : `${key}.${value}`;
}

function treeOf(random: Random, table: string, depth = 0): string {
  const parts = Array.from({length: 1 + random.below(3)}, () =>
    depth < 3 && random.chance(0.25)
      ? `${random.pick(['and', 'or', 'not.and', 'not.or'])}${treeOf(random, table, depth + 1)}`
      : leafOf(random, table),
  );
  return `(${parts.join(',')})`;
}

function orderOf(random: Random, table: string): string {
  const terms = Array.from({length: 1 + random.below(2)}, () => {
    const key = random.pick(Object.keys(shapes[table] ?? {id: []}));
    return `${key}${random.pick(['', '.asc', '.desc'])}${random.pick(['', '.nullsfirst', '.nullslast'])}`;
  });
  return terms.join(',');
}

export function readPairs(random: Random, table: string): [string, string][] {
  const pairs: [string, string][] = [];
  const select = random.pick(selects[table] ?? ['*']);
  if (random.chance(0.85)) pairs.push(['select', select]);
  for (let n = random.below(3); n > 0; n--) pairs.push(filterOf(random, table));
  if (random.chance(0.3)) pairs.push([random.pick(['or', 'and', 'not.or', 'not.and']), treeOf(random, table)]);
  if (random.chance(0.4)) pairs.push(['order', orderOf(random, table)]);
  if (random.chance(0.3)) pairs.push(['limit', random.pick(['0', '1', '3', '100'])]);
  if (random.chance(0.2)) pairs.push(['offset', random.pick(['0', '1', '2'])]);
  const inside = /(\w+)(?:!\w+)*\(/.exec(select)?.[1];
  if (inside !== undefined && shapes[inside] && random.chance(0.5)) {
    const [key, value] = filterOf(random, inside);
    pairs.push([`${inside}.${key}`, value]);
    if (random.chance(0.4)) pairs.push([`${inside}.order`, orderOf(random, inside)]);
    if (random.chance(0.3)) pairs.push([`${inside}.limit`, '1']);
    if (random.chance(0.2)) pairs.push([`${inside}.or`, treeOf(random, inside, 2)]);
  }
  return pairs;
}
