import {css} from 'lit';

export const styles = css`
  :host {
    min-block-size: 0;
  }
  [part~='base'] {
    /* As high as the element; 480 px where it has no height, for then a percentage is none. */
    block-size: 480px;
    min-block-size: 100%;
    max-block-size: 100%;
    display: grid;
    grid-template-rows: auto minmax(0, 1fr) auto auto;
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
  /* Not a motion but a pause, so it holds for those who want no motion too. */
  [part~='banner'].late {
    animation: late 0s 1.5s backwards !important;
  }
  @keyframes late {
    from {
      visibility: hidden;
      position: absolute;
    }
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
  [part~='day'],
  [part~='missed'] {
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
  [part~='day']::after,
  [part~='missed']::before,
  [part~='missed']::after {
    content: '';
    flex: 1;
    border-block-start: 1px solid var(--_line);
  }
  [part~='missed'] {
    text-align: center;
    color: var(--_accent);
  }
  [part~='missed']::before,
  [part~='missed']::after {
    border-color: currentColor;
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

  [part~='typing'] {
    padding-inline: 16px;
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
    [part~='banner'],
    [part~='skeleton'] i {
      border: 1px solid CanvasText;
    }
    [part~='jump'] {
      border: 1px solid ButtonText;
    }
  }
`;
