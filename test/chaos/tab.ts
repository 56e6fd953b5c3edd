// One tab: who is in it, whether it can be used, and its turn-taking. Knows nothing of whose it is.
import type {Page} from 'playwright';

/** Longest wait for a page to load or to answer, in ms. */
export const PAGE_MS = 30_000;

export class Tab {
  readonly slot: number;
  readonly page: Page;
  /** The document in it now. */
  life = '';
  ready = false;
  /** Somebody is about to end it. */
  taken = false;
  dead = false;
  /** How often it was asked in vain before its script ran. */
  unborn = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(slot: number, page: Page) {
    this.slot = slot;
    this.page = page;
  }

  get usable(): boolean {
    return this.ready && !this.taken && !this.dead;
  }

  /** One thing at a time is asked of a tab, so that no answer is on its way when it is ended. */
  ask<T>(task: () => Promise<T>): Promise<T> {
    const asked = this.#queue.then(task);
    this.#queue = asked.catch(() => {});
    return asked;
  }
}

/** A page that hangs must not hang the run. */
export async function within<T>(promise: Promise<T>, ms = PAGE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`A page did not answer within ${ms / 1000} s.`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
