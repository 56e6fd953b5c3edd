import {css} from 'lit';

export const styles = css`
  :host {
    display: inline-block;
    vertical-align: middle;
  }
  [part~='base'] {
    /* A block: in a line of the host's own, the page's line height and indent would move it. */
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0.1em 0.6em;
    font-size: calc(var(--trunk-font-size, 15px) * 0.93);
  }
  .state {
    display: inline-flex;
    align-items: baseline;
    gap: 0.5em;
    font-weight: 600;
    white-space: nowrap;
  }
  [part~='dot'] {
    inline-size: 0.62em;
    block-size: 0.62em;
    border-radius: 50%;
    border: 2px solid var(--_offline);
    flex: none;
    /* Room for the glow. */
    margin-inline-start: 3px;
  }
  .connected [part~='dot'] {
    background: var(--_online);
    border-color: var(--_online);
    box-shadow: 0 0 0 3px color-mix(in oklab, var(--_online) 20%, transparent);
  }
  .connecting [part~='dot'],
  .disconnected [part~='dot'] {
    border-color: var(--_away);
    animation: ring 1.6s ease-in-out infinite;
  }
  .error [part~='dot'] {
    background: var(--_danger);
    border-color: var(--_danger);
    border-radius: 2px;
  }
  [part~='detail'] {
    display: inline-flex;
    flex-wrap: wrap;
    color: var(--_muted);
    font-variant-numeric: tabular-nums;
    overflow-x: clip;
  }
  /* The dot is before each figure, beyond the edge for the first of a line: none is left over where a line ends. */
  [part~='detail'] > span {
    position: relative;
    margin-inline: -1em 1em;
    padding-inline-start: 1em;
  }
  [part~='detail'] > span:last-child {
    margin-inline-end: 0;
  }
  [part~='detail'] > span::before {
    content: '·';
    position: absolute;
    inset-inline-start: 0;
    inline-size: 1em;
    text-align: center;
  }
  [part~='code'] {
    font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace;
    font-size: 0.9em;
  }
  @keyframes ring {
    50% {
      opacity: 0.25;
    }
  }
  @media (forced-colors: active) {
    [part~='dot'] {
      border-color: CanvasText !important;
    }
    .connected [part~='dot'] {
      background: CanvasText;
      forced-color-adjust: none;
    }
  }
`;
