// A clock that stands still until a test moves it. Between two timers it lets everything that was promised happen.
import type {Clock} from '../../src/hub/environment.js';

interface Timer {
  at: number;
  task: () => void;
}

export class FakeClock implements Clock {
  #now = Date.UTC(2026, 0, 1);
  #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  /** How many timers run. */
  get timers(): number {
    return this.#timers.size;
  }

  after(ms: number, task: () => void): () => void {
    const timer = {at: this.#now + ms, task};
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  soon(ms: number, task: () => void): () => void {
    return this.after(ms, task);
  }

  /** The machine sleeps for `ms`: time goes on, nothing runs. What fell due meanwhile runs, late, with the next `pass()`. */
  sleep(ms: number): void {
    this.#now += ms;
  }

  /** The browser's clock is set back by `ms`; timers run on as before. */
  setBack(ms: number): void {
    this.#now -= ms;
    for (const timer of this.#timers) timer.at -= ms;
  }

  /** Lets `ms` pass: every timer that falls due runs at its time, in order. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const next = [...this.#timers].filter(({at}) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.task();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Everything that is promised and waits for no clock has happened. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 500; turn++) await Promise.resolve();
}
