// The monitor's tables and lists, as templates of the figures. Knows nothing of where those come from.
import {html, nothing, type TemplateResult} from 'lit';
import {repeat} from 'lit/directives/repeat.js';
import type {ClientStats} from '../src/client/stats-source.js';
import type {ChannelStats, SendTiming, TabStats} from '../src/wire/stats.js';
import type {ConnectionStatus} from '../src/wire/status.js';
import {formatCount} from './locale.js';
import {NOTHING, type MonitorFormat} from './monitor-format.js';
import type {Problem} from './monitor-problems.js';
import {below} from './monitor-history.js';
import type {MonitorStrings} from './monitor-strings.js';
import type {FirstWords} from './strings.js';

/** What the templates write with. */
export interface MonitorView {
  strings: FirstWords;
  words: MonitorStrings;
  format: MonitorFormat;
}

type Cell = TemplateResult | string;

/** Topics of a tab that are named; the others are counted. */
const NAMED = 3;
/** Tabs of a channel that are named one by one. */
const NAMED_TABS = 3;

export function renderConnection(
  status: ConnectionStatus,
  stats: ClientStats | null,
  now: number,
  {strings, words, format}: MonitorView,
): TemplateResult {
  const host = status.host === 'shared-worker' ? words.sharedWorker : strings.hosts[status.host];
  const figures: [string, Cell][] = [
    [words.state, html`<span class="state ${status.state}">${status.state}</span> <code>${status.reason}</code>`],
    [words.since, `${format.time(status.since)} (${format.span(now - status.since)})`],
    [words.host, host],
    ...(status.hostReason ? [[words.hostReason, status.hostReason] as [string, Cell]] : []),
    [words.storage, status.storage === 'durable' ? words.onDisk : strings.storageMemory],
  ];
  if (stats) {
    figures.push(
      [words.hubAge, format.span(stats.at - stats.startedAt)],
      [words.heap, stats.here.heapBytes === null ? words.unknown : format.bytes(stats.here.heapBytes)],
    );
  }
  if (status.embeddedIn) figures.push([words.frame, strings.embeddedIn(status.embeddedIn)]);
  return section(
    'connection',
    words.connection,
    html`${status.detail ? html`<p class="note">${status.detail}</p>` : nothing}${list(figures)}`,
  );
}

export function renderTraffic(
  {traffic, counters, catchUps, here, outbox, at}: ClientStats,
  {words, format}: MonitorView,
): TemplateResult {
  const frames = (count: number, bytes: number) =>
    `${formatCount(words.frames, count, format.locale)}, ${format.bytes(bytes)}`;
  const since = (time: number | null) => format.span(time === null ? null : at - time);
  const found = formatCount(words.found, counters.caughtUp, format.locale);
  return html`
    ${section(
      'traffic',
      words.traffic,
      list([
        [words.received, frames(traffic.framesIn, traffic.bytesIn)],
        [words.sent, frames(traffic.framesOut, traffic.bytesOut)],
        [words.tabFrames, format.count(here.frames)],
        [words.tabMessages, format.count(here.messages)],
        [words.catchUps, `${format.count(counters.catchUps)} (${found})`],
        [words.lastCatchUp, format.span(catchUps.at(-1)?.tookMs ?? null)],
        [words.gaps, format.count(counters.gaps)],
        [words.duplicates, format.count(counters.duplicates)],
      ]),
    )}
    ${section(
      'outbox',
      words.outbox,
      list([
        [words.waiting, format.count(outbox.queued)],
        [words.failed, html`<span class=${outbox.failed > 0 ? 'bad' : ''}>${format.count(outbox.failed)}</span>`],
        [words.oldest, since(outbox.oldestAt)],
        [words.newest, since(outbox.newestAt)],
      ]),
    )}
  `;
}

export function renderTabs({tabs, here, at}: ClientStats, {words, format}: MonitorView): TemplateResult {
  const holds = (tab: TabStats): TemplateResult => {
    // Topics first: every tab with a monitor holds the figures, too.
    const all = Object.entries(tab.holds).sort(([a], [b]) => Number(b.includes(':')) - Number(a.includes(':')));
    const name = ([topic, count]: [string, number]) =>
      html`<div><code>${topic}</code>${count > 1 ? html` ×${format.count(count)}` : nothing}</div>`;
    return html`${all.slice(0, NAMED).map(name)}
    ${more(formatCount(words.more, all.length - NAMED, format.locale), all.slice(NAMED).map(name))}`;
  };
  return section(
    'tabs',
    formatCount(words.tabs, tabs.length, format.locale),
    table(
      formatCount(words.tabs, tabs.length, format.locale),
      ['', words.state, words.lastActive, words.holds],
      tabs.map((tab, index) => [
        tab.id === here.id ? html`<strong>${words.thisTab}</strong>` : words.tab(format.count(index + 1)),
        tab.visible ? words.visible : words.hidden,
        words.ago(format.span(at - tab.lastActive)),
        holds(tab),
      ]),
      tabs.map(({id}) => id),
    ),
  );
}

export function renderChannels(stats: ClientStats, {words, format}: MonitorView): TemplateResult {
  const {channels, tabs, here, budget} = stats;
  const handles = ({topic, users}: ChannelStats): Cell => {
    const holders = tabs.flatMap(({id, holds}, index) => {
      const count = Object.hasOwn(holds, topic) ? holds[topic] : 0;
      return count ? [{name: id === here.id ? words.thisTab : words.tab(format.count(index + 1)), count}] : [];
    });
    // Joined for several at once, such as packed changes of the database.
    if (holders.length === 0) return users > 0 ? formatCount(words.inHub, users, format.locale) : NOTHING;
    const each = holders.map(({name, count}) => `${name}: ${format.count(count)}`);
    if (holders.length <= NAMED_TABS) return each.join(', ');
    const sum = holders.reduce((total, {count}) => total + count, 0);
    const inTabs = words.inTabs(format.count(sum), formatCount(words.tabs, holders.length, format.locale));
    return more(
      inTabs,
      each.map(text => html`<div>${text}</div>`),
    );
  };
  const onSocket = channels.filter(
    ({state}) => state === 'joined' || state === 'joining' || state === 'lingers',
  ).length;
  const inOrder = [...channels].sort((a, b) => Number(a.state === 'parked') - Number(b.state === 'parked'));
  return section(
    'channels',
    `${words.channels} · ${words.budget(format.count(onSocket), format.count(budget))}`,
    html`
      <svg class="budget" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect class="room" width="100" height="1" />
        <rect class="used" width=${Math.min(100, (100 * onSocket) / budget)} height="1" />
      </svg>
      ${
        channels.length === 0
          ? html`<p class="none">${words.noChannels}</p>`
          : table(
              words.channels,
              [words.topic, words.state, words.handles, words.presenceCalls],
              inOrder.map(channel => [
                html`<code>${channel.topic}</code>`,
                html`<span class="channel ${channel.state}">${channel.state}</span>`,
                handles(channel),
                channel.presenceCallsLeft === null ? NOTHING : format.count(channel.presenceCallsLeft),
              ]),
              inOrder.map(({topic}) => topic),
            )
      }
    `,
  );
}

export function renderMessages({sends, here, transitions}: ClientStats, {words, format}: MonitorView): TemplateResult {
  const shownAt = new Map(here.shown.map(({messageId, at}) => [messageId, at]));
  const after = ({queuedAt}: SendTiming, at: number | null | undefined) =>
    at === null || at === undefined ? NOTHING : `+${format.span(at - queuedAt)}`;
  // What was stored while there was no connection was caught up with, and says nothing of how fast one is.
  const upSince = transitions.findLast(({state}) => state === 'connected')?.at ?? 0;
  const delays = here.shown
    .filter(({own, storedAt}) => !own && storedAt >= upSince)
    .map(({at, storedAt}) => at - storedAt);
  const {locale} = format;
  const count = formatCount(words.othersCount, delays.length, locale);
  return section(
    'messages',
    words.messages,
    html`
      <p class="note">${sends.length > 0 ? words.messagesNote : words.noMessages}</p>
      ${
        sends.length > 0
          ? table(
              words.messages,
              [words.message, words.queued, words.sent, words.acked, words.echoed, words.shown],
              sends
                .toReversed()
                .map(send => [
                  html`<code>${send.messageId.slice(0, 8)}</code>`,
                  format.time(send.queuedAt),
                  after(send, send.sentAt),
                  after(send, send.ackedAt),
                  after(send, send.echoedAt),
                  after(send, shownAt.get(send.messageId)),
                ]),
            )
          : nothing
      }
      ${delays.length > 0 ? html`<p class="note">${words.others(count, format.span(below(delays, 0.5)), format.span(below(delays, 0.95)))}</p>` : nothing}
    `,
  );
}

export function renderHistory(
  {transitions, at}: ClientStats,
  problems: readonly Problem[],
  {words, format}: MonitorView,
): TemplateResult {
  const changes = transitions.map((change, index) => [
    format.time(change.at),
    change.state,
    html`<code>${change.reason}</code>`,
    format.span((transitions[index + 1]?.at ?? at) - change.at),
  ]);
  const told = problems.map(({at, code, text}) => [
    at === null ? NOTHING : format.time(at),
    html`<code>${code}</code>`,
    text ?? NOTHING,
  ]);
  return html`
    ${section(
      'history',
      words.history,
      changes.length > 0
        ? table(words.history, [words.time, words.state, words.reason, words.lasted], changes.reverse())
        : html`<p class="none">${words.noHistory}</p>`,
    )}
    ${section(
      'problems',
      words.problems,
      told.length > 0
        ? table(words.problems, [words.time, words.code, words.what], told.reverse())
        : html`<p class="none">${words.noProblems}</p>`,
    )}
  `;
}

function section(name: string, title: string, content: TemplateResult): TemplateResult {
  return html`<div part="section" class=${name}>
    <h3 part="title">${title}</h3>
    ${content}
  </div>`;
}

function list(figures: readonly [name: string, value: Cell][]): TemplateResult {
  return html`<dl>
    ${figures.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd><bdi>${value}</bdi></dd>
        </div>`,
    )}
  </dl>`;
}

/** What there is no room for, shown on a press. */
function more(summary: string, rest: readonly TemplateResult[]): Cell {
  return rest.length === 0
    ? ''
    : html`<details>
        <summary>${summary}</summary>
        ${rest}
      </details>`;
}

/**
 * It scrolls by itself, by the keyboard too. The first cell of a row names it.
 * @param keys of the rows, in the same order, where somebody may have opened something in one
 */
function table(
  label: string,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  keys: readonly string[] = [],
): TemplateResult {
  return html`
    <div class="scroll" role="group" aria-label=${label}>
      <table>
        <thead>
          <tr>
            ${head.map(cell => (cell ? html`<th scope="col">${cell}</th>` : html`<td></td>`))}
          </tr>
        </thead>
        <tbody>
          ${repeat(
            rows,
            (_, index) => keys[index] ?? index,
            ([first, ...rest]) =>
              html`<tr>
                <th scope="row"><bdi>${first}</bdi></th>
                ${rest.map(cell => html`<td><bdi>${cell}</bdi></td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  `;
}
