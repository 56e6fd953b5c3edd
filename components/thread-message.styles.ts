// How one message looks.
import {css} from 'lit';

export const messageStyles = css`
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
    /* Room for what can be done to it. */
    max-inline-size: min(85%, 36em, 100% - 72px);
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
    position: relative;
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
  @media (hover: none) {
    .buttons button {
      min-block-size: 40px;
      padding-inline: 12px;
    }
  }
  [part~='question'],
  [part~='failure'] {
    margin-block: 5px 4px;
    text-align: end;
    font-size: 0.87em;
  }
  [part~='question'],
  [part~='failure'],
  .buttons {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: flex-end;
    gap: 6px 8px;
  }
  [part~='reason'],
  .buttons [part~='confirm'] {
    color: var(--_danger);
  }

  @media (forced-colors: active) {
    [part~='bubble'] {
      border: 1px solid CanvasText;
    }
    .own [part~='bubble'] {
      border-color: Highlight;
    }
  }
`;
