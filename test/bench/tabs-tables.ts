// The tables of the tabs bench: what is measured of many tabs, and how it is told. Knows nothing of browsers.
import type {Comparison, Row} from './comparison.js';
import type {Way} from './room.js';
import {percentile} from './table.js';

export const tabs = 10;
export const bills = [1, 3, 10, 30];
export const history = 50;
/** How fast the other person writes, and how much. */
export const rates = [
  {perSecond: 10, count: 50},
  {perSecond: 200, count: 1_000},
];

/** What one way gave, one value a run. */
export class Values {
  readonly #byName = new Map<string, number[]>();

  add(name: string, value: number): void {
    this.#byName.set(name, [...this.of(name), value]);
  }

  of(name: string): number[] {
    return this.#byName.get(name) ?? [];
  }
}

/** By the names that the bench kept its values under. */
export function tabsTables(all: Readonly<Record<Way, Values>>): Comparison[] {
  const row = (name: string, unit: string, key: string, more: Partial<Row> = {}): Row => {
    const bare = all.bare.of(key);
    const beside = bare.length > 0 ? {bare} : {};
    return {name, unit, ...beside, plain: all.plain.of(key), ours: all.ours.of(key), ...more};
  };

  /** What a way adds to the page without realtime. */
  const added = (name: string, unit: string, key: string, more: Partial<Row> = {}): Row => {
    const least = percentile(all.bare.of(key), 0.5);
    const beyond = (way: Way) => all[way].of(key).map(value => value - least);
    return {name, unit, plain: beyond('plain'), ours: beyond('ours'), ...more};
  };

  const floor = (name: string, key: string): Row => {
    const values = all.raw.of(key);
    return {name, unit: 'ms', plain: values, ours: values};
  };

  const bill = bills.flatMap(count => {
    const of = `${count} ${count === 1 ? 'tab' : 'tabs'}`;
    const tenth = count === tabs ? {goal: '≤ 0.1'} : {};
    return [
      row(`${of}: sockets`, '', `sockets of ${count}`, tenth),
      row(`${of}: joins`, '', `joins of ${count}`, tenth),
      row(`${of}: frames to the browser per 100 messages`, '', `frames of ${count}`, tenth),
      row(`${of}: bytes to the browser per 100 messages`, 'kB', `bytes of ${count}`, tenth),
      row(`${of}: messages that the browser is billed for receiving, per 100`, '', `received of ${count}`, tenth),
      row(`${of}: messages billed, all in all, per 100`, '', `billed of ${count}`),
      row(`${of}: presence diffs told to the browser while they open`, '', `diffs of ${count}`, {
        ...(count === tabs ? {goal: '≤ 0.0182'} : {}),
      }),
      row(`${of}: heartbeats a minute`, '', `heartbeats of ${count}`, tenth),
    ];
  });
  return [
    {
      title: 'Sockets and bill',
      about: `One person, one chat with presence, everything in each tab. As the server counts. Supabase bills one message for the sending and one for each receiver; all in all, a message of the chat is also told to the inboxes of its two members, whether they listen or not.`,
      rows: bill,
    },
    {
      title: 'Time to live',
      about: `From navigation until ${history} messages are shown and the server has let the channels in. A person who was here before is signed in already. No worker running: none of the site's tabs is open, and the worker is ended. A worker outlives the last tab by a while, so who comes back soon, or goes from page to page in one tab, finds it running. The page without realtime only reads the messages, with a token that it is given. The last tab is opened five times a run.`,
      rows: [
        row('first visit, signing up, no worker running', 'ms', 'first visit'),
        row('first tab, no worker running', 'ms', 'first tab', {goal: '≤ 1.0'}),
        row('first tab, the worker still running', 'ms', 'first tab, warm'),
        row(`tab ${tabs}`, 'ms', 'last tab'),
        added(`tab ${tabs}, beyond the page without realtime`, 'ms', 'last tab', {goal: '≤ 0.5'}),
      ],
    },
    {
      title: 'Latency',
      about: `From another person's insert to the text in the document, all ${tabs} tabs taken to be in sight. The floor is what the machine takes for less: a message that a bare WebSocket brings to the text of one tab, in both columns.`,
      rows: [
        floor('floor, p50', 'last 0.5 at 50'),
        floor('floor, p95', 'last 0.95 at 50'),
        ...rates.flatMap(({perSecond}) => [
          row(`${perSecond} messages/s: written`, '/s', `written at ${perSecond}`),
          row(`${perSecond} messages/s: first tab, p50`, 'ms', `first 0.5 at ${perSecond}`),
          row(`${perSecond} messages/s: first tab, p95`, 'ms', `first 0.95 at ${perSecond}`),
          row(`${perSecond} messages/s: last tab, p50`, 'ms', `last 0.5 at ${perSecond}`),
          row(`${perSecond} messages/s: last tab, p95`, 'ms', `last 0.95 at ${perSecond}`, {
            goal: perSecond === 10 ? '≤ 1.2' : '≤ 1.0',
          }),
        ]),
      ],
    },
    {
      title: 'Page cost',
      about: `${tabs} tabs of one window, the last one in sight, the others behind it. Script: gzipped, of a first tab for which no worker runs. Memory: what the tabs add to the browser's proportional set size since before it had a page of the site, the worker and its process too. Main thread: all tasks of all tabs; processor: all processes of the browser, the worker's among them. The page without realtime draws 1,000 messages that come from nowhere, in the one tab in sight, once a frame.`,
      rows: [
        row('script loaded by the first tab, its worker’s too', 'kB', 'script of the first tab'),
        row(`script loaded by tab ${tabs}`, 'kB', 'script of the last tab'),
        row('memory that the tabs add', 'MB', 'memory', {goal: '≤ 0.7'}),
        row('JS heap of a tab', 'MB', 'heap', {goal: '≤ 0.6'}),
        added('JS heap, beyond the page without realtime', 'MB', 'heap'),
        ...rates.map(({perSecond}) =>
          row(`main thread, per 1,000 messages at ${perSecond}/s`, 'ms', `main thread at ${perSecond}`, {
            ...(perSecond === 200 ? {goal: '≤ 0.5'} : {}),
          }),
        ),
        row(`main thread, all tabs taken to be in sight, per 1,000 at 200/s`, 'ms', 'main thread at 200 in sight'),
        ...rates.map(({perSecond}) =>
          row(`processor, per 1,000 messages at ${perSecond}/s`, 'ms', `processor at ${perSecond}`),
        ),
      ],
    },
  ];
}
