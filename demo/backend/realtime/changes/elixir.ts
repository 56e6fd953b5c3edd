// Values as Elixir's `inspect` writes them, for the sentences in which the real server repeats what it was sent.

export function inspect(value: unknown): string {
  if (value === null || value === undefined) return 'nil';
  if (Array.isArray(value)) return `[${value.map(inspect).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `%{${fields.map(([key, item]) => `${inspect(key)} => ${inspect(item)}`).join(', ')}}`;
}

export const inspectTuple = (values: unknown[]) => `{${values.map(inspect).join(', ')}}`;
