// How the way to the first unread message looks, beside what it has of the button to the latest.
import {css} from 'lit';

export const unreadStyles = css`
  [part~='jump-unread'] {
    inset-block: 10px auto;
    z-index: 1;
  }
  [part~='jump-unread'] svg {
    rotate: 180deg;
  }
  [part~='jump-unread'][aria-busy='true'] {
    opacity: 0.7;
    cursor: progress;
  }
`;
