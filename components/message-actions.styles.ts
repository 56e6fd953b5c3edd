// How what can be done to an own message looks.
import {css} from 'lit';

export const actionStyles = css`
  .editing [part~='bubble'] {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  [part~='actions'] {
    position: absolute;
    inset-inline-end: 100%;
    inset-block-start: 2px;
    padding-inline-end: 4px;
    display: flex;
    opacity: 0;
    color: var(--_muted);
    font-size: 15px;
  }
  .message:hover [part~='actions'],
  .message:focus-within [part~='actions'] {
    opacity: 1;
  }
  [part~='actions'] button {
    display: grid;
    place-items: center;
    inline-size: 32px;
    block-size: 32px;
    border-radius: 8px;
  }
  .own [part~='actions'] :focus-visible {
    outline-color: var(--_accent);
    outline-offset: -2px;
  }
  [part~='actions'] button:hover {
    background: var(--_raised);
    color: var(--_text);
  }
  /* Where nothing can hover, a finger must find them. */
  @media (hover: none) {
    [part~='actions'] {
      opacity: 1;
    }
    [part~='actions'] button {
      block-size: 44px;
    }
  }
`;
