// <trunk-monitor-panel>: what the hub and this tab know of their own work, drawn. Loaded when a <trunk-monitor> is first opened, and in
// the document only while one is open: being there is what asks the hub for figures.
import {LitElement, html, nothing, type TemplateResult} from 'lit';
import {property, state} from 'lit/decorators.js';
import type {HubClient} from '../src/client/hub-client.js';
import type {ClientStats} from '../src/client/stats-source.js';
import {ClientController} from '../src/controllers/client-controller.js';
import {SourceController} from '../src/controllers/source-controller.js';
import {base, buttons} from './base.styles.js';
import {formatCount, localeOf} from './locale.js';
import {renderChart} from './monitor-chart.js';
import {MonitorFormat, NOTHING} from './monitor-format.js';
import {BREAK_MS, HISTORY_MS, MonitorHistory} from './monitor-history.js';
import {MonitorTiming} from './monitor-timing.js';
import {monitorLog, monitorLogName} from './monitor-log.js';
import {styles} from './monitor-panel.styles.js';
import {MonitorProblems} from './monitor-problems.js';
import {
  renderChannels,
  renderConnection,
  renderHistory,
  renderMessages,
  renderTabs,
  renderTraffic,
  type MonitorView,
} from './monitor-sections.js';
import {monitorEnglish, type MonitorStrings} from './monitor-strings.js';
import {withStrings, type Strings} from './strings.js';

/** How long it says that something went well, in ms. */
const SAID_MS = 4_000;
/** The chart of round trips is at least so many beats wide. */
const LEAST_BEATS = 20;

/**
 * What the hub and this tab know of their own work. Part of `<trunk-monitor>`.
 *
 * @element trunk-monitor-panel
 * @summary The figures of an open monitor.
 * @csspart base - The whole.
 * @csspart tools - The row of buttons.
 * @csspart section - One group of figures.
 * @csspart title - Its heading.
 * @csspart chart - One drawing, with its table.
 * @cssprop [--trunk-font-size=15px] - Base font size.
 */
export class TrunkMonitorPanel extends LitElement {
  static override styles = [base, buttons, styles];

  readonly #client = new ClientController(this);
  readonly #status = new SourceController(this, () => this.#client.current?.status);

  /** Words to use instead of the English ones. */
  @property({attribute: false}) strings: Partial<Strings> | undefined;

  @state() private isPaused = false;
  @state() private isSeen = !document.hidden;
  /** What came of a press on a button. */
  @state() private said = '';
  @state() private tables: ReadonlySet<string> = new Set();
  #last: ClientStats | null = null;
  /** Whose figures these are. */
  #shown: HubClient | null = null;
  readonly #problems = new MonitorProblems();
  /** Whether the client whose problems these are was heard before. */
  #hasHeard = false;
  /** What stands for the site's own names in logs, the same in each. */
  readonly #numbered = new Map<string, string>();
  #history = new MonitorHistory();
  #timing = new MonitorTiming();
  #watched: HubClient | null = null;
  #stopWatching: (() => void) | undefined;
  #end = new AbortController();
  #format = new MonitorFormat(undefined);
  #saidTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #observer = new ResizeObserver(() => this.#setStops());

  constructor() {
    super();
    new SourceController(
      this,
      () => this.#listened?.stats,
      stats => stats && this.#take(stats),
    );
    new SourceController(
      this,
      () => this.#client.open?.problem,
      problem => {
        if (problem) this.#problems.take(problem, Date.now(), !this.#hasHeard);
        this.#hasHeard = true;
      },
    );
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#end = new AbortController();
    const look = () => (this.isSeen = !document.hidden);
    look();
    document.addEventListener('visibilitychange', look, {signal: this.#end.signal});
    this.#observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#end.abort();
    this.#observer.disconnect();
    this.#say('');
    this.#watchLatency();
  }

  protected override willUpdate(): void {
    const locale = localeOf(this);
    if (locale !== this.#format.locale) this.#format = new MonitorFormat(locale);
    if (this.#client.current === this.#shown) return;
    this.#shown = this.#client.current;
    this.#last = null;
    this.#problems.clear();
    this.#hasHeard = false;
    this.#history = new MonitorHistory();
    this.#timing = new MonitorTiming();
  }

  protected override updated(): void {
    this.#watchLatency();
    this.#setStops();
  }

  /** A table that scrolls is a stop of the Tab key; one that is shown whole is none. */
  #setStops(): void {
    for (const box of this.renderRoot.querySelectorAll<HTMLElement>('.scroll')) {
      const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
      if (scrolls) box.tabIndex = 0;
      else if (box !== this.shadowRoot?.activeElement) box.removeAttribute('tabindex');
    }
  }

  /** The client to ask, while somebody can see the answer. */
  get #listened(): HubClient | null {
    return this.isConnected && this.isSeen && !this.isPaused ? this.#client.open : null;
  }

  get #words(): MonitorStrings {
    return {...monitorEnglish, ...this.strings?.monitorWords};
  }

  /** A chart of the round trip needs more than one beat in 25 s. */
  #watchLatency(): void {
    const client = this.#listened;
    if (client === this.#watched) return;
    this.#stopWatching?.();
    this.#watched = client;
    this.#stopWatching = client?.watchLatency();
  }

  #take(stats: ClientStats): void {
    this.#last = stats;
    this.#history.add(stats);
    this.#timing.add(stats);
  }

  get #log(): string {
    const problems = this.#problems.list(this.#last?.problems ?? []);
    const [status, now] = [this.#status.value ?? null, Date.now()];
    return monitorLog(this.#last, status, this.#history.rates, problems, now, this.#numbered);
  }

  #download(): void {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([this.#log], {type: 'application/json'}));
    link.download = monitorLogName(Date.now());
    link.click();
    // The browser has begun to read it by then.
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  async #copy(): Promise<void> {
    this.#say('');
    try {
      await navigator.clipboard.writeText(this.#log);
      this.said = this.#words.copied;
      this.#saidTimer = setTimeout(() => (this.said = ''), SAID_MS);
    } catch {
      this.said = this.#words.copyRefused;
    }
  }

  #say(text: string): void {
    clearTimeout(this.#saidTimer);
    this.said = text;
  }

  #pause(): void {
    this.isPaused = !this.isPaused;
    this.#say(this.isPaused ? this.#words.paused : '');
  }

  protected override render(): unknown {
    const view = {strings: withStrings(this.strings), words: this.#words, format: this.#format};
    return html`<div part="base">${this.#renderContent(view)}</div>`;
  }

  #renderContent(view: MonitorView): unknown {
    const {strings, words, format} = view;
    const status = this.#status.value;
    if (!status)
      return html`<p class="none">${this.#client.isProvided ? strings.connecting : strings.notSetUpDetail}</p>`;
    const stats = this.#last;
    const isOver = status.state === 'error';
    return html`
      <div part="tools">
        <button class="word" type="button" @click=${this.#pause}>${this.isPaused ? words.resume : words.pause}</button>
        <button class="word" type="button" @click=${this.#download}>${words.download}</button>
        <button class="word" type="button" @click=${this.#copy}>${words.copy}</button>
        <span role="status">${this.said}</span>
        <span class="note">${words.logNote}</span>
      </div>
      ${renderConnection(status, stats, Date.now(), view)}
      ${
        stats
          ? html`
              ${isOver || this.isPaused ? html`<p class="none">${isOver ? words.silent : nothing} ${words.asOf(format.time(stats.at))}</p>` : nothing}
              <div class="charts">${this.#renderBeats(stats, view)}${this.#renderRates(stats, view)}</div>
              <div class="figures">${renderTraffic(stats, view)}</div>
              ${renderTabs(stats, view)} ${renderChannels(stats, view)} ${renderMessages(stats, view)}
              <div class="figures">${renderHistory(stats, this.#problems.list(stats.problems), view)}</div>
            `
          : html`<p class="none">${isOver ? words.silent : words.asking}</p>`
      }
    `;
  }

  #renderBeats({latency}: ClientStats, {words, format}: MonitorView): TemplateResult {
    const {samplesMs, p50Ms, p95Ms} = latency;
    // None while there is no connection, whatever the last one was.
    const now = this.#status.value?.latencyMs ?? null;
    const width = Math.max(LEAST_BEATS, samplesMs.length);
    const [nowText, halfText, mostText] = [format.span(now), format.span(p50Ms), format.span(p95Ms)] as const;
    const first = width - samplesMs.length;
    const ago = (beats: number) => formatCount(words.beatsAgo, beats, format.locale);
    return html`
      <div part="section" class="chart">
        <dl class="big">
          <div>
            <dt>${words.roundTrip}</dt>
            <dd><bdi>${nowText}</bdi> <span>${words.now}</span></dd>
          </div>
          <div>
            <dt>${words.half}</dt>
            <dd><bdi>${halfText}</bdi></dd>
          </div>
          <div>
            <dt>${words.most}</dt>
            <dd><bdi>${mostText}</bdi></dd>
          </div>
        </dl>
        ${renderChart({
          title: words.beats,
          summary: words.beatsSummary(nowText, halfText, mostText),
          lines: [{name: words.roundTrip, points: samplesMs.map((ms, index) => [first + index, ms] as const)}],
          from: 0,
          to: width - 1,
          breakAfter: 1,
          edges: [ago(width - 1), words.now],
          empty: samplesMs.length > 0 ? '' : words.noBeats,
          label: y => format.span(y),
          table: {
            word: words.table,
            head: [words.beat, words.roundTrip],
            rows: () => samplesMs.map((ms, index) => [ago(samplesMs.length - 1 - index), format.span(ms)]).reverse(),
          },
          ...this.#tableState('beats'),
        })}
      </div>
    `;
  }

  #renderRates({at}: ClientStats, {words, format}: MonitorView): TemplateResult {
    const {rates} = this.#history;
    const last = rates.at(-1);
    const perSecond = (rate: number | undefined) =>
      rate === undefined ? NOTHING : words.perSecond(format.count(rate));
    const bytes = (rate: number | undefined) => (rate === undefined ? NOTHING : words.perSecond(format.bytes(rate)));
    const [inward, outward] = [perSecond(last?.framesIn), perSecond(last?.framesOut)] as const;
    return html`
      <div part="section" class="chart">
        <dl class="big">
          <div>
            <dt>${words.inward}</dt>
            <dd>
              <bdi>${inward}</bdi> <span><bdi>${bytes(last?.bytesIn)}</bdi></span>
            </dd>
          </div>
          <div>
            <dt>${words.outward}</dt>
            <dd>
              <bdi>${outward}</bdi> <span><bdi>${bytes(last?.bytesOut)}</bdi></span>
            </dd>
          </div>
        </dl>
        ${renderChart({
          title: words.rates,
          summary: words.ratesSummary(inward, outward),
          lines: [
            {name: words.inward, points: rates.map(rate => [rate.at, rate.framesIn] as const)},
            {name: words.outward, points: rates.map(rate => [rate.at, rate.framesOut] as const)},
          ],
          from: at - HISTORY_MS,
          to: at,
          breakAfter: BREAK_MS,
          edges: [words.ago(format.span(HISTORY_MS)), words.now],
          empty: rates.length > 0 ? '' : words.noRates,
          label: y => words.perSecond(format.count(y)),
          table: {
            word: words.table,
            head: [words.time, words.inward, words.outward, words.received, words.sent],
            rows: () =>
              rates
                .map(rate => [
                  format.time(rate.at),
                  perSecond(rate.framesIn),
                  perSecond(rate.framesOut),
                  bytes(rate.bytesIn),
                  bytes(rate.bytesOut),
                ])
                .reverse(),
          },
          ...this.#tableState('rates'),
        })}
      </div>
    `;
  }

  #tableState(name: string): {isTableOpen: boolean; onTable: (isOpen: boolean) => void} {
    return {
      isTableOpen: this.tables.has(name),
      onTable: isOpen => {
        if (isOpen === this.tables.has(name)) return;
        const others = [...this.tables].filter(other => other !== name);
        this.tables = new Set(isOpen ? [...others, name] : others);
      },
    };
  }
}

/** Registers it, once. */
export function defineMonitorPanel(): void {
  if (!customElements.get('trunk-monitor-panel')) customElements.define('trunk-monitor-panel', TrunkMonitorPanel);
}

declare global {
  interface HTMLElementTagNameMap {
    'trunk-monitor-panel': TrunkMonitorPanel;
  }
}
