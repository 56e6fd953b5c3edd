// Small checks for plain data that came over a port: each says whether a value has a shape, as deep as the receiver relies on it
// before it has looked at the contents.

export type Check = (value: unknown) => boolean;
export type Shape = Record<string, Check>;

export const text: Check = value => typeof value === 'string';
export const number: Check = value => typeof value === 'number';
export const flag: Check = value => typeof value === 'boolean';
export const list: Check = Array.isArray;
export const orNull =
  (check: Check): Check =>
  value =>
    value === null || check(value);
export const textOrNull = orNull(text);
export const numberOrNull = orNull(number);
export const recordOrNull: Check = value => value === null || isRecord(value);
export const oneOf =
  (...values: string[]): Check =>
  value =>
    values.includes(value as string);

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function shape(fields: Shape): Check {
  const checks = Object.entries(fields);
  return value => isRecord(value) && checks.every(([name, check]) => check(value[name]));
}

/** A union told apart by `field`; each kind has its own shape. */
export function union(field: string, kinds: Record<string, Shape>): Check {
  const shapes = new Map(Object.entries(kinds).map(([kind, fields]) => [kind, shape(fields)]));
  return value => isRecord(value) && (shapes.get(value[field] as string)?.(value) ?? false);
}
