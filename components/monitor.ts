// <trunk-monitor>: what the connection of this browser does, in figures. This file is the line that opens it; the figures are a chunk of
// their own (monitor-panel.ts), loaded when somebody looks.
import {LitElement, css, html, nothing} from 'lit';
import {property, state} from 'lit/decorators.js';
import {TrunkError} from '../src/wire/error.js';
import {lateModule} from '../src/wire/late-module.js';
import {base, buttons} from './base.styles.js';
import {TrunkErrorEvent} from './error-event.js';
import {keepsDisplay} from './host-display.js';
import {withStrings, type Strings, type FirstWords} from './strings.js';

const loadPanel = lateModule(() => import('./monitor-panel.js'), 'defineMonitorPanel');

/**
 * What the one connection does: where the hub lives, tabs and what they hold, channels, round trips, rates, catch-ups, the outbox, how
 * long own messages took, changes of the connection with their reasons, and a log to download. Closed, it asks for nothing and costs
 * nothing; so does an open one in a hidden tab, or paused.
 *
 * @element trunk-monitor
 * @summary What the connection does, in figures and charts.
 * @fires {TrunkErrorEvent} trunk-error - Its figures could not be loaded; `event.error` says why.
 * @csspart base - The whole.
 * @csspart summary - The line that opens and closes it.
 * @csspart panel - The `<trunk-monitor-panel>`, while it is open.
 * @csspart tools - The row of buttons.
 * @csspart section - One group of figures.
 * @csspart title - Its heading.
 * @csspart chart - One drawing, with its table.
 * @cssprop [--trunk-surface=light-dark(#fdfcf9, #14191a)] - Background.
 * @cssprop [--trunk-raised=light-dark(#f0ece2, #22292a)] - Behind the heads of tables.
 * @cssprop [--trunk-text=light-dark(#1c2322, #e6ebe8)] - Figures.
 * @cssprop [--trunk-muted=light-dark(#5c6562, #9aa6a2)] - Names of figures.
 * @cssprop [--trunk-line=light-dark(#d9d3c5, #343d3d)] - Rules.
 * @cssprop [--trunk-accent=light-dark(#9c4718, #f0a06c)] - First line of a chart, and the focus ring.
 * @cssprop [--trunk-online=light-dark(#1f7a45, #57c787)] - Second line of a chart, and what is well.
 * @cssprop [--trunk-away=light-dark(#96690a, #e2b04a)] - What is under way or parked.
 * @cssprop [--trunk-danger=light-dark(#a52a1f, #ff9d8f)] - What failed.
 * @cssprop [--trunk-radius=10px] - Roundness.
 * @cssprop [--trunk-font=system-ui] - Font family.
 * @cssprop [--trunk-font-size=15px] - Base font size.
 */
@keepsDisplay('block')
export class TrunkMonitor extends LitElement {
  static override styles = [
    base,
    buttons,
    css`
      [part~='base'] {
        background: var(--_surface);
      }
      summary {
        inline-size: fit-content;
        cursor: pointer;
        font-size: 0.87em;
        font-weight: 600;
        padding: 0.5em 0.9em;
      }
      p {
        margin: 0;
        padding: 0 0.9em 0.9em;
        color: var(--_muted);
      }
    `,
  ];

  /** Shows the figures. */
  @property({type: Boolean, reflect: true}) open = false;
  /** Words to use instead of the English ones. */
  @property({attribute: false}) strings: Partial<Strings> | undefined;

  @state() private chunk: 'none' | 'loading' | 'loaded' | 'failed' = 'none';

  protected override willUpdate(): void {
    if (this.open && this.chunk === 'none') void this.#load();
  }

  async #load(): Promise<void> {
    this.chunk = 'loading';
    try {
      (await loadPanel())();
      this.chunk = 'loaded';
    } catch (error) {
      this.chunk = 'failed';
      this.dispatchEvent(new TrunkErrorEvent(TrunkError.from(error)));
    }
  }

  protected override render(): unknown {
    const strings = withStrings(this.strings);
    return html`
      <details
        part="base"
        .open=${this.open}
        @toggle=${(event: ToggleEvent) => (this.open = event.newState === 'open')}
      >
        <summary part="summary">${strings.monitor}</summary>
        ${this.open ? this.#renderPanel(strings) : nothing}
      </details>
    `;
  }

  #renderPanel(strings: FirstWords): unknown {
    if (this.chunk === 'loaded') {
      return html`<trunk-monitor-panel
        part="panel"
        exportparts="tools, section, title, chart"
        .strings=${this.strings}
      ></trunk-monitor-panel>`;
    }
    if (this.chunk !== 'failed') return nothing;
    return html`<p role="alert">
      ${strings.monitorFailed}
      <button class="word" type="button" @click=${() => (this.chunk = 'none')}>${strings.tryAgain}</button>
    </p>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'trunk-monitor': TrunkMonitor;
  }
}
