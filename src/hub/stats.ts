// What the hub knows of its own work: counters and short rings, filled as things happen, read when somebody looks. Costs a few numbers
// while nobody does. Knows nothing of what is counted.
import type {TrunkError} from '../wire/error.js';
import type {CatchUp, Counters, HubStats, SendTiming, Traffic, Transition} from '../wire/stats.js';
import type {Clock} from './environment.js';

/** How many of each are remembered. */
const TRANSITIONS = 50;
const SAMPLES = 100;
const SENDS = 50;
const PROBLEMS = 20;
const CATCH_UPS = 20;

/** What others know, when somebody looks. */
export type Elsewhere = Pick<HubStats, 'hub' | 'tabs' | 'budget' | 'channels' | 'outbox'>;

export class Stats {
  readonly traffic: Traffic = {framesIn: 0, framesOut: 0, bytesIn: 0, bytesOut: 0};
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #counters: Counters = {catchUps: 0, caughtUp: 0, duplicates: 0, gaps: 0};
  readonly #catchUps: CatchUp[] = [];
  readonly #transitions: Transition[] = [];
  readonly #samples: number[] = [];
  /** By message id, oldest first. */
  readonly #sends = new Map<string, SendTiming>();
  readonly #problems: HubStats['problems'] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  count(counter: keyof Counters): void {
    this.#counters[counter]++;
  }

  /** A chat was read, which began at `at`. */
  caughtUp(chatId: string, at: number, found: number): void {
    this.#counters.catchUps++;
    this.#counters.caughtUp += found;
    keep(this.#catchUps, {chatId, at, tookMs: this.#clock.now() - at, found}, CATCH_UPS);
  }

  /** The connection is another one than before. */
  became(state: string, reason: string): void {
    const last = this.#transitions.at(-1);
    if (last?.state === state && last.reason === reason) return;
    keep(this.#transitions, {at: this.#clock.now(), state, reason}, TRANSITIONS);
  }

  beat(latencyMs: number): void {
    keep(this.#samples, latencyMs, SAMPLES);
  }

  problem({code}: TrunkError): void {
    keep(this.#problems, {at: this.#clock.now(), code}, PROBLEMS);
  }

  /** An own message got as far as this. */
  message(messageId: string, chatId: string, stage: 'queuedAt' | 'sentAt' | 'ackedAt' | 'echoedAt'): void {
    const now = this.#clock.now();
    const known = this.#sends.get(messageId);
    if (known) {
      // Sent anew is news; the rest happens once.
      if (stage === 'sentAt') known.sentAt = now;
      else known[stage] ??= now;
    } else if (stage === 'queuedAt' || stage === 'sentAt') {
      const timing = {messageId, chatId, queuedAt: now, sentAt: null, ackedAt: null, echoedAt: null};
      this.#sends.set(messageId, {...timing, [stage]: now});
      if (this.#sends.size > SENDS) for (const [oldest] of this.#sends) if (this.#sends.delete(oldest)) break;
    }
  }

  read(elsewhere: Elsewhere): HubStats {
    const sorted = [...this.#samples].sort((a, b) => a - b);
    const below = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? null;
    return {
      ...elsewhere,
      at: this.#clock.now(),
      startedAt: this.#startedAt,
      transitions: [...this.#transitions],
      latency: {samplesMs: [...this.#samples], p50Ms: below(0.5), p95Ms: below(0.95)},
      traffic: {...this.traffic},
      counters: {...this.#counters},
      catchUps: [...this.#catchUps],
      sends: [...this.#sends.values()].map(timing => ({...timing})),
      problems: [...this.#problems],
    };
  }
}

function keep<T>(ring: T[], item: T, limit: number): void {
  if (ring.push(item) > limit) ring.shift();
}
