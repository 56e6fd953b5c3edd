// The few pictures of the thread, drawn with the text's own colour. All are decoration: the words stand next to them.
import {svg, type SVGTemplateResult} from 'lit';

export const icon = (content: SVGTemplateResult): SVGTemplateResult =>
  svg`<svg class="icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${content}</svg>`;

export const clock = icon(svg`<circle cx="8" cy="8" r="5.6" /><path d="M8 4.9V8l2 1.4" />`);
export const check = icon(svg`<path d="m3.4 8.6 3 3 6.2-6.8" />`);
export const warning = icon(svg`<path d="M8 2.4 14.4 13.5H1.6Z" /><path d="M8 6.6v3M8 11.6v.1" />`);
export const down = icon(svg`<path d="M8 3v9.4M4 8.6l4 4 4-4" />`);
