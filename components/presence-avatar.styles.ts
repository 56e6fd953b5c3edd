import {css} from 'lit';

export const styles = css`
  /* Isolated, and with nothing that clips: among a thousand, one that changes is painted alone (Chromium: half the time a change). */
  :host {
    display: inline-block;
    vertical-align: middle;
    isolation: isolate;
  }
  [part~='base'] {
    position: relative;
    inline-size: var(--trunk-avatar-size, var(--_size, 36px));
    block-size: var(--trunk-avatar-size, var(--_size, 36px));
    font-size: calc(var(--trunk-avatar-size, var(--_size, 36px)) * 0.4);
  }
  [part~='image'],
  [part~='initials'] {
    inline-size: 100%;
    block-size: 100%;
    border-radius: var(--trunk-avatar-radius, 50%);
  }
  [part~='image'] {
    display: block;
    object-fit: cover;
    background: var(--_raised);
  }
  /* One lightness for every hue, so that the letters keep their contrast (5.6 : 1 at least). */
  [part~='initials'] {
    display: grid;
    place-items: center;
    background: oklch(0.49 0.075 var(--_hue, 190));
    color: #fff;
    font-weight: 600;
    letter-spacing: 0.02em;
    line-height: 1;
    user-select: none;
  }
  [part~='dot'] {
    position: absolute;
    inset-block-end: -1px;
    inset-inline-end: -1px;
    inline-size: max(9px, 30%);
    block-size: max(9px, 30%);
    border-radius: 50%;
    border: 2px solid var(--_surface);
    background: var(--_online);
  }
  /* Away and offline differ in shape too, not only in colour. */
  .away [part~='dot'] {
    background: radial-gradient(circle at 25% 25%, var(--_surface) 45%, var(--_away) 48%);
  }
  .offline [part~='dot'] {
    background: var(--_surface);
    box-shadow: inset 0 0 0 2px var(--_offline);
  }
  @media (forced-colors: active) {
    [part~='initials'] {
      border: 1px solid CanvasText;
    }
    [part~='dot'] {
      forced-color-adjust: none;
      border-color: Canvas;
      background: CanvasText;
    }
    .away [part~='dot'] {
      background: radial-gradient(circle at 25% 25%, Canvas 45%, CanvasText 48%);
    }
    .offline [part~='dot'] {
      background: Canvas;
      box-shadow: inset 0 0 0 2px CanvasText;
    }
  }
`;
