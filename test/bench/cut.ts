// Ten seconds without a network, while somebody writes a hundred messages: how many of them each page shows once it is back, and after how
// long. The plain page that reads its history once, the plain page that reads what is newer after every join, and Trunkline.
import {BackendProcess} from '../support/backend-process.js';
import type {PageSite} from '../support/page-site.js';
import type {Comparison} from './comparison.js';
import {OtherPerson} from './other-person.js';
import {Room, serveTabs} from './room.js';
import type {Progress} from './table.js';

const tabs = 10;
const messages = 100;
const CUT_MS = 10_000;
/** A page that is not back by then has missed it. */
const PATIENCE_MS = 60_000;

type Case = 'usual' | 'reading again' | 'ours';

export async function benchCut(progress: Progress, {runs = 5}: {runs?: number} = {}): Promise<Comparison[]> {
  const site = await serveTabs();
  const backend = await BackendProcess.start({limits: 'off', faults: true}, []);
  const person = await OtherPerson.signIn(backend);
  const results: Record<Case, {shown: number[]; ms: number[]}> = {
    usual: {shown: [], ms: []},
    'reading again': {shown: [], ms: []},
    ours: {shown: [], ms: []},
  };
  try {
    for (let run = 0; run < runs; run++) {
      for (const name of ['usual', 'reading again', 'ours'] as const) {
        progress(`run ${run + 1} of ${runs}, ${name}`);
        const {shown, ms} = await cut(name, {site, backend, person});
        results[name].shown.push(shown);
        results[name].ms.push(ms);
      }
    }
  } finally {
    await person.end();
    await site.close();
    await backend.stop();
  }
  const {usual, 'reading again': again, ours} = results;
  return [
    {
      title: `After ${CUT_MS / 1000} s without a network`,
      about: `${tabs} tabs, every socket cut and every request refused, ${messages} messages written meanwhile. Back: the browser says so to the pages (\`online\`). Shown: the least of the tabs, once news comes again. Such news is a message every 200 ms. The first rows compare with a page that reads at its start and after its first join only, the last two with a careful one that reads all that is newer than what it has whenever it has joined.`,
      rows: [
        {
          ...{name: `of ${messages} missed, shown`, unit: '', plain: usual.shown, ours: ours.shown},
          ...{goal: String(messages), isOwnGoal: true},
        },
        {
          ...{name: 'until news comes again in every tab', unit: 'ms', plain: usual.ms, ours: ours.ms},
          ...{goal: '≤ 5,000', isOwnGoal: true},
        },
        {name: `reading again: of ${messages} missed, shown`, unit: '', plain: again.shown, ours: ours.shown},
        {name: 'reading again: until news comes again', unit: 'ms', plain: again.ms, ours: ours.ms},
      ],
    },
  ];
}

interface World {
  site: PageSite;
  backend: BackendProcess;
  person: OtherPerson;
}

async function cut(name: Case, {site, backend, person}: World): Promise<{shown: number; ms: number}> {
  const {url, anonKey} = backend.serving;
  const fault = (order: object) => fetch(`${url}/faults`, {method: 'POST', body: JSON.stringify(order)});
  const chat = await person.makeRoom(0);
  const room = await Room.open(name === 'ours' ? 'ours' : 'plain', site);
  try {
    const query = {url, key: anonKey, chat: chat.slug, ...(name === 'reading again' ? {refetch: ''} : {})};
    for (let n = 0; n < tabs; n++) await room.openTab(query);
    await person.write(chat, 0);
    await room.untilShown(1);
    await fault({refuseForMs: CUT_MS});
    await fault({cut: true});
    await room.pagesSay('offline');
    const end = Date.now() + CUT_MS;
    await person.writeAtRate(chat, {from: 1, count: messages, perSecond: 20});
    await new Promise(done => setTimeout(done, Math.max(0, end - Date.now())));
    const backAt = performance.timeOrigin + performance.now();
    await room.pagesSay('online');
    // News comes again when what is written after the cut is there: written until it is, for what comes too early is missed, too.
    let n = messages + 1;
    const live = () => room.everyTab(tab => [...tab].some(([number]) => number > messages));
    while (!(await live()) && Date.now() < end + PATIENCE_MS) {
      await person.write(chat, n++);
      await new Promise(done => setTimeout(done, 200));
    }
    // What was missed may be on its way still.
    await new Promise(done => setTimeout(done, 1_000));
    const arrivals = await room.arrivals();
    const missed = arrivals.map(tab => [...tab].filter(([number]) => number >= 1 && number <= messages));
    const first = arrivals.map(tab =>
      Math.min(...[...tab].filter(([number]) => number > messages).map(([, at]) => at)),
    );
    const lastMissed = missed.flat().map(([, at]) => at);
    return {
      shown: Math.min(...missed.map(({length}) => length)),
      ms: Math.max(...first, ...lastMissed) - backAt,
    };
  } finally {
    await room.close();
  }
}
