// Tasks that are put off without overtaking each other, whatever the delay becomes meanwhile.

export class Delayed {
  readonly #waiting: {due: number; task: () => void}[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** Runs the task in `ms`, and after all that came before it; at once when nothing waits and `ms` is 0. */
  run(ms: number, task: () => void): void {
    if (ms === 0 && this.#waiting.length === 0) return task();
    this.#waiting.push({due: performance.now() + ms, task});
    this.#arm();
  }

  #arm(): void {
    const [first] = this.#waiting;
    if (!first || this.#timer) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        for (let next = this.#waiting[0]; next && next.due <= performance.now(); next = this.#waiting[0]) {
          this.#waiting.shift();
          next.task();
        }
        this.#arm();
      },
      Math.max(1, first.due - performance.now()),
    );
  }
}
