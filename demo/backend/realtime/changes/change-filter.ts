// The `filter` of a postgres_changes request: `column=op.value`, several joined by commas that mean AND. Parsed here,
// judged by Postgres, with the column's own type.
import {type Condition, parseFilter} from '../../rest/parser.js';
import {conditionSql, type Parameters, quote} from '../../rest/sql.js';

const operators = new Set('eq neq lt lte gt gte in like ilike is match imatch isdistinct'.split(' '));
const maxListed = 100;

export interface ChangeFilter {
  /** The text as sent: equal texts are judged once. */
  text: string;
  conditions: Condition[];
}

/** @throws {Error} whose message says what can't be read */
export function parseChangeFilter(text: string): ChangeFilter {
  const conditions = split(text).map(part => {
    const at = part.indexOf('=');
    const condition = at > 0 ? read(part.slice(0, at), part.slice(at + 1)) : undefined;
    if (!condition || !operators.has(condition.operator) || condition.quantifier || condition.field.path.length > 0) {
      throw new Error(`Error parsing \`filter\` params: ["${text}"]`);
    }
    if (Array.isArray(condition.value) && condition.value.length > maxListed) {
      throw new Error(`Error parsing \`filter\` params: an in filter takes ${maxListed} values at most`);
    }
    return condition;
  });
  return {text, conditions};
}

function read(column: string, value: string): Condition | undefined {
  try {
    const filter = parseFilter(column, value);
    return filter?.kind === 'condition' ? unquote(filter) : undefined;
  } catch {
    return undefined;
  }
}

/** `eq."a,b"`: quotes guard commas here, which a URL parameter needs no guard for. */
function unquote(condition: Condition): Condition {
  const {value} = condition;
  if (typeof value !== 'string' || !/^".*"$/s.test(value)) return condition;
  return {...condition, value: value.slice(1, -1).replace(/\\(.)/gs, '$1')};
}

/** At commas outside quotes and parentheses. */
function split(text: string): string[] {
  const parts: string[] = [];
  let [depth, inQuotes, start] = [0, false, 0];
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (inQuotes && c === '\\') i++;
    else if (c === '"') inQuotes = !inQuotes;
    else if (inQuotes) continue;
    else if (c === '(') depth++;
    else if (c === ')') depth--;
    else if (c === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...parts, text.slice(start)];
}

/** A row whose filtered columns were not sent never matches: nobody knows what they were. */
export function filterSees(filter: ChangeFilter, known: ReadonlySet<string> | ReadonlyMap<string, unknown>): boolean {
  return filter.conditions.every(condition => known.has(condition.field.name));
}

export function changeFilterSql(source: string, filter: ChangeFilter, parameters: Parameters): string {
  return filter.conditions
    .map(condition => `(${conditionSql(`${source}.${quote(condition.field.name)}`, condition, parameters, '*')})`)
    .join(' and ');
}
