// Finds the web and mail addresses in a text. Only http, https and mailto come out as links, whatever is written; everything
// else stays text.

/** A stretch of text; with `href` when it is an address. */
export interface TextPiece {
  text: string;
  href?: string;
}

// Where an address may begin: not in the middle of a word.
const START = /(?<![\p{L}\p{N}_])(?:https?:\/\/(?!\/)|mailto:|www\.)/giu;
// What ends it whatever follows: space, controls, bidi controls (they can make an address look like another), quotes, angle brackets.
const END = /[\s\p{C}<>"“”„«»`]/u;
// What belongs to the sentence, not to the address, when it comes last.
const TRAILING = /[.,:;!?'’*_~|…。，、！？；：·]$/u;
const BRACKETS: Record<string, string> = {')': '(', ']': '[', '}': '{', '）': '（', '」': '「', '】': '【', '》': '《'};

/** Cuts a text into plain pieces and links; the pieces joined are the text. */
export function findLinks(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let done = 0;
  for (const {index} of text.matchAll(START)) {
    if (index < done) continue;
    const rest = text.slice(index);
    const end = rest.search(END);
    const address = trimEnd(end < 0 ? rest : rest.slice(0, end));
    const href = toHref(address);
    if (!href) continue;
    if (index > done) pieces.push({text: text.slice(done, index)});
    pieces.push({text: address, href});
    done = index + address.length;
  }
  if (done < text.length) pieces.push({text: text.slice(done)});
  return pieces;
}

function trimEnd(address: string): string {
  for (;;) {
    const last = address.at(-1) ?? '';
    const opening = BRACKETS[last];
    const isSpare = opening !== undefined && count(address, last) > count(address, opening);
    if (!isSpare && !TRAILING.test(address)) return address;
    address = address.slice(0, -1);
  }
}

function toHref(address: string): string | null {
  const full = /^www\./i.test(address) ? `https://${address}` : address;
  if (!URL.canParse(full)) return null;
  const url = new URL(full);
  if (url.protocol === 'mailto:') return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(url.pathname) ? url.href : null;
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  return isWeb && /^(?:[^.]+\.)*[^.]+$/.test(url.hostname.replace(/\.$/, '')) ? url.href : null;
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
