// demo/backend/CONFORMANCE.md as text: writes it from the list of cases and their results, and reads the results back.
// Knows nothing of how a result came about.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {type Column, columnsOf, type Suite, suites} from './cases.js';

export const page = fileURLToPath(new URL('../../../demo/backend/CONFORMANCE.md', import.meta.url));
const introduction = fileURLToPath(new URL('./introduction.md', import.meta.url));

export const cellKey = (suite: string, name: string, column: Column) => [suite, name, column].join('\t');

/** The whole page. A case without a result is `not run`. */
export function renderPage(results: ReadonlyMap<string, string>): string {
  const parts = suites.map(suite => `### ${suite.name}\n\n${renderSuite(suite, results)}`);
  return [readFileSync(introduction, 'utf8').trimEnd(), summary(results), ...parts].join('\n\n') + '\n';
}

function renderSuite(suite: Suite, results: ReadonlyMap<string, string>): string {
  const columns: Column[] = suite.socket ? ['1.0.0', '2.0.0'] : ['result'];
  const heads = columns.map(column => (column === 'result' ? column : `vsn ${column}`));
  const rows = suite.cases.map(one => {
    const applying = columnsOf(suite, one);
    const cells = columns.map(column => {
      if (one.notOffered !== undefined) return 'not offered';
      if (!applying.includes(column)) return '—';
      return results.get(cellKey(suite.name, one.name, column)) ?? 'not run';
    });
    return [one.name, ...cells, one.notOffered ?? (applying.length < columns.length ? 'bytes need vsn 2.0.0' : '')];
  });
  const lines = [['case', ...heads, 'why'], ['---', ...heads.map(() => '---'), '---'], ...rows];
  return lines.map(cells => `| ${cells.map(escape).join(' | ')} |`).join('\n');
}

function summary(results: ReadonlyMap<string, string>): string {
  const rows = suites.map(suite => {
    const count = (column: Column, wanted: string) =>
      suite.cases.filter(one => results.get(cellKey(suite.name, one.name, column)) === wanted).length;
    const of = (column: Column) => `${count(column, 'pass')} / ${count(column, 'fail')}`;
    const cells = suite.socket ? [of('1.0.0'), of('2.0.0')] : [of('result'), ''];
    const refused = suite.cases.filter(one => one.notOffered !== undefined).length;
    return `| ${suite.name} | ${suite.cases.length} | ${cells.join(' | ')} | ${refused} |`;
  });
  const head = '| suite | cases | pass / fail, vsn 1.0.0 or no socket | pass / fail, vsn 2.0.0 | not offered |';
  return ['## Results', '', head, '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

/** Results by `cellKey`, as the page that is checked in has them. */
export function readTable(): Map<string, string> {
  const results = new Map<string, string>();
  let suite: Suite | undefined;
  for (const line of readFileSync(page, 'utf8').split('\n')) {
    if (line.startsWith('### ')) suite = suites.find(({name}) => name === line.slice(4));
    if (!suite || !line.startsWith('| ') || line.startsWith('| case') || line.startsWith('| ---')) continue;
    const [name = '', ...cells] = line.slice(2, -2).split(/(?<!\\) \| /);
    const columns: Column[] = suite.socket ? ['1.0.0', '2.0.0'] : ['result'];
    columns.forEach((column, i) => results.set(cellKey(suite?.name ?? '', unescape(name), column), cells[i] ?? ''));
  }
  return results;
}

const escape = (text: string) => text.replaceAll('|', '\\|');
const unescape = (text: string) => text.replaceAll('\\|', '|');
