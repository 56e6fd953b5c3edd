// Page code sets its timers on the page itself; while a test runs, they are the fake clock's.
import type {FakeClock} from './fake-clock.js';

/** Never the same twice, or one test would clear another's timer. */
let ids = 0;

/** `setTimeout` and `clearTimeout` run on `clock` until the answer is called. */
export function fakeTimers(clock: FakeClock): () => void {
  const {setTimeout, clearTimeout} = globalThis;
  const timers = new Map<number, () => void>();
  globalThis.setTimeout = ((task: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const id = ++ids;
    timers.set(
      id,
      clock.after(ms, () => task(...args)),
    );
    return id;
  }) as typeof globalThis.setTimeout;
  globalThis.clearTimeout = ((id?: number) => timers.get(id ?? 0)?.()) as typeof globalThis.clearTimeout;
  return () => Object.assign(globalThis, {setTimeout, clearTimeout});
}
