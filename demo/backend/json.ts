// Reads JSON that comes from outside. V8 reads any depth but runs out of stack when it writes the same value again, so
// what is deeper than anybody means is refused at the door.

const maxDepth = 1000;

/** @throws {SyntaxError} when it is no JSON, or nested too deep */
export function parseJson(text: string): unknown {
  if (text.length > 2 * maxDepth && depth(text) > maxDepth) throw new SyntaxError('JSON nested too deep');
  return JSON.parse(text) as unknown;
}

/** How deep JSON is nested at most; brackets in strings may make it more. */
function depth(text: string): number {
  let [now, most] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5b || code === 0x7b) most = Math.max(most, ++now);
    else if (code === 0x5d || code === 0x7d) now = Math.max(0, now - 1);
  }
  return most;
}
