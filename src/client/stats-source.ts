// What the hub knows of itself, asked for only while somebody listens: counting costs nothing, telling does.
import type {HubStats} from '../wire/stats.js';
import {Signal, type Source} from './source.js';
import type {TabOwnStats} from './tab-record.js';

/** What the hub knows of itself, and the tab that listens of itself. */
export interface ClientStats extends HubStats {
  here: TabOwnStats;
}

export class StatsSource implements Source<ClientStats | null> {
  readonly #stats = new Signal<ClientStats | null>(null);
  readonly #open: () => () => void;
  #listeners = 0;
  #close: () => void = () => {};

  /** @param open asks the hub; the answer stops that */
  constructor(open: () => () => void) {
    this.#open = open;
  }

  /** What was told last; null before, and once nobody listens. */
  get current(): ClientStats | null {
    return this.#stats.current;
  }

  subscribe(listener: (stats: ClientStats | null) => void): () => void {
    const undo = this.#stats.subscribe(listener);
    if (++this.#listeners === 1) this.#close = this.#open();
    let isOver = false;
    return () => {
      undo();
      if (isOver) return;
      isOver = true;
      if (--this.#listeners > 0) return;
      this.#close();
      this.#stats.set(null);
    };
  }

  /** For the client: what the hub says. */
  receive(stats: ClientStats | null): void {
    this.#stats.set(stats);
  }
}
