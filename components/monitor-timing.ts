// Shows in the browser's developer tools what the hub has told of its times: each stage of an own message, and each catch-up (User Timing,
// under `trunk:`). Only while a monitor is open, because only then the hub tells.
import type {ClientStats} from '../src/client/stats-source.js';

/** A message that is stored and has not come back over the channel for so long won't, in ms. */
const ECHO_MS = 10_000;

export class MonitorTiming {
  /** What was shown, or was over before anybody looked; null before the first figures. */
  #told: ReadonlySet<string> | null = null;

  add({sends, catchUps, here, at}: ClientStats): void {
    const told = new Set<string>();
    const tell = (id: string, spans: () => readonly (readonly [what: string, from: number, to: number])[]) => {
      told.add(id);
      if (this.#told && !this.#told.has(id)) for (const span of spans()) show(...span);
    };
    for (const {messageId, queuedAt, sentAt, ackedAt, echoedAt} of sends) {
      if (ackedAt === null || (echoedAt === null && at - ackedAt < ECHO_MS)) continue;
      const shownAt = here.shown.find(shown => shown.messageId === messageId)?.at ?? null;
      tell(messageId, () => {
        // The echo may come before the answer.
        const stages = Object.entries({
          queued: queuedAt,
          sent: sentAt,
          acked: ackedAt,
          echoed: echoedAt,
          shown: shownAt,
        })
          .filter((stage): stage is [string, number] => stage[1] !== null)
          .sort(([, a], [, b]) => a - b);
        return stages
          .slice(1)
          .map(([name, to], index) => [`${stages[index]?.[0]} to ${name}`, stages[index]?.[1] ?? to, to] as const);
      });
    }
    for (const {chatId, at: from, tookMs} of catchUps) {
      tell(`${chatId} ${from}`, () => [['catch-up', from, from + tookMs]]);
    }
    this.#told = told;
  }
}

/** @param from in ms since 1970, as the hub's clock says */
function show(what: string, from: number, to: number): void {
  const origin = Date.now() - performance.now();
  // What began before this page did is none of its timeline.
  if (from < origin) return;
  const name = `trunk:${what}`;
  performance.measure(name, {start: from - origin, end: to - origin, detail: {devtools: {track: 'Trunkline'}}});
  performance.clearMeasures(name);
}
