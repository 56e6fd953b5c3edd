import {css} from 'lit';

export const styles = css`
  form {
    display: grid;
    grid-template-columns: 1fr auto;
    align-items: end;
    gap: 8px;
    margin: 0;
  }
  [part~='input'] {
    all: unset;
    display: block;
    box-sizing: border-box;
    inline-size: 100%;
    min-inline-size: 0;
    min-block-size: 42px;
    max-block-size: 10.5em;
    field-sizing: content;
    padding: 9px 14px;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 2);
    background: var(--_surface);
    color: var(--_text);
    font: inherit;
    line-height: 1.45;
    text-align: start;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    overflow-y: auto;
    resize: none;
    cursor: text;
  }
  [part~='input']::placeholder {
    color: var(--_muted);
    opacity: 1;
  }
  [part~='input']:focus-visible {
    border-color: var(--_accent);
    outline: 2px solid var(--_accent);
    outline-offset: -1px;
  }
  [part~='input'][aria-invalid='true'] {
    border-color: var(--_danger);
    outline-color: var(--_danger);
  }
  [part~='send'] {
    inline-size: 42px;
    block-size: 42px;
    display: grid;
    place-items: center;
    border-radius: 50%;
    background: var(--_accent);
    color: var(--_on-accent);
    transition: opacity 0.15s;
  }
  [part~='send'][aria-disabled='true'] {
    background: var(--_raised);
    color: var(--_muted);
    cursor: default;
  }
  [part~='send'] svg {
    inline-size: 20px;
    block-size: 20px;
  }
  [part~='send']:dir(rtl) svg {
    transform: scaleX(-1);
  }
  [part~='send']:dir(rtl) .icon {
    transform: none;
  }
  [part~='editing'] {
    display: flex;
    align-items: center;
    gap: 12px;
    margin-block-end: 8px;
    padding-inline-start: 10px;
    border-inline-start: 3px solid var(--_accent);
    font-size: 0.87em;
    color: var(--_muted);
  }
  [part~='editing'] > span {
    flex: 1;
    min-inline-size: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  [part~='editing'] strong {
    color: var(--_accent);
    font-weight: 600;
    margin-inline-end: 4px;
  }
  .notes {
    display: flex;
    justify-content: space-between;
    gap: 12px;
    font-size: 0.87em;
    padding-inline: 14px;
  }
  [part~='error'] {
    color: var(--_danger);
    margin-block-start: 6px;
  }
  [part~='error']:empty {
    display: none;
  }
  [part~='counter'] {
    color: var(--_muted);
    font-variant-numeric: tabular-nums;
    margin-block-start: 6px;
    margin-inline-start: auto;
  }
  [part~='counter'].over {
    color: var(--_danger);
    font-weight: 600;
  }
  /* Phones zoom into fields with smaller letters. */
  @media (pointer: coarse) {
    [part~='input'] {
      font-size: max(16px, 1em);
    }
  }
  @media (forced-colors: active) {
    [part~='send'] {
      border: 1px solid ButtonText;
    }
  }
`;
