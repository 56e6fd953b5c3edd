import {css} from 'lit';

export const styles = css`
  :host(:not(:popover-open)) {
    display: none;
  }
  :host {
    position: fixed;
    inset: auto;
    margin: 0;
    padding: 0;
    border: 0;
    background: none;
    inline-size: min(320px, calc(100vw - 16px));
    overflow: visible;
  }
  [part~='base'] {
    display: flex;
    flex-direction: column;
    max-block-size: var(--_room, 60vh);
    background: var(--_surface);
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    box-shadow: 0 8px 28px rgb(0 0 0 / 0.22);
    overflow: hidden;
  }
  [part~='title'] {
    margin: 0;
    padding: 10px 14px 6px;
    font-size: 0.87em;
    font-weight: 600;
    color: var(--_muted);
  }
  .scroll {
    overflow: auto;
    overscroll-behavior: contain;
    padding: 0 6px 8px;
    outline-offset: -2px;
    border-radius: var(--_radius);
  }
  ul {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  [part~='person'] {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    column-gap: 10px;
    align-items: center;
    padding: 5px 8px;
  }
  trunk-presence-avatar {
    grid-row: 1 / 3;
  }
  [part~='name'] {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    line-height: 1.3;
  }
  [part~='status'] {
    font-size: 0.82em;
    line-height: 1.3;
    color: var(--_muted);
  }
  button.word {
    margin: 6px 8px 0;
  }
`;
