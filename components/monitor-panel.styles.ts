import {css} from 'lit';

export const styles = css`
  :host {
    container-type: inline-size;
  }
  [part~='base'] {
    /* What is hidden from sight would else be placed by the page, and make it longer where a monitor scrolls. */
    position: relative;
    display: grid;
    gap: 18px;
    padding: 4px 14px 18px;
    font-size: calc(var(--trunk-font-size, 15px) * 0.87);
    font-variant-numeric: tabular-nums;
  }
  [part~='tools'] {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
  }
  [part~='tools'] .note {
    flex-basis: 100%;
  }
  [part~='title'] {
    margin: 0 0 6px;
    font-size: 1em;
    font-weight: 700;
    line-height: 1.3;
  }
  [part~='section'],
  .charts,
  .figures {
    min-inline-size: 0;
  }
  .charts,
  .figures {
    display: grid;
    gap: 18px 28px;
    align-items: start;
  }
  @container (min-width: 640px) {
    .charts,
    .figures {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
  }
  .note,
  .none,
  dt,
  figcaption,
  .top,
  .edges {
    color: var(--_muted);
  }
  .note,
  .none {
    margin: 0;
    text-wrap: pretty;
  }
  .messages .note {
    margin-block: 0 6px;
  }
  .messages .scroll ~ .note {
    margin-block: 6px 0;
  }
  .bad,
  .error {
    color: var(--_danger);
    font-weight: 600;
  }
  .state.connected,
  .joined {
    color: var(--_online);
    font-weight: 600;
  }
  .state.connecting,
  .state.disconnected,
  .parked,
  .waits,
  .offline,
  .joining {
    color: var(--_away);
    font-weight: 600;
  }
  code {
    font-family: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace;
    font-size: 0.92em;
    overflow-wrap: anywhere;
  }
  dl {
    margin: 0;
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(9.5em, 45%), 1fr));
    gap: 8px 16px;
  }
  dl.big {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 28px;
    margin-block-end: 8px;
  }
  dl.big dd {
    font-size: 1.55em;
    font-weight: 650;
    line-height: 1.25;
    white-space: nowrap;
  }
  dl.big dd span {
    font-size: 0.6em;
    font-weight: 400;
    color: var(--_muted);
  }
  dt {
    font-size: 0.92em;
    line-height: 1.3;
  }
  dd {
    margin: 0;
    line-height: 1.35;
    overflow-wrap: anywhere;
  }
  .scroll {
    /* A shadow at whichever side there is more, covered by the surface where the content ends. */
    --_cover: linear-gradient(var(--_surface), var(--_surface));
    --_shade: color-mix(in srgb, var(--_text) 28%, transparent);
    background:
      var(--_cover) left / 14px 100% no-repeat local,
      var(--_cover) right / 14px 100% no-repeat local,
      linear-gradient(to right, var(--_shade), transparent) left / 14px 100% no-repeat scroll,
      linear-gradient(to left, var(--_shade), transparent) right / 14px 100% no-repeat scroll;
    overflow: auto;
    max-block-size: 19em;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    outline-offset: -2px;
  }
  table {
    inline-size: 100%;
    border-collapse: collapse;
  }
  th,
  td {
    padding: 5px 10px;
    text-align: start;
    vertical-align: top;
    font-weight: 400;
    border-block-end: 1px solid var(--_line);
  }
  tbody tr:last-child > * {
    border-block-end: 0;
  }
  thead > tr > * {
    position: sticky;
    inset-block-start: 0;
    background: var(--_raised);
    color: var(--_muted);
    font-weight: 600;
    white-space: nowrap;
  }
  .channels tbody th,
  .tabs td:last-child {
    min-inline-size: 14em;
  }
  .messages td,
  .history td,
  .history th,
  .problems code,
  .tabs th {
    white-space: nowrap;
  }
  .problems td:last-child {
    min-inline-size: 14em;
  }
  figure {
    margin: 0;
  }
  figcaption {
    display: flex;
    flex-wrap: wrap;
    justify-content: space-between;
    gap: 0 14px;
  }
  .legend {
    display: flex;
    gap: 14px;
  }
  .legend > span {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .plot {
    margin-block: 4px;
    position: relative;
    min-block-size: 96px;
  }
  .plot svg {
    display: block;
    inline-size: 100%;
    block-size: 96px;
    overflow: visible;
  }
  .key {
    inline-size: 20px;
    block-size: 4px;
    overflow: visible;
  }
  .top {
    position: absolute;
    inset-block-start: 2px;
    inset-inline-start: 0;
    padding-inline-end: 6px;
    font-size: 0.85em;
    line-height: 1.2;
    background: color-mix(in srgb, var(--_surface) 82%, transparent);
  }
  .edges {
    display: flex;
    justify-content: space-between;
    font-size: 0.85em;
    line-height: 1.4;
  }
  path {
    fill: none;
    vector-effect: non-scaling-stroke;
  }
  .grid {
    stroke: var(--_line);
  }
  .line {
    stroke: var(--_accent);
    stroke-width: 2;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .line-1 {
    stroke: var(--_online);
    stroke-dasharray: 4 4;
  }
  .budget {
    display: block;
    inline-size: 100%;
    block-size: 5px;
    border-radius: 3px;
    margin-block-end: 8px;
  }
  .budget .room {
    fill: var(--_line);
  }
  .budget .used {
    fill: var(--_accent);
  }
  details > summary {
    inline-size: fit-content;
    cursor: pointer;
    color: var(--_muted);
  }
  details[open] > summary {
    margin-block-end: 6px;
  }
  @media (forced-colors: active) {
    .line {
      stroke: CanvasText;
    }
    .budget .used {
      fill: Highlight;
    }
  }
`;
