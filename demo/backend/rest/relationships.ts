// Finds how two tables hang together: along a foreign key either way, or through a table that refers to both. More
// than one way is an error that names them all, as PostgREST's is.
import {RestError, unsupported} from './rest-error.js';
import type {ForeignKey, Schema, Table} from './schema-cache.js';
import {quote} from './sql.js';

export interface Relationship {
  target: Table;
  /** One row at most. */
  toOne: boolean;
  /** Columns on the parent's side and what they must equal. */
  pairs: {parent: string; child: string}[];
  /** SQL that ties the child's alias to the parent's. */
  condition(parent: string, child: string, schema: string): string;
}

interface Candidate {
  relationship: Relationship;
  /** Words by which a hint may choose this one. */
  hints: string[];
  /** Names by which the target may be asked for, besides the table's. */
  names: string[];
  cardinality: 'many-to-one' | 'one-to-one' | 'one-to-many' | 'many-to-many';
  described: string;
}

export function relate(
  schema: Schema,
  parent: Table | undefined,
  parentName: string,
  target: string,
  hint: string | undefined,
): {relationship: Relationship; target: Table} {
  const all = parent ? candidates(schema, parent) : [];
  // A key or a column, as a target, never means a view that shows it.
  let found = all.filter(
    ({relationship, names}) =>
      relationship.target.name === target || (!relationship.target.isView && names.includes(target)),
  );
  if (hint !== undefined) found = found.filter(one => one.hints.includes(hint));
  const [first, second] = found;
  if (!first) {
    if (schema.routines(target).length > 0) throw unsupported(`computed relationships (${target})`);
    throw new RestError(
      400,
      'PGRST200',
      `Could not find a relationship between '${parentName}' and '${target}' in the schema cache`,
      `Searched for a foreign key relationship between '${parentName}' and '${target}'${hint === undefined ? '' : ` using the hint '${hint}'`} in the schema '${schema.name}', but no matches were found.`,
    );
  }
  if (second) {
    throw new RestError(
      300,
      'PGRST201',
      `Could not embed because more than one relationship was found for '${parentName}' and '${target}'`,
      found.map(one => ({
        cardinality: one.cardinality,
        embedding: `${parentName} with ${target}`,
        relationship: one.described,
      })),
      `Try changing '${target}' to one of the following: ${found.map(one => `'${target}!${one.hints[0]}'`).join(', ')}. Find the desired relationship in the 'details' key.`,
    );
  }
  return {relationship: first.relationship, target: first.relationship.target};
}

function candidates(schema: Schema, parent: Table): Candidate[] {
  const found: Candidate[] = [];
  for (const key of schema.foreignKeys) {
    const to = schema.tableByOid(key.to);
    const from = schema.tableByOid(key.from);
    if (key.from === parent.oid && to) found.push(forward(key, to));
    if (key.to === parent.oid && from) found.push(backward(key, from));
    if (key.to === parent.oid && from) found.push(...through(schema, key, from));
  }
  return found;
}

function forward(key: ForeignKey, target: Table): Candidate {
  const pairs = key.fromColumns.map((parent, i) => ({parent, child: key.toColumns[i] ?? ''}));
  return {
    relationship: {target, toOne: true, pairs, condition: (p, c) => equal(pairs, p, c)},
    hints: [key.name, ...(key.fromColumns.length === 1 ? key.fromColumns : [])],
    names: [key.name, ...(key.fromColumns.length === 1 ? key.fromColumns : [])],
    cardinality: key.unique ? 'one-to-one' : 'many-to-one',
    described: `${key.name} using (${key.fromColumns.join(', ')}) and ${target.name}(${key.toColumns.join(', ')})`,
  };
}

function backward(key: ForeignKey, target: Table): Candidate {
  const pairs = key.toColumns.map((parent, i) => ({parent, child: key.fromColumns[i] ?? ''}));
  // A table that refers to itself has the same column on both sides; its own column then means the way up.
  const ownColumn = key.from === key.to ? [] : key.fromColumns;
  return {
    relationship: {target, toOne: key.unique, pairs, condition: (p, c) => equal(pairs, p, c)},
    hints: [key.name, ...(key.fromColumns.length === 1 ? [...ownColumn, ...key.toColumns] : [])],
    names: [key.name],
    cardinality: key.unique ? 'one-to-one' : 'one-to-many',
    described: `${key.name} using (${key.toColumns.join(', ')}) and ${target.name}(${key.fromColumns.join(', ')})`,
  };
}

/** Many-to-many: `junction` refers to the parent by `near` and to others by keys that are part of its primary key. */
function through(schema: Schema, near: ForeignKey, junction: Table): Candidate[] {
  const isKey = (columns: string[]) => columns.every(column => junction.primaryKey.includes(column));
  if (junction.isView || !isKey(near.fromColumns)) return [];
  return schema.foreignKeys
    .filter(far => far.from === junction.oid && far.name !== near.name && isKey(far.fromColumns))
    .flatMap(far => {
      const target = schema.tableByOid(far.to);
      if (!target) return [];
      const nearPairs = near.toColumns.map((parent, i) => ({parent, child: near.fromColumns[i] ?? ''}));
      const farPairs = far.toColumns.map((parent, i) => ({parent, child: far.fromColumns[i] ?? ''}));
      const relationship: Relationship = {
        target,
        toOne: false,
        pairs: nearPairs,
        condition: (p, c, schemaName) =>
          `exists (select from ${quote(schemaName)}.${quote(junction.name)} _j where ${equal(nearPairs, p, '_j')} and ${equal(farPairs, c, '_j')})`,
      };
      return [
        {
          relationship,
          hints: [junction.name],
          names: [],
          cardinality: 'many-to-many' as const,
          described: `${junction.name} using ${near.name}(${near.fromColumns.join(', ')}) and ${far.name}(${far.fromColumns.join(', ')})`,
        },
      ];
    });
}

function equal(pairs: {parent: string; child: string}[], parent: string, child: string): string {
  return pairs.map(pair => `${child}.${quote(pair.child)} = ${parent}.${quote(pair.parent)}`).join(' and ');
}
