// Keeps a hub going while its store is silent: whoever stands still in the middle of a write, as a stopped worker does, keeps everybody
// else from it until it is gone. Knows nothing of what is stored.
import type {Clock, Store} from './environment.js';

/** Half of the time that a store has for an answer, in ms. Two halves, because the first is over at once after a machine has slept. */
const HALF_MS = 2_000;

/** The store has not answered in time. What it was asked it still does, once it can. */
export class StoreSilence extends Error {
  /** Settles when it has, or could not. */
  readonly late: Promise<unknown>;

  constructor(late: Promise<unknown>) {
    super('The browser’s storage does not answer.');
    this.late = late;
  }
}

/**
 * A store that rejects with StoreSilence when the one below takes too long, and at once while that lasts; it is not durable meanwhile.
 * Items may take their time, though it is told: without them nobody knows who the person is.
 * @param changed hears when the silence begins, and when it is over
 */
export function patient(store: Store, clock: Clock, changed: (isSilent: boolean) => void): Store {
  /** What was not answered in time. */
  const silent = new Set<Promise<unknown>>();

  async function inTime<T>(answer: Promise<T>, isItem: boolean): Promise<T> {
    let cancel = () => {};
    const silence = new Promise<never>((_, reject) => {
      const begin = () => {
        const isFirst = silent.size === 0;
        silent.add(answer);
        const end = () => {
          silent.delete(answer);
          if (silent.size === 0) changed(false);
        };
        answer.then(end, end);
        if (!isItem) reject(new StoreSilence(answer));
        if (isFirst) changed(true);
      };
      if (silent.size > 0) begin();
      else cancel = clock.after(HALF_MS, () => (cancel = clock.after(HALF_MS, begin)));
    });
    try {
      return await Promise.race([answer, silence]);
    } finally {
      cancel();
    }
  }

  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (name === 'durable') return member && silent.size === 0;
      if (typeof member !== 'function') return member;
      const isItem = String(name).endsWith('Item');
      return (...args: unknown[]) => inTime(member.apply(target, args) as Promise<unknown>, isItem);
    },
  });
}
