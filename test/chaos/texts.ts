// What people write: short and long, in several scripts, with what breaks careless code. The first word is the number by which
// the checker knows the message again.
import type {Random} from '../backend/fuzz/random.js';

const WORDS = [
  ...[
    'yes',
    'tomorrow',
    'the',
    'signal',
    'box',
    'at',
    'noon',
    'I’ll',
    'wait',
    '…',
    'https://example.com/a?b=c#d',
    '<b>no</b>',
  ],
  ...[
    'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
    'مرحبا',
    'بالعالم',
    'שלום',
    'עולם',
  ],
  ...[
    '你好',
    '世界',
    '🚂',
    '👩‍👩‍👧‍👦',
    '🏳️‍🌈',
    'e\u0301',
    '\u202eabc',
    '"quoted"',
    "it's",
    '\\',
    '%s',
    '${x}',
    'null',
    '\n',
    '\t',
    '0',
  ],
];
/** The longest there may be, with room for the number of the message an edit goes to. */
const LONG = 4000 - 8;

/** @param n number of the send; `edit`: number of the act that changes it */
export function makeText(random: Random, n: number, edit?: number): string {
  const head = edit === undefined ? `#${n} ` : `#${n} ~${edit} `;
  const words = Array.from({length: 1 + random.below(8)}, () => random.pick(WORDS));
  // Now and then as long as it may be, in characters.
  if (random.chance(0.005)) return head + 'ø'.repeat(LONG - head.length);
  return `${head}${words.join(' ')} ${n % 10}`;
}
