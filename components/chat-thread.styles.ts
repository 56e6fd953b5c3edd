import {css} from 'lit';

export const styles = css`
  :host {
    block-size: 480px;
    min-block-size: 0;
  }
  [part~='base'] {
    block-size: 100%;
    display: grid;
    grid-template-rows: auto minmax(0, 1fr) auto;
    grid-template-columns: minmax(0, 1fr);
    background: var(--_surface);
    overflow: hidden;
  }

  /* Lines about the connection and the storage. */
  .banners {
    font-size: 0.87em;
  }
  [part~='banner'] {
    padding: 7px 16px;
    background: var(--_raised);
    border-block-end: 1px solid var(--_line);
    border-inline-start: 3px solid var(--_away);
  }
  [part~='banner'].bad {
    border-inline-start-color: var(--_danger);
  }

  /* The list. */
  .middle {
    position: relative;
    min-block-size: 0;
  }
  [part~='log'] {
    block-size: 100%;
    overflow: hidden auto;
    overscroll-behavior: contain;
    /* The scroll keeper does it, the same in every browser. */
    overflow-anchor: none;
    scrollbar-width: thin;
    scrollbar-color: var(--_line) transparent;
    position: relative;
  }
  [part~='log']:focus-visible {
    outline-offset: -3px;
  }
  .content {
    min-block-size: 100%;
    display: flex;
    flex-direction: column;
    justify-content: flex-end;
    padding: 12px 16px;
  }
  [part~='older'] {
    text-align: center;
    color: var(--_muted);
    font-size: 0.87em;
    min-block-size: 1.9em;
    flex: none;
  }
  [part~='day'] {
    display: flex;
    align-items: center;
    gap: 12px;
    margin-block: 14px 10px;
    color: var(--_muted);
    font-size: 0.82em;
    font-weight: 600;
    letter-spacing: 0.02em;
    flex: none;
  }
  [part~='day']::before,
  [part~='day']::after {
    content: '';
    flex: 1;
    border-block-start: 1px solid var(--_line);
  }

  /* A message. */
  .message {
    display: flex;
    gap: 8px;
    margin-block-start: 3px;
    border-radius: var(--_radius);
    flex: none;
  }
  .message.first {
    margin-block-start: 12px;
  }
  .message.own {
    justify-content: flex-end;
  }
  .face {
    inline-size: 32px;
    flex: none;
  }
  .message.first .face {
    padding-block-start: 1.5em;
  }
  .stack {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    min-inline-size: 0;
    max-inline-size: min(85%, 36em);
    position: relative;
  }
  .own .stack {
    align-items: flex-end;
  }
  [part~='author'] {
    font-size: 0.87em;
    font-weight: 600;
    line-height: 1.4;
    margin-block-end: 2px;
    padding-inline: 2px;
    max-inline-size: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  [part~='bubble'] {
    max-inline-size: 100%;
    padding: 7px 12px;
    background: var(--_raised);
    border-radius: calc(var(--_radius) * 1.4);
    border-start-start-radius: 4px;
    border-end-start-radius: 4px;
  }
  .last [part~='bubble'] {
    border-end-start-radius: calc(var(--_radius) * 1.4);
  }
  .own [part~='bubble'] {
    background: var(--_own);
    color: var(--_on-own);
    border-radius: calc(var(--_radius) * 1.4);
    border-start-end-radius: 4px;
    border-end-end-radius: 4px;
  }
  .own.first [part~='bubble'] {
    border-start-end-radius: calc(var(--_radius) * 1.4);
  }
  .own.failed [part~='bubble'] {
    background: var(--_surface);
    color: var(--_text);
    box-shadow: inset 0 0 0 1px var(--_danger);
  }
  [part~='body'] {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    /* Room beside the last line for time and state, which float up into it. */
    display: flow-root;
    min-inline-size: 0;
  }
  [part~='deleted'] {
    font-style: italic;
    opacity: 0.8;
  }
  [part~='link'],
  [part~='attachment'] {
    color: inherit;
    text-decoration: underline;
    text-decoration-thickness: 1px;
    text-underline-offset: 0.15em;
    overflow-wrap: anywhere;
    cursor: pointer;
  }
  [part~='link']:hover {
    text-decoration-thickness: 2px;
  }
  [part~='attachment'] {
    display: block;
    font-weight: 600;
    margin-block-start: 4px;
  }
  .own [part~='bubble'] :focus-visible {
    outline-color: currentColor;
  }
  [part~='meta'] {
    display: flex;
    justify-content: flex-end;
    align-items: center;
    gap: 0.45em;
    margin-block-start: 1px;
    font-size: 0.75em;
    line-height: 1.3;
    color: var(--_muted);
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .own [part~='meta'] {
    color: color-mix(in oklab, var(--_on-own) 78%, var(--_own));
  }
  .own.failed [part~='meta'] {
    color: var(--_danger);
  }
  [part~='state'] {
    display: inline-flex;
    position: relative;
  }
  .icon {
    inline-size: 1.2em;
    block-size: 1.2em;
    display: block;
  }
  .queued .icon,
  .sending .icon {
    opacity: 0.8;
  }
  [part~='failure'] {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: flex-end;
    gap: 6px 10px;
    margin-block: 5px 4px;
    font-size: 0.87em;
    color: var(--_danger);
    text-align: end;
  }
  .actions {
    display: inline-flex;
    gap: 6px;
  }

  /* Instead of messages. */
  slot[hidden] {
    display: none;
  }
  [part~='empty'],
  [part~='failed'] {
    margin-block: auto;
    align-self: center;
    max-inline-size: 30em;
    padding: 24px 12px;
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 8px;
    text-align: center;
    color: var(--_muted);
    overflow-wrap: anywhere;
  }
  [part~='empty'] strong,
  [part~='failed'] strong {
    color: var(--_text);
    font-size: 1.13em;
    font-weight: 600;
  }
  [part~='failed'] p {
    margin: 0;
  }
  code {
    font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace;
    font-size: 0.8em;
  }
  [part~='failed'] code {
    margin-block-start: 4px;
  }
  [part~='skeleton'] {
    display: flex;
    flex-direction: column;
    gap: 10px;
    position: relative;
  }
  [part~='skeleton'] i {
    display: block;
    block-size: 38px;
    inline-size: 52%;
    margin-inline-start: 40px;
    border-radius: calc(var(--_radius) * 1.4);
    background: var(--_raised);
    animation: wait 1.6s ease-in-out infinite;
  }
  [part~='skeleton'] i:nth-child(2n) {
    inline-size: 38%;
    animation-delay: 0.2s;
  }
  [part~='skeleton'] i.end {
    align-self: flex-end;
    margin-inline-start: 0;
    inline-size: 44%;
  }
  @keyframes wait {
    50% {
      opacity: 0.45;
    }
  }

  [part~='jump'] {
    position: absolute;
    inset-block-end: 10px;
    inset-inline: 0;
    margin-inline: auto;
    inline-size: fit-content;
    max-inline-size: 90%;
    display: flex;
    align-items: center;
    gap: 8px;
    min-block-size: 34px;
    padding: 4px 14px;
    border-radius: 999px;
    background: var(--_text);
    color: var(--_surface);
    font-size: 0.87em;
    font-weight: 600;
    box-shadow: 0 2px 10px rgb(0 0 0 / 0.22);
  }
  [part~='jump'][hidden] {
    display: none;
  }

  [part~='composer'],
  [part~='readonly'] {
    border-block-start: 1px solid var(--_line);
    padding: 10px 16px;
  }
  [part~='readonly'] {
    color: var(--_muted);
    font-size: 0.87em;
    text-align: center;
  }

  @media (forced-colors: active) {
    [part~='bubble'] {
      border: 1px solid CanvasText;
    }
    .own [part~='bubble'] {
      border-color: Highlight;
    }
    [part~='banner'],
    [part~='skeleton'] i {
      border: 1px solid CanvasText;
    }
    [part~='jump'] {
      border: 1px solid ButtonText;
    }
  }
`;
