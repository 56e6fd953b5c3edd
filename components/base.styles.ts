// What every element's shadow root begins with: a wall against the page's own CSS, and the design's tokens with their defaults.
// Sizes are px or em, never rem, so that the page's root font size changes nothing.
//
// What comes in from the page, on purpose: `direction`, `color-scheme`, `visibility`, `pointer-events` and the `--trunk-*`
// properties. Nothing else does.
import {css} from 'lit';

export const base = css`
  :host {
    display: block;
  }
  :host([hidden]) {
    display: none;
  }
  [part~='base'] {
    all: initial;
    visibility: inherit;
    pointer-events: inherit;
    color-scheme: inherit;
    box-sizing: border-box;
    display: block;

    --_surface: var(--trunk-surface, light-dark(#fdfcf9, #14191a));
    --_raised: var(--trunk-raised, light-dark(#f0ece2, #22292a));
    --_text: var(--trunk-text, light-dark(#1c2322, #e6ebe8));
    --_muted: var(--trunk-muted, light-dark(#5c6562, #9aa6a2));
    --_line: var(--trunk-line, light-dark(#d9d3c5, #343d3d));
    --_accent: var(--trunk-accent, light-dark(#9c4718, #f0a06c));
    --_on-accent: var(--trunk-on-accent, light-dark(#fff8f1, #2a1305));
    --_own: var(--trunk-own, light-dark(#1d4644, #2a5b58));
    --_on-own: var(--trunk-on-own, light-dark(#f3f8f4, #f0f8f5));
    --_danger: var(--trunk-danger, light-dark(#a52a1f, #ff9d8f));
    --_online: var(--trunk-online, light-dark(#1f7a45, #57c787));
    --_away: var(--trunk-away, light-dark(#96690a, #e2b04a));
    --_offline: var(--trunk-offline, light-dark(#747c79, #84908c));
    --_radius: var(--trunk-radius, 10px);

    font-family: var(--trunk-font, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif);
    font-size: var(--trunk-font-size, 15px);
    line-height: 1.45;
    color: var(--_text);
  }
  [part~='base'] *,
  [part~='base'] *::before,
  [part~='base'] *::after {
    box-sizing: border-box;
  }
  :focus-visible {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  .hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
`;

/** Buttons that read as words. */
export const buttons = css`
  button {
    font: inherit;
    color: inherit;
    background: none;
    border: 0;
    padding: 0;
    margin: 0;
    cursor: pointer;
    touch-action: manipulation;
  }
  button.word {
    font-size: 0.87em;
    font-weight: 600;
    padding: 0.2em 0.75em;
    min-block-size: 28px;
    border: 1px solid var(--_line);
    border-radius: 999px;
    background: var(--_surface);
    color: var(--_text);
  }
  button.word:hover {
    border-color: currentColor;
  }
  button:disabled {
    cursor: default;
    opacity: 0.45;
  }
  @media (forced-colors: active) {
    button.word {
      border-color: ButtonText;
    }
  }
`;
