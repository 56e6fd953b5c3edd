import {css} from 'lit';

export const styles = css`
  [part~='base'] {
    background: var(--_surface);
    overflow: hidden auto;
    block-size: 100%;
    scrollbar-width: thin;
    scrollbar-color: var(--_line) transparent;
  }
  slot[hidden] {
    display: none;
  }
  ul {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  [part~='chat'] {
    inline-size: 100%;
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    align-items: center;
    gap: 1px 10px;
    padding: 9px 14px;
    text-align: start;
    border-inline-start: 3px solid transparent;
  }
  [part~='chat']:hover {
    background: var(--_raised);
  }
  [part~='chat-selected'] {
    background: var(--_raised);
    border-inline-start-color: var(--_accent);
  }
  [part~='chat']:focus-visible {
    outline-offset: -3px;
  }
  trunk-presence-avatar {
    grid-row: span 2;
  }
  [part~='title'],
  [part~='last'] {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    /* Beside the face, whichever way its own words run. */
    text-align: -webkit-match-parent;
    text-align: match-parent;
  }
  [part~='last']:last-child {
    grid-column: 2 / -1;
  }
  [part~='title'] {
    font-weight: 600;
  }
  [part~='time'],
  [part~='last'] {
    color: var(--_muted);
    font-size: 0.87em;
  }
  .unread [part~='last'],
  .unread [part~='time'] {
    color: var(--_text);
  }
  [part~='time'] {
    justify-self: end;
  }
  [part~='badge'] {
    justify-self: end;
    min-inline-size: 1.65em;
    padding: 0.1em 0.5em;
    border-radius: 999px;
    background: var(--_accent);
    color: var(--_on-accent);
    font-size: 0.8em;
    font-weight: 700;
    text-align: center;
  }
  [part~='empty'],
  [part~='failed'] {
    padding: 24px 16px;
    text-align: center;
    color: var(--_muted);
    overflow-wrap: anywhere;
  }
  [part~='failed'] strong,
  [part~='empty'] strong {
    display: block;
    color: var(--_text);
  }
  [part~='failed'] p {
    margin: 4px 0 8px;
  }
  [part~='more'],
  [part~='notify'] {
    display: block;
    margin: 10px auto;
  }
  p[part~='notify'] {
    padding-inline: 16px;
    color: var(--_muted);
    font-size: 0.87em;
    text-align: center;
  }
  [part~='notify'][aria-pressed='true']::before {
    content: '✓ ' / '';
  }
  [part~='skeleton'] i {
    display: block;
    block-size: 42px;
    margin: 10px 14px;
    border-radius: var(--_radius);
    background: var(--_raised);
  }
  @media (forced-colors: active) {
    /* Transparent is a colour like any other there. */
    [part~='chat'] {
      border-inline-start: 6px solid Canvas;
    }
    [part~='chat-selected'] {
      border-inline-start-color: Highlight;
    }
    [part~='badge'] {
      border: 1px solid CanvasText;
    }
  }
`;
