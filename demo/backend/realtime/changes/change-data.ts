// The `data` of one change as a client gets it: the whole of it, what a role and a selection leave of it, or an error in
// its place. It decides nothing about who gets which.
import type {Change, Tuple} from './pgoutput.js';
import type {TableFacts} from './table-reader.js';

export const noPrimaryKey = 'Error 400: Bad Request, no primary key';
export const unauthorized = 'Error 401: Unauthorized';
export const policyFailed = 'Error 500: Internal Server Error, RLS policy evaluation failed';

/** Over this a payload keeps only its small values. */
const maxPayloadBytes = 1_048_576;
const smallValueBytes = 64;

type Values = Record<string, unknown>;

/** Nothing of the row, not even its time. */
export function errorData({relation, type}: Change, error: string): Values {
  return {
    schema: relation.schema,
    table: relation.table,
    type,
    commit_timestamp: null,
    columns: [],
    record: {},
    ...(type === 'UPDATE' ? {old_record: {}} : {}),
    errors: [error],
  };
}

/** @param shown whether a column may be in it */
export function changeData(
  change: Change,
  facts: TableFacts,
  record: Values,
  old: Values,
  shown: (column: string) => boolean,
): Values {
  const {relation, type} = change;
  const columns = [...facts.types].filter(([name]) => shown(name)).map(([name, typeName]) => ({name, type: typeName}));
  const data: Values = {
    schema: relation.schema,
    table: relation.table,
    type,
    commit_timestamp: change.committedAt,
    columns: columns.length > 0 ? columns : null,
    errors: null,
  };
  if (type !== 'DELETE') data['record'] = pick(record, shown);
  if (type === 'UPDATE') data['old_record'] = pick(old, shown);
  // Nobody can say who might have seen a row that is gone: where rows are guarded, no more than its key is told.
  const told = (name: string) => shown(name) && (!facts.rowSecurity || facts.primaryKey.includes(name));
  if (type === 'DELETE') data['old_record'] = pick(old, told);
  return shrink(data);
}

/** As Postgres's aggregate, which makes null of nothing. */
function pick(values: Values, shown: (column: string) => boolean): Values | null {
  const fields = Object.entries(values).filter(([name]) => shown(name));
  return fields.length > 0 ? Object.fromEntries(fields) : null;
}

function shrink(data: Values): Values {
  if (JSON.stringify(data).length <= maxPayloadBytes) return data;
  const isSmall = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? '') <= smallValueBytes;
  const cut: Values = {...data, errors: ['Error 413: Payload Too Large']};
  for (const key of ['record', 'old_record']) {
    const values = (data[key] ?? {}) as Values;
    if (key in data) cut[key] = pick(values, name => isSmall(values[name]));
  }
  return cut;
}

/** A large value that did not change is not in the log; where the old row was kept, it is there. */
export function recordTuple({type, row, old}: Change): Tuple {
  return type === 'UPDATE' ? new Map([...(old ?? []), ...(row ?? [])]) : (row ?? new Map());
}

/** The log says nothing of an old row whose key stayed: then it is the key. */
export function oldTuple({type, row, old}: Change, facts: TableFacts): Tuple {
  if (old) return old;
  return new Map([...(row ?? [])].filter(([name]) => type === 'UPDATE' && facts.primaryKey.includes(name)));
}
