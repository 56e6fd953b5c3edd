// Makes frames: each a good one for the channels its socket has joined, most of them then broken. It doesn't send them
// and doesn't know what an answer should be.
import {mutateBytes, mutateValue, mutatedJson, nastyTexts, nastyValue, type Random} from './random.js';
import {someToken, type Tokens} from './tokens.js';

export interface FrameWorld {
  tokens: Tokens;
  chatId: string;
}

const filters = [
  'rev=gt.1',
  'body=eq.x',
  'id=in.(a,b',
  'id=in.()',
  'nope=eq.1',
  'body=match.(((',
  'body=like.%',
  'id=eq.nonsense',
  'body=not.not.eq.1',
  'body=is.maybe',
  '=',
  'body',
  'body=eq.a,rev=lt.5',
  'rev=eq.99999999999999999999999',
  `body=in.(${Array.from({length: 101}, (_, i) => i).join(',')})`,
];

export const topics = ({tokens, chatId}: FrameWorld) => [
  'realtime:fuzz-1',
  'realtime:fuzz-2',
  `realtime:chat:${chatId}`,
  `realtime:chat:${chatId}:live`,
  'realtime:presence:global',
  `realtime:inbox:${tokens.userId}`,
];

/** Version 2's binary frame: lengths that lie when asked to. */
function binary(random: Random, topic: string): Buffer {
  const parts = [
    String(random.below(9)),
    String(random.below(99)),
    topic,
    random.pick(['ev', '', 'é', 'x'.repeat(255)]),
  ];
  const buffers = [...parts, random.pick(['', '', '{"persist":true}', '{'])].map(part =>
    Buffer.from(part).subarray(0, 255),
  );
  const lengths = buffers.map(part => (random.chance(0.05) ? random.below(256) : part.length));
  const payload = Buffer.from(
    random.chance(0.8) ? JSON.stringify({n: random.next()}) : random.pick(['', '{', 'null', '1},"event":"phx_close"']),
  );
  const kind = random.chance(0.9) ? 3 : random.below(256);
  return Buffer.concat([Buffer.from([kind, ...lengths, random.pick([0, 1, 1, 1, 2, 255])]), ...buffers, payload]);
}

function joinPayload(random: Random, world: FrameWorld): unknown {
  return {
    config: {
      broadcast: {
        ack: random.chance(0.5),
        self: random.chance(0.5),
        ...(random.chance(0.15)
          ? {replay: {since: random.pick([0, 1, -1, 1e300, 1.5, '1', null]), limit: nastyValue(random)}}
          : {}),
      },
      presence: {key: random.chance(0.2) ? random.pick(nastyTexts) : '', enabled: random.chance(0.4)},
      postgres_changes: random.chance(0.1)
        ? [{event: '*', schema: 'public', table: random.pick(['messages', 'nope', '*']), filter: random.pick(filters)}]
        : [],
      private: random.chance(0.4),
    },
    ...(random.chance(0.5)
      ? {access_token: random.chance(0.5) ? world.tokens.user : someToken(random, world.tokens)}
      : {}),
  };
}

function content(random: Random, world: FrameWorld): [event: string, payload: unknown] {
  switch (random.below(10)) {
    case 0:
    case 1:
      return ['phx_join', joinPayload(random, world)];
    case 2:
      return ['phx_leave', {}];
    case 3:
      return ['access_token', {access_token: someToken(random, world.tokens)}];
    case 4:
      return ['presence', {type: 'presence', event: 'untrack'}];
    case 5:
    case 6:
      return ['presence', {type: 'presence', event: 'track', payload: {status: 'on', n: random.below(3)}}];
    case 7:
      return [random.pick(['phx_close', 'phx_reply', 'system', 'presence_diff', ...nastyTexts]), {}];
    default:
      return ['broadcast', {type: 'broadcast', event: 'ev', payload: {n: random.next()}}];
  }
}

/** A string goes out as a text frame, a buffer as a binary one, `bad` as text that isn't UTF-8. */
export type Sendable = string | Buffer | {bad: Buffer};

export function someFrame(random: Random, vsn: 1 | 2, world: FrameWorld): Sendable {
  const topic = random.pick(topics(world));
  if (random.chance(vsn === 2 ? 0.2 : 0.02)) {
    const frame = binary(random, topic);
    return random.chance(0.3) ? mutateBytes(random, frame) : frame;
  }
  const [event, payload] = content(random, world);
  const refs = [String(random.below(9)), String(random.below(1e6))] as const;
  const frame = vsn === 2 ? [...refs, topic, event, payload] : {topic, event, payload, ref: refs[1], join_ref: refs[0]};
  if (random.chance(0.35)) return JSON.stringify(frame);
  if (random.chance(0.002)) return {bad: Buffer.from([0x5b, 0xff, 0xfe, 0x5d])};
  if (random.chance(0.0005)) return JSON.stringify(mutateValue(random, frame)).padEnd(5_100_000, ' ');
  return mutatedJson(random, frame);
}
