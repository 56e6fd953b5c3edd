// What tabs show: at the end the table, exactly; at every moment before nothing twice, nothing moved, nothing that is not there.
import type {Report} from './checker.js';
import {groupBy, type Evidence, type Row, type Sighting, type TabView} from './evidence.js';
import type {Wrong} from './checker.js';

export function checkTabs({tabs, rows}: Pick<Evidence, 'tabs' | 'rows'>, report: Report): void {
  const chats = groupBy(rows, row => row.chat);
  for (const chat of chats.values()) chat.sort((a, b) => a.seq - b.seq);
  for (const view of tabs) checkView(view, chats.get(view.chat) ?? [], report);
}

function checkView({life, chat, complete, rows}: TabView, table: readonly Row[], report: Report): void {
  const about = (id: string, detail: string) => ({id, life, detail: `chat ${chat}: ${detail}`});
  const first = complete ? 0 : (rows.find(({seq}) => seq !== null)?.seq ?? Infinity);
  const wanted = new Map(table.filter(({seq}) => seq >= first).map(row => [row.id, row]));
  if (!complete && first === Infinity && table.length > 0)
    report('notShown', {life, detail: `chat ${chat}: shows none of ${table.length} messages`});
  const seen = new Set<string>();
  let lastSeq = -1;
  for (const shown of rows) {
    const row = wanted.get(shown.id);
    if (seen.has(shown.id)) report('shownTwice', about(shown.id, 'two rows at the end'));
    else if (shown.seq === null)
      report('notShown', about(shown.id, `still ${shown.status} at the end${row ? ', and stored' : ''}`));
    else if (!row) report('phantoms', about(shown.id, `"${shown.body.slice(0, 40)}" is not in the table`));
    else if (shown.body !== row.body || shown.deleted !== row.deleted)
      report('wrongText', about(shown.id, `shows "${shown.body.slice(0, 40)}" for "${row.body.slice(0, 40)}"`));
    if (row && !seen.has(shown.id) && shown.seq !== null) {
      if (row.seq < lastSeq || shown.seq !== row.seq)
        report('misordered', about(shown.id, `shown at ${shown.seq}, place ${row.seq}, after ${lastSeq}`));
      lastSeq = Math.max(lastSeq, row.seq);
    }
    seen.add(shown.id);
  }
  for (const row of wanted.values())
    if (!seen.has(row.id)) report('notShown', about(row.id, `place ${row.seq} "${row.body.slice(0, 40)}" is missing`));
}

const WRONG: Record<Exclude<Sighting['kind'], 'failed'>, Wrong> = {
  twice: 'shownTwice',
  moved: 'moved',
  unconfirmed: 'moved',
  returned: 'phantoms',
  vanished: 'notShown',
};

export function checkSightings({sightings, confirmed, rows}: Evidence, report: Report): void {
  const table = new Map(rows.map(row => [row.id, row]));
  // One wrong in many states is one wrong.
  const told = new Set<string>();
  for (const {kind, id, life, chat, where, detail, at} of sightings) {
    if (kind === 'failed' || told.has(`${kind} ${id} ${life} ${where}`)) continue;
    told.add(`${kind} ${id} ${life} ${where}`);
    // An earlier try had stored it, and its deletion was on the way.
    if (kind === 'returned' && detail === 'as stored' && table.get(id)?.deleted) continue;
    report(WRONG[kind], {id, life, at, detail: `chat ${chat}, ${where}: ${detail}`});
  }
  for (const {id, seq, chat, life, at} of confirmed) {
    const row = table.get(id);
    const about = {id, life, at};
    if (!row) report('phantoms', {...about, detail: `chat ${chat}: shown as stored, and is not in the table`});
    else if (row.seq !== seq)
      report('moved', {...about, detail: `chat ${chat}: shown at place ${seq}, and is at ${row.seq}`});
  }
}
