// <trunk-connection-status>: the state of the one connection, in a word; with `detail`, in figures.
import {LitElement, html, nothing, type TemplateResult} from 'lit';
import {property} from 'lit/decorators.js';
import type {HubClient} from '../src/client/hub-client.js';
import {ClientController} from '../src/controllers/client-controller.js';
import {SourceController} from '../src/controllers/source-controller.js';
import type {TrunkError} from '../src/wire/error.js';
import type {ConnectionStatus} from '../src/wire/status.js';
import {base} from './base.styles.js';
import {styles} from './connection-status.styles.js';
import {setCustomState} from './custom-state.js';
import {TrunkErrorEvent} from './error-event.js';
import {keepsDisplay} from './host-display.js';
import {formatCount, localeOf} from './locale.js';
import {withStrings, type Strings, type FirstWords} from './strings.js';

const STATES = [
  'connecting',
  'connected',
  'disconnected',
  'error',
  'worker-failed',
  'storage-refused',
  'outdated',
] as const;

/** What the connection has to do without, for a reason that somebody can mend. */
type Lack = 'worker-failed' | 'storage-refused';

/** Why, by client: a client tells its last problem only, and an element may come or move after that. */
const reasons = new WeakMap<HubClient, Map<TrunkError['code'], TrunkError>>();

/** The connection's state or its reason changed. */
export class TrunkStatusChangeEvent extends Event {
  readonly status: ConnectionStatus;
  constructor(status: ConnectionStatus) {
    super('trunk-status-change', {bubbles: true, composed: true});
    this.status = status;
  }
}

/**
 * Says whether the page is connected, and if not, why. With `detail` also what it does without: a connection of this tab's own
 * because the worker failed, and a browser that keeps nothing on disk, each with its code.
 *
 * @element trunk-connection-status
 * @summary The state of the connection, in a word.
 * @fires {TrunkStatusChangeEvent} trunk-status-change - The state or its reason changed; `event.status` is the new status.
 * @fires {TrunkErrorEvent} trunk-error - Something went wrong that answers no act of a person: the worker failed, storage was
 * refused, a newer version is open, a message was ignored; `event.error` says what. Once a problem.
 * @csspart base - The whole.
 * @csspart dot - The lamp.
 * @csspart label - The word.
 * @csspart detail - Latency, waiting messages and what else is worth knowing.
 * @csspart code - The code of what the connection does without.
 * @cssprop [--trunk-online=light-dark(#1f7a45, #57c787)] - Lamp while connected.
 * @cssprop [--trunk-away=light-dark(#96690a, #e2b04a)] - Lamp while connecting or lost.
 * @cssprop [--trunk-danger=light-dark(#a52a1f, #ff9d8f)] - Lamp when somebody must act.
 * @cssprop [--trunk-text=light-dark(#1c2322, #e6ebe8)] - The word.
 * @cssprop [--trunk-muted=light-dark(#5c6562, #9aa6a2)] - The figures.
 * @cssprop [--trunk-font=system-ui] - Font family.
 * @cssprop [--trunk-font-size=15px] - Base font size.
 * @cssstate connecting - First connection under way.
 * @cssstate connected - The connection is up.
 * @cssstate disconnected - Lost, and tried again by itself.
 * @cssstate error - Nothing changes until somebody acts.
 * @cssstate worker-failed - The worker failed, so this tab holds a connection of its own.
 * @cssstate storage-refused - The browser keeps nothing on disk: what waits to be sent is lost with its last tab.
 * @cssstate outdated - A page of a newer version is open in this browser; this one goes on until it is reloaded.
 */
@keepsDisplay('inline-block')
export class TrunkConnectionStatus extends LitElement {
  static override styles = [base, styles];

  readonly #internals = this.attachInternals();
  readonly #client = new ClientController(this);
  readonly #status = new SourceController(
    this,
    () => this.#client.current?.status,
    status => this.#tell(status),
  );

  /** Adds latency, the number of waiting messages, and whatever is out of the ordinary. */
  @property({type: Boolean}) detail = false;
  /** Words to use instead of the English ones. */
  @property({attribute: false}) strings: Partial<Strings> | undefined;

  #told = '';
  #toldProblem: TrunkError | null = null;
  #stopWatching: (() => void) | undefined;
  #watched: unknown = null;

  constructor() {
    super();
    const problem = () => this.#client.current?.problem;
    new SourceController(this, problem, error => error && this.#tellProblem(error));
  }

  /** The status shown; null while there is no client. */
  get status(): ConnectionStatus | null {
    return this.#status.value ?? null;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#watchLatency(false);
  }

  protected override updated(): void {
    this.#watchLatency(this.detail);
    setCustomState(this.#internals, STATES, [
      this.#state,
      ...this.#lacks,
      ...(this.status?.outdated ? (['outdated'] as const) : []),
    ]);
  }

  get #state(): ConnectionStatus['state'] {
    return this.status?.state ?? (this.#client.isProvided ? 'connecting' : 'error');
  }

  #tell(status: ConnectionStatus): void {
    const now = `${status.state} ${status.reason}`;
    if (now === this.#told) return;
    const isFirst = this.#told === '';
    this.#told = now;
    if (!isFirst) this.dispatchEvent(new TrunkStatusChangeEvent(status));
  }

  #tellProblem(problem: TrunkError): void {
    const client = this.#client.current;
    if (!client) return;
    // An element that moved hears the last one again, and what is tried in vain every few seconds ends the same way each time.
    const isTold = problem.code === this.#toldProblem?.code && problem.message === this.#toldProblem.message;
    this.#toldProblem = problem;
    const known = reasons.get(client) ?? new Map<TrunkError['code'], TrunkError>();
    reasons.set(client, known.set(problem.code, problem));
    if (!isTold) this.dispatchEvent(new TrunkErrorEvent(problem));
  }

  get #lacks(): Lack[] {
    const lacks: Lack[] = [];
    const isElsewhere = this.status !== null && this.status.host !== 'shared-worker';
    // A browser without SharedWorker, or a page that wants it so, has no failure to name.
    if (isElsewhere && this.#reason('worker-failed')) lacks.push('worker-failed');
    if (this.status?.storage === 'memory') lacks.push('storage-refused');
    return lacks;
  }

  #reason(lack: Lack): TrunkError | undefined {
    const client = this.#client.current;
    return client ? reasons.get(client)?.get(lack) : undefined;
  }

  /** Asks for frequent measuring while figures are shown, and only then. */
  #watchLatency(wanted: boolean): void {
    const client = wanted && this.isConnected ? this.#client.open : null;
    if (client === this.#watched) return;
    this.#stopWatching?.();
    this.#watched = client;
    this.#stopWatching = client?.watchLatency();
  }

  #label(strings: FirstWords): string {
    const status = this.status;
    if (!status) return this.#client.isProvided ? strings.connecting : strings.notSetUp;
    const fallback = {
      connecting: strings.connecting,
      connected: strings.reasons.open ?? '',
      disconnected: strings.reconnecting,
      error: strings.stopped,
    }[status.state];
    return status.state === 'connected' ? fallback : (strings.reasons[status.reason] ?? fallback);
  }

  #figures(strings: FirstWords): (string | TemplateResult)[] {
    const status = this.status;
    if (!status) return this.#client.isProvided ? [] : [strings.notSetUpDetail];
    const locale = localeOf(this);
    const figures: (string | TemplateResult)[] = [];
    const named = (what: string, lack: Lack) =>
      this.#lacks.includes(lack)
        ? html`${what} <code part="code" title=${this.#reason(lack)?.message ?? nothing}>${lack}</code>`
        : what;
    if (status.detail) figures.push(status.detail);
    if (status.latencyMs !== null) figures.push(formatCount(strings.latency, Math.round(status.latencyMs), locale));
    if (status.queued > 0) figures.push(formatCount(strings.queued, status.queued, locale));
    if (status.host !== 'shared-worker') figures.push(named(strings.hosts[status.host], 'worker-failed'));
    if (status.embeddedIn) figures.push(strings.embeddedIn(status.embeddedIn.replace(/^\w+:\/\//, '')));
    if (status.storage === 'memory') figures.push(named(strings.storageMemory, 'storage-refused'));
    if (status.outdated) figures.push(strings.outdated);
    return figures;
  }

  protected override render(): unknown {
    const strings = withStrings(this.strings);
    const figures = this.detail ? this.#figures(strings) : [];
    return html`
      <div part="base" class=${this.#state}>
        <span class="state" role="status"
          ><span part="dot" aria-hidden="true"></span><span part="label">${this.#label(strings)}</span></span
        >
        ${figures.length > 0 ? html`<span part="detail">${figures.map(figure => html`<span>${figure}</span>`)}</span>` : nothing}
      </div>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'trunk-connection-status': TrunkConnectionStatus;
  }
  interface HTMLElementEventMap {
    'trunk-status-change': TrunkStatusChangeEvent;
  }
}
