import {css} from 'lit';

export const styles = css`
  :host {
    display: inline-block;
    vertical-align: middle;
  }
  [part~='button'] {
    display: flex;
    /* Backwards, so that each face lies over the next one and none over a lamp. */
    flex-direction: row-reverse;
    border-radius: 999px;
    padding: 2px;
    margin: -2px;
  }
  [part~='face']:not(:last-child),
  [part~='more'] {
    margin-inline-start: -0.42em;
  }
  [part~='face'],
  [part~='more'] {
    border-radius: 999px;
    border: 2px solid var(--_surface);
    background: var(--_surface);
  }
  [part~='more'] {
    display: grid;
    place-items: center;
    box-sizing: content-box;

    min-inline-size: var(--trunk-avatar-size, var(--_size, 32px));
    block-size: var(--trunk-avatar-size, var(--_size, 32px));
    background: var(--_raised);
    font-size: 0.8em;
  }
  [part~='more'],
  [part~='empty'] {
    color: var(--_muted);
  }
  [part~='failed'] {
    display: block;
    margin-block-start: 0.3em;
    color: var(--_danger);
    font-size: 0.8em;
  }
`;
