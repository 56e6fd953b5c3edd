// What becomes of the connection of tabs that nobody looks at: a browser as people have it, without the switches by which tests keep
// their tabs awake, shows another page for some minutes. Playwright would keep the tabs visible, so the browser is driven by hand.
import {Line, type Spoken} from '../chaos/line.js';
import {BackendProcess} from '../support/backend-process.js';
import {servePage} from '../support/page-site.js';
import type {Progress, Table} from './table.js';
import {UsualBrowser} from './usual-browser.js';

/** Tabs of each kind. */
const TABS = 3;
/** Longest wait for the tabs to be connected, in ms. */
const PATIENCE_MS = 60_000;

/** @param minutes how long the tabs are hidden */
export async function benchHidden(progress: Progress, {minutes = 8}: {minutes?: number} = {}): Promise<Table> {
  const backend = await BackendProcess.start({limits: 'off'});
  const {url, anonKey} = backend.serving;
  const [ours, plain] = [await Watch.open(url), await Watch.open(url)];
  const site = await servePage('test/bench/pages/hidden.html');
  const browser = await UsualBrowser.start();
  try {
    for (let tab = 0; tab < TABS; tab++) {
      for (const [line, kind] of [
        [ours.line, ''],
        [plain.line, '&plain'],
      ] as const) {
        await browser.open(`${site.url}?${new URLSearchParams({url: line.url, key: anonKey})}${kind}`);
      }
    }
    const isConnected = async () => {
      const titles = await browser.titles();
      const count = (title: string) => titles.filter(each => each === title).length;
      return count('trunkline connected') === TABS && count('plain SUBSCRIBED') === TABS;
    };
    for (const end = Date.now() + PATIENCE_MS; !(await isConnected()); await pause(200))
      if (Date.now() > end) throw new Error(`The tabs are not connected: ${(await browser.titles()).join(', ')}`);
    await browser.open('about:blank');
    const from = Date.now();
    for (let minute = 1; minute <= minutes; minute++) {
      progress(`hidden, minute ${minute} of ${minutes}`);
      await pause(60_000);
    }
    const [us, them] = [ours.since(from), plain.since(from)];
    const figures = (name: string, seen: Seen, goals: boolean) => [
      {name: `${name}: sockets`, unit: '', values: [seen.open]},
      {name: `${name}: heartbeats a socket, gaps`, unit: 's', values: seen.gaps, ...(goals ? {goal: 'max ≤ 26'} : {})},
      {
        name: `${name}: gaps above 30 s`,
        unit: '',
        values: [seen.gaps.filter(gap => gap > 30).length],
        ...(goals ? {goal: '0'} : {}),
      },
      {name: `${name}: sockets lost`, unit: '', values: [seen.lost], ...(goals ? {goal: '0'} : {})},
    ];
    return {
      title: `Hidden for ${minutes} minutes`,
      about: `${TABS} tabs with Trunkline and ${TABS} with supabase-js in one browser, which throttles hidden pages as shipped. A heartbeat is due every 25 s; Supabase closes a socket after some 60 s without.`,
      figures: [...figures('Trunkline', us, true), ...figures('supabase-js', them, false)],
    };
  } finally {
    await browser.close();
    await site.close();
    await Promise.all([ours.line.close(), plain.line.close()]);
    await backend.stop();
  }
}

interface Seen {
  /** Sockets that are open. */
  open: number;
  lost: number;
  /** Between heartbeats of one socket, in s. */
  gaps: number[];
}

/** A line to the backend, and the heartbeats on it. */
class Watch {
  readonly line: Line;
  readonly #beats = new Map<number, number[]>();
  readonly #closed: number[] = [];

  private constructor(line: Line) {
    this.line = line;
    line.listen = spoken => this.#hear(spoken);
  }

  static async open(url: string): Promise<Watch> {
    return new Watch(await Line.open(() => Number(new URL(url).port)));
  }

  since(from: number): Seen {
    const now = Date.now();
    const gaps = [...this.#beats.values()].flatMap(beats => {
      const later = [...beats.filter(at => at >= from), now];
      // The time since the last one counts when it is longer than a heartbeat may take.
      return later
        .map((at, n) => (at - (later[n - 1] ?? at)) / 1000)
        .filter((gap, n) => n > 0 && (n < later.length - 1 || gap > 26));
    });
    return {open: this.line.sockets, lost: this.#closed.filter(at => at >= from).length, gaps};
  }

  #hear({at, socket, kind, text}: Spoken): void {
    if (kind === 'closed') this.#closed.push(at);
    else if (kind === 'said' && text.includes('"heartbeat"')) {
      this.#beats.set(socket, [...(this.#beats.get(socket) ?? []), at]);
    }
  }
}

const pause = (ms: number) => new Promise<void>(done => setTimeout(done, ms));
