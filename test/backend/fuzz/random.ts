// Chance that can be had again: item N of a run depends on the seed and N alone, so a failure names the two numbers and
// that is all it takes to see it once more. Also the values that break careless code, wherever they are put.

export class Random {
  #state: number;

  constructor(seed: number, item: number) {
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(item + 1, 0xc2b2ae35)) >>> 0;
  }

  /** At least 0, below 1. (Mulberry32.) */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  uuid(): string {
    const hex = (length: number) => Array.from({length}, () => this.below(16).toString(16)).join('');
    return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
  }
}

/** Neither of these has a use for JavaScript's own text: `String()` of it throws. */
const noText = {toString: null, valueOf: null};

export const nastyTexts: readonly string[] = [
  ...[
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    '\udc00x',
    '\u{1f600}',
    '\u202e',
    '\ufeff',
    '\r\n',
    '\t',
    '%',
    '%00',
    '%zz',
    '*',
  ],
  ...['__proto__', 'constructor', 'toString', 'null', 'undefined', 'NaN', 'true', '-1', '1e400', '00', '9'.repeat(400)],
  ...["'", '"', '\\', "\\'", '`', '$1', '$$', "'; select 1; --", '"; drop table x; --', '{', '}', '(', ')', '[', ','],
  ...['realtime:', 'realtime', 'phoenix', 'realtime:*', 'realtime:a\0b', 'x'.repeat(256), 'é'.repeat(200)],
  ...['x'.repeat(70_000), '2026-13-45', 'infinity', '{}', '[]', '{"a":', '\\u0000', '../../etc/passwd', '<b>'],
];

const nastyNumbers: readonly number[] = [0, -0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e21, 1e308, 5e-324];

export function nastyValue(random: Random): unknown {
  switch (random.below(8)) {
    case 0:
      return random.pick(nastyNumbers);
    case 1:
      return random.pick([null, true, false, [], {}, [[]], [null], {'': ''}, noText, [noText]]);
    case 2:
      return Object.fromEntries([[random.pick(nastyTexts), random.pick(nastyTexts)]]);
    case 3:
      return Array.from({length: random.pick([1, 3, 200])}, () => random.pick(nastyTexts.slice(0, 20)));
    default:
      return random.pick(nastyTexts);
  }
}

/** The value with one place of it changed: replaced, removed, doubled or wrapped. */
export function mutateValue(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || random.chance(0.15)) {
    return random.chance(0.1) ? [value] : nastyValue(random);
  }
  if (Array.isArray(value)) {
    const list = [...(value as unknown[])];
    const at = random.below(Math.max(1, list.length));
    if (random.chance(0.15)) list.splice(at, 1);
    else if (random.chance(0.15)) list.splice(at, 0, list[at]);
    else list[at] = mutateValue(random, list[at]);
    return list;
  }
  const keys = Object.keys(value);
  const key = random.pick(keys.length > 0 ? keys : ['x']);
  const entries = Object.entries(value).filter(([name]) => name !== key || !random.chance(0.2));
  if (random.chance(0.1)) entries.push([random.pick(nastyTexts), nastyValue(random)]);
  return Object.fromEntries(entries.map(([name, inner]) => [name, name === key ? mutateValue(random, inner) : inner]));
}

/** Bytes changed as a broken wire or a careless program does it. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  const at = random.below(bytes.length + 1);
  switch (random.below(5)) {
    case 0:
      return bytes.subarray(0, at);
    case 1: {
      const changed = Buffer.from(bytes);
      for (let n = 1 + random.below(4); n > 0 && changed.length > 0; n--) {
        changed[random.below(changed.length)] = random.below(256);
      }
      return changed;
    }
    case 2:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(random.pick(nastyTexts)), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes, bytes.subarray(at)]);
    default:
      return Buffer.from(Array.from({length: random.below(64)}, () => random.below(256)));
  }
}

/** JSON, sometimes with what JSON.stringify never writes: huge numbers, depths, doubled keys, dangling ends. */
export function mutatedJson(random: Random, value: unknown): string {
  const text = JSON.stringify(random.chance(0.7) ? mutateValue(random, value) : value) ?? 'undefined';
  switch (random.below(12)) {
    case 0:
      return mutateBytes(random, Buffer.from(text)).toString();
    case 1:
      return text.replace(/\d+/, '1e999');
    case 2: {
      const depth = random.pick([100, 2_000, 20_000]);
      return text.replace(/"[^"]*"(?=[,}\]])/, () => `${'['.repeat(depth)}${']'.repeat(depth)}`);
    }
    case 3:
      return text.replace(/:"/, String.raw`:"\ud800\u0000`);
    default:
      return text;
  }
}
