// What stands for a person without a picture: initials and a colour. The same everywhere, because it comes from name and id.
import {hashOf} from '../src/wire/hash.js';

/**
 * First letters of the first and the last word, as a reader sees letters. Where a script has no capitals, the first alone: two letters
 * are another word there, in Arabic “no”, and nobody's initials; and beside an emoji there is no room.
 */
export function initialsOf(name: string): string {
  const [first = '', ...others] = name
    .trim()
    .split(/[\s_.·-]+/u)
    .filter(Boolean);
  const letter = firstLetter(first).toLocaleUpperCase();
  const hasCapitals = letter !== letter.toLocaleLowerCase();
  return hasCapitals ? letter + firstLetter(others.at(-1) ?? '').toLocaleUpperCase() : letter;
}

/** A hue in degrees, the same for the same id. */
export function hueOf(id: string): number {
  // Away from multiples of one step, so that ids that differ in one digit don't look alike.
  return (hashOf(id) * 137) % 360;
}

/** The URL when a picture may be loaded from it, else an empty string. */
export function pictureUrl(src: string): string {
  if (!src || !URL.canParse(src, document.baseURI)) return '';
  const {protocol, href} = new URL(src, document.baseURI);
  return ['https:', 'http:', 'blob:'].includes(protocol) || /^data:image\//i.test(href) ? href : '';
}

/** A letter with its accents, or a whole emoji. */
function firstLetter(word: string): string {
  if (typeof Intl.Segmenter !== 'function') return [...word][0] ?? '';
  for (const {segment} of new Intl.Segmenter(undefined, {granularity: 'grapheme'}).segment(word)) return segment;
  return '';
}
