import {css} from 'lit';

export const styles = css`
  [part~='base'] {
    position: relative;
    display: flex;
    align-items: center;
    gap: 8px;
    block-size: 1.7em;
    font-size: calc(var(--trunk-font-size, 15px) * 0.82);
    line-height: 1.7;
    color: var(--_muted);
  }
  [part~='text'] {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    /* The words decide which way the line runs, not the page, which may be of another language. */
    unicode-bidi: plaintext;
  }
  [part~='dots'] {
    flex: none;
    display: flex;
    gap: 3px;
  }
  i {
    inline-size: 5px;
    block-size: 5px;
    border-radius: 50%;
    background: currentColor;
    opacity: 0.5;
    animation: write 1.2s ease-in-out infinite;
  }
  i:nth-child(2) {
    animation-delay: 0.15s;
  }
  i:nth-child(3) {
    animation-delay: 0.3s;
  }
  @keyframes write {
    30% {
      opacity: 1;
      transform: translateY(-3px);
    }
    60% {
      opacity: 0.5;
      transform: none;
    }
  }
  @media (forced-colors: active) {
    i {
      background: CanvasText;
    }
  }
`;
