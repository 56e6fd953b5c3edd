// A short number for a text, the same everywhere. Not for secrets.

/** FNV-1a over UTF-16 units. */
export function hashOf(text: string, seed = 0x811c9dc5): number {
  let value = seed;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
