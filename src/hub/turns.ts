// Who goes next when many would at once: so many at a time, the most wanted first, then who came last. Knows nothing of what they do.
import {moreWanted, type Interest} from './interest.js';

export class Turns {
  #free: number;
  readonly #waiting: {interest: () => Interest; go: () => void}[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Runs `task` in its turn. @param interest asked each time that a turn is free */
  async take<T>(interest: () => Interest, task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>(go => this.#waiting.push({interest, go}));
    try {
      return await task();
    } finally {
      this.#pass();
    }
  }

  #pass(): void {
    const next = this.#waiting
      .map((waiting, at) => ({at, most: waiting.interest()}))
      .sort((a, b) => moreWanted(a.most, b.most) || b.at - a.at)[0];
    if (next) this.#waiting.splice(next.at, 1)[0]?.go();
    else this.#free++;
  }
}
