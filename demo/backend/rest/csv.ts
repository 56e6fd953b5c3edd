// CSV as PostgREST reads and writes it. In: a line of names, then rows of text, where NULL is null. Out: Postgres's own text
// of a row without its brackets.

/** Rows as a list of objects; undefined when the lines differ in length or a quote stays open. */
export function parseCsv(text: string): Record<string, string | null>[] | undefined {
  const records: string[][] = [];
  let record: string[] = [];
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|\n|\r|$)/gy;
  while (field.lastIndex < text.length || record.length > 0) {
    const found = field.exec(text);
    if (!found) return undefined;
    const [, value = '', end] = found;
    record.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (end === ',') continue;
    if (record.length > 1 || record[0] !== '') records.push(record); // an empty line is none
    record = [];
  }
  const [names, ...rows] = records;
  if (!names || rows.some(row => row.length !== names.length)) return undefined;
  return rows.map(row => Object.fromEntries(names.map((name, i) => [name, row[i] === 'NULL' ? null : (row[i] ?? '')])));
}

/** SQL that aggregates rows called `alias` to CSV. */
export function csvSql(alias: string): string {
  const names = `(select string_agg(_k, ',') from json_object_keys(row_to_json(${alias})) _k)`;
  const body = `string_agg(substring(${alias}::text, 2, length(${alias}::text) - 2), E'\\n')`;
  return `coalesce((array_agg(${names}))[1], '') || E'\\n' || coalesce(${body}, '')`;
}
