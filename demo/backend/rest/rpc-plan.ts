// Chooses the function a call means, by the names of its arguments, and writes the call. It runs nothing.
import type {Arguments} from './arguments.js';
import {RestError} from './rest-error.js';
import type {Argument, Routine, Schema} from './schema-cache.js';
import {arrayLiteral, type Parameters, quote} from './sql.js';

export function chooseRoutine(schema: Schema, name: string, given: Arguments): Routine {
  const routines = schema.routines(name);
  const names =
    given.from === 'text'
      ? [...new Set(given.pairs.map(([key]) => key))]
      : given.from === 'json'
        ? Object.keys(given.object ?? {})
        : [];
  const isNamed = given.from === 'text' || (given.from === 'json' && given.object !== undefined);
  const matching = routines.filter(
    routine =>
      isNamed &&
      names.every(key => routine.arguments.some(argument => argument.name === key)) &&
      routine.arguments.every(argument => !argument.required || names.includes(argument.name)),
  );
  const whole = routines.filter(routine => takesWhole(routine, given));
  const [first, second] = matching.length > 0 ? matching : whole;
  if (!first) throw notFound(schema, name, names);
  if (second) {
    const list = matching.map(
      one => `${schema.name}.${name}(${one.arguments.map(a => `${a.name} => ${a.type}`).join(', ')})`,
    );
    throw new RestError(
      300,
      'PGRST203',
      `Could not choose the best candidate function between: ${list.join(', ')}`,
      null,
      'Try renaming the parameters or the function itself in the database so function overloading can be resolved',
    );
  }
  return first;
}

function notFound(schema: Schema, name: string, names: string[]): RestError {
  const call = names.length > 0 ? `${schema.name}.${name}(${names.join(', ')})` : `${schema.name}.${name}`;
  const plural = names.length === 1 ? 'parameter' : 'parameters';
  const searched = names.length > 0 ? `with ${plural} ${names.join(', ')}` : 'without parameters';
  const other = schema.routineNames.find(one => one === name) ?? nearest(name, schema.routineNames);
  const twin = schema.routines(other ?? '')[0];
  return new RestError(
    404,
    'PGRST202',
    `Could not find the function ${call}${names.length > 0 ? '' : ' without parameters'} in the schema cache`,
    `Searched for the function ${schema.name}.${name} ${searched} or with a single unnamed json/jsonb parameter, but no matches were found in the schema cache.`,
    other === undefined
      ? null
      : `Perhaps you meant to call the function ${schema.name}.${other}${twin && twin.arguments.length > 0 ? `(${twin.arguments.map(a => a.name).join(', ')})` : ''}`,
  );
}

/** The likeliest of `names` for a misspelt one, or undefined. */
export function nearest(name: string, names: string[]): string | undefined {
  const pairs = (text: string) => new Set([...text].slice(1).map((c, i) => (text[i] ?? '') + c));
  const own = pairs(name);
  const scored = names.map(other => {
    const theirs = pairs(other);
    const shared = [...own].filter(pair => theirs.has(pair)).length;
    return {other, score: (2 * shared) / (own.size + theirs.size || 1)};
  });
  const [best] = scored.sort((a, b) => b.score - a.score);
  return best && best.score > 0.5 ? best.other : undefined;
}

export function callSql(schema: Schema, routine: Routine, given: Arguments, parameters: Parameters): string {
  const target = `${quote(schema.name)}.${quote(routine.name)}`;
  if (given.from === 'raw')
    return `${target}(${parameters.add(given.type === 'bytea' ? given.body : given.body.toString())}::${given.type})`;
  if (takesWhole(routine, given) && !(given.from === 'json' && given.object && matchesByName(routine, given.object)))
    return `${target}(${parameters.add(given.from === 'json' ? given.text : '{}')}::${routine.body})`;
  const used: {argument: Argument; value: string}[] = [];
  const record: string[] = [];
  for (const argument of routine.arguments) {
    if (given.from === 'text') {
      const values = given.pairs.filter(([key]) => key === argument.name).map(([, value]) => value);
      const isList = argument.variadic && !(values.length === 1 && values[0]?.startsWith('{'));
      const value = values.length > 0 && isList ? arrayLiteral(values) : values.at(-1);
      if (value !== undefined) used.push({argument, value: `${parameters.add(value)}::${argument.type}`});
    } else if (given.object && Object.hasOwn(given.object, argument.name)) {
      record.push(`${quote(argument.name)} ${argument.type}`);
      used.push({argument, value: `(select ${quote(argument.name)} from _arguments)`});
    }
  }
  const list = used.map(
    ({argument, value}) => `${argument.variadic ? 'variadic ' : ''}${quote(argument.name)} => ${value}`,
  );
  return `${target}(${list.join(', ')})`;
}

/** The `with` entry that reads a body's arguments; undefined when none is needed. */
export function argumentsSql(routine: Routine, given: Arguments, parameters: Parameters): string | undefined {
  if (given.from !== 'json' || !given.object) return undefined;
  const object = given.object;
  const fields = routine.arguments.filter(argument => argument.name !== '' && Object.hasOwn(object, argument.name));
  if (fields.length === 0) return undefined;
  const list = fields.map(argument => `${quote(argument.name)} ${argument.type}`).join(', ');
  return `_arguments as materialized (select * from json_to_record(${parameters.add(given.text)}::json) as _ (${list}))`;
}

/** The body goes, whole, into the function's one unnamed argument. */
function takesWhole(routine: Routine, given: Arguments): boolean {
  if (given.from === 'raw') return routine.body === given.type;
  return given.from === 'json' && (routine.body === 'json' || routine.body === 'jsonb');
}

function matchesByName(routine: Routine, object: Record<string, unknown>): boolean {
  const names = Object.keys(object);
  return names.length > 0 && names.every(key => routine.arguments.some(argument => argument.name === key));
}
